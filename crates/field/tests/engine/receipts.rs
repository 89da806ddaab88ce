//! Fault table of receipts and of the log, at the terminal: every byte of a receipt and of its statement changed, receipts of other
//! records replayed, old states of the log replayed, the service set back to an older copy, versions that nobody knows. Nothing of
//! it is ever stored as delivered, each is named, and nothing on the terminal is given away.

use std::sync::Arc;

use xunjian_domain::{hash::Sha256, plan::VisitKind};
use xunjian_field::{Code, FieldError, RecordState};
use xunjian_proof::receipt::Receipt;
use xunjian_protocol::problem::ProblemCode;

use crate::{
    service::{Fault, Service, Spoil},
    terminal::Terminal,
};

fn states(terminal: &Terminal) -> Vec<RecordState> {
    terminal.field.records().unwrap().iter().map(|row| row.state).collect()
}

/// Two records whose photos have gone up and whose receipts nobody fetched.
async fn two_await_their_receipts(service: &Service) -> (Terminal, [Sha256; 2]) {
    let terminal = Terminal::of_li(service).await;
    let one = terminal.walks(VisitKind::Cluster, 1).record;
    let two = terminal.walks(VisitKind::System, 2).record;
    service.hands_out(Some(Arc::new(|_, receipt| receipt.clear())));
    let run = terminal.syncs(service).await;
    assert_eq!((run.submitted, run.delivered), (2, 0), "{:?}", run.errors);
    assert_eq!(states(&terminal), [RecordState::PartlySent; 2]);
    (terminal, [one, two])
}

/// Flips the lowest bit of one byte; the texts are ASCII but for dashes, whose bytes are left alone.
fn flip(text: &mut String, at: usize) {
    let mut bytes = std::mem::take(text).into_bytes();
    bytes[at] ^= 1;
    *text = String::from_utf8(bytes).unwrap();
}

fn ascii(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii()).map(|(at, _)| at)
}

/// Bytes of the name and of the key's hash in cosignatures: a line that names another key is one of a cosigner nobody knows. It is
/// passed over, as C2SP `signed-note` wants it, and counts for nothing.
fn of_unknown_cosigners(receipt: &str, origin: &str) -> Vec<usize> {
    let mut passed_over = Vec::new();
    let mut start = 0;
    for line in receipt.split_inclusive('\n') {
        if let Some((name, _)) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' '))
            && name != origin
        {
            let name_at = start + "— ".len();
            // The blank behind the name is none of them; four bytes in base 64 reach into the sixth digit.
            passed_over.extend(name_at..name_at + name.len());
            passed_over.extend(name_at + name.len() + 1..name_at + name.len() + 7);
        }
        start += line.len();
    }
    passed_over
}

#[tokio::test]
async fn every_changed_byte_of_a_receipt_and_of_its_statement_is_refused_before_it_is_stored() {
    // Every eleventh byte, every one in `make soak`.
    let step = if std::env::var_os("XUNJIAN_SOAK").is_some() { 1 } else { 11 };
    let service = Service::start();
    let (terminal, [record, _]) = two_await_their_receipts(&service).await;
    let (delivered, receipt) = service.receipt_of(record);
    let passed_over = of_unknown_cosigners(&receipt, "gz.example/log");
    assert!(!passed_over.is_empty(), "the clock's line is there: {receipt}");
    let of_receipt = ascii(&receipt).step_by(step).filter(|at| !passed_over.contains(at)).map(|at| ("receipt", at));
    let places: Vec<(&'static str, usize)> =
        of_receipt.chain(ascii(&delivered).step_by(step).map(|at| ("statement", at))).collect();
    let spoil = |(part, at): (&'static str, usize)| -> Spoil {
        let original = delivered.clone();
        Arc::new(move |delivered, receipt| match part {
            // The other record's receipt is none, so that a change of this one is all there is to refuse.
            _ if *delivered != original => receipt.clear(),
            "receipt" => flip(receipt, at),
            _ => flip(delivered, at),
        })
    };
    let count = places.len();
    for place in places {
        let what = format!("byte {} of the {}", place.1, place.0);
        service.hands_out(Some(spoil(place)));
        let run = terminal.syncs(&service).await;
        assert_eq!((run.delivered, run.still_pending), (0, 2), "{what}");
        let of_record = run.errors.iter().find(|fault| fault.record == Some(record));
        assert_eq!(of_record.map(|fault| fault.code), Some(Code::Integrity), "{what}: {:?}", run.errors);
    }
    assert_eq!(states(&terminal), [RecordState::PartlySent; 2], "no green without a receipt that verifies");
    println!("{count} bytes changed, one at a time");
    service.hands_out(None);
    assert_eq!(terminal.syncs(&service).await.delivered, 2, "the right ones are taken");
}

#[tokio::test]
async fn a_receipt_of_another_record_is_refused_whole_or_in_part() {
    let service = Service::start();
    let (terminal, [_, two]) = two_await_their_receipts(&service).await;
    let of_two = service.receipt_of(two);
    type Replay = fn(&(String, String), &mut String, &mut String);
    let replays: [(&str, Replay); 3] = [
        ("the statement", |other, delivered, _| delivered.clone_from(&other.0)),
        ("the receipt", |other, _, receipt| receipt.clone_from(&other.1)),
        ("both", |other, delivered, receipt| (*delivered, *receipt) = other.clone()),
    ];
    for (what, replay) in replays {
        let other = of_two.clone();
        service.hands_out(Some(Arc::new(move |delivered, receipt| {
            if *delivered != other.0 {
                replay(&other, delivered, receipt);
            } else {
                receipt.clear();
            }
        })));
        let run = terminal.syncs(&service).await;
        assert_eq!(run.delivered, 0, "{what} of another record");
        assert!(run.errors.iter().all(|fault| fault.code == Code::Integrity), "{what}: {:?}", run.errors);
    }
    assert_eq!(states(&terminal), [RecordState::PartlySent; 2]);
}

#[tokio::test]
async fn an_old_receipt_of_the_same_record_is_as_good_as_a_new_one_while_the_log_only_grew() {
    let service = Service::start();
    let (terminal, [one, _]) = two_await_their_receipts(&service).await;
    let old = service.receipt_of(one);
    for _ in 0..5 {
        service.grow_log();
    }
    service.hands_out(Some(Arc::new(move |delivered, receipt| {
        if *delivered == old.0 {
            receipt.clone_from(&old.1);
        }
    })));
    let run = terminal.syncs(&service).await;
    assert_eq!((run.delivered, run.errors.len()), (2, 0), "{:?}", run.errors);
}

#[tokio::test]
async fn a_receipt_under_a_state_that_the_log_never_had_is_named_as_another_history() {
    let service = Service::start();
    let (terminal, _) = two_await_their_receipts(&service).await;
    service.hands_out(None);
    service.rewrite_log(2);
    let run = terminal.syncs(&service).await;
    assert_eq!((run.delivered, run.errors[0].code), (0, Code::LogInconsistent), "{:?}", run.errors);
    assert_eq!(states(&terminal), [RecordState::PartlySent; 2]);
}

#[tokio::test]
async fn a_service_set_back_is_never_called_fine_and_what_it_lost_goes_up_again() {
    // Records, leaves it lost, and how many records it still has: with the records gone, and with only the photos gone.
    for (lost, left) in [(3, 0), (2, 2), (1, 2)] {
        let service = Service::start();
        let terminal = Terminal::of_li(&service).await;
        terminal.walks(VisitKind::Room, 1);
        terminal.walks(VisitKind::System, 2);
        assert_eq!(terminal.syncs(&service).await.delivered, 2);
        let sent = service.blob_bytes_received();
        let releasable = terminal.field.releasable().unwrap();
        assert!(sent > 0 && releasable.photos > 0, "photos went up");

        service.is_restored(lost, left);
        let run = terminal.syncs(&service).await;
        let named = run.errors.iter().find(|fault| fault.code == Code::LogInconsistent);
        let named = named.unwrap_or_else(|| panic!("{lost} leaves lost: {:?}", run.errors));
        assert!(!named.retryable && named.message.zh.contains("监理方"), "says what to do: {}", named.message.zh);
        assert!(terminal.field.status().unwrap().warnings.contains(&named.message), "on every screen");
        assert!(terminal.field.session(None).unwrap().warnings.contains(&named.message), "on every screen");
        assert_eq!(service.blob_bytes_received(), 2 * sent, "{lost}: every photo is at the service again");
        assert_eq!(service.records_stored(), 2, "{lost}: and every record");

        assert_eq!(terminal.field.releasable().unwrap().photos, 0, "nothing is offered for release");
        let refused = terminal.field.release_photos(None);
        assert!(matches!(refused, Err(FieldError::LogInconsistent(_))), "{refused:?}");
        let terminal = terminal.restarts();
        assert!(terminal.field.release_photos(None).is_err(), "not after another start either");
        let again = terminal.syncs(&service).await;
        assert!(again.errors.iter().any(|fault| fault.code == Code::LogInconsistent), "and it is said each time");
        let receipts = terminal.field.records().unwrap();
        assert!(receipts.iter().all(|row| row.state != RecordState::Sealed), "no record is forgotten: {receipts:?}");
    }
}

#[tokio::test]
async fn a_log_that_contradicted_itself_and_is_the_old_one_again_is_fine_again() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Room, 1);
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
    // Somebody answers for the service who has an old copy; then the service itself.
    let old = service.swaps_log(2);
    let run = terminal.syncs(&service).await;
    assert_eq!(run.errors[0].code, Code::LogInconsistent, "{:?}", run.errors);
    assert!(terminal.field.release_photos(None).is_err());
    service.puts_log_back(old);
    let run = terminal.syncs(&service).await;
    assert_eq!(run.errors.len(), 0, "{:?}", run.errors);
    assert!(terminal.field.release_photos(None).unwrap().photos > 0, "what is proved may go again");
}

#[tokio::test]
async fn a_new_key_of_the_log_that_nobody_brought_here_yet_is_no_contradiction() {
    let mut service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Room, 1);
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
    service.change_log_and_clock();
    let run = terminal.syncs(&service).await;
    assert_eq!(run.errors.len(), 0, "nothing waits, and nothing is wrong: {:?}", run.errors);
    terminal.field.pull(&service).await.unwrap();
    terminal.walks(VisitKind::System, 2);
    assert_eq!(terminal.syncs(&service).await.delivered, 1);
}

#[tokio::test]
async fn a_service_of_unknown_versions_gets_the_unsent_work_and_no_other_question() {
    for versions in [&[2, 3][..], &[0], &[]] {
        let service = Service::start();
        let terminal = Terminal::of_li(&service).await;
        terminal.walks(VisitKind::Room, 1);
        service.speaks(versions);
        let refused = terminal.field.pull(&service).await;
        assert!(matches!(&refused, Err(FieldError::VersionUnsupported(told)) if told == versions), "{refused:?}");
        let text = refused.unwrap_err().text();
        assert!(text.zh.contains("请升级终端软件") && text.zh.contains("不会丢失"), "{}", text.zh);
        let run = terminal.syncs(&service).await;
        assert_eq!((run.delivered, run.errors.len()), (1, 0), "unsent work is taken: {:?}", run.errors);
    }
}

#[tokio::test]
async fn a_service_that_wants_a_newer_terminal_loses_and_sets_aside_nothing() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Room, 1);
    service.refuse(1, ProblemCode::VersionTooOld);
    let run = terminal.syncs(&service).await;
    assert_eq!(run.delivered, 0);
    assert!(run.errors[0].message.zh.contains("升级"), "{:?}", run.errors);
    assert_eq!(
        (run.quarantined, run.still_pending, run.passes),
        (0, 1, 1),
        "it waits for the update, and for nothing else"
    );
    service.refuse_nothing();
    let run = terminal.syncs(&service).await;
    assert_eq!((run.delivered, run.quarantined), (1, 0), "taken once the terminal was updated: {:?}", run.errors);
}

#[tokio::test]
async fn answers_lost_on_the_way_and_receipts_changed_cost_no_second_copy_of_anything() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Room, 1);
    for fault in [Fault::SubmitAnswerLost, Fault::BlobAnswerLost, Fault::ReceiptFlipped] {
        service.will(fault);
    }
    for _ in 0..3 {
        terminal.syncs(&service).await;
    }
    assert_eq!(states(&terminal), [RecordState::Delivered]);
    assert_eq!(service.records_stored(), 1);
    let id = terminal.field.records().unwrap()[0].id;
    let (_, receipt) = service.receipt_of(id);
    assert!(Receipt::parse(&receipt).is_ok());
}
