//! The log in the console.

use serde_json::json;
use xunjian_domain::{hash::Sha256, plan::VisitKind};
use xunjian_proof::{merkle, note::SignedCheckpoint};
use xunjian_protocol::problem::ProblemCode;

use super::{
    console_desk::{Desk, refused},
    party::{Central, Terminal},
};

#[tokio::test]
async fn a_leaf_comes_with_a_proof_that_leads_to_the_signed_root() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    desk.writes("people", &json!({ "name": "Wu", "party": "provider", "roles": ["inspector"] })).await;
    let all = desk.walks("log", 3).await;
    let places: Vec<u64> = all.iter().map(|item| item["index"].as_u64().unwrap()).collect();
    assert_eq!(places, (0..places.len() as u64).rev().collect::<Vec<_>>(), "newest first, each once");
    assert_eq!(desk.reads("log?kind=plan").await["total"], 1);
    let plan = desk.reads("log?kind=plan").await["items"][0].clone();
    assert!(plan["summary"]["zh"].as_str().unwrap().contains("2026年第四季度"));
    let leaf = desk.reads(&format!("log/{}", plan["index"])).await;
    assert_eq!(leaf["payload"]["plan"]["round"]["id"], plan["subject"]);
    let checkpoint = desk.reads("log/checkpoint").await;
    let note = SignedCheckpoint::parse(checkpoint["note"].as_str().unwrap()).unwrap();
    assert_eq!(checkpoint["size"], note.checkpoint.size);
    assert_eq!(checkpoint["keys"].as_array().unwrap().len(), 2, "the log's and the clock's");
    assert!(checkpoint["at"].as_i64().is_some());
    let hash = |text: &serde_json::Value| text.as_str().unwrap().parse::<Sha256>().unwrap();
    let proof: Vec<Sha256> = leaf["inclusion"].as_array().unwrap().iter().map(hash).collect();
    let place = (plan["index"].as_u64().unwrap(), note.checkpoint.size);
    merkle::verify_inclusion(hash(&leaf["leaf_hash"]), place.0, place.1, &proof, &note.checkpoint.root).unwrap();
    refused(desk.gets("log/99999").await, ProblemCode::NotFound).await;
    refused(desk.gets("log/x").await, ProblemCode::NotFound).await;
}

#[tokio::test]
async fn what_is_kept_aside_and_who_did_what_is_listed() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let desk = Desk::of_administrator(&central).await;
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |record| {
        record.lines.pop();
    });
    terminal.submits(&envelope.to_bytes()).await;
    let aside = desk.reads("aside").await;
    assert_eq!((&aside["total"], &aside["items"][0]["problem"]), (&json!(1), &json!("422.3")));
    assert_eq!(desk.reads("overview").await["set_aside"], 1);
    let audit = desk.walks("audit", 2).await;
    let actions: Vec<&str> = audit.iter().map(|item| item["action"].as_str().unwrap()).collect();
    for action in ["site.init", "ledger.import", "round.open", "record.set_aside", "account.add", "console.login"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    assert_eq!(desk.reads("audit?q=site.init").await["total"], 1);
}
