//! Rounds in the console: looked at before they are opened, copied, and given to people.

use reqwest::Method;
use serde_json::{Value, json};
use xunjian_central::{
    extras::Extras,
    log::COMMAND_LINE,
    package,
    round::{self, NewRound},
};
use xunjian_domain::{plan::VisitKind, round::RoundKind};
use xunjian_protocol::{package::WorkPackage, path, problem::ProblemCode};

use super::{
    console_desk::{Desk, refused},
    party::{Central, Terminal, rows},
};

fn form(change: Value) -> Value {
    let mut form = json!({
        "kind": "quarterly", "year": 2027, "quarter": 1, "title": "", "due_from": "", "due_by": "",
        "exclusions": [], "copy_from": null,
    });
    form.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    form
}

#[tokio::test]
async fn a_round_is_previewed_opened_copied_and_assigned() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let rack = central.visit(VisitKind::Rack).clone();
    let left_out = json!({ "subject": rack.subject, "reason": "停电检修" });
    let before = (rows(&central, "round"), rows(&central, "log_entry"), rows(&central, "planned_visit"));
    let asked = form(json!({ "exclusions": [left_out], "due_from": "2027-01-04", "due_by": "2027-01-31" }));
    let preview = desk.writes("rounds/preview", &asked).await;
    assert_eq!(before, (rows(&central, "round"), rows(&central, "log_entry"), rows(&central, "planned_visit")));
    assert_eq!(preview["visits"], central.round.visits.len() - 1);
    assert_eq!(preview["problems"], json!([]));
    let opened = desk.writes("rounds", &asked).await;
    assert_eq!((&opened["visits"], &opened["lines"]), (&preview["visits"], &preview["lines"]), "as it was shown");
    assert_eq!(opened["round"]["title"], "2027年第一季度全面巡检");
    assert!(opened["leaf"].as_u64().is_some(), "the plan is logged");
    let id = opened["round"]["id"].as_str().unwrap();
    let detail = desk.reads(&format!("rounds/{id}")).await;
    assert!(detail["exclusions"].as_array().unwrap().len() > 1, "the rack takes its assets along");
    assert_eq!(detail["coverage"]["percent"], "0.0");
    let overview = desk.reads(&format!("overview?round={id}")).await;
    let tiles = overview["rooms"].as_array().unwrap().iter().flat_map(|room| room["racks"].as_array().unwrap());
    let excluded: Vec<&Value> = tiles.filter(|tile| tile["state"] == "excluded").collect();
    assert_eq!((excluded.len(), &excluded[0]["rack"]), (1, &json!(rack.subject.id)));

    let second = refused(desk.posts("rounds", &asked).await, ProblemCode::Refused).await;
    assert!(second.detail.contains("2027Q1"), "{}", second.detail);
    let li = desk.reads("people?q=li_").await["items"][0]["id"].as_str().unwrap().to_owned();
    let visits = desk.walks(&format!("rounds/{id}/visits?kind=rack"), 200).await;
    let some: Vec<&Value> = visits.iter().take(3).map(|visit| &visit["visit"]).collect();
    let assigned = desk.writes(&format!("rounds/{id}/assignments"), &json!({ "visits": some, "person": li })).await;
    assert_eq!(assigned.as_array().unwrap().len(), 3);
    let of_li = desk.reads(&format!("rounds/{id}/visits?assignee={li}")).await;
    assert_eq!((&of_li["total"], &of_li["items"][0]["assignee_name"]), (&json!(3), &json!("li_inspector")));

    let copy = form(json!({ "quarter": 2, "copy_from": id, "due_from": "2027-04-05" }));
    let preview = desk.writes("rounds/preview", &copy).await;
    assert_eq!((&preview["assignments"], &preview["exclusions"]), (&json!(3), &detail["exclusions"]));
    let copied = desk.writes("rounds", &copy).await;
    assert_eq!(copied["round"]["due_by"], "2027-05-02", "as long as the round copied: 27 days later");
    let id = copied["round"]["id"].as_str().unwrap();
    assert_eq!(desk.reads(&format!("rounds/{id}/visits?assignee={li}")).await["total"], 3);
    let titles = |visits: Vec<Value>| visits.into_iter().map(|visit| visit["title"].clone()).collect::<Vec<_>>();
    let copied = titles(desk.walks(&format!("rounds/{id}/visits?assignee={li}"), 2).await);
    assert_eq!(copied, titles(visits.into_iter().take(3).collect()), "by what is visited");
    let audit = desk.reads("audit?q=visit.assign").await;
    assert_eq!(audit["items"][0]["actor"], "chen_administrator");
}

#[tokio::test]
async fn what_cannot_be_planned_is_told() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    for (change, name) in [
        (json!({ "quarter": 5 }), "quarter"),
        (json!({ "due_from": "tomorrow" }), "due_from"),
        (json!({ "year": 1999 }), "year"),
        (json!({ "colour": "red" }), "colour"),
    ] {
        let problem = refused(desk.posts("rounds/preview", &form(change)).await, ProblemCode::BadParameter).await;
        assert!(problem.detail.contains(name), "{}", problem.detail);
    }
    let gone = json!({ "exclusions": [{ "subject": { "kind": "rack", "id": "gone" }, "reason": "x" }] });
    let preview = desk.writes("rounds/preview", &form(gone.clone())).await;
    assert_eq!(preview["problems"].as_array().unwrap().len(), 1);
    refused(desk.posts("rounds", &form(gone)).await, ProblemCode::Refused).await;
    let late = form(json!({ "due_from": "2027-02-01", "due_by": "2027-01-01" }));
    refused(desk.posts("rounds", &late).await, ProblemCode::Refused).await;
    let round = central.round.plan.round.id.to_string();
    let foreign = json!({ "visits": ["nothing"], "person": null });
    refused(desk.posts(&format!("rounds/{round}/assignments"), &foreign).await, ProblemCode::BadParameter).await;
    let visit = central.visit(VisitKind::Rack).id.to_string();
    let chen = desk.reads("session").await["person"].clone();
    let nobody = json!({ "visits": [visit], "person": chen });
    refused(desk.posts(&format!("rounds/{round}/assignments"), &nobody).await, ProblemCode::Refused).await;
    assert_eq!(rows(&central, "assignment"), 0);
}

#[tokio::test]
async fn terminals_that_ask_get_assignments_and_others_the_message_they_know() {
    let central = Central::start().await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let desk = Desk::of_administrator(&central).await;
    let (round, visit) = (central.round.plan.round.id.to_string(), central.visit(VisitKind::Rack).id.to_string());
    let pull = async |accepts: &str| {
        let request = terminal.http.request(Method::GET, format!("{}{}", central.url, path::WORK_PACKAGE));
        let answer = request.bearer_auth(&terminal.token).header(path::ACCEPTS, accepts).send().await.unwrap();
        let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
        (etag, answer.text().await.unwrap())
    };
    let before = (pull("").await.0, pull(path::ACCEPTS_ASSIGNMENTS).await.0);
    assert_eq!(before.0, before.1, "while nobody is assigned the message is the same");
    let person = terminal.enrolment.person.to_string();
    let assign = json!({ "visits": [visit], "person": person });
    desk.writes(&format!("rounds/{round}/assignments"), &assign).await;
    let (etag, text) = pull("").await;
    assert!(etag == before.0 && !text.contains("assignments"), "version 1 refuses fields it does not know");
    let (etag, text) = pull("later, assignments").await;
    assert_ne!(etag, before.1, "an assignment is worth a pull");
    let package: WorkPackage = serde_json::from_str(&text).unwrap();
    assert_eq!(package.assignments.len(), 1);
    assert_eq!((package.assignments[0].visit.as_str(), package.assignments[0].person.as_str()), (&*visit, &*person));
    let back = json!({ "visits": [visit], "person": null });
    desk.writes(&format!("rounds/{round}/assignments"), &back).await;
    assert_eq!(pull(path::ACCEPTS_ASSIGNMENTS).await.0, before.1);
    assert!(
        package::build(&central.site, Extras { assignments: true, ..Extras::default() })
            .unwrap()
            .1
            .assignments
            .is_empty()
    );
}

#[tokio::test]
async fn the_running_quarters_round_is_shown_first() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let special = NewRound {
        kind: RoundKind::Special,
        quarter: "2020Q1".parse().unwrap(),
        title: "保障巡检".into(),
        due: round::Due::default(),
        exclusions: Vec::new(),
        left_out: Vec::new(),
        copy_from: None,
    };
    let late = round::open(&central.site, COMMAND_LINE, &special).unwrap();
    let rounds = desk.walks("rounds", 1).await;
    assert_eq!(rounds.len(), 2);
    assert_eq!(
        (&rounds[0]["round"]["title"], &rounds[0]["is_overdue"]),
        (&json!("保障巡检"), &json!(true)),
        "newest first"
    );
    let overview = desk.reads(&format!("overview?round={}", late.plan.round.id)).await;
    assert_eq!(overview["visits_overdue"], late.visits.len());
    let visits = desk.reads(&format!("rounds/{}/visits?state=overdue", late.plan.round.id)).await;
    assert_eq!(visits["total"], late.visits.len());
}
