//! Tries, waits, copies and keystores at the door.

use xunjian_domain::time::TimestampMs;

use super::*;
use crate::keys::{DatabaseKey, NoKeystore};

const LI: &str = "person-li";
const WANG: &str = "person-wang";

fn typed(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

fn li() -> Passphrase {
    typed("李巡检的口令要足够长才行")
}

fn wang() -> Passphrase {
    typed("王巡检的口令也要足够长才行")
}

fn wrong() -> Passphrase {
    typed("这是另外一个人的很长的口令")
}

fn at(monotonic_ms: i64) -> ClockReading {
    ClockReading { wall_ms: TimestampMs(0), monotonic_ms, boot_id: "boot".to_owned() }
}

fn door(folder: &Path) -> Door {
    Door::open(folder, Arc::new(NoKeystore), Effort::FEEBLE).unwrap()
}

/// A door with 李 and 王, who share one database key.
fn with_two(folder: &Path) -> Door {
    let door = door(folder);
    let mut database = None;
    for (person, passphrase) in [(LI, li()), (WANG, wang())] {
        let (keys, kek) = door.pending(person, &passphrase, database.clone()).unwrap();
        door.admit(&PersonId::new(person), &keys, &kek).unwrap();
        database = Some(keys.database.clone());
    }
    door
}

fn tries(door: &Door, person: &str, passphrase: &Passphrase, now: i64) -> Result<DatabaseKey, FieldError> {
    door.try_keys(&PersonId::new(person), passphrase, &at(now)).map(|keys| keys.database)
}

#[test]
fn two_people_open_the_same_database_with_signing_keys_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let door = with_two(folder.path());
    let keys = |person: &str, passphrase| door.try_keys(&PersonId::new(person), passphrase, &at(0)).unwrap();
    let (one, other) = (keys(LI, &li()), keys(WANG, &wang()));
    assert_eq!(one.database.bytes(), other.database.bytes());
    assert_ne!(one.signer.seed(), other.signer.seed());
    assert!(matches!(tries(&door, LI, &wang(), 0), Err(FieldError::PassphraseWrong)), "a colleague's does not do");
}

#[test]
fn wrong_tries_cost_time_also_over_a_restart_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_two(folder.path()));
    for _ in 0..3 {
        let refused = tries(&door(folder.path()), LI, &wrong(), 1_000);
        assert!(matches!(refused, Err(FieldError::PassphraseWrong)));
    }
    let reopened = door(folder.path());
    let refused = tries(&reopened, LI, &li(), 1_000);
    assert!(matches!(refused, Err(FieldError::TryLater { seconds: 5 })), "the right one has to wait as well");
    assert!(tries(&reopened, WANG, &wang(), 1_000).is_ok(), "colleagues do not wait");
    let standing = reopened.standing(&PersonId::new(LI), &at(2_000)).unwrap();
    assert_eq!(standing, Standing { tries_left: 7, wait_ms: 4_000, is_shut: false });
    assert!(tries(&reopened, LI, &li(), 6_000).is_ok());
    let standing = reopened.standing(&PersonId::new(LI), &at(6_000)).unwrap();
    assert_eq!((standing.tries_left, standing.wait_ms), (MOST_TRIES, 0), "and all is forgiven");
}

#[test]
fn ten_wrong_tries_destroy_the_wrap_of_that_person_only() {
    let folder = tempfile::tempdir().unwrap();
    let door = with_two(folder.path());
    let mut now = 0;
    for n in 1..MOST_TRIES {
        assert!(matches!(tries(&door, LI, &wrong(), now), Err(FieldError::PassphraseWrong)), "try {n}");
        now += 3_600_000;
    }
    assert!(matches!(tries(&door, LI, &wrong(), now), Err(FieldError::KeysDestroyed)), "the tenth is told at once");
    now += 3_600_000;
    assert!(matches!(tries(&door, LI, &li(), now), Err(FieldError::KeysDestroyed)), "the right one comes too late");
    let on_disk = std::fs::read_to_string(folder.path().join("door")).unwrap();
    assert_eq!(on_disk.matches("\"sealed\"").count(), 1, "nothing of the wrap is left but 王's: {on_disk}");
    let shared = tries(&door, WANG, &wang(), now).unwrap();

    let (keys, kek) = door.pending("another code", &typed("换了一个新的足够长的口令"), Some(shared.clone())).unwrap();
    door.admit(&PersonId::new(LI), &keys, &kek).unwrap();
    let opened = tries(&door, LI, &typed("换了一个新的足够长的口令"), now).unwrap();
    assert_eq!(opened.bytes(), shared.bytes(), "enrolled again, onto the same data");
}

#[test]
fn a_program_killed_while_it_tries_has_counted_the_try() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_two(folder.path()));
    let me = std::thread::current().id();
    // Fault points are global and other tests run beside this one: only this thread dies.
    fail::cfg_callback("door.after_count", move || assert!(std::thread::current().id() != me, "killed")).unwrap();
    for n in 1..=MOST_TRIES {
        let door = door(folder.path());
        let now = i64::from(n) * 3_600_000;
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tries(&door, LI, &wrong(), now))).unwrap_err();
    }
    fail::remove("door.after_count");
    let standing = door(folder.path()).standing(&PersonId::new(LI), &at(0)).unwrap();
    assert_eq!(standing.tries_left, 0, "every one of them");
    let last = tries(&door(folder.path()), LI, &li(), 100 * 3_600_000);
    assert!(matches!(last, Err(FieldError::KeysDestroyed)), "killing the program gains no eleventh try");
}

#[test]
fn another_terminal_secret_is_not_taken_for_a_wrong_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_two(folder.path()));
    std::fs::write(folder.path().join("terminal.secret"), "00".repeat(32)).unwrap();
    for _ in 0..20 {
        let refused = tries(&door(folder.path()), LI, &li(), 0);
        assert!(matches!(refused, Err(FieldError::KeystoreUnavailable(_))));
    }
    let standing = door(folder.path()).standing(&PersonId::new(LI), &at(0)).unwrap();
    assert_eq!(standing.tries_left, MOST_TRIES, "no try was counted");
}

#[test]
fn a_new_passphrase_opens_and_the_old_one_no_longer_does() {
    let folder = tempfile::tempdir().unwrap();
    let door = with_two(folder.path());
    let person = PersonId::new(LI);
    let keys = door.try_keys(&person, &li(), &at(0)).unwrap();
    assert!(matches!(door.rewrap(&person, &keys, &typed("730194")), Err(FieldError::PassphraseTooShort { length: 6 })));
    door.rewrap(&person, &keys, &typed("换了一个新的足够长的口令")).unwrap();
    assert!(matches!(tries(&door, LI, &li(), 0), Err(FieldError::PassphraseWrong)));
    assert_eq!(tries(&door, LI, &typed("换了一个新的足够长的口令"), 0).unwrap().bytes(), keys.database.bytes());
    assert!(tries(&door, WANG, &wang(), 0).is_ok(), "nobody else's changed");
}

#[test]
fn the_lock_screens_text_is_not_on_the_disk_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let door = with_two(folder.path());
    door.set_sign(&"李巡检 · 3 条记录待同步").unwrap();
    let reopened = self::door(folder.path());
    assert_eq!(reopened.sign::<String>().unwrap().as_deref(), Some("李巡检 · 3 条记录待同步"));
    let on_disk = std::fs::read_to_string(folder.path().join("door")).unwrap();
    assert!(!on_disk.contains("李巡检"));
}
