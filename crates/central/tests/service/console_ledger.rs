//! The ledger and labels in the console.

use reqwest::Method;
use serde_json::{Value, json};
use xunjian_protocol::problem::ProblemCode;

use super::{
    console_desk::{Desk, refused, with_form},
    party::{Central, fixture, rows, source},
};

async fn sends(desk: &Desk, path: &str, files: &[(&str, Vec<u8>)], allow: bool) -> reqwest::Response {
    let mut parts = vec![("allow_removals", None, if allow { &b"true"[..] } else { b"false" })];
    parts.extend(files.iter().map(|(name, bytes)| ("file", Some(*name), &bytes[..])));
    with_form(desk.asks(Method::POST, path), &parts).send().await.expect("the service answers")
}

async fn json_of(response: reqwest::Response) -> Value {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_preview_shows_every_change_and_changes_nothing() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let before = desk.reads("ledger/versions").await;
    assert_eq!((before["items"].as_array().unwrap().len(), &before["items"][0]["is_current"]), (1, &json!(true)));
    assert_eq!(before["items"][0]["rounds"], 1);
    let csv = std::fs::read(fixture("ledger-gbk.csv")).unwrap();
    let same = json_of(sends(&desk, "ledger/preview", &[("ledger.csv", csv.clone())], false).await).await;
    assert_eq!((&same["is_changed"], &same["changed"], &same["added"]), (&json!(false), &json!(0), &json!(0)));
    assert!(same["problems"].as_array().unwrap().iter().all(|problem| problem["file"] == "ledger.csv"));
    assert!(
        same["problems"].as_array().unwrap().iter().any(|problem| problem["value"] != "" && problem["listed"] == false)
    );

    let short: Vec<u8> = csv.split_inclusive(|byte| *byte == b'\n').take(20).flatten().copied().collect();
    let loss = json_of(sends(&desk, "ledger/preview", &[("part.csv", short.clone())], false).await).await;
    assert_eq!(loss["needs_allow_removals"], true);
    assert!(loss["removed"].as_u64().unwrap() > 100);
    let changes = loss["changes"].as_array().unwrap();
    assert!(changes.iter().filter(|change| change["change"] == "removed").count() > 100);
    assert_eq!(desk.reads("ledger/versions").await, before, "looking changes nothing");
    refused(sends(&desk, "ledger/import", &[("part.csv", short.clone())], false).await, ProblemCode::Refused).await;
    refused(
        sends(&desk, "ledger/preview", &[("notes.csv", b"nothing,here\n1,2\n".to_vec())], false).await,
        ProblemCode::Refused,
    )
    .await;
    refused(sends(&desk, "ledger/preview", &[], false).await, ProblemCode::BadParameter).await;

    let meant = json_of(sends(&desk, "ledger/import", &[("part.csv", short)], true).await).await;
    assert_eq!((&meant["version"], &meant["removed"]), (&json!(2), &loss["removed"]), "as it was shown");
    let versions = desk.reads("ledger/versions").await;
    assert_eq!((&versions["total"], &versions["items"][0]["version"]), (&json!(2), &json!(2)));
    assert_eq!(desk.reads("audit?q=ledger.import").await["items"][0]["actor"], "chen_administrator");
    assert_eq!(desk.reads("ledger/assets").await["total"], meant["assets"]);
    assert_eq!(desk.reads("ledger/assets?version=1").await["total"], before["items"][0]["assets"]);
    refused(desk.gets("ledger/assets?version=9").await, ProblemCode::NotFound).await;
}

#[tokio::test]
async fn a_changed_field_is_named_with_what_it_was() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let asset = desk.reads("ledger/assets?kind=physical_server").await["items"][0].clone();
    let serial = asset["serial"].as_str().filter(|serial| !serial.is_empty()).expect("a serial");
    let found = desk.reads(&format!("ledger/assets?q={}", serial.to_lowercase())).await;
    assert_eq!((&found["total"], &found["items"][0]), (&json!(1), &asset), "by its serial, however it is written");
    let text = encoding_rs::GB18030.decode(&source("ledger-gbk.csv").bytes).0.into_owned();
    let model = asset["model"].as_str().unwrap();
    let line = text.lines().find(|line| line.contains(serial)).expect("its row");
    let changed = text.replace(line, &line.replace(model, "另一型号"));
    let preview = json_of(sends(&desk, "ledger/preview", &[("ledger.csv", changed.into_bytes())], false).await).await;
    assert_eq!((&preview["changed"], &preview["added"], &preview["removed"]), (&json!(1), &json!(0), &json!(0)));
    let fields = &preview["changes"][0]["fields"];
    assert_eq!(fields, &json!([{ "field": "model", "before": model, "after": "另一型号" }]));
}

#[tokio::test]
async fn assets_are_walked_once_and_by_room_and_rack() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let all = desk.walks("ledger/assets", 7).await;
    let mut ids: Vec<&str> = all.iter().map(|asset| asset["id"].as_str().unwrap()).collect();
    assert_eq!(desk.reads("ledger/assets").await["total"], ids.len());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len());
    let rack = all[0]["rack"].as_str().unwrap();
    let of_rack = desk.walks(&format!("ledger/assets?rack={rack}"), 3).await;
    assert_eq!(of_rack.len(), all.iter().filter(|asset| asset["rack"] == rack).count());
}

#[tokio::test]
async fn labels_that_cannot_be_drawn_count_for_nothing() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let form = |change: Value| {
        let mut form = json!({
            "rooms": true, "racks": false, "assets": false, "only_rack": null,
            "width_tenth_mm": 700, "height_tenth_mm": 500,
        });
        form.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        form
    };
    refused(desk.posts("labels", &form(json!({ "width_tenth_mm": 10 }))).await, ProblemCode::BadParameter).await;
    refused(desk.posts("labels", &form(json!({ "rooms": false }))).await, ProblemCode::BadParameter).await;
    let answer = desk.posts("labels", &form(json!({}))).await;
    if answer.status() == 422 {
        // The drawing program is not built beside this test; then nothing was printed.
        assert_eq!(rows(&central, "label_print"), 0);
        return;
    }
    let printed = json_of(answer).await;
    let prints = printed["prints"].as_array().unwrap();
    assert_eq!((prints.len(), &printed["replaced"], &printed["too_small"]), (2, &json!(0), &json!(0)));
    assert!(!prints[0]["subject_name"].as_str().unwrap().is_empty());
    let svg = desk.gets(&format!("labels/{}.svg", prints[0]["print"].as_str().unwrap())).await;
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    assert!(svg.text().await.unwrap().contains("<svg"));
    let again = json_of(desk.posts("labels", &form(json!({ "height_tenth_mm": 200 }))).await).await;
    assert_eq!((&again["replaced"], &again["too_small"]), (&json!(2), &json!(2)));
    assert_eq!(desk.reads("labels?state=current&kind=room").await["total"], 2);
    assert_eq!(desk.walks("labels", 1).await.len(), 4);
    let code = again["prints"][0]["code"].as_str().unwrap();
    assert_eq!(desk.reads(&format!("labels?q={code}")).await["total"], 1);
    refused(desk.gets("labels/nothing.svg").await, ProblemCode::NotFound).await;
}

#[tokio::test]
async fn columns_that_no_heading_tells_are_told_by_hand_before_anything_changes() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let text = "柜子,格子,这是什么,叫什么\nA01,1-2,存储,S1\n";
    let send = |path: &'static str, said: &[(&'static str, &'static str)]| {
        let mut parts = vec![("file", Some("奇怪.csv"), text.as_bytes())];
        parts.extend(said.iter().map(|(name, value)| (*name, None, value.as_bytes())));
        with_form(desk.asks(Method::POST, path), &parts).send()
    };
    refused(send("ledger/preview", &[]).await.unwrap(), ProblemCode::Refused).await;
    let tables = json_of(send("ledger/columns", &[]).await.unwrap()).await;
    assert_eq!(tables[0]["kind"], Value::Null, "nothing is known of it");
    let headings: Vec<&str> =
        tables[0]["columns"].as_array().unwrap().iter().map(|column| column["heading"].as_str().unwrap()).collect();
    assert_eq!(headings, ["柜子", "格子", "这是什么", "叫什么"], "and its headings can be told");
    let said = [
        ("map", "柜子=rack"),
        ("map", "格子=position"),
        ("map", "这是什么=kind"),
        ("map", "叫什么=model"),
        ("room", "新机房"),
    ];
    let preview = json_of(send("ledger/preview", &said).await.unwrap()).await;
    assert_eq!((&preview["rows_taken"], &preview["tables"][0]["kind"]), (&json!(1), &json!("assets")));
    assert_eq!(preview["tables"][0]["columns"][0], json!({ "heading": "柜子", "field": "rack" }));
    assert_eq!(rows(&central, "ledger_mapping"), 0, "looking remembers nothing");
    let wrong = [("map", "柜子=raack")];
    refused(send("ledger/preview", &wrong).await.unwrap(), ProblemCode::Refused).await;
    let meant = [&said[..], &[("allow_removals", "true")]].concat();
    let done = json_of(send("ledger/import", &meant).await.unwrap()).await;
    assert_eq!((&done["version"], rows(&central, "ledger_mapping")), (&json!(2), 1), "an import remembers");
    let again = json_of(send("ledger/preview", &[("room", "新机房")]).await.unwrap()).await;
    assert_eq!((&again["rows_taken"], &again["is_changed"]), (&json!(1), &json!(false)), "nobody says it twice");
}
