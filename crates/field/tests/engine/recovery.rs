//! The site's recovery key opens what no passphrase opens any more; a new enrolment makes it somebody's again.

use xunjian_domain::plan::VisitKind;
use xunjian_field::{FieldError, NewSeal, keys::Passphrase};
use xunjian_protocol::recovery::OneTimeKey;

use crate::{
    service::Service,
    terminal::{Terminal, approve, enrol_as},
};

fn typed(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

/// A tablet whose only person tried ten wrong passphrases, with an open draft and a sealed record.
async fn shut(service: &Service) -> Terminal {
    let terminal = Terminal::of_li(service).await;
    terminal.walks(VisitKind::Cluster, 1);
    let visit = terminal.visit(VisitKind::System);
    terminal.answers_all(&visit, 2);
    terminal.field.lock();
    for _ in 0..10 {
        terminal.field.unlock("李巡检", &typed("这是另外一个人的很长的口令")).unwrap_err();
        terminal.clock.pass(3_600_000);
    }
    terminal
}

#[tokio::test]
async fn the_recovery_key_and_a_new_code_bring_everything_back() {
    let service = Service::start();
    let terminal = shut(&service).await;
    let request = terminal.field.ask_recovery().unwrap();
    let text = serde_json::to_string(&request).unwrap();
    let answer = serde_json::from_str::<xunjian_protocol::recovery::RecoveryRequest>(&text)
        .unwrap()
        .answer(&service.recovery)
        .unwrap();
    terminal.field.take_recovery(&answer).unwrap();

    service.enrol_code("CODE-LI-2", "李巡检");
    let new = typed("李巡检换的一句新的长口令");
    let enrolled = enrol_as(&terminal.field, &service, "CODE-LI-2", &new).await.unwrap();
    approve(&service, &terminal.field, &enrolled);
    terminal.field.pull(&service).await.unwrap();
    terminal.field.lock();

    terminal.field.unlock("李巡检", &new).unwrap();
    let visit = terminal.visit(VisitKind::System);
    assert!(terminal.shows(&visit).missing.is_empty(), "the draft is there");
    let seal = terminal.field.seal(terminal.draft(&visit), &new, &NewSeal::default()).unwrap();
    assert_eq!(seal.sequence, 2, "the chain goes on");
    assert_eq!(terminal.syncs(&service).await.delivered, 2, "also what the lost key had signed before");
    terminal.field.lock();
    let again = terminal.field.take_recovery(&answer).unwrap_err();
    assert!(matches!(again, FieldError::RecoveryRefused), "an answer opens once: {again}");
}

#[tokio::test]
async fn an_answer_for_another_request_or_terminal_opens_nothing() {
    let service = Service::start();
    let terminal = shut(&service).await;
    let first = terminal.field.ask_recovery().unwrap().answer(&service.recovery).unwrap();
    let second = terminal.field.ask_recovery().unwrap();
    assert!(
        matches!(terminal.field.take_recovery(&first), Err(FieldError::RecoveryRefused)),
        "a request replaces the last"
    );
    assert!(second.answer(&OneTimeKey::generate()).is_err(), "another site's recovery key opens no request");
    let elsewhere = shut(&Service::start()).await;
    let answer = second.answer(&service.recovery).unwrap();
    assert!(matches!(elsewhere.field.take_recovery(&answer), Err(FieldError::RecoveryRefused)));
    assert!(!terminal.field.is_open() && !elsewhere.field.is_open());
}

#[tokio::test]
async fn nobody_enrols_onto_the_data_of_others_unasked() {
    let service = Service::start();
    let terminal = shut(&service).await;
    service.enrol_code("CODE-NEW", "陌生人");
    let refused =
        enrol_as(&terminal.field, &service, "CODE-NEW", &typed("陌生人自己的一句长口令啊")).await.unwrap_err();
    assert!(matches!(refused, FieldError::ColleagueNeeded), "{refused}");
}
