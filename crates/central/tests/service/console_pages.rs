//! The console's pages.

use reqwest::{StatusCode, redirect::Policy};

use super::party::Central;

#[tokio::test]
async fn the_page_is_served_with_a_strict_policy() {
    let central = Central::start().await;
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let get = |path: &str| http.get(format!("{}{path}", central.url)).send();
    let moved = get("/console").await.unwrap();
    assert_eq!((moved.status().as_u16(), moved.headers()["location"].to_str().unwrap()), (308, "/console/"));
    let page = get("/console/").await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    assert_eq!(page.headers()["cross-origin-opener-policy"], "same-origin");
    if page.status() == StatusCode::SERVICE_UNAVAILABLE {
        assert!(page.text().await.unwrap().contains("npm run build"), "pages that are not built say how");
        return;
    }
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let html = page.text().await.unwrap();
    let script = html.split("src=\"./").nth(1).and_then(|rest| rest.split('"').next()).expect("a script");
    let script = get(&format!("/console/{script}")).await.unwrap();
    assert_eq!(script.status(), StatusCode::OK);
    assert!(script.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert!(script.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
}

#[tokio::test]
async fn nothing_else_is_served_from_there() {
    let central = Central::start().await;
    for path in ["/console/index.html", "/console/../Cargo.toml", "/console/%2e%2e/package.json", "/console/nothing.js"]
    {
        let answer = reqwest::get(format!("{}{path}", central.url)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let front = reqwest::get(&central.url).await.unwrap().text().await.unwrap();
    assert!(front.contains("href=\"/console/\""), "the front page leads to the console");
}
