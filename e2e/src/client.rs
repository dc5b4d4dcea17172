//! A caller of the API, as small as one can be.

use crate::Caller;
use authx::random::{OsRandom, Random};
use authx_core::{
    ApplicationId, Cx, LoginId, Millis,
    wire::signature::{self, AppKey, Headers, sign_request, verify_response},
};
use reqwest::{ClientBuilder, Method, header::HeaderMap};
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path, time::Duration};
use tokio::time::sleep;

/// Signs requests and believes only signed answers.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// Scheme, host and port that requests go to.
    origin: String,
    /// What signatures cover of it.
    authority: String,
    application: ApplicationId,
    key: AppKey,
}

/// A request before it is signed.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Its body.
    pub body: String,
}

/// A signed answer, or an unsigned problem.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub json: Value,
    /// Whether it was signed; a signature that does not fit is a panic.
    pub signed: bool,
}

impl Client {
    /// A caller of the server at `address`.
    pub fn new(address: SocketAddr, caller: &Caller) -> Self {
        let origin = format!("http://{address}");
        Self::of(reqwest::Client::builder(), origin, "localhost", caller)
    }

    /// A caller of the server behind a socket, whose site is `public`, an origin with TLS.
    pub fn over_socket(socket: &Path, public: &str, caller: &Caller) -> Self {
        let authority = public.strip_prefix("https://").expect("an origin with TLS");
        let http = reqwest::Client::builder().unix_socket(socket);
        Self::of(http, format!("http://{authority}"), authority, caller)
    }

    fn of(http: ClientBuilder, origin: String, authority: &str, caller: &Caller) -> Self {
        let http = http.no_proxy().timeout(Duration::from_mins(1)).build().unwrap();
        let (authority, application, key) = (authority.to_owned(), caller.id, caller.key.clone());
        Self { http, origin, authority, application, key }
    }

    /// Sends a signed request.
    ///
    /// # Errors
    ///
    /// No answer, or half of one.
    pub async fn send(&self, call: &Call) -> reqwest::Result<Reply> {
        let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
        let covered = signature::Request {
            method: call.method.as_str(),
            authority: &self.authority,
            path,
            query,
            client: CLIENT,
            body: call.body.as_bytes(),
        };
        let mut nonce = [0; 16];
        OsRandom.fill(&mut nonce);
        let sent = sign_request(&self.key, self.application, &covered, now().secs(), nonce);
        let url = format!("{}{}", self.origin, call.target);
        let mut request = self.http.request(call.method.clone(), url).body(call.body.clone());
        request = request.header("authx-client", CLIENT);
        for (name, value) in sent.fields() {
            request = request.header(name, value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?;
        let field = |name| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let signed = headers.contains_key("signature");
        if signed {
            let answer = Headers {
                content_digest: field("content-digest"),
                signature_input: field("signature-input"),
                signature: field("signature"),
            };
            verify_response(&self.key, &sent, status, &body, &answer).expect("a right signature");
        }
        let json = serde_json::from_slice(&body).expect("JSON");
        Ok(Reply { status, headers, json, signed })
    }

    /// Begins a login, once.
    ///
    /// # Errors
    ///
    /// No answer, or half of one.
    pub async fn begin(&self, id: LoginId, body: &Value) -> reqwest::Result<Reply> {
        self.send(&Call::put(id, body)).await
    }

    /// Begins a login under a new id, and tries again while the server is busy: what a good caller
    /// does.
    pub async fn login(&self, body: &Value) -> Reply {
        let id = new_id();
        loop {
            let reply = self.begin(id, body).await.expect("an answer");
            if reply.outcome() != "busy" {
                return reply;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Reads a login.
    ///
    /// # Errors
    ///
    /// No answer, or half of one.
    pub async fn read(&self, id: LoginId) -> reqwest::Result<Reply> {
        self.send(&Call::get(format!("/api/v1/logins/{id}"))).await
    }

    /// What `/health/ready` says: its status and the words of its problems.
    pub async fn ready(&self) -> (u16, Vec<String>) {
        let url = format!("{}/health/ready", self.origin);
        let response = self.http.get(url).send().await.expect("an answer");
        let status = response.status().as_u16();
        let json: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        let problems = json.get("problems").and_then(Value::as_array).cloned().unwrap_or_default();
        let word = |problem: &Value| problem.get("code").and_then(Value::as_str).map(str::to_owned);
        (status, problems.iter().filter_map(word).collect())
    }
}

impl Call {
    /// Begins a login.
    pub fn put(id: LoginId, body: &Value) -> Self {
        let target = format!("/api/v1/logins/{id}");
        Self { method: Method::PUT, target, body: body.to_string() }
    }

    /// Reads something.
    pub fn get(target: impl Into<String>) -> Self {
        Self { method: Method::GET, target: target.into(), body: String::new() }
    }
}

impl Reply {
    /// In one word: `allowed`, `refused:REASON`, another state, or the code of a problem.
    pub fn outcome(&self) -> String {
        let text = |pointer| self.json.pointer(pointer).and_then(Value::as_str);
        match (text("/state"), text("/reason/code")) {
            (Some(state), Some(reason)) => format!("{state}:{reason}"),
            (Some(state), None) => state.to_owned(),
            (None, _) => text("/code").expect("a state or a code").to_owned(),
        }
    }

    /// The witness that the answer names.
    pub fn seal(&self) -> Option<&str> {
        self.json.get("seal").and_then(Value::as_str)
    }

    /// The body without what the record's growth alone changes.
    pub fn without_seal(&self) -> Value {
        let mut json = self.json.clone();
        json.as_object_mut().unwrap().remove("seal");
        json
    }
}

/// A login whose password was checked elsewhere, with a code.
pub fn proved(user: &str, code: &str) -> Value {
    json!({
        "user": user, "first_factor": { "kind": "proved", "by": "pam" }, "answer": code,
        "client": { "address": "192.0.2.7" },
    })
}

/// A login with a password.
pub fn typed(user: &str, password: &str, code: Option<&str>) -> Value {
    let mut body = json!({
        "user": user, "first_factor": { "kind": "password", "password": password },
        "client": { "address": "192.0.2.7" }, "can": { "text": true, "several": true },
    });
    if let (Some(code), Some(fields)) = (code, body.as_object_mut()) {
        fields.insert("answer".to_owned(), code.into());
    }
    body
}

/// The id of a new login.
pub fn new_id() -> LoginId {
    LoginId::new(&mut Cx { now: now(), random: &mut |out: &mut [u8]| OsRandom.fill(out) })
}

/// The time.
pub fn now() -> Millis {
    authx::clock::Clock::now(&authx::clock::SystemClock)
}

const CLIENT: &str = "e2e/0.1";
