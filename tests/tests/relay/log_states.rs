//! What bundles carry of the log exposes a service that shows two histories, or lost one.

use xunjian_field::{Code, FieldError};

use crate::party::{Office, Tablet, bundles, stick};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_histories_of_one_log_are_noticed_on_both_sides_of_the_gap() {
    let office = Office::opens();
    let tablet = Tablet::enrols(&office, &office.serves().await, "li_inspector").await;
    tablet.walks(1, 2);
    // Somebody runs the service twice, from one copy: each goes on by itself.
    let fork = office.twin();
    fork.opens_round(xunjian_domain::round::RoundKind::Special);
    let stick = stick();
    tablet.exports(stick.path());
    office.receives(&bundles(stick.path())[0]);
    fork.receives(&bundles(stick.path())[0]);
    let (one, other) = (crate::party::stick(), crate::party::stick());
    let (true_one, forked) = (office.answers(&tablet.id(), one.path()), fork.answers(&tablet.id(), other.path()));

    assert_eq!(tablet.imports(&true_one[0]).await.report.delivered, 1);
    let told = tablet.imports(&forked[0]).await;
    assert!(told.report.errors.iter().any(|fault| fault.code == Code::LogInconsistent), "{told:?}");
    assert_eq!(tablet.field.releasable().unwrap().photos, 0, "no original goes while the log contradicts itself");
    let refused = tablet.field.release_photos(None).unwrap_err();
    assert!(matches!(refused, FieldError::LogInconsistent(_)), "{refused}");

    // The fork is told by the next bundle that this terminal saw another history.
    let last = crate::party::stick();
    tablet.exports(last.path());
    let received = fork.receives(&bundles(last.path())[0]);
    assert!(received.is_log_contradicted, "{received:?}");
    assert!(!office.receives(&bundles(last.path())[0]).is_log_contradicted);
    // What the tablet was led to doubt it gave once more, and the true one mends it.
    tablet.imports(&office.answers(&tablet.id(), last.path())[0]).await;
    tablet.has_every_receipt();
    assert!(tablet.field.releasable().unwrap().photos > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_was_set_back_is_noticed_and_gets_everything_again() {
    let office = Office::opens();
    let url = office.serves().await;
    let tablet = Tablet::enrols(&office, &url, "li_inspector").await;
    let older = office.twin();
    tablet.walks(2, 2);
    let first = stick();
    tablet.exports(first.path());
    office.receives(&bundles(first.path())[0]);
    assert_eq!(tablet.imports(&office.answers(&tablet.id(), first.path())[0]).await.report.delivered, 2);

    // The office burns down and is set up again from last week's copy.
    let second = stick();
    assert_eq!(tablet.exports(second.path()).records, 0);
    let received = older.receives(&bundles(second.path())[0]);
    assert!(received.is_log_contradicted, "the office learns it at once: {received:?}");
    let told = tablet.imports(&older.answers(&tablet.id(), second.path())[0]).await;
    assert!(told.report.errors.iter().any(|fault| fault.code == Code::LogInconsistent), "{told:?}");
    assert_eq!(tablet.field.releasable().unwrap().photos, 0);
    let third = stick();
    let exported = tablet.exports(third.path());
    assert_eq!(exported.records, 2, "what may be lost goes again: {exported:?}");
    let received = older.receives(&bundles(third.path())[0]);
    assert_eq!((received.stored, received.photos_wanted), (2, 0), "{received:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_that_arrives_late_and_is_shorter_is_not_forgotten() {
    let office = Office::opens();
    let tablet = Tablet::enrols(&office, &office.serves().await, "li_inspector").await;
    let fork = office.twin();
    fork.opens_round(xunjian_domain::round::RoundKind::Special);
    let stick = stick();
    tablet.exports(stick.path());
    office.receives(&bundles(stick.path())[0]);
    fork.receives(&bundles(stick.path())[0]);
    let forked = fork.answers(&tablet.id(), stick.path());
    // The true one grows beyond it before the tablet hears of either.
    for _ in 0..4 {
        office.opens_round(xunjian_domain::round::RoundKind::Special);
    }
    let down = crate::party::stick();
    assert!(tablet.imports(&office.answers(&tablet.id(), down.path())[0]).await.report.errors.is_empty());
    let late = tablet.imports(&forked[0]).await;
    assert!(late.is_older && late.report.errors.is_empty(), "it looks merely late: {late:?}");
    // The next export asks for the proof, and there is none.
    tablet.exports(down.path());
    let up = bundles(down.path()).into_iter().find(|file| file.to_string_lossy().contains("-up-")).unwrap();
    assert!(office.receives(&up).is_log_contradicted, "the office keeps the fork's checkpoint as evidence");
    let answers = office.answers(&tablet.id(), down.path());
    let told = tablet.imports(&answers[0]).await;
    assert!(told.report.errors.iter().any(|fault| fault.code == Code::LogInconsistent), "{told:?}");
}
