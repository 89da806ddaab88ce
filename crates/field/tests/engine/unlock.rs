//! Several people on one tablet: PINs of their own, locking, wrong tries, another passphrase, a keystore.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use xunjian_domain::plan::VisitKind;
use xunjian_field::{
    Code, Custody, Field, FieldError, NewSeal, VisitSelector,
    keys::{Keystore, KeystoreError, Passphrase},
};

use crate::{
    service::Service,
    terminal::{Terminal, approve, enrol, enrol_as, open, open_with, passphrase},
};

fn typed(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

fn chens() -> Passphrase {
    typed("陈巡检自己的另一句长口令")
}

/// 李's tablet with 陈 on it too.
async fn shared(service: &Service) -> (Terminal, xunjian_field::Person) {
    let terminal = Terminal::of_li(service).await;
    service.enrol_code("CODE-CHEN", "陈巡检");
    let enrolled = enrol_as(&terminal.field, service, "CODE-CHEN", &chens()).await.unwrap();
    approve(service, &terminal.field, &enrolled);
    terminal.field.pull(service).await.unwrap();
    let chen = terminal.field.person(Some("陈巡检")).unwrap();
    (terminal, chen)
}

fn wrong_tries(terminal: &Terminal, person: &str, tries: u32) -> FieldError {
    let wrong = typed("这是另外一个人的很长的口令");
    let mut last = None;
    for _ in 0..tries {
        last = Some(terminal.field.unlock(person, &wrong).unwrap_err());
        terminal.clock.pass(3_600_000);
    }
    last.unwrap()
}

#[tokio::test]
async fn a_locked_tablet_says_who_works_here_and_what_waits_and_nothing_else() {
    let service = Service::start();
    let (terminal, chen) = shared(&service).await;
    terminal.walks(VisitKind::Room, 1);
    terminal.field.lock();
    let view = terminal.field.session(None).unwrap();
    assert!(view.enrolled && view.unlocked.is_none());
    assert_eq!((view.waiting_records, view.waiting_blobs), (1, 1));
    let names: Vec<_> = view.people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["李巡检", "陈巡检"]);
    for refused in [
        terminal.field.records().map(drop),
        terminal.field.status().map(drop),
        terminal.field.today(&terminal.li).map(drop),
        terminal.field.scratch(&chen.id, "place").map(drop),
        terminal.field.outbox().map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code(), Code::Locked);
    }
    let newcomer = enrol(&terminal.field, &service, "CODE-X").await.unwrap_err();
    assert!(matches!(newcomer, FieldError::ColleagueNeeded), "{newcomer}");
    terminal.field.unlock("陈巡检", &chens()).unwrap();
    assert_eq!(terminal.field.records().unwrap().len(), 1, "sync runs for everyone while anyone is unlocked");
}

#[tokio::test]
async fn drafts_of_two_people_outlive_locking_and_each_seals_only_their_own() {
    let service = Service::start();
    let (terminal, chen) = shared(&service).await;
    let visit = terminal.visit(VisitKind::System);
    terminal.answers_all(&visit, 1);
    terminal.field.keep_scratch(&terminal.li.id, "note", Some("李的半句话")).unwrap();
    terminal.field.lock();

    terminal.field.unlock("陈巡检", &chens()).unwrap();
    assert_eq!(terminal.field.scratch(&chen.id, "note").unwrap(), None, "陈 sees nothing of 李's");
    let of_chen = terminal.field.start_visit(&VisitSelector::Text(visit.to_string()), &chen).unwrap();
    assert_eq!(of_chen.answered, 0);
    let whose = xunjian_field::DraftRef { visit: &visit, person: &terminal.li.id };
    let refused = terminal.field.seal(whose, &chens(), &NewSeal::default()).unwrap_err();
    assert!(matches!(refused, FieldError::PassphraseWrong), "陈's passphrase does not sign as 李");
    terminal.field.lock();

    terminal.field.unlock("李巡检", &passphrase()).unwrap();
    assert_eq!(terminal.field.scratch(&terminal.li.id, "note").unwrap().as_deref(), Some("李的半句话"));
    assert!(terminal.shows(&visit).missing.is_empty(), "李 goes on where 李 was");
    terminal.seals(&visit);
    let record = &terminal.field.records().unwrap()[0];
    assert_eq!(record.person, "李巡检");
}

#[tokio::test]
async fn ten_wrong_tries_cost_one_person_the_keys_and_nobody_the_data() {
    let service = Service::start();
    let (terminal, _) = shared(&service).await;
    let visit = terminal.visit(VisitKind::System);
    terminal.answers_all(&visit, 1);
    terminal.field.lock();
    let first = wrong_tries(&terminal, "李巡检", 1);
    assert!(matches!(first, FieldError::PassphraseWrong));
    assert_eq!(terminal.field.session(None).unwrap().people[0].tries_left, 9, "the lock screen says so");
    let last = wrong_tries(&terminal, "李巡检", 9);
    assert!(matches!(last, FieldError::KeysDestroyed), "{last}");
    assert!(last.text().zh.contains("数据没有丢"), "{}", last.text().zh);
    assert!(terminal.field.session(None).unwrap().people[0].is_shut);
    assert!(matches!(terminal.field.unlock("李巡检", &passphrase()), Err(FieldError::KeysDestroyed)));

    terminal.field.unlock("陈巡检", &chens()).unwrap();
    service.enrol_code("CODE-LI-2", "李巡检");
    let new = typed("李巡检换的一句新的长口令");
    let enrolled = enrol_as(&terminal.field, &service, "CODE-LI-2", &new).await.unwrap();
    assert_eq!(enrolled.person, terminal.li.id, "the same person with another key");
    assert_ne!(enrolled.person_key, terminal.li.public_key.id());
    approve(&service, &terminal.field, &enrolled);
    terminal.field.pull(&service).await.unwrap();
    terminal.field.lock();

    terminal.field.unlock("李巡检", &new).unwrap();
    assert!(terminal.shows(&visit).missing.is_empty(), "the draft came back");
    terminal.field.seal(terminal.draft(&visit), &new, &NewSeal::default()).unwrap();
    assert_eq!(terminal.syncs(&service).await.delivered, 1, "and counts under the new key");
}

#[tokio::test]
async fn wrong_tries_at_sealing_count_like_those_at_the_lock_screen() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.answers_all(&visit, 1);
    let wrong = typed("这是另外一个人的很长的口令");
    for _ in 0..3 {
        terminal.field.seal(terminal.draft(&visit), &wrong, &NewSeal::default()).unwrap_err();
    }
    let refused = terminal.field.seal(terminal.draft(&visit), &passphrase(), &NewSeal::default()).unwrap_err();
    assert!(matches!(refused, FieldError::TryLater { .. }), "{refused}");
    terminal.clock.set_by(86_400_000);
    let refused = terminal.field.unlock("李巡检", &passphrase()).unwrap_err();
    assert!(matches!(refused, FieldError::TryLater { .. }), "setting the clock does not help: {refused}");
    terminal.clock.pass(10_000);
    terminal.seals(&visit);
}

#[tokio::test]
async fn another_passphrase_opens_the_same_data_and_the_old_one_nothing() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.answers_all(&visit, 1);
    let new = typed("李巡检换的一句新的长口令");
    let change = |old: &Passphrase, new: &Passphrase| terminal.field.change_passphrase("李巡检", old, new);
    assert!(matches!(change(&passphrase(), &typed("730194")), Err(FieldError::PassphraseTooShort { length: 6 })));
    assert!(matches!(change(&new, &new), Err(FieldError::PassphraseWrong)));
    change(&passphrase(), &new).unwrap();
    terminal.field.lock();
    assert!(matches!(terminal.field.unlock("李巡检", &passphrase()), Err(FieldError::PassphraseWrong)));
    terminal.field.unlock("李巡检", &new).unwrap();
    assert_eq!(terminal.shows(&visit).answered, terminal.shows(&visit).lines.len());
    terminal.field.seal(terminal.draft(&visit), &new, &NewSeal::default()).unwrap();
}

#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl Keystore for Memory {
    fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, KeystoreError> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        self.0.lock().unwrap().insert(name.to_owned(), secret.to_owned());
        Ok(())
    }
}

#[tokio::test]
async fn with_a_keystore_a_pin_will_do_and_a_copied_folder_opens_nowhere_else() {
    let service = Service::start();
    let (nobody, clock, folder) = Terminal::blank();
    drop(nobody);
    let keystore = Arc::new(Memory::default());
    let field: Field = open_with(folder.path(), &clock, keystore.clone()).unwrap();
    service.enrol_code("CODE", "李巡检");
    let trivial = enrol_as(&field, &service, "CODE", &typed("123456")).await.unwrap_err();
    assert!(matches!(trivial, FieldError::PassphraseTooSimple), "{trivial}");
    let pin = typed("730194");
    enrol_as(&field, &service, "CODE", &pin).await.unwrap();
    assert_eq!(field.session(None).unwrap().custody, Custody::Keystore);
    assert!(!folder.path().join("terminal.secret").exists());
    drop(field);

    let field = open_with(folder.path(), &clock, keystore).unwrap();
    field.unlock("李巡检", &pin).unwrap();
    drop(field);
    let elsewhere = open_with(folder.path(), &clock, Arc::new(Memory::default())).unwrap();
    let refused = elsewhere.unlock("李巡检", &pin).unwrap_err();
    assert!(matches!(refused, FieldError::KeystoreUnavailable(_)), "{refused}");
}

#[tokio::test]
async fn without_a_keystore_a_pin_is_refused_with_the_reason() {
    let service = Service::start();
    let (field, clock, folder) = Terminal::blank();
    service.enrol_code("CODE", "李巡检");
    let refused = enrol_as(&field, &service, "CODE", &typed("730194")).await.unwrap_err();
    assert!(matches!(refused, FieldError::PassphraseTooShort { length: 6 }));
    assert!(refused.text().zh.contains("没有系统密钥库") && refused.text().en.contains("keystore"));
    drop(field);
    // Nothing was begun; a proper passphrase goes on with the same code.
    let field = open(folder.path(), &clock);
    enrol(&field, &service, "CODE").await.unwrap();
}

#[tokio::test]
async fn an_enrolment_that_never_ended_is_not_in_the_way_of_another() {
    let service = Service::start();
    let (field, clock, folder) = Terminal::blank();
    enrol(&field, &service, "NO-SUCH-CODE").await.unwrap_err();
    drop(field);
    let field = open(folder.path(), &clock);
    service.enrol_code("CODE", "李巡检");
    enrol_as(&field, &service, "CODE", &chens()).await.unwrap();
    assert!(field.session(None).unwrap().warnings.is_empty(), "nobody's data were damaged");
    field.lock();
    field.unlock("李巡检", &chens()).unwrap();
}
