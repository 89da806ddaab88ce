//! Answers: checked at once, counted, kept over a restart, and never somebody else's.

use xunjian_domain::{
    outcome::Outcome,
    plan::VisitKind,
    reading::Quantity,
    value::{Mismatch, Value},
};
use xunjian_field::{
    Code, FieldError, LineSelector, NewAnswer, NewCheck, NewPhoto, NewReading, NewValue, PointReading,
};
use xunjian_proof::record::Capture;

use crate::{
    service::Service,
    terminal::{Terminal, approve, enrol, jpeg, normal, open, passphrase},
};

fn check(key: &str, value: NewValue) -> NewCheck {
    NewCheck { check: key.into(), outcome: Outcome::Normal, reason: String::new(), value: Some(value) }
}

fn line_of(terminal: &Terminal, visit: &xunjian_domain::ids::VisitId, criterion: &str) -> u32 {
    let view = terminal.shows(visit);
    view.lines.iter().find(|line| line.criterion.as_str() == criterion).unwrap().no
}

fn climate(point: &str, temperature: &str, humidity: &str) -> PointReading {
    PointReading {
        point: point.into(),
        values: vec![
            (Quantity::Temperature, temperature.parse().unwrap()),
            (Quantity::RelativeHumidity, humidity.parse().unwrap()),
        ],
    }
}

#[tokio::test]
async fn readings_get_their_limits_and_the_dew_point_and_warn_without_blocking() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.starts(&visit);
    let line = line_of(&terminal, &visit, "A.2-08");
    let selector = LineSelector::No { line };
    let record = |reading: &PointReading| terminal.field.record_reading(terminal.draft(&visit), &selector, reading);

    let report = record(&climate("冷通道1", "23.5", "45")).unwrap();
    assert_eq!((report.outcome, report.checks[0].suggested), (None, Some(Outcome::Normal)), "the line is not answered");
    let report = record(&climate("冷通道2", "28.5", "45")).unwrap();
    assert_eq!(report.checks[0].outcome, Outcome::Abnormal);
    assert!(report.warnings[0].zh.contains("超出限值 18–27"), "{:?}", report.warnings);

    let view = terminal.shows(&visit);
    let result = view.lines[line as usize - 1].checks[0].result.clone().unwrap();
    let Some(Value::Readings { readings }) = result.value else { panic!("no readings") };
    let dew = readings.iter().filter(|reading| reading.quantity == Quantity::DewPoint);
    let dew: Vec<_> = dew.map(|reading| (reading.point.as_str(), reading.value.to_string())).collect();
    assert_eq!(dew, [("冷通道1", "10.9".to_owned()), ("冷通道2", "15.4".to_owned())]);
    assert!(readings.iter().all(|reading| reading.limit.as_ref().is_some_and(|limit| !limit.source.is_empty())));

    let slip = record(&climate("冷通道1", "950", "45")).unwrap_err();
    assert!(slip.text().zh.contains("请检查小数点"), "{}", slip.text().zh);
    let typed = NewValue::Readings(vec![NewReading {
        quantity: Quantity::DewPoint,
        point: "冷通道1".into(),
        value: "10".parse().unwrap(),
    }]);
    let answer = NewAnswer { checks: vec![check("climate", typed)], ..normal(line) };
    assert!(matches!(terminal.answers(&visit, &answer), Err(FieldError::DewPointTyped)));
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_refused_at_once_and_changes_nothing() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.starts(&visit);
    let line = line_of(&terminal, &visit, "A.2-01");
    let answer = |key: &str| NewAnswer {
        checks: vec![check("cleanliness", NewValue::Plain(Value::Choice { key: key.into() }))],
        ..normal(line)
    };
    let refused = terminal.answers(&visit, &answer("spotless")).unwrap_err();
    assert!(matches!(refused, FieldError::ValueRefused { mismatch: Mismatch::UnknownChoice(_), .. }));
    assert_eq!(refused.code(), Code::Input);
    assert_eq!(terminal.shows(&visit).answered, 0, "nothing of a refused answer is stored");

    let report = terminal.answers(&visit, &answer("dust")).unwrap();
    assert_eq!(report.checks[0].suggested, Some(Outcome::Abnormal));
    assert_eq!(report.warnings.len(), 1, "normal with dust warns, and is stored");
    terminal.answers(&visit, &answer("tidy")).unwrap();
    let view = terminal.shows(&visit);
    let stored = view.lines[line as usize - 1].answer.clone().unwrap();
    assert_eq!((stored.edits, stored.checks.len()), (1, 1), "the second answer replaced the first");
    let unknown =
        NewAnswer { checks: vec![check("shine", NewValue::Plain(Value::Count { count: 1 }))], ..normal(line) };
    assert!(matches!(terminal.answers(&visit, &unknown), Err(FieldError::UnknownCheck { .. })));
    assert!(matches!(terminal.answers(&visit, &normal(99)), Err(FieldError::UnknownLine(_))));
}

#[tokio::test]
async fn counts_of_virtual_machines_get_orders_and_ledger_beside_them() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.starts(&visit);
    let line = line_of(&terminal, &visit, "A.1-08");
    let online = |units: &[(&str, u32)]| {
        let units = units.iter().map(|(unit, count)| ((*unit).to_owned(), *count)).collect();
        NewAnswer { checks: vec![check("units", NewValue::Online(units))], ..normal(line) }
    };
    let refused = terminal.answers(&visit, &online(&[("市公安局", 2)])).unwrap_err();
    assert!(matches!(&refused, FieldError::UnitsMissing(units) if units == &["市教育局"]), "{refused}");
    let report = terminal.answers(&visit, &online(&[("市公安局", 1), ("市教育局", 1)])).unwrap();
    assert_eq!(report.checks[0].suggested, Some(Outcome::Abnormal), "two were ordered, one is online");
    let view = terminal.shows(&visit);
    let result = view.lines[line as usize - 1].checks[0].result.clone().unwrap();
    let Some(Value::UnitCounts { units }) = result.value else { panic!("no counts") };
    let rows: Vec<_> = units.iter().map(|u| (u.owning_unit.as_str(), u.ordered, u.in_ledger, u.online)).collect();
    assert_eq!(rows, [("市公安局", Some(2), 2, 1), ("市教育局", None, 1, 1)]);
}

#[tokio::test]
async fn every_confirmed_answer_is_there_after_a_crash() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Rack);
    terminal.answers_all(&visit, 1);
    let before = terminal.shows(&visit);
    let Terminal { field, folder, clock, li } = terminal;
    // What a kill leaves: the files as they are, nothing flushed on the way out.
    std::mem::forget(field);
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());
    let field = open(copy.path(), &clock);
    assert!(matches!(field.show_visit(&visit, &li), Err(FieldError::Locked)), "nothing is read without a passphrase");
    field.unlock(li.id.as_str(), &passphrase()).unwrap();
    let after = field.show_visit(&visit, &li).unwrap();
    assert_eq!(after.answered, before.lines.len());
    assert_eq!(serde_json::to_value(&after.lines).unwrap(), serde_json::to_value(&before.lines).unwrap());
    assert_eq!(field.recovery().missing, [], "every photo is there");
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn drafts_of_two_people_never_mix() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    service.enrol_code("CODE-CHEN", "陈巡检");
    let enrolled = enrol(&terminal.field, &service, "CODE-CHEN").await.unwrap();
    approve(&service, &terminal.field, &enrolled);
    assert!(matches!(terminal.field.person(None), Err(FieldError::SeveralPersons(_))), "it must be said who acts");
    let chen = terminal.field.person(Some("陈巡检")).unwrap();
    let visit = terminal.visit(VisitKind::System);
    terminal.answers_all(&visit, 1);
    let selector = xunjian_field::VisitSelector::Text(visit.to_string());
    let of_chen = terminal.field.start_visit(&selector, &chen).unwrap();
    assert_eq!(of_chen.answered, 0, "陈 starts from blank");
    assert!(terminal.shows(&visit).missing.is_empty(), "李 goes on where 李 was");
    let today = terminal.field.today(&chen).unwrap();
    let row = today.rounds[0].visits.iter().find(|row| row.id == visit).unwrap();
    assert_eq!(row.also_drafted_by, "李巡检");
}

#[tokio::test]
async fn evidence_must_be_taken_on_the_spot_for_on_site_lines() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let (room, cluster) = (terminal.visit(VisitKind::Room), terminal.visit(VisitKind::Cluster));
    terminal.starts(&room);
    terminal.starts(&cluster);
    let attach = |visit, bytes: &[u8], name: &str, capture| {
        let photo = NewPhoto { bytes, file_name: name, capture, caption: "", layer: None, after_of: None };
        terminal.field.attach_photo(terminal.draft(visit), Some(&LineSelector::No { line: 1 }), photo)
    };
    let refused = attach(&room, &jpeg(1), "", Capture::Imported).unwrap_err();
    assert!(matches!(refused, FieldError::ImportedOnSite));
    let csv = "归属单位,在线\n市公安局,2\n".as_bytes();
    let stored = attach(&cluster, csv, "vms.csv", Capture::Imported).unwrap();
    assert_eq!(stored.evidence.media_type, "text/csv");
    let cut = &jpeg(2)[..200];
    let refused = attach(&room, cut, "", Capture::Camera).unwrap_err();
    assert_eq!(refused.code(), Code::Photo);
    assert!(refused.text().zh.contains("不完整"), "{}", refused.text().zh);

    let photo = jpeg(3);
    assert!(attach(&room, &photo, "", Capture::Camera).unwrap().warnings.is_empty());
    let again = attach(&cluster, &photo, "", Capture::Camera).unwrap();
    assert_eq!(again.evidence.reuse.len(), 1, "the same photo in another visit is flagged");
    assert_eq!(again.evidence.reuse[0].distance, 0);
}
