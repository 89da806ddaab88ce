//! People, tablets and keys in the console: codes that are good once, and files for the keepers of the root.

use reqwest::Method;
use serde_json::{Value, json};
use xunjian_central::{
    enrol::{self, RevocationFile},
    keys,
};
use xunjian_domain::party::Role;
use xunjian_proof::suite::Ed25519Signer;
use xunjian_protocol::{enrol::EnrolInvite, path, problem::ProblemCode};

use super::{
    console_desk::{Desk, account, refused, with_form},
    party::{Central, Terminal, enrol_request, post, problem},
};

fn root(central: &Central) -> Vec<Ed25519Signer> {
    let files = keys::files_in(&central.folder.path().join("root")).expect("the root folder");
    files.iter().map(|file| keys::read(file).expect("a root key")).collect()
}

#[tokio::test]
async fn a_code_is_read_from_its_picture_and_good_once() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let new = json!({ "name": "Wu_inspector", "party": "provider", "roles": ["inspector"] });
    let person = desk.writes("people", &new).await;
    assert_eq!((&person["keys"], &person["has_account"]), (&json!(0), &json!(false)));
    let id = person["id"].as_str().unwrap();
    let code = desk.writes(&format!("people/{id}/enrol-code"), &json!(null)).await;
    let invite = EnrolInvite::parse(code["qr_text"].as_str().unwrap()).expect("the QR code's text");
    assert_eq!(invite.service_url, central.url, "where the page came from");
    assert_eq!(invite.root_fingerprint, central.site.settings.root.fingerprint().unwrap().to_hex());
    assert_eq!(invite.code, code["code"].as_str().unwrap());
    let svg = code["qr_svg"].as_str().unwrap();
    assert!(svg.contains("<svg") && !svg.contains("style=") && !svg.contains("<script"), "{svg}");
    let site = &central.site.settings.root.site;
    let request = |seed| {
        let (terminal, person) = (Ed25519Signer::from_seed(&[seed; 32]), Ed25519Signer::from_seed(&[seed + 1; 32]));
        enrol_request(site, &invite.code, &terminal, &person)
    };
    let url = format!("{}{}", invite.service_url, path::ENROL);
    let first = post(&desk.http, &url, "", &request(41)).await;
    assert_eq!(first.status(), 200);
    assert_eq!(problem(post(&desk.http, &url, "", &request(51)).await).await.code, ProblemCode::UsedCode);
    refused(desk.posts("people/nobody/enrol-code", &json!(null)).await, ProblemCode::NotFound).await;
    let wrong = json!({ "name": "Wu", "party": "manager", "roles": ["inspector"] });
    refused(desk.posts("people", &wrong).await, ProblemCode::Refused).await;
    let wrong = json!({ "name": "Wu", "party": "provider", "roles": ["king"] });
    refused(desk.posts("people", &wrong).await, ProblemCode::BadParameter).await;
}

#[tokio::test]
async fn keys_count_once_their_file_came_back_signed() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    Terminal::enrol(&central, "li_inspector", 1).await;
    assert_eq!(desk.reads("overview").await["keys_pending"], 2);
    assert_eq!(desk.reads("terminals").await["items"][0]["key_state"], "pending");
    let file = desk.gets("keys/requests").await;
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let file: Value = file.json().await.unwrap();
    refused(desk.posts("keys/admit", &file).await, ProblemCode::Refused).await;
    let mut signed: enrol::KeyRequests = serde_json::from_value(file).unwrap();
    signed.statements = enrol::sign_requests(&signed, &root(&central)[..1]).unwrap();
    refused(desk.posts("keys/admit", &json!(signed)).await, ProblemCode::Refused).await;
    signed.statements = enrol::sign_requests(&signed, &root(&central)[1..]).unwrap();
    let admitted = desk.writes("keys/admit", &json!(signed)).await;
    assert_eq!(admitted.as_array().unwrap().len(), 2);
    let terminal = &desk.reads("terminals").await["items"][0];
    assert_eq!((&terminal["key_state"], &terminal["people"]), (&json!("active"), &json!(["li_inspector"])));
    assert!(terminal["last_seen_at"].as_i64().is_some(), "it opened a session");
    assert_eq!(desk.reads("keys?state=pending").await["total"], 0);
}

#[tokio::test]
async fn a_key_is_revoked_by_a_file_that_the_root_signed_elsewhere() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let key = desk.reads("terminals").await["items"][0]["key"].as_str().unwrap().to_owned();
    refused(desk.gets(&format!("keys/{key}/revocation")).await, ProblemCode::Refused).await;
    let reason = "reason=%E5%B9%B3%E6%9D%BF%E9%81%97%E5%A4%B1";
    let file = desk.gets(&format!("keys/{key}/revocation?{reason}")).await;
    let mut file: RevocationFile = file.json().await.unwrap();
    assert_eq!((file.revocation.reason.as_str(), file.statement.holder_name.as_str()), ("平板遗失", "平板A"));
    refused(desk.posts("keys/revocations", &json!(file)).await, ProblemCode::Refused).await;
    file.signed = Some(enrol::sign_revocation(&file, &root(&central)[..1]).unwrap());
    refused(desk.posts("keys/revocations", &json!(file)).await, ProblemCode::Refused).await;
    assert_eq!(desk.reads("keys?state=revoked").await["total"], 0, "one keeper of two is too few");
    file.signed = Some(enrol::sign_revocation(&file, &root(&central)[1..]).unwrap());
    let text = serde_json::to_vec(&file).unwrap();
    let form = with_form(desk.asks(Method::POST, "keys/revocations"), &[("file", Some("revocation.json"), &text)]);
    let answer = form.send().await.unwrap();
    let item: Value = answer.json().await.unwrap();
    assert_eq!((&item["state"], &item["reason"]), (&json!("revoked"), &json!("平板遗失")));
    desk.writes("keys/revocations", &json!(file)).await;
    assert_eq!(desk.reads("log?kind=revocation").await["total"], 1, "taken in twice, logged once");
    let pull = terminal.http.get(format!("{}{}", central.url, path::WORK_PACKAGE)).bearer_auth(&terminal.token);
    assert_eq!(problem(pull.send().await.unwrap()).await.code, ProblemCode::TerminalRevoked);
    refused(desk.gets(&format!("keys/{key}/revocation?{reason}")).await, ProblemCode::Refused).await;
    account(&central, "wang_auditor", Role::Auditor);
    let auditor = Desk::log_in(&central, "wang_auditor").await;
    refused(auditor.gets(&format!("keys/{key}/revocation?{reason}")).await, ProblemCode::NotAllowed).await;
}
