//! Enrolment and keys.

use xunjian_domain::plan::VisitKind;
use xunjian_field::{Enrolment, FieldError, NewSeal, keys::Passphrase};

use crate::{
    service::{Fault, Service},
    terminal::{Terminal, enrol, passphrase},
};

#[tokio::test]
async fn a_lost_answer_to_enrolment_costs_no_second_code() {
    let service = Service::start();
    let (field, _, _folder) = Terminal::blank();
    service.enrol_code("CODE", "李巡检");
    service.will(Fault::EnrolAnswerLost);
    let lost = enrol(&field, &service, "CODE").await.unwrap_err();
    assert!(lost.is_retryable());
    assert!(matches!(field.person(None), Err(FieldError::NotEnrolled)), "nothing is half enrolled");
    let enrolled = enrol(&field, &service, "CODE").await.unwrap();
    assert_eq!(enrolled.person_name, "李巡检", "the same code with the same keys gets the same answer");
    let other = enrol(&field, &service, "NO-SUCH-CODE").await.unwrap_err();
    assert!(other.text().zh.contains("403.1"), "{}", other.text().zh);
}

#[tokio::test]
async fn a_root_that_is_not_the_one_on_paper_is_refused() {
    let service = Service::start();
    let (field, _, _folder) = Terminal::blank();
    service.enrol_code("CODE", "李巡检");
    let right = service.root.fingerprint().unwrap().to_hex();
    let wrong = format!("{}{}", if right.starts_with('0') { '1' } else { '0' }, &right[1..]);
    let passphrase = passphrase();
    let with = |root: &str| {
        let root = root.to_owned();
        let (field, service, passphrase) = (&field, &service, &passphrase);
        async move {
            let enrolment = Enrolment {
                code: "CODE",
                terminal_name: "平板A",
                service_url: "http://127.0.0.1:1",
                root_fingerprint: Some(&root),
                passphrase,
            };
            field.enrol(service, &enrolment).await
        }
    };
    assert!(matches!(with(&wrong).await, Err(FieldError::RootMismatch { .. })));
    assert!(matches!(with("1234").await, Err(FieldError::NotAFingerprint(_))));
    let spaced: Vec<_> = right.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect();
    let enrolled = with(&spaced.join(" ").to_uppercase()).await.unwrap();
    assert!(enrolled.root_pinned, "people type fingerprints in groups");
}

#[tokio::test]
async fn only_the_own_passphrase_seals() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.answers_all(&visit, 1);
    let wrong = Passphrase::new("这是另外一个人的很长的口令").unwrap();
    let refused = terminal.field.seal(terminal.draft(&visit), &wrong, &NewSeal::default()).unwrap_err();
    assert!(matches!(refused, FieldError::PassphraseWrong));
    assert!(terminal.field.records().unwrap().is_empty());
    terminal.seals(&visit);
}

#[tokio::test]
async fn two_programs_take_turns_with_the_folder() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let lock = std::fs::File::open(terminal.folder.path().join("lock")).unwrap();
    assert!(lock.try_lock().is_err(), "the folder is held while the engine is open");
    drop(terminal.field);
    assert!(lock.try_lock().is_ok(), "and free afterwards");
}
