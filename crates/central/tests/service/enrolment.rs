//! Codes, keys, sessions.

use data_encoding::BASE64;
use reqwest::StatusCode;
use xunjian_central::{
    enrol::{self, KeyRequests},
    keys,
    log::COMMAND_LINE,
    site::{NewSite, Site},
};
use xunjian_proof::suite::{Ed25519Signer, Signer as _};
use xunjian_protocol::{enrol::EnrolAnswer, path, problem::ProblemCode, session::session_message};

use super::party::{Central, Terminal, enrol_request, new_site, post, problem, rows, set};

#[tokio::test]
async fn a_second_site_in_the_same_folder_is_refused_and_nothing_changes() {
    let central = Central::start().await;
    let again = Site::init(central.site.folder(), &central.folder.path().join("root2"), &new_site());
    assert!(again.is_err_and(|error| error.message().zh.contains("已有站点")));
    assert!(!central.folder.path().join("root2").exists(), "no second root was made");
}

#[test]
fn a_site_that_cannot_work_is_refused_before_anything_is_written() {
    let folder = tempfile::TempDir::new().unwrap();
    let (data, root) = (folder.path().join("data"), folder.path().join("root"));
    let good = new_site();
    let again = [good.parties.clone(), vec![good.parties[1].clone()]].concat();
    let cases = [
        ("主机名", NewSite { label_host: "x y.example".into(), ..good.clone() }),
        ("同一个编号", NewSite { parties: again, ..good.clone() }),
        ("门限", NewSite { threshold: 3, ..good.clone() }),
        ("服务方", NewSite { parties: good.parties[..1].to_vec(), ..good.clone() }),
    ];
    for (word, new) in cases {
        let refused = Site::init(&data, &root, &new);
        assert!(refused.is_err_and(|error| error.message().zh.contains(word)), "{word}");
        assert!(!data.exists() && !root.exists(), "{word}: something was written");
    }
    let inside = Site::init(&data, &data.join("root"), &new_site());
    assert!(inside.is_err_and(|error| error.message().zh.contains("离线")), "the root never lies with the service");
    Site::init(&data, &root, &new_site()).unwrap();
}

#[tokio::test]
async fn a_code_works_once_and_a_lost_answer_costs_nothing() {
    let central = Central::start().await;
    let site = central.site.settings.root.site.clone();
    let (_, code, _) = enrol::issue_code(&central.site, COMMAND_LINE, "li_inspector").unwrap();
    let (terminal, person) = (Ed25519Signer::from_seed(&[1; 32]), Ed25519Signer::from_seed(&[2; 32]));
    let http = reqwest::Client::new();
    let url = format!("{}{}", central.url, path::ENROL);

    let request = enrol_request(&site, &code, &terminal, &person);
    let first: EnrolAnswer = post(&http, &url, "", &request).await.json().await.unwrap();
    let second: EnrolAnswer = post(&http, &url, "", &request).await.json().await.unwrap();
    assert_eq!(first, second, "the same code with the same keys gets the same answer");
    assert_eq!(rows(&central, "terminal"), 1);

    let thief = Ed25519Signer::from_seed(&[3; 32]);
    let stolen = problem(post(&http, &url, "", &enrol_request(&site, &code, &thief, &person)).await).await;
    assert_eq!(stolen.code, ProblemCode::UsedCode);
    let unknown = problem(post(&http, &url, "", &enrol_request(&site, "AAAA-AAAA", &terminal, &person)).await).await;
    assert_eq!(unknown.code, ProblemCode::UnknownCode);

    let (_, late, _) = enrol::issue_code(&central.site, COMMAND_LINE, "li_inspector").unwrap();
    set(&central, "UPDATE enrol_code SET expires_at = ?1 WHERE used_at = 0", &1_i64);
    let expired = problem(post(&http, &url, "", &enrol_request(&site, &late, &terminal, &person)).await).await;
    assert_eq!(expired.code, ProblemCode::ExpiredCode);

    let mut forged = enrol_request(&site, &code, &terminal, &person);
    forged.person_key = thief.public_key();
    let not_held = problem(post(&http, &url, "", &forged).await).await;
    assert_eq!(not_held.code, ProblemCode::BadChallenge, "a key must be proven to be held");
}

#[tokio::test]
async fn terminals_that_ask_get_the_recovery_key_and_others_the_message_they_know() {
    let central = Central::start().await;
    let (_, code, _) = enrol::issue_code(&central.site, COMMAND_LINE, "li_inspector").unwrap();
    let (terminal, person) = (Ed25519Signer::from_seed(&[1; 32]), Ed25519Signer::from_seed(&[2; 32]));
    let request = enrol_request(&central.site.settings.root.site, &code, &terminal, &person);
    let ask = async |accepts: &str| {
        let http = reqwest::Client::new().post(format!("{}{}", central.url, path::ENROL)).json(&request);
        http.header(path::ACCEPTS, accepts).send().await.unwrap().text().await.unwrap()
    };
    let plain = ask("").await;
    assert!(!plain.contains("recovery_key"), "version 1 refuses fields it does not know: {plain}");
    let asked: EnrolAnswer = serde_json::from_str(&ask("later, recovery-key").await).unwrap();
    let stored = central.site.db.read(xunjian_central::recovery::stored).unwrap();
    assert_eq!(Some(asked.recovery_key.clone()), stored);
    let version_1 = EnrolAnswer { recovery_key: String::new(), ..asked };
    assert_eq!(serde_json::from_str::<EnrolAnswer>(&plain).unwrap(), version_1);
}

#[tokio::test]
async fn one_root_key_of_two_is_not_enough() {
    let central = Central::start().await;
    let _terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let requests = enrol::requests(&central.site).unwrap();
    assert_eq!(requests.requests.len(), 2, "the terminal and the person wait");
    let root_key = |file: &str| keys::read(&central.folder.path().join(file)).unwrap();
    let one = enrol::sign_requests(&requests, &[root_key("root/root-1.key")]).unwrap();
    assert!(enrol::admit(&central.site, COMMAND_LINE, &one).is_err(), "the threshold is two");
    // The keepers never meet: the second one signs what the first one sent.
    let travelling = KeyRequests { statements: one, ..requests.clone() };
    let both = enrol::sign_requests(&travelling, &[root_key("root/root-2.key")]).unwrap();
    assert_eq!(enrol::admit(&central.site, COMMAND_LINE, &both).unwrap().len(), 2);
    assert!(enrol::admit(&central.site, COMMAND_LINE, &both).unwrap().is_empty(), "nothing new the second time");
    let swapped = KeyRequests { requests: requests.requests[..1].to_vec(), ..travelling.clone() };
    assert!(enrol::sign_requests(&swapped, &[root_key("root/root-2.key")]).is_err(), "not what was asked for");
    let stranger = Ed25519Signer::from_seed(&[9; 32]);
    assert!(enrol::sign_requests(&requests, &[stranger]).is_err());
    assert!(enrol::requests(&central.site).unwrap().requests.is_empty());
}

#[tokio::test]
async fn a_nonce_is_good_once_and_only_for_the_terminal_that_holds_the_key() {
    let central = Central::start().await;
    let terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let stranger = Terminal::enrol(&central, "zhao_inspector", 9).await;
    let id = serde_json::json!({ "terminal": terminal.enrolment.terminal });
    let answer = |nonce: &serde_json::Value, signer: &Terminal| {
        let message = session_message(&signer.sealer.site, nonce.as_str().unwrap());
        let signature = BASE64.encode(&signer.sealer.terminal.1.sign(&message).unwrap());
        serde_json::json!({ "terminal": terminal.enrolment.terminal, "nonce": nonce, "signature": signature })
    };
    let challenge: serde_json::Value = terminal.call(path::CHALLENGE, &id).await;
    let forged = answer(&challenge["nonce"], &stranger);
    let refused = problem(terminal.post(path::SESSION, &forged).await).await;
    assert_eq!(refused.code, ProblemCode::BadChallenge, "another terminal's key opens nothing");

    let challenge: serde_json::Value = terminal.call(path::CHALLENGE, &id).await;
    let right = answer(&challenge["nonce"], &terminal);
    assert_eq!(terminal.post(path::SESSION, &right).await.status(), StatusCode::OK);
    let refused = problem(terminal.post(path::SESSION, &right).await).await;
    assert_eq!(refused.code, ProblemCode::BadChallenge, "the same nonce does not open a second session");

    let mut other = Terminal::enrol(&central, "li_inspector", 5).await;
    other.token = "made-up".to_owned();
    let refused = other.post(path::RECEIPTS, &serde_json::json!({ "records": [] })).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(problem(refused).await.code, ProblemCode::NoSession);
}

#[tokio::test]
async fn problems_speak_the_language_of_the_request() {
    let central = Central::start().await;
    let url = format!("{}{}", central.url, path::ENROL);
    for (language, word) in [("en-GB", "cannot be read"), ("zh-CN", "无法读取"), ("fr", "无法读取")] {
        let request = reqwest::Client::new().post(&url).header("accept-language", language).body("{");
        let answer = problem(request.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.code), (400, ProblemCode::Malformed));
        assert!(answer.title.contains(word), "{language}: {}", answer.title);
    }
}
