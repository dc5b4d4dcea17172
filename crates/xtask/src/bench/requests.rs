//! Signed requests, made before a measurement, and their answers, verified after it: the time
//! between is the server's.

use super::world::{STEP_SECS, World, user_name};
use anyhow::{Context as _, ensure};
use authx_core::{
    LoginId,
    wire::{
        login::{LoginState, LoginView},
        signature::{
            AUTHX_CLIENT, CONTENT_DIGEST, Headers, Request as Covered, SIGNATURE, SIGNATURE_INPUT,
            sign_request, verify_response,
        },
        text::MatchNumber,
    },
};
use std::fmt::Write as _;

/// A request as it goes over the wire.
pub(crate) struct Request {
    /// Head and body.
    pub(crate) bytes: Vec<u8>,
    /// Which login it is about.
    pub(crate) login: LoginId,
    headers: Headers,
}

impl World {
    /// Begins a login of user number `user` with a right code inside.
    pub(crate) fn verification(&self, user: usize) -> anyhow::Result<Request> {
        let step = self.app.now()?.secs() / STEP_SECS;
        self.begin(user, Some(&self.totp(user)?.code(step)), None)
    }

    /// Begins a login of user number `user` that has to be answered.
    pub(crate) fn question(&self, user: usize) -> anyhow::Result<Request> {
        self.begin(user, None, None)
    }

    /// Begins a login of user number `user` at whose prompt `number` stands, and asks the phone.
    pub(crate) fn push(&self, user: usize, number: &MatchNumber) -> anyhow::Result<Request> {
        self.begin(user, Some("push"), Some(number))
    }

    /// Waits for a change of a login after its first version.
    pub(crate) fn long_poll(&self, login: LoginId) -> anyhow::Result<Request> {
        self.request("GET", login, "after=1&wait=45", b"")
    }

    /// Cancels a login.
    pub(crate) fn cancel(&self, login: LoginId) -> anyhow::Result<Request> {
        self.request("DELETE", login, "", b"")
    }

    fn begin(
        &self,
        user: usize,
        answer: Option<&str>,
        number: Option<&MatchNumber>,
    ) -> anyhow::Result<Request> {
        let mut body = serde_json::json!({
            "user": user_name(user),
            "first_factor": { "kind": "proved", "by": "pam" },
            "client": {
                "address": format!("198.51.{}.{}", user / 256 % 256, user % 256),
                "port": 1194 + user % 60_000,
                "program": "OpenVPN 2.6.14",
                "platform": "linux",
            },
            "server": { "name": "vpn1.corp.example" },
            "can": { "text": true, "several": true },
            "support_code": "K7QF2M",
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(answer.map(|answer| ("answer".to_owned(), answer.into())));
            let digits = number.map(serde_json::to_value).transpose()?;
            body.extend(digits.map(|digits| ("match_number".to_owned(), digits)));
        }
        let id = self.app.decide(self.app.now()?, LoginId::new);
        self.request("PUT", id, "", &serde_json::to_vec(&body)?)
    }

    fn request(
        &self,
        method: &str,
        login: LoginId,
        query: &str,
        body: &[u8],
    ) -> anyhow::Result<Request> {
        let path = format!("/api/v1/logins/{login}");
        let authority = &self.authority;
        let covered = Covered { method, authority, path: &path, query, client: CLIENT, body };
        let mut nonce = [0; 16];
        self.app.random.fill(&mut nonce);
        let secs = self.app.now()?.secs();
        let headers = sign_request(&self.key, self.caller.id, &covered, secs, nonce);
        let mark = if query.is_empty() { "" } else { "?" };
        let mut head = format!("{method} {path}{mark}{query} HTTP/1.1\r\nhost: {authority}\r\n");
        write!(head, "{AUTHX_CLIENT}: {CLIENT}\r\ncontent-length: {}\r\n", body.len())?;
        for (name, value) in headers.fields() {
            write!(head, "{name}: {value}\r\n")?;
        }
        head.push_str("\r\n");
        Ok(Request { bytes: [head.as_bytes(), body].concat(), login, headers })
    }

    /// Makes sure that an answer is what the server said to this request, and that it says `state`.
    pub(crate) fn check(
        &self,
        request: &Request,
        answer: &[u8],
        state: LoginState,
    ) -> anyhow::Result<()> {
        let answer = Answer::parse(answer).context("no HTTP answer")?;
        let body = std::str::from_utf8(answer.body).unwrap_or_default();
        ensure!(answer.status == 200, "status {}: {body}", answer.status);
        let field = |name| answer.field(name).map(ToOwned::to_owned).context(name);
        let headers = Headers {
            content_digest: field(CONTENT_DIGEST)?,
            signature_input: field(SIGNATURE_INPUT)?,
            signature: field(SIGNATURE)?,
        };
        verify_response(&self.key, &request.headers, answer.status, answer.body, &headers)?;
        let login: LoginView = serde_json::from_slice(answer.body)?;
        ensure!(login.id == request.login, "another login's answer");
        ensure!(login.state == state, "not {state:?} but: {body}");
        Ok(())
    }
}

/// An HTTP/1.1 answer with a Content-Length, which is all that the servers here send.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// `None` while it is not there in full.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let status = head.get(9..12)?.parse().ok()?;
        let answer = Answer { status, head, body: bytes.get(end + 4..)? };
        let length: usize = answer.field("content-length")?.parse().ok()?;
        (answer.body.len() >= length).then_some(answer)
    }

    fn field(&self, name: &str) -> Option<&'a str> {
        self.head.split("\r\n").find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

const CLIENT: &str = "bench/1.0";
