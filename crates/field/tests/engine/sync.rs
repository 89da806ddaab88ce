//! Sync: nothing twice, nothing lost, nothing green without a receipt.

use xunjian_domain::plan::VisitKind;
use xunjian_field::{Code, RecordState, SyncOptions, VisitState};
use xunjian_protocol::problem::ProblemCode;

use crate::{
    service::{Fault, Service},
    terminal::{Terminal, jpeg, options},
};

fn states(terminal: &Terminal) -> Vec<RecordState> {
    terminal.field.records().unwrap().iter().map(|record| record.state).collect()
}

#[tokio::test]
async fn a_lost_answer_to_a_submission_doubles_nothing() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    service.will(Fault::SubmitAnswerLost);
    let run = terminal.syncs(&service).await;
    assert_eq!((run.submitted, run.identical, run.delivered), (0, 1, 1), "the service had it already");
    assert_eq!(service.records_stored(), 1);
    assert_eq!(run.errors, [], "what mended itself is no error any more");
    let idle = terminal.syncs(&service).await;
    assert_eq!(
        (idle.submitted, idle.identical, service.submissions()),
        (0, 0, 2),
        "a delivered record is not sent again"
    );
}

#[tokio::test]
async fn a_photo_goes_on_where_it_broke_and_is_never_sent_twice() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    let bytes = terminal.shows(&visit).evidence.iter().map(|photo| photo.bytes).sum::<u64>();
    terminal.seals(&visit);
    service.will(Fault::BlobCut);
    service.will(Fault::BlobAnswerLost);
    let run = terminal.syncs(&service).await;
    assert_eq!(run.delivered, 1, "{:?}", run.errors);
    assert_eq!(service.blob_bytes_received(), bytes, "every byte arrived once");
}

#[tokio::test]
async fn one_refused_record_does_not_hold_up_the_others() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    terminal.walks(VisitKind::System, 2);
    terminal.walks(VisitKind::Room, 3);
    service.refuse(2, ProblemCode::NotPlanned);
    let run = terminal.syncs(&service).await;
    assert_eq!((run.delivered, run.quarantined, run.still_pending), (2, 1, 0));
    assert_eq!(states(&terminal), [RecordState::Delivered, RecordState::Queued, RecordState::Delivered]);
    let aside = terminal.field.records().unwrap().swap_remove(1);
    assert_eq!(aside.quarantined.unwrap().code, ProblemCode::NotPlanned);
    let today = terminal.field.today(&terminal.li).unwrap();
    assert!(today.rounds[0].visits.iter().any(|visit| visit.state == VisitState::Returned));
    let folder = tempfile::tempdir().unwrap();
    let exported = terminal.field.export_record(&aside.id.to_hex(), folder.path()).unwrap();
    assert!(exported.files.contains(&"record.json".to_owned()), "the stuck one can be taken out by hand");
    let again = terminal.syncs(&service).await;
    let [fault] = &again.errors[..] else { panic!("the next run says it again: {:?}", again.errors) };
    assert_eq!((fault.record, fault.problem), (Some(aside.id), Some(ProblemCode::NotPlanned)));
    assert!(!fault.retryable && again.quarantined == 1);
}

#[tokio::test]
async fn a_record_that_a_decision_let_in_comes_out_of_the_quarantine() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Room, 1);
    service.refuse(1, ProblemCode::RevokedKey);
    for _ in 0..2 {
        let run = terminal.syncs(&service).await;
        assert_eq!((run.delivered, run.quarantined), (0, 1), "nobody has decided");
    }
    let row = terminal.field.records().unwrap().swap_remove(0);
    let folder = tempfile::tempdir().unwrap();
    terminal.field.export_record(&row.id.to_hex(), folder.path()).unwrap();
    service.lets_in(&std::fs::read_to_string(folder.path().join("envelope.json")).unwrap());
    let run = terminal.syncs(&service).await;
    assert_eq!((run.delivered, run.quarantined, run.still_pending), (1, 0, 0), "{:?}", run.errors);
    assert!(terminal.field.records().unwrap()[0].quarantined.is_none());
}

#[tokio::test]
async fn a_key_the_root_has_not_signed_for_waits_and_then_goes_up() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    terminal.walks(VisitKind::System, 2);
    service.refuse(1, ProblemCode::KeyNotApproved);
    service.refuse(2, ProblemCode::BrokenChain);
    let run = terminal.syncs(&service).await;
    assert_eq!((run.quarantined, run.still_pending), (0, 2), "a chain broken by a waiting record mends by itself");
    assert_eq!(run.passes, 1, "trying again at once is of no use");
    assert!(run.errors.iter().all(|fault| fault.retryable));
    let queued = &terminal.field.records().unwrap()[0];
    assert!(queued.last_error.contains("403.4"), "{}", queued.last_error);
    service.refuse_nothing();
    assert_eq!(terminal.syncs(&service).await.delivered, 2);
}

#[tokio::test]
async fn a_receipt_with_one_bit_flipped_is_not_accepted() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    service.will(Fault::ReceiptFlipped);
    let run = terminal.syncs(&service).await;
    assert_eq!((run.delivered, run.still_pending), (0, 1));
    assert_eq!(run.errors[0].code, Code::Integrity, "{:?}", run.errors);
    assert_eq!(states(&terminal), [RecordState::PartlySent], "no green without a receipt that verifies");
    assert_eq!(terminal.syncs(&service).await.delivered, 1, "the right receipt is taken");
}

#[tokio::test]
async fn a_rewritten_log_delivers_nothing() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    service.rewrite_log(2);
    let run = terminal.syncs(&service).await;
    assert_eq!(run.delivered, 0);
    assert_eq!(run.errors[0].code, Code::LogInconsistent, "{:?}", run.errors);
    assert_eq!(states(&terminal), [RecordState::PartlySent]);
}

#[tokio::test]
async fn a_log_that_only_grew_is_fine() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    for _ in 0..13 {
        service.grow_log();
    }
    terminal.walks(VisitKind::Cluster, 1);
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
    service.grow_log();
    terminal.walks(VisitKind::System, 2);
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
}

#[tokio::test]
async fn a_service_nobody_reaches_changes_nothing() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Room, 1);
    for _ in 0..8 {
        service.will(Fault::Unreachable);
    }
    let run = terminal.syncs(&service).await;
    assert_eq!((run.passes, run.still_pending), (4, 1));
    assert!(run.errors[0].retryable);
    let status = terminal.field.status().unwrap();
    assert_eq!((status.records.queued, status.blobs_left), (1, 1), "what waits stays visible");
    let record = &terminal.field.records().unwrap()[0];
    assert!(record.last_error.contains("连不上"), "{}", record.last_error);
}

#[tokio::test]
async fn a_photo_changed_on_the_disk_is_named_and_not_sent() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    let photo = terminal.shows(&visit).evidence[0].sha256;
    terminal.seals(&visit);
    let hex = photo.to_hex();
    let path = terminal.folder.path().join("photos/originals").join(&hex[..2]).join(&hex);
    std::fs::write(&path, jpeg(77)).unwrap();
    let run = terminal.syncs(&service).await;
    assert_eq!((run.delivered, run.still_pending), (0, 1));
    assert_eq!(run.errors[0].blob, Some(photo), "{:?}", run.errors);
    assert_eq!(service.blob_bytes_received(), 0, "bytes that are not what was signed never leave");
}

#[tokio::test]
async fn photos_go_side_by_side_but_not_all_at_once() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    for seed in 0..30 {
        terminal.attaches(&visit, 1, &jpeg(100 + seed));
    }
    terminal.seals(&visit);
    service.takes_its_time();
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
    assert_eq!(service.most_at_once(), 12);
}

#[tokio::test]
async fn a_photo_that_nobody_lets_through_holds_up_no_other() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    let bad = terminal.attaches(&visit, 1, &jpeg(100));
    terminal.seals(&visit);
    terminal.walks(VisitKind::Rack, 60);
    service.never_lets_through(bad);
    let run = terminal.syncs(&service).await;
    assert_eq!((run.delivered, run.still_pending), (1, 1), "{:?}", run.errors);
    assert_eq!(run.errors[0].blob, Some(bad));
    service.lets_all_through();
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
}

#[tokio::test]
async fn records_alone_leave_their_photos_for_later_and_say_so() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Room, 1);
    let options = SyncOptions { photos: false, ..options() };
    let run = terminal.field.sync_now(&service, &options).await.unwrap();
    assert_eq!((run.submitted, run.delivered, run.photos_held_back, run.passes), (1, 0, 1, 1), "{:?}", run.errors);
    assert_eq!(service.blob_bytes_received(), 0);
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
}

#[tokio::test]
async fn receipts_under_one_state_of_the_log_need_one_proof() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    for kind in [VisitKind::Cluster, VisitKind::System, VisitKind::Room, VisitKind::Rack] {
        terminal.walks(kind, 1);
    }
    let before = service.consistency_requests();
    assert_eq!(terminal.syncs(&service).await.delivered, 4);
    let asked = service.consistency_requests() - before;
    assert!(asked <= 2, "{asked} questions for four receipts");
}
