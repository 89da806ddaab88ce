//! Logging in to the console, and who may do what there.

use reqwest::{Method, StatusCode};
use serde_json::json;
use xunjian_central::{clock, console::account, log::COMMAND_LINE};
use xunjian_domain::party::Role;
use xunjian_protocol::problem::ProblemCode;

use super::{
    console_desk::{Desk, PASSWORD, account as give_account, refused},
    party::{Central, rows, set},
};

#[tokio::test]
async fn somebody_logs_in_is_known_and_logs_out() {
    let central = Central::start().await;
    give_account(&central, "chen_administrator", Role::Administrator);
    let desk = Desk::before(&central);
    refused(desk.gets("session").await, ProblemCode::NotLoggedIn).await;
    let answer = desk.tries("chen_administrator", PASSWORD).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-xunjian=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let desk = Desk::log_in(&central, "chen_administrator").await;
    let session = desk.reads("session").await;
    assert_eq!(session["account"], "chen_administrator");
    assert_eq!(session["roles"], json!(["administrator"]));
    assert_eq!(session["site_name"], "测试站点");
    assert_eq!(session["service_desk"], "020-12345");
    assert_eq!(session["root_fingerprint"], central.site.settings.root.fingerprint().unwrap().to_hex());
    let bye = desk.asks(Method::DELETE, "session").send().await.unwrap();
    assert!(bye.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    refused(desk.gets("session").await, ProblemCode::NotLoggedIn).await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer_and_then_a_wait() {
    let central = Central::start().await;
    give_account(&central, "chen_administrator", Role::Administrator);
    let desk = Desk::before(&central);
    let wrong = refused(desk.tries("chen_administrator", "not the password").await, ProblemCode::LoginWrong).await;
    let unknown = refused(desk.tries("nobody", "not the password").await, ProblemCode::LoginWrong).await;
    assert_eq!(wrong, unknown, "the answer does not say which");
    let traces = "audit WHERE action = 'console.login_refused'";
    for _ in 0..4 {
        assert_eq!(rows(&central, traces), 0, "somebody mistyped");
        refused(desk.tries("chen_administrator", "not the password").await, ProblemCode::LoginWrong).await;
        refused(desk.tries("nobody", "not the password").await, ProblemCode::LoginWrong).await;
    }
    let trace = format!("{traces} AND actor = 'stranger' AND details = '{{\"account\":\"chen_administrator\"}}'");
    assert_eq!((rows(&central, traces), rows(&central, &trace)), (1, 1), "names that nobody has leave none");
    assert!(account::add(&central.site, COMMAND_LINE, "li_inspector", Some("stranger"), PASSWORD).is_err());
    let held = desk.tries("chen_administrator", PASSWORD).await;
    assert_eq!(held.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = held.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=5).contains(&wait), "{wait}");
    refused(held, ProblemCode::TooManyTries).await;
}

#[tokio::test]
async fn whatever_writes_comes_from_a_page_of_this_console() {
    let central = Central::start().await;
    let mut desk = Desk::of_administrator(&central).await;
    let person = json!({ "name": "Wu", "party": "provider", "roles": ["inspector"] });
    let foreign = desk.asks(Method::POST, "people").header("origin", "https://elsewhere.example").json(&person);
    refused(foreign.send().await.unwrap(), ProblemCode::ForeignPage).await;
    let opaque = desk.asks(Method::POST, "people").header("origin", "null").json(&person);
    refused(opaque.send().await.unwrap(), ProblemCode::ForeignPage).await;
    let own = desk.asks(Method::POST, "people").header("origin", &central.url).json(&person);
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
    let body = json!({ "name": "chen_administrator", "password": PASSWORD });
    let login = desk.asks(Method::POST, "session").header("origin", "http://elsewhere.example").json(&body);
    refused(login.send().await.unwrap(), ProblemCode::ForeignPage).await;
    desk.csrf = "another token".into();
    refused(desk.posts("people", &person).await, ProblemCode::ForeignPage).await;
    desk.csrf.clear();
    refused(desk.posts("people", &person).await, ProblemCode::ForeignPage).await;
    assert_eq!(rows(&central, "person WHERE name = 'Wu'"), 1, "only the page's own request was carried out");
}

#[tokio::test]
async fn whoever_is_no_administrator_reads_and_changes_nothing() {
    let central = Central::start().await;
    for (name, role) in [("wang_auditor", Role::Auditor), ("chen_reviewer", Role::Reviewer)] {
        give_account(&central, name, role);
    }
    let auditor = Desk::log_in(&central, "wang_auditor").await;
    let before = rows(&central, "log_entry");
    for path in ["overview", "records", "people", "keys", "log", "audit", "ledger/assets", "labels", "terminals"] {
        auditor.reads(path).await;
    }
    let round = central.round.plan.round.id.to_string();
    let assign = format!("rounds/{round}/assignments");
    let paths =
        ["people", "rounds", "rounds/preview", "labels", "ledger/import", "keys/admit", "keys/revocations", &assign];
    for path in paths {
        refused(auditor.posts(path, &json!({})).await, ProblemCode::NotAllowed).await;
    }
    assert_eq!(rows(&central, "log_entry"), before);
    auditor.writes("verification", &json!(null)).await;
    let reviewer = Desk::log_in(&central, "chen_reviewer").await;
    refused(reviewer.posts("verification", &json!(null)).await, ProblemCode::NotAllowed).await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_its_account_is_disabled() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    desk.reads("session").await;
    set(&central, "UPDATE console_session SET expires_at = ?1", &1_i64);
    refused(desk.gets("session").await, ProblemCode::NotLoggedIn).await;
    let desk = Desk::log_in(&central, "chen_administrator").await;
    account::set_password(&central.site, COMMAND_LINE, "chen_administrator", "another long password").unwrap();
    refused(desk.gets("session").await, ProblemCode::NotLoggedIn).await;
    account::set_password(&central.site, COMMAND_LINE, "chen_administrator", PASSWORD).unwrap();
    let desk = Desk::log_in(&central, "chen_administrator").await;
    account::disable(&central.site, COMMAND_LINE, "chen_administrator").unwrap();
    refused(desk.gets("session").await, ProblemCode::NotLoggedIn).await;
    refused(desk.tries("chen_administrator", PASSWORD).await, ProblemCode::LoginWrong).await;
    let short = account::add(&central.site, COMMAND_LINE, "li_inspector", None, "elevenchars");
    assert!(short.is_err_and(|error| error.message().en.contains("12")));
}

#[tokio::test]
async fn a_session_ends_a_week_after_the_login_however_much_it_is_used() {
    const HOUR_MS: i64 = 60 * 60 * 1000;
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let login = clock::now().0 - (7 * 24 - 1) * HOUR_MS;
    set(&central, "UPDATE console_session SET last_seen = 1, created_at = ?1", &login);
    let end = login + 7 * 24 * HOUR_MS;
    assert_eq!(desk.reads("session").await["expires_at"], end, "a use puts the end off no further");
    set(&central, "UPDATE console_session SET created_at = ?1", &(login - HOUR_MS));
    refused(desk.gets("session").await, ProblemCode::NotLoggedIn).await;
}

#[tokio::test]
async fn a_wrong_parameter_is_named_in_the_language_of_the_request() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    for (path, name) in [
        ("records?limit=0", "limit"),
        ("records?limit=201", "limit"),
        ("records?colour=red", "colour"),
        ("records?kind=boat", "kind"),
        ("findings?after=yesterday", "after"),
        ("discrepancies?verdict=odd", "verdict"),
        ("records?q=a&q=b", "q"),
    ] {
        let problem = refused(desk.gets(path).await, ProblemCode::BadParameter).await;
        assert!(problem.detail.contains(name), "{path}: {}", problem.detail);
    }
    let english = desk.asks(Method::GET, "nowhere").header("accept-language", "en").send().await.unwrap();
    assert!(refused(english, ProblemCode::NotFound).await.title.starts_with("There is no such thing"));
    refused(desk.gets("records/nothing").await, ProblemCode::NotFound).await;
    refused(desk.gets("rounds/nothing").await, ProblemCode::NotFound).await;
}
