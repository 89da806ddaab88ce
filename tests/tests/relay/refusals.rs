//! Bundles that are not taken: each is named for what it is, and nothing changes.

use std::{fs, path::Path};

use xunjian_central::{error::Error, relay};
use xunjian_domain::ids::TerminalId;
use xunjian_field::{FieldError, RelayExport};
use xunjian_protocol::{problem::ProblemCode, relay::RelayError};

use crate::party::{Office, Tablet, bundles, stick};

fn refused(office: &Office, file: &Path) -> RelayError {
    match relay::take::receive(&office.site, file) {
        Err(Error::Relay(error)) => error,
        other => panic!("{}: {other:?}", file.display()),
    }
}

async fn refused_by(tablet: &Tablet, file: &Path) -> RelayError {
    match tablet.field.relay_import(file).await {
        Err(FieldError::Relay(error)) => error,
        other => panic!("{}: {other:?}", file.display()),
    }
}

/// What a changed or shortened file may be called.
fn is_damage(error: &RelayError) -> bool {
    matches!(
        error,
        RelayError::NotABundle | RelayError::NewerVersion(_) | RelayError::Truncated | RelayError::Tampered(_)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_that_was_changed_or_cut_anywhere_is_not_taken_by_either_side() {
    let office = Office::opens();
    let tablet = Tablet::enrols(&office, &office.serves().await, "li_inspector").await;
    tablet.walks(1, 1);
    let stick = stick();
    tablet.exports(stick.path());
    let up = fs::read(&bundles(stick.path())[0]).unwrap();
    // The answer to what the office has not got yet, so that the office's own state stays as it was.
    office.receives(&bundles(stick.path())[0]);
    let down = fs::read(&office.answers(&tablet.id(), stick.path())[0]).unwrap();
    let (before, tablet_before) = (office.holds(), tablet.holds());

    let bent = stick.path().join("bent.xunjian-relay");
    let tails = |length: usize| (0..400).chain((400..length - 200).step_by(length / 120)).chain(length - 200..length);
    for at in tails(up.len()) {
        let mut bytes = up.clone();
        bytes[at] ^= 0x10;
        fs::write(&bent, &bytes).unwrap();
        let error = refused(&office, &bent);
        assert!(is_damage(&error), "byte {at}: {error}");
        fs::write(&bent, &up[..at]).unwrap();
        let error = refused(&office, &bent);
        assert!(matches!(error, RelayError::Truncated | RelayError::NotABundle), "cut at {at}: {error}");
    }
    for at in tails(down.len()) {
        let mut bytes = down.clone();
        bytes[at] ^= 0x01;
        fs::write(&bent, &bytes).unwrap();
        let error = refused_by(&tablet, &bent).await;
        assert!(is_damage(&error), "byte {at}: {error}");
        fs::write(&bent, &down[..at]).unwrap();
        let error = refused_by(&tablet, &bent).await;
        assert!(matches!(error, RelayError::Truncated | RelayError::NotABundle), "cut at {at}: {error}");
    }
    assert_eq!((office.holds(), tablet.holds()), (before, tablet_before), "nothing was taken from any of them");
    fs::write(&bent, &down).unwrap();
    assert_eq!(tablet.imports(&bent).await.report.delivered, 1, "and the right one is good as ever");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_other_sites_terminals_and_directions_are_named_as_such() {
    let (office, elsewhere) = (Office::opens(), Office::of_site("sz-test"));
    let tablet = Tablet::enrols(&office, &office.serves().await, "li_inspector").await;
    let stranger = Tablet::enrols(&elsewhere, &elsewhere.serves().await, "li_inspector").await;
    let (ours, theirs) = (stick(), stick());
    tablet.exports(ours.path());
    stranger.exports(theirs.path());
    let (our_up, their_up) = (bundles(ours.path())[0].clone(), bundles(theirs.path())[0].clone());
    office.receives(&our_up);
    elsewhere.receives(&their_up);
    let our_down = office.answers(&tablet.id(), ours.path())[0].clone();
    let their_down = elsewhere.answers(&stranger.id(), theirs.path())[0].clone();

    assert!(matches!(refused(&office, &their_up), RelayError::WrongSite(site) if site == "sz-test"));
    assert!(matches!(refused_by(&tablet, &their_down).await, RelayError::WrongSite(_)));
    assert!(matches!(refused(&office, &our_down), RelayError::WrongDirection));
    assert!(matches!(refused_by(&tablet, &our_up).await, RelayError::WrongDirection));

    // Two offices of one name: another key to seal for, and a terminal that nobody knows there.
    let namesake = Office::opens();
    assert!(matches!(refused(&namesake, &our_up), RelayError::UnknownSender(_)));
    let other = Tablet::enrols(&namesake, &namesake.serves().await, "li_inspector").await;
    let third = stick();
    other.exports(third.path());
    assert!(matches!(refused(&office, &bundles(third.path())[0]), RelayError::UnknownSender(_)));

    // No bundle at all, and one of a version to come.
    let odd = ours.path().join("odd.xunjian-relay");
    fs::write(&odd, b"PK\x03\x04 something else entirely, and long enough to be read").unwrap();
    assert!(matches!(refused(&office, &odd), RelayError::NotABundle));
    let mut newer = fs::read(&our_up).unwrap();
    newer[15] = 9;
    fs::write(&odd, newer).unwrap();
    assert!(matches!(refused(&office, &odd), RelayError::NewerVersion(9)));
    for text in [RelayError::NewerVersion(9).text(), RelayError::WrongRecipient.text(), RelayError::Truncated.text()] {
        assert!(text.zh.contains("未作改动") && text.en.to_lowercase().contains("nothing was changed"), "{text:?}");
    }

    // Nobody is answered who has not asked.
    let nobody = relay::answer::write(&office.site, &TerminalId::new("nobody"), ours.path(), u64::MAX).unwrap_err();
    assert!(nobody.message().zh.contains("还没有送来过摆渡包"), "{nobody}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_terminal_learns_it_from_its_answer_and_its_records_wait_for_a_decision() {
    let office = Office::opens();
    let tablet = Tablet::enrols(&office, &office.serves().await, "li_inspector").await;
    tablet.walks(1, 1);
    let first = stick();
    tablet.exports(first.path());
    office.receives(&bundles(first.path())[0]);
    tablet.walks(1, 1);
    office.revokes(&tablet);

    // What a line would make of it, at an office that is the same until here.
    let (there, line) = (office.twin(), tablet.twin());
    let over_a_line = line.syncs(&there.serves().await).await;
    assert!(over_a_line.errors.iter().any(|fault| fault.problem == Some(ProblemCode::RevokedKey)), "{over_a_line:?}");

    let second = stick();
    tablet.exports(second.path());
    let received = office.receives(&bundles(second.path())[0]);
    assert_eq!((received.stored, received.identical, received.refused.len()), (0, 1, 1), "{received:?}");
    assert_eq!(received.refused[0].1.code, ProblemCode::RevokedKey);
    let holds = office.holds();
    assert_eq!((holds.records.len(), holds.delivered.len(), holds.aside.len()), (1, 1, 1), "{holds:?}");
    holds.equal(&there.holds());

    let imported = tablet.imports(&office.answers(&tablet.id(), second.path())[0]).await;
    let problems: Vec<_> = imported.report.errors.iter().filter_map(|fault| fault.problem).collect();
    assert_eq!(problems, [ProblemCode::TerminalRevoked, ProblemCode::RevokedKey], "{imported:?}");
    assert_eq!((imported.report.delivered, imported.report.quarantined), (1, 1), "what was in the log before stands");
    assert!(imported.report.package.is_none(), "no more work for it");
    assert_eq!(tablet.holds(), line.holds());
    let more = stick();
    let exported = tablet.exports_with(more.path(), &RelayExport::default());
    assert_eq!(exported.records, 0, "what waits for people is not carried again and again: {exported:?}");
}
