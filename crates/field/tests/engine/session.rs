//! The session: who may work, what the first screen says, and what pages keep over a kill.

use xunjian_domain::plan::VisitKind;
use xunjian_field::{Code, EnrolRequest, FieldError, IpcError, keys::Passphrase};

use crate::{
    service::Service,
    terminal::{Terminal, passphrase},
};

#[tokio::test]
async fn only_the_right_passphrase_unlocks_and_the_network_is_not_asked() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    drop(service);
    let unlock = |passphrase: &Passphrase| terminal.field.unlock(terminal.li.id.as_str(), passphrase);
    assert_eq!(unlock(&passphrase()).unwrap().id, terminal.li.id);
    let wrong = Passphrase::new("王巡检的口令也要足够长才行").unwrap();
    let refused = unlock(&wrong).unwrap_err();
    assert!(matches!(refused, FieldError::PassphraseWrong));
    let told = IpcError::from(refused);
    assert_eq!((told.code, told.retryable), (Code::Passphrase, false), "trying the same again is of no use");
    assert!(matches!(terminal.field.unlock("nobody", &passphrase()), Err(FieldError::UnknownPerson(_))));
}

#[tokio::test]
async fn the_first_screen_knows_the_people_and_what_waits() {
    let service = Service::start();
    let (blank, _, _folder) = Terminal::blank();
    let nobody = blank.session(None).unwrap();
    assert!(!nobody.enrolled && nobody.people.is_empty() && nobody.site_name.is_empty());

    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Room, 1);
    let locked = terminal.field.session(None).unwrap();
    assert!(locked.enrolled && locked.unlocked.is_none());
    assert_eq!((locked.waiting_records, locked.waiting_blobs), (1, 1), "the lock screen says what waits");
    assert_eq!(locked.people[0].party_name, "服务方");
    assert!(locked.people[0].key_approved);
    assert_eq!(locked.root_fingerprint, service.root.fingerprint().unwrap().to_hex());
    let unlocked = terminal.field.session(Some(&terminal.li.id)).unwrap();
    assert_eq!(unlocked.unlocked, Some(locked.people[0].clone()));
    terminal.syncs(&service).await;
    assert_eq!(terminal.field.session(None).unwrap().waiting_records, 0);
}

#[tokio::test]
async fn what_a_page_keeps_is_one_persons_own_and_survives_a_kill() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let li = terminal.li.id.clone();
    assert_eq!(terminal.field.scratch(&li, "visit/1/note").unwrap(), None);
    for text in ["半句", "半句话，第二遍"] {
        terminal.field.keep_scratch(&li, "visit/1/note", Some(text)).unwrap();
    }
    terminal.field.keep_scratch(&li, "place", Some("today")).unwrap();
    terminal.field.keep_scratch(&li, "place", None).unwrap();
    let refused = terminal.field.keep_scratch(&li, "", Some("x")).unwrap_err();
    assert_eq!(refused.code(), Code::Input);
    let Terminal { field, .. } = &terminal.restarts();
    assert_eq!(field.scratch(&li, "visit/1/note").unwrap().as_deref(), Some("半句话，第二遍"));
    assert_eq!(field.scratch(&li, "place").unwrap(), None);
    let nobody = xunjian_field::PersonId::new("person-nobody");
    assert_eq!(field.scratch(&nobody, "visit/1/note").unwrap(), None);
}

#[test]
fn a_scanned_invitation_goes_before_what_was_typed() {
    let request = |invite: &str| EnrolRequest {
        invite: invite.into(),
        service_url: "http://typed".into(),
        code: "TYPED".into(),
        root_fingerprint: None,
        terminal_name: "平板A".into(),
        passphrase: "李巡检的口令要足够长才行".into(),
    };
    let typed = request(" ").completed().unwrap();
    assert_eq!((typed.code.as_str(), typed.root_fingerprint), ("TYPED", None));
    let root = "0f".repeat(32);
    let scanned = request(&format!("XUNJIAN-ENROL:1?u=https://gz.example&c=ABCD&r={root}")).completed().unwrap();
    assert_eq!((scanned.service_url.as_str(), scanned.code.as_str()), ("https://gz.example", "ABCD"));
    assert_eq!(scanned.root_fingerprint, Some(root));
    assert!(matches!(request("WIFI:S:office;;").completed(), Err(FieldError::NotAnInvite)));
}
