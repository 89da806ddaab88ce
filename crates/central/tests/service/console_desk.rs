//! A desk with a browser: somebody who is logged in to the console of a serving site.

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use xunjian_central::{console::account, enrol, log::COMMAND_LINE};
use xunjian_domain::{ids::PartyId, party::Role};
use xunjian_protocol::problem::{Problem, ProblemCode};

use super::party::{Central, problem};

pub const PASSWORD: &str = "a long enough password";

/// A browser with its cookie and its page's token.
pub struct Desk {
    pub http: reqwest::Client,
    pub url: String,
    pub cookie: String,
    pub csrf: String,
}

/// Makes a person with an account.
pub fn account(central: &Central, name: &str, role: Role) {
    let person = enrol::add_person(&central.site, COMMAND_LINE, name, &PartyId::new("manager"), &[role]);
    let person = person.expect("a new person");
    account::add(&central.site, COMMAND_LINE, person.id.as_str(), None, PASSWORD).expect("an account");
}

impl Desk {
    /// An administrator's desk.
    pub async fn of_administrator(central: &Central) -> Self {
        account(central, "chen_administrator", Role::Administrator);
        Self::log_in(central, "chen_administrator").await
    }

    pub async fn log_in(central: &Central, name: &str) -> Self {
        let mut desk = Self::before(central);
        let answer = desk.tries(name, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::OK, "{name} logs in");
        let cookie = answer.headers()["set-cookie"].to_str().expect("a cookie is text").to_owned();
        desk.cookie = cookie.split(';').next().expect("a pair").to_owned();
        let session: Value = answer.json().await.expect("a session");
        desk.csrf = session["csrf"].as_str().expect("a token").to_owned();
        desk
    }

    /// Nobody yet.
    pub fn before(central: &Central) -> Self {
        let url = format!("{}/console/api", central.url);
        Self { http: reqwest::Client::new(), url, cookie: String::new(), csrf: String::new() }
    }

    pub async fn tries(&self, name: &str, password: &str) -> Response {
        let body = json!({ "name": name, "password": password });
        self.http.post(format!("{}/session", self.url)).json(&body).send().await.expect("the service answers")
    }

    pub fn asks(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/{path}", self.url));
        let request = request.header("cookie", &self.cookie);
        if self.csrf.is_empty() { request } else { request.header("x-xunjian-csrf", &self.csrf) }
    }

    pub async fn gets(&self, path: &str) -> Response {
        self.asks(Method::GET, path).send().await.expect("the service answers")
    }

    pub async fn reads(&self, path: &str) -> Value {
        let response = self.gets(path).await;
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub async fn posts(&self, path: &str, body: &Value) -> Response {
        self.asks(Method::POST, path).json(body).send().await.expect("the service answers")
    }

    pub async fn writes(&self, path: &str, body: &Value) -> Value {
        let response = self.posts(path, body).await;
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Every item of a list, a page of `limit` at a time.
    pub async fn walks(&self, path: &str, limit: u32) -> Vec<Value> {
        let (mut items, mut after) = (Vec::new(), String::new());
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.reads(&format!("{path}{joint}limit={limit}&after={after}")).await;
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            let Some(next) = page["next"].as_str() else { return items };
            next.clone_into(&mut after);
        }
    }
}

pub async fn refused(response: Response, code: ProblemCode) -> Problem {
    let problem = problem(response).await;
    assert_eq!(problem.code, code, "{problem}");
    problem
}

/// A form with files, as browsers send it: name, file name and content of each part.
pub fn with_form(request: RequestBuilder, parts: &[(&str, Option<&str>, &[u8])]) -> RequestBuilder {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        let head = format!("--between\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--between--\r\n");
    request.header("content-type", "multipart/form-data; boundary=between").body(body)
}
