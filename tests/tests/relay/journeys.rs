//! Bundles that arrive: one or many, in any order, any number of times, by whoever's hand. What comes of it is what a line would
//! have brought, byte for byte.

use std::fs;

use xunjian_central::relay::standings;
use xunjian_field::{FieldError, RelayExport, SyncOptions};
use xunjian_protocol::relay::RelayError;

use crate::party::{Office, Tablet, bundles, stick};

/// What a line would have brought to the same office from the same tablet.
async fn over_a_line(office: &Office, tablets: &[&Tablet]) -> (crate::party::Holdings, Vec<Tablet>) {
    let office = office.twin();
    let url = office.serves().await;
    let mut twins = Vec::new();
    for tablet in tablets {
        let twin = tablet.twin();
        let report = twin.syncs(&url).await;
        assert!(report.errors.is_empty(), "{report:?}");
        twins.push(twin);
    }
    (office.holds(), twins)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bundle_up_and_its_answer_down_do_what_a_line_does() {
    let office = Office::opens();
    let tablet = Tablet::enrols(&office, &office.serves().await, "li_inspector").await;
    let records = tablet.walks(2, 3);
    let (expected, twins) = over_a_line(&office, &[&tablet]).await;

    let stick = stick();
    let exported = tablet.exports(stick.path());
    assert_eq!((exported.files.len(), exported.records, exported.errors.len()), (1, 2, 0), "{exported:?}");
    assert!(exported.photos >= 6, "{exported:?}");
    assert_eq!(tablet.states().get("Delivered"), None, "nothing counts as delivered because it was written to a file");
    assert_eq!(tablet.field.releasable().unwrap().photos, 0);

    let received = office.receives(&bundles(stick.path())[0]);
    assert_eq!((received.stored, received.identical, received.refused.len()), (2, 0, 0), "{received:?}");
    assert_eq!((received.photos_stored, received.photos_wanted), (exported.photos, 0), "{received:?}");
    let standing = &standings(&office.site).unwrap()[0];
    assert!(standing.received_at.is_some() && standing.waiting == 0, "{standing:?}");

    let answers = office.answers(&tablet.id(), stick.path());
    assert_eq!(answers.len(), 1);
    let imported = tablet.imports(&answers[0]).await;
    assert_eq!((imported.report.delivered, imported.is_older), (2, false), "{imported:?}");
    assert!(imported.report.errors.is_empty(), "{imported:?}");
    tablet.has_every_receipt();

    office.holds().equal(&expected);
    assert_eq!(expected.delivered.len(), 2);
    assert!(expected.records.iter().all(|(id, _)| records.iter().any(|record| record.to_hex() == *id)));
    assert_eq!(tablet.holds(), twins[0].holds());
    let released = tablet.field.release_photos(None).unwrap();
    assert_eq!(released.photos, exported.photos, "the originals may go: the receipts prove that the office has them");

    // Once more, both ways: nothing happens.
    let again = office.receives(&bundles(stick.path()).into_iter().find(|file| !answers.contains(file)).unwrap());
    assert_eq!((again.stored, again.identical, again.photos_stored), (0, 2, 0), "{again:?}");
    let imported = tablet.imports(&answers[0]).await;
    assert_eq!((imported.report.delivered, imported.report.errors.len()), (0, 0), "{imported:?}");
    office.holds().equal(&expected);

    // What is done is not carried again.
    let fresh = crate::party::stick();
    let exported = tablet.exports(fresh.path());
    assert_eq!((exported.records, exported.photos), (0, 0), "{exported:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_two_exports_in_any_order_and_twice_come_to_the_same() {
    let office = Office::opens();
    let tablet = Tablet::enrols(&office, &office.serves().await, "li_inspector").await;
    let small = RelayExport { max_bytes: 70_000, ..RelayExport::default() };
    let (first, second) = (stick(), stick());
    tablet.walks(2, 6);
    let one = tablet.exports_with(first.path(), &small);
    tablet.walks(1, 6);
    let other = tablet.exports_with(second.path(), &small);
    assert!(one.files.len() >= 3 && other.files.len() >= 3, "{one:?} {other:?}");
    assert!(other.photos > one.photos, "another stick carries everything that has no receipt: {other:?}");
    let largest = bundles(second.path()).iter().map(|file| fs::metadata(file).unwrap().len()).max().unwrap();
    assert!(largest <= small.max_bytes, "{largest}");
    let (expected, _) = over_a_line(&office, &[&tablet]).await;

    let mut files: Vec<_> = bundles(first.path()).into_iter().chain(bundles(second.path())).collect();
    files.extend(files.clone());
    for seed in 0..4 {
        match seed {
            0 => files.reverse(),
            seed => fastrand::Rng::with_seed(seed).shuffle(&mut files),
        }
        let office = office.twin();
        let received: Vec<_> = files.iter().map(|file| office.receives(file)).collect();
        office.holds().equal(&expected);
        let staged: u64 = received.iter().map(|one| one.photos_staged).sum();
        assert!(seed != 0 || staged > 0, "the last part came first: its photos waited for their records");
        let last = received.last().unwrap();
        assert_eq!((last.photos_wanted, last.waiting), (0, 0), "order {seed}");
        assert!(received.iter().all(|one| one.refused.is_empty() && one.photos_wrong == 0), "{received:?}");
        let waiting = office.folder.path().join("data/blobs/partial");
        let left: Vec<_> = walk(&waiting);
        assert!(left.is_empty(), "nothing waits any more: {left:?}");

        let twin = tablet.twin();
        let down = stick();
        for file in office.answers(&twin.id(), down.path()) {
            twin.imports(&file).await;
        }
        twin.has_every_receipt();
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path) } else { vec![path] }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_tablet_carries_for_another_and_neither_opens_what_is_not_its_own() {
    let office = Office::opens();
    let url = office.serves().await;
    let li = Tablet::enrols(&office, &url, "li_inspector").await;
    let zhao = Tablet::enrols(&office, &url, "zhao_inspector").await;
    li.walks(1, 2);
    let at_the_rack = stick();
    li.exports(at_the_rack.path());
    zhao.walks(1, 2);
    let before = zhao.holds();

    // First hop: 李's file lies on 赵's stick. Second hop: a front server has the folder, and the office reads it there.
    let carried = bundles(at_the_rack.path())[0].clone();
    let in_hand = stick();
    let copy = in_hand.path().join(carried.file_name().unwrap());
    fs::copy(&carried, &copy).unwrap();
    assert_eq!(xunjian_field::show_bundle(&copy).unwrap().header.terminal, li.id(), "who carries it sees whose it is");
    let refused = zhao.field.relay_import(&copy).await.unwrap_err();
    assert!(matches!(refused, FieldError::Relay(RelayError::WrongDirection)), "{refused}");
    assert_eq!(zhao.holds(), before);
    zhao.exports(in_hand.path());
    let front = stick();
    for file in bundles(in_hand.path()) {
        fs::copy(&file, front.path().join(file.file_name().unwrap())).unwrap();
    }
    let (expected, _) = over_a_line(&office, &[&li, &zhao]).await;
    bundles(front.path()).iter().for_each(|file| drop(office.receives(file)));
    office.holds().equal(&expected);

    let down = stick();
    let (for_li, for_zhao) = (office.answers(&li.id(), down.path()), office.answers(&zhao.id(), down.path()));
    assert_eq!(bundles(down.path()).len(), 2, "one folder holds the answers for both");
    for (tablet, other) in [(&li, &for_zhao[0]), (&zhao, &for_li[0])] {
        let refused = tablet.field.relay_import(other).await.unwrap_err();
        assert!(matches!(refused, FieldError::Relay(RelayError::WrongRecipient)), "{refused}");
    }
    for (tablet, own) in [(&li, &for_li[0]), (&zhao, &for_zhao[0])] {
        assert_eq!(tablet.imports(own).await.report.delivered, 1);
        tablet.has_every_receipt();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_and_a_stick_take_turns_and_answers_may_be_late_or_lost() {
    let office = Office::opens();
    let url = office.serves().await;
    let tablet = Tablet::enrols(&office, &url, "li_inspector").await;
    tablet.walks(1, 4);
    // A bad line took the record, and no photo.
    let client = xunjian_field::http::HttpClient::of(&tablet.field, &url, xunjian_field::Language::Zh).unwrap();
    let records_only = SyncOptions { photos: false, ..SyncOptions::default() };
    let report = tablet.field.sync_now(&client, &records_only).await.unwrap();
    assert_eq!((report.submitted, report.blobs_sent), (1, 0), "{report:?}");
    let (expected, _) = over_a_line(&office, &[&tablet]).await;

    let first = stick();
    tablet.exports(first.path());
    let received = office.receives(&bundles(first.path())[0]);
    assert_eq!((received.stored, received.identical, received.photos_wanted), (0, 1, 0), "{received:?}");
    office.holds().equal(&expected);
    let late = office.answers(&tablet.id(), first.path());

    // The answer lies in somebody's drawer. More is sealed, and a second stick goes.
    tablet.walks(1, 2);
    let second = stick();
    let exported = tablet.exports(second.path());
    assert_eq!(exported.records, 2, "what has no receipt goes again: {exported:?}");
    office.receives(&bundles(second.path())[0]);
    let answers = office.answers(&tablet.id(), second.path());
    let imported = tablet.imports(&answers[0]).await;
    assert_eq!(imported.report.delivered, 2, "{imported:?}");
    tablet.has_every_receipt();

    // Then the first answer turns up.
    let before = tablet.holds();
    let imported = tablet.imports(&late[0]).await;
    assert!(imported.is_older && imported.report.errors.is_empty(), "{imported:?}");
    assert_eq!(tablet.holds(), before, "late news changes nothing");

    // And over a line nothing is left to do.
    let report = tablet.syncs(&url).await;
    assert_eq!((report.submitted, report.blobs_sent, report.errors.len()), (0, 0, 0), "{report:?}");
    tablet.walks(1, 1);
    assert_eq!(tablet.syncs(&url).await.delivered, 1);
    tablet.has_every_receipt();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_is_repeated_goes_on_with_what_the_stick_does_not_have() {
    let office = Office::opens();
    let tablet = Tablet::enrols(&office, &office.serves().await, "li_inspector").await;
    tablet.walks(1, 8);
    let small = RelayExport { max_bytes: 55_000, ..RelayExport::default() };
    let stick = stick();
    let whole = tablet.exports_with(stick.path(), &small);
    assert!(whole.files.len() > 2, "{whole:?}");
    // Somebody deletes one of the files with photos, and leaves half a copy of another thing.
    let last = bundles(stick.path()).pop().unwrap();
    fs::remove_file(&last).unwrap();
    let name = last.file_name().unwrap().to_string_lossy().into_owned();
    let broken = stick.path().join(format!("{name}.part"));
    fs::write(&broken, b"half").unwrap();
    let again = tablet.exports_with(stick.path(), &small);
    assert!(!broken.exists(), "what a killed export left is tidied away by the next");
    assert_eq!(again.photos + again.photos_there, whole.photos, "{again:?}");
    assert!(again.photos > 0 && again.photos_there > 0, "{again:?}");
    bundles(stick.path()).iter().for_each(|file| drop(office.receives(file)));
    let down = office.answers(&tablet.id(), stick.path());
    assert_eq!(tablet.imports(&down[0]).await.report.delivered, 1);
    tablet.has_every_receipt();

    // A part that got lost on the way is named as missing, and goes again from any stick.
    tablet.walks(1, 8);
    let lost = crate::party::stick();
    tablet.exports_with(lost.path(), &small);
    let files = bundles(lost.path());
    office.receives(&files[0]);
    let down = office.answers(&tablet.id(), lost.path());
    let report = tablet.imports(&down[0]).await.report;
    assert_eq!((report.delivered, report.still_pending), (0, 1), "{report:?}");
    let again = tablet.exports_with(lost.path(), &RelayExport::default());
    assert!(again.photos > 0, "the office said that it lacks them: {again:?}");
    let newest = again.files[0].clone();
    let received = office.receives(std::path::Path::new(&newest));
    assert_eq!(received.photos_wanted, 0, "{received:?}");
    let down = office.answers(&tablet.id(), lost.path());
    assert_eq!(tablet.imports(&down[0]).await.report.delivered, 1);
    tablet.has_every_receipt();
}
