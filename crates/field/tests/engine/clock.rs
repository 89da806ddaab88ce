//! Time: jumps are flagged in the record and never in the way.

use xunjian_domain::plan::VisitKind;

use crate::{
    service::Service,
    terminal::{Terminal, normal},
};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn a_clock_set_back_during_a_visit_is_flagged_in_the_record() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.answers_all(&visit, 1);
    terminal.clock.set_by(-3 * HOUR);
    let today = terminal.field.today(&terminal.li).unwrap();
    assert!(today.warnings[0].zh.contains("调回"), "{:?}", today.warnings);
    let sealed = terminal.seals(&visit);
    assert_eq!(sealed.warnings.len(), 1, "sealing warns and does not block");
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    let jumped: Vec<_> = record.clock.jumps.iter().map(|jump| jump.jumped_ms).collect();
    assert_eq!(jumped, [Some(-3 * HOUR)]);
    assert!(record.clock.sealed.wall_ms < record.clock.started.wall_ms, "the wall clock is told as it was");
    assert!(record.clock.sealed.monotonic_ms > record.clock.started.monotonic_ms);
}

#[tokio::test]
async fn a_clock_set_back_between_visits_is_flagged_in_the_next_record() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    terminal.clock.pass(30 * 24 * HOUR);
    terminal.clock.reboot();
    terminal.clock.set_by(-31 * 24 * HOUR);
    let sealed = terminal.walks(VisitKind::System, 2);
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    assert_eq!(record.clock.jumps.len(), 2, "against the last time token and against the last record");
    assert!(record.clock.jumps.iter().all(|jump| jump.jumped_ms.is_none()), "over a reboot nobody knows by how much");
}

#[tokio::test]
async fn ordinary_use_raises_no_flag() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.clock.pass(20 * 24 * HOUR);
    terminal.clock.reboot();
    terminal.clock.set_by(60_000);
    let visit = terminal.visit(VisitKind::System);
    terminal.starts(&visit);
    terminal.clock.pass(9 * HOUR);
    terminal.clock.set_by(-90_000);
    terminal.answers_all(&visit, 1);
    let sealed = terminal.seals(&visit);
    assert_eq!(sealed.warnings, [], "weeks offline, a reboot before the visit and small corrections are ordinary");
}

#[tokio::test]
async fn a_reboot_in_the_middle_of_a_visit_is_told() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.starts(&visit);
    terminal.clock.reboot();
    terminal.answers(&visit, &normal(1)).unwrap();
    let view = terminal.shows(&visit);
    assert_eq!(view.jumps.len(), 1);
    assert!(view.warnings[0].zh.contains("重启"));
}
