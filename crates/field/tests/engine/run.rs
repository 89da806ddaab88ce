//! A run of synchronisation that is watched, stopped, and worked beside.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use xunjian_domain::{ids::VisitId, plan::VisitKind};
use xunjian_field::{RecordState, SyncProgress, SyncReport, SyncStage, SyncStop, SyncWatch};

use crate::{
    service::{Fault, Service},
    terminal::{Terminal, jpeg, normal, options},
};

type Told = Arc<Mutex<Vec<SyncProgress>>>;

fn watch() -> (SyncWatch, SyncStop, Told) {
    let told = Told::default();
    let (watch, stop) = SyncWatch::new({
        let told = Arc::clone(&told);
        move |progress| told.lock().unwrap().push(progress)
    });
    (watch, stop, told)
}

/// A sealed room visit with `photos` photos beside the one that its lines share; their bytes.
fn seals_photos(terminal: &Terminal, photos: u8) -> u64 {
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    for seed in 0..photos {
        terminal.attaches(&visit, 1, &jpeg(100 + seed));
    }
    let bytes = terminal.shows(&visit).evidence.iter().map(|photo| photo.bytes).sum();
    terminal.seals(&visit);
    bytes
}

async fn runs(terminal: &Terminal, service: &Service, watch: &SyncWatch) -> SyncReport {
    terminal.field.synchronise_with(service, &options(), watch).await.unwrap()
}

#[tokio::test]
async fn a_run_tells_how_far_it_is_and_ends_with_new_work() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let bytes = seals_photos(&terminal, 3);
    service.open_round("round-2");
    let (watch, _stop, told) = watch();
    let report = runs(&terminal, &service, &watch).await;
    assert_eq!((report.delivered, report.blobs_sent, report.cancelled), (1, 4, false));
    assert!(report.package.is_some_and(|package| package.changed && package.rounds == 2));
    let told = told.lock().unwrap();
    let first = &told[1];
    assert_eq!((first.records_total, first.blobs_total, first.bytes_total), (1, 4, bytes), "known from the start");
    let last = told.last().unwrap();
    assert_eq!(last.stage, SyncStage::Package);
    assert_eq!((last.records_done, last.blobs_done, last.bytes_done), (1, 4, bytes));
    assert!(
        told.windows(2).all(|two| two[0].blobs_done <= two[1].blobs_done && two[0].bytes_done <= two[1].bytes_done)
    );
}

#[tokio::test]
async fn a_run_stopped_amid_its_photos_loses_nothing_and_the_next_sends_nothing_twice() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let bytes = seals_photos(&terminal, 5);
    service.will(Fault::BlobStalls);
    let (watch, stop, _) = watch();
    let (report, ()) = tokio::join!(runs(&terminal, &service, &watch), async {
        service.stalled.notified().await;
        stop.stop();
    });
    assert!(report.cancelled, "the run says that it was stopped");
    assert_eq!((report.submitted, report.delivered, report.still_pending), (1, 0, 1));
    let row = &terminal.field.records().unwrap()[0];
    assert_eq!(row.state, RecordState::PartlySent, "the service has the record, nothing is green");
    assert!(service.blob_bytes_received() > 0 && service.blob_bytes_received() < bytes, "it broke in the middle");
    let waiting = &terminal.field.outbox().unwrap()[0];
    assert!(waiting.delivered_at.is_none() && waiting.last_attempt_at.is_some());
    assert!(waiting.blobs.iter().any(|blob| !blob.sent && blob.media_type == "image/jpeg"));

    let (watch, _stop, _) = self::watch();
    let report = runs(&terminal, &service, &watch).await;
    assert_eq!((report.submitted, report.identical, report.delivered), (0, 0, 1), "the record is not sent again");
    assert_eq!(service.blob_bytes_received(), bytes, "every byte went up once");
    let delivered = &terminal.field.outbox().unwrap()[0];
    assert!(delivered.delivered_at.is_some() && delivered.blobs.iter().all(|blob| blob.sent));
}

#[tokio::test]
async fn a_run_may_be_stopped_before_it_begins() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    seals_photos(&terminal, 1);
    let (watch, stop, _) = watch();
    stop.stop();
    let report = runs(&terminal, &service, &watch).await;
    assert_eq!((report.cancelled, report.still_pending, service.submissions()), (true, 1, 0));
}

#[tokio::test]
async fn answers_are_kept_while_a_photo_is_stuck_on_its_way() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    seals_photos(&terminal, 1);
    let rack: VisitId = terminal.visit(VisitKind::Rack);
    terminal.starts(&rack);
    service.will(Fault::BlobStalls);
    let (watch, stop, _) = watch();
    let (report, slowest) = tokio::join!(runs(&terminal, &service, &watch), async {
        service.stalled.notified().await;
        let mut slowest = Duration::ZERO;
        for line in 1..=10 {
            let begun = Instant::now();
            terminal.answers(&rack, &normal(line)).unwrap();
            slowest = slowest.max(begun.elapsed());
        }
        stop.stop();
        slowest
    });
    assert!(report.cancelled);
    assert!(slowest < Duration::from_secs(5), "no answer waits for the network: {slowest:?}");
    assert_eq!(terminal.shows(&rack).answered, 10);
}
