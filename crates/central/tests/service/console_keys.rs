//! People, tablets and keys in the console: codes that are good once, and files for the keepers of the root.

use reqwest::Method;
use serde_json::{Value, json};
use xunjian_central::{
    enrol::{self, RevocationFile},
    keys,
};
use xunjian_domain::party::Role;
use xunjian_proof::suite::{Ed25519Signer, Signer as _};
use xunjian_protocol::{enrol::EnrolInvite, path, problem::ProblemCode};

use super::{
    console_desk::{Desk, account, refused, with_form},
    party::{Central, Terminal, enrol_request, post, problem, rows},
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

/// How many actions of this name somebody did, as the audit has it.
fn audited(central: &Central, actor: &str, action: &str) -> i64 {
    rows(central, &format!("audit WHERE actor = '{actor}' AND action = '{action}'"))
}

#[tokio::test]
async fn nothing_happens_to_keys_where_the_audit_cannot_be_written() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    Terminal::enrol(&central, "li_inspector", 1).await;
    let mut file = enrol::requests(&central.site).unwrap();
    file.statements = enrol::sign_requests(&file, &root(&central)).unwrap();
    let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.action LIKE 'key.%' BEGIN SELECT RAISE(ABORT, 'full'); END";
    connection.execute_batch(full).unwrap();
    let before = (rows(&central, "key_statement"), rows(&central, "log_inbox"));
    refused(desk.posts("keys/admit", &json!(file)).await, ProblemCode::Internal).await;
    assert_eq!((rows(&central, "key_statement"), rows(&central, "log_inbox")), before);
    assert_eq!(rows(&central, "key_request"), 2, "they wait on");
    connection.execute_batch("DROP TRIGGER full").unwrap();
    desk.writes("keys/admit", &json!(file)).await;
    desk.writes("keys/admit", &json!(file)).await;
    assert_eq!(audited(&central, "chen_administrator", "key.admit"), 1, "taken in twice, audited once");
    let key = desk.reads("terminals").await["items"][0]["key"].as_str().unwrap().to_owned();
    let mut file = enrol::ask_to_revoke(&central.site, &key.parse().unwrap(), "平板遗失").unwrap();
    file.signed = Some(enrol::sign_revocation(&file, &root(&central)).unwrap());
    connection.execute_batch(full).unwrap();
    refused(desk.posts("keys/revocations", &json!(file)).await, ProblemCode::Internal).await;
    assert_eq!(rows(&central, "revocation"), 0);
    connection.execute_batch("DROP TRIGGER full").unwrap();
    for _ in 0..2 {
        desk.writes("keys/revocations", &json!(file)).await;
    }
    assert_eq!(audited(&central, "chen_administrator", "key.revoke"), 1);
    assert_eq!(rows(&central, "log_inbox"), 0, "and all of it is in the log");
}

#[tokio::test]
async fn what_a_command_does_to_keys_is_audited_too() {
    let central = Central::start().await;
    let folder = central.folder.path();
    let (data, root) = (folder.join("data"), folder.join("root"));
    let command = |words: &[&std::ffi::OsStr]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_xunjian"));
        let output = command.arg("--data").arg(&data).arg("key").args(words).output().expect("the command runs");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    command(&["approve".as_ref(), "--root".as_ref(), root.as_ref()]);
    assert_eq!(audited(&central, "xunjian", "key.admit"), 1);
    Terminal::enrol(&central, "zhao_inspector", 11).await;
    let (asked, signed) = (folder.join("asked.json"), folder.join("signed.json"));
    command(&["pending".as_ref(), "--out".as_ref(), asked.as_ref()]);
    let sign = [asked.as_ref(), "--yes".as_ref(), "--root".as_ref(), root.as_ref(), "--out".as_ref(), signed.as_ref()];
    command(&[&["sign".as_ref()], &sign[..]].concat());
    command(&["admit".as_ref(), signed.as_ref()]);
    assert_eq!(audited(&central, "xunjian", "key.admit"), 2);
    let key = terminal.sealer.terminal.1.public_key().id().to_string();
    let why: [&std::ffi::OsStr; 3] = [key.as_ref(), "--reason".as_ref(), "平板遗失".as_ref()];
    command(&[&["revoke".as_ref()], &why[..], &["--out".as_ref(), asked.as_ref()]].concat());
    assert_eq!(audited(&central, "xunjian", "key.revoke"), 0, "asking changes nothing");
    command(&[&["sign".as_ref()], &sign[..]].concat());
    command(&["admit".as_ref(), signed.as_ref()]);
    assert_eq!(audited(&central, "xunjian", "key.revoke"), 1);
    let key = terminal.sealer.person.1.public_key().id().to_string();
    let why: [&std::ffi::OsStr; 3] = [key.as_ref(), "--reason".as_ref(), "平板遗失".as_ref()];
    command(&[&["revoke".as_ref()], &why[..], &["--root".as_ref(), root.as_ref()]].concat());
    assert_eq!(audited(&central, "xunjian", "key.revoke"), 2);
}
