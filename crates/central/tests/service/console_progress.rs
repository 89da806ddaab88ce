//! Coverage, indicators and rectifications in the console: the same numbers as the log makes, a page at a time, to whoever is
//! logged in and to nobody else.

use xunjian_central::{log::COMMAND_LINE, rectification};
use xunjian_domain::{outcome::Outcome, plan::VisitKind};
use xunjian_protocol::problem::ProblemCode;

use super::{
    console_desk::{Desk, refused},
    party::{Central, Terminal},
};

#[tokio::test]
async fn coverage_and_its_lists_are_read_a_page_at_a_time() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let desk = Desk::of_administrator(&central).await;
    let (_, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |record| {
        let line = &mut record.lines[0];
        (line.outcome, line.reason, line.checks, line.no_photo) =
            (Outcome::NotChecked, "停电检修".into(), Vec::new(), None);
    });
    li.submits(&envelope.to_bytes()).await;
    let (round, due) = (central.round.plan.round.id.clone(), central.round.plan.lines_due());
    let counted = desk.reads(&format!("rounds/{round}/coverage")).await;
    assert_eq!(counted["totals"]["whole"]["due"], due);
    assert_eq!(counted["totals"]["whole"]["not_checked"], 1);
    assert_eq!(counted["visits"].as_array().unwrap().len(), central.round.visits.len());
    assert!(counted["closing"].is_null() && counted["formula"]["zh"].as_str().unwrap().contains("应检"));
    let unchecked = desk.reads(&format!("rounds/{round}/lines?state=not_checked")).await;
    assert_eq!((&unchecked["total"], &unchecked["items"][0]["reason"]), (&1.into(), &"停电检修".into()));
    let missed = desk.walks(&format!("rounds/{round}/lines?state=missed"), 100).await;
    let room = central.visit(VisitKind::Room).lines.len() as u64;
    assert_eq!(missed.len() as u64, due - room, "every page, each line once");
    let indicators = desk.reads(&format!("rounds/{round}/indicators")).await;
    let rate = indicators.as_array().unwrap().iter().find(|one| one["key"] == "completion_rate").unwrap();
    assert_eq!(rate["counted"]["part"], room - 1);
    refused(desk.gets("rounds/none/coverage").await, ProblemCode::NotFound).await;
    refused(desk.gets(&format!("rounds/{round}/lines?state=pretty")).await, ProblemCode::BadParameter).await;
    let nobody = Desk::before(&central).gets(&format!("rounds/{round}/coverage")).await;
    assert_eq!(nobody.status(), 401);
}

#[tokio::test]
async fn rectifications_are_listed_and_shown_with_their_steps() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let desk = Desk::of_administrator(&central).await;
    assert_eq!(desk.reads("rectifications").await["total"], 0);
    let (_, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |record| {
        let line = &mut record.lines[0];
        (line.outcome, line.note) = (Outcome::Abnormal, "地面积水".into());
        line.checks[0].outcome = Outcome::Abnormal;
        line.no_photo =
            Some(xunjian_domain::visit::NoPhoto { reason: "涉密区域".into(), confirmed_by: "王五".into() });
    });
    li.submits(&envelope.to_bytes()).await;
    let defaults = rectification::Defaults {
        unit: "某服务方".into(),
        due_on: Some("2026-01-05".parse().unwrap()),
        severity: None,
    };
    let opened = rectification::open(&central.site, COMMAND_LINE, "", &[], &defaults).unwrap();
    assert_eq!(rectification::remind(&central.site, COMMAND_LINE).unwrap().len(), 1);
    let list = desk.reads("rectifications?state=overdue").await;
    assert_eq!((&list["total"], &list["items"][0]["opening"]["description"]), (&1.into(), &"地面积水".into()));
    assert_eq!(desk.reads("rectifications?state=accepted").await["total"], 0);
    assert_eq!(desk.reads("rectifications?q=积水").await["total"], 1);
    let detail = desk.reads(&format!("rectifications/{}", opened[0].id)).await;
    let steps: Vec<&str> =
        detail["steps"].as_array().unwrap().iter().map(|step| step["title"]["zh"].as_str().unwrap()).collect();
    assert_eq!(steps, ["立项", "催办"]);
    assert_eq!(detail["standing"]["is_overdue"], true);
    assert_eq!(desk.reads("log?kind=rectification").await["total"], 2);
    refused(desk.gets("rectifications/none").await, ProblemCode::NotFound).await;
}
