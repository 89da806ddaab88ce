//! What Table A.2 asks beyond ticks, from the answer to the signed record: register, contact list, both doors, climate, footage,
//! extinguishers; time per item and bulk marks.

use jiff::civil::date;
use xunjian_domain::{
    ids::VisitId,
    outcome::Outcome,
    plan::VisitKind,
    reading::Quantity,
    value::{DoorState, Expiry, Value},
};
use xunjian_field::{LineSelector, NewAnswer, NewCheck, NewPhoto, NewValue};
use xunjian_proof::record::{Capture, Layer, LayerKind, Record, ScanSource};

use crate::{
    service::Service,
    terminal::{Terminal, jpeg, normal},
};

fn line_of(terminal: &Terminal, visit: &VisitId, criterion: &str) -> u32 {
    terminal.shows(visit).lines.iter().find(|line| line.criterion.as_str() == criterion).unwrap().no
}

/// What the engine suggests of one value of a check.
fn suggests(terminal: &Terminal, visit: &VisitId, check: &str, value: Value) -> Option<Outcome> {
    let (criterion, _) = check.rsplit_once('.').unwrap();
    let new = NewCheck {
        check: check.into(),
        outcome: Outcome::Normal,
        reason: String::new(),
        value: Some(NewValue::Plain(value)),
    };
    let answer = NewAnswer { checks: vec![new], ..normal(line_of(terminal, visit, criterion)) };
    let report = terminal.answers(visit, &answer).unwrap();
    let suggested = report.checks[0].suggested;
    assert_eq!(!report.warnings.is_empty(), suggested == Some(Outcome::Abnormal), "it warns and does not block");
    suggested
}

fn sealed(terminal: &Terminal, visit: &VisitId) -> Record {
    let sealed = terminal.seals(visit);
    terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record
}

fn value_in(record: &Record, check: &str) -> Value {
    let checks = record.lines.iter().flat_map(|line| &line.checks);
    checks.into_iter().find(|result| result.check.as_str() == check).unwrap().value.clone().unwrap()
}

#[tokio::test]
async fn a_rooms_register_contacts_footage_and_extinguishers_are_judged_by_what_was_seen() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.starts(&visit);
    let day = terminal.shows(&visit).started.unwrap().wall_ms.day_in_china();
    let months_ago = |months: i32| day.checked_sub(jiff::Span::new().months(months)).unwrap();
    let expiry = |on| Value::Expiries { items: vec![Expiry { place: "东门".into(), expires_on: on }] };
    let (good, bad) = (Some(Outcome::Normal), Some(Outcome::Abnormal));
    for (check, value, suggested) in [
        ("A.2-02.register", Value::Register { own_entry_found: false, incomplete_entries: 0 }, bad),
        ("A.2-02.register", Value::Register { own_entry_found: true, incomplete_entries: 1 }, bad),
        ("A.2-02.register", Value::Register { own_entry_found: true, incomplete_entries: 0 }, good),
        ("A.2-04.contacts", Value::Contacts { posted: true, current: false }, bad),
        ("A.2-04.contacts", Value::Contacts { posted: false, current: true }, bad),
        ("A.2-04.contacts", Value::Contacts { posted: true, current: true }, good),
        ("A.2-11b.footage", Value::EarliestFootage { on: months_ago(3) }, bad),
        ("A.2-11b.footage", Value::EarliestFootage { on: months_ago(3).yesterday().unwrap() }, good),
        ("A.2-12b.expiry", expiry(day.yesterday().unwrap()), bad),
        ("A.2-12b.expiry", expiry(date(2030, 1, 1)), good),
    ] {
        assert_eq!(suggests(&terminal, &visit, check, value.clone()), suggested, "{check}: {value:?}");
    }
}

#[tokio::test]
async fn a_rooms_values_stand_in_the_record_with_points_dew_point_and_time_per_item() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    let register = line_of(&terminal, &visit, "A.2-02");
    terminal.answers(&visit, &NewAnswer { spent_ms: Some(12_000), ..normal(register) }).unwrap();
    let original = terminal.attaches(&visit, register, &jpeg(70));
    let bytes = jpeg(71);
    let masked = NewPhoto {
        bytes: &bytes,
        file_name: "",
        capture: Capture::Camera,
        caption: "登记页",
        layer: Some(Layer { of: original, kind: LayerKind::Masked }),
        after_of: None,
    };
    let selector = LineSelector::No { line: register };
    let masked = terminal.field.attach_photo(terminal.draft(&visit), Some(&selector), masked).unwrap().evidence.sha256;

    let record = sealed(&terminal, &visit);
    assert_eq!(
        value_in(&record, "A.2-02.register"),
        Value::Register { own_entry_found: true, incomplete_entries: 0 },
        "this visit's own entry was looked for"
    );
    assert_eq!(value_in(&record, "A.2-04.contacts"), Value::Contacts { posted: true, current: true });
    assert!(matches!(value_in(&record, "A.2-11b.footage"), Value::EarliestFootage { .. }));
    let Value::Readings { readings } = value_in(&record, "A.2-08.climate") else { panic!("no readings") };
    let quantities: Vec<_> = readings.iter().map(|reading| (reading.point.as_str(), reading.quantity)).collect();
    let at = |quantity| ("测点1", quantity);
    assert_eq!(
        quantities,
        [at(Quantity::Temperature), at(Quantity::RelativeHumidity), at(Quantity::DewPoint)],
        "temperature, humidity, where, and the dew point that the engine computed"
    );
    let line = record.lines.iter().find(|line| line.no == register).unwrap();
    assert_eq!((line.spent_ms, line.bulk), (Some(12_000), false), "time per item");
    let layer = record.evidence.iter().find(|one| one.sha256 == masked).and_then(|one| one.layer.as_ref());
    assert_eq!(layer.map(|layer| (layer.of, layer.kind)), Some((original, LayerKind::Masked)));
    assert!(line.photos.contains(&masked), "the register page with names and numbers covered");
}

#[tokio::test]
async fn a_racks_two_doors_are_two_answers_and_bulk_is_marked_line_by_line() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    terminal.starts(&visit);
    let doors = |front, rear| suggests(&terminal, &visit, "A.2-03a.doors", Value::Doors { front, rear });
    assert_eq!(doors(DoorState::Locked, DoorState::Unlocked), Some(Outcome::Abnormal), "the rear door counts");
    assert_eq!(doors(DoorState::Unlocked, DoorState::Locked), Some(Outcome::Abnormal));
    assert_eq!(doors(DoorState::Locked, DoorState::Locked), Some(Outcome::Normal));

    terminal.field.scan_label(terminal.draft(&visit), &service.label(2), ScanSource::Camera).unwrap();
    let filled = terminal.field.fill_rest_normal(terminal.draft(&visit)).unwrap().filled;
    assert!(!filled.is_empty());
    // What bulk left is answered by hand, which also takes over one line that bulk had filled.
    let by_hand = filled[0];
    for line in terminal.shows(&visit).lines {
        if line.answer.is_none() || line.no == by_hand {
            let reason = "停电检修".to_owned();
            let answer = NewAnswer { outcome: Outcome::NotChecked, reason, spent_ms: Some(900), ..normal(line.no) };
            terminal.answers(&visit, &answer).unwrap();
        }
    }
    let record = sealed(&terminal, &visit);
    let marked: Vec<u32> = record.lines.iter().filter(|line| line.bulk).map(|line| line.no).collect();
    assert_eq!(marked, filled[1..], "each filled line is marked, the one taken over by hand is not");
    assert!(
        record.lines.iter().filter(|line| line.bulk).all(|line| line.spent_ms.is_none()),
        "nobody spent time on it"
    );
    assert_eq!(value_in(&record, "A.2-03a.doors"), Value::Doors { front: DoorState::Locked, rear: DoorState::Locked });
}
