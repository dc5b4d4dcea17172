//! One question to AuthX, before it is signed.

use super::CallError;
use bytes::Bytes;
use reqwest::Method;
use serde::Serialize;
use std::time::Duration;
use zeroize::Zeroizing;

/// What is asked. Signed anew for each attempt.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Bytes,
    /// How long the server was asked to wait.
    pub(super) wait: Duration,
    after: Option<u64>,
}

impl Call {
    pub(super) fn new(method: Method, path: String) -> Self {
        Self { method, path, body: Bytes::new(), wait: Duration::ZERO, after: None }
    }

    pub(super) fn with_body(
        method: Method,
        path: String,
        body: &impl Serialize,
    ) -> Result<Self, CallError> {
        // Taken at once, because growing would leave a copy of a password behind; and wiped when the
        // last attempt is over.
        let mut text = Zeroizing::new(Vec::with_capacity(MOST_BODY_BYTES));
        serde_json::to_writer(&mut *text, body).map_err(CallError::Unwritable)?;
        Ok(Self { body: Bytes::from_owner(text), ..Self::new(method, path) })
    }

    pub(super) fn waiting(path: String, after: u64, wait_secs: u64) -> Self {
        let wait = Duration::from_secs(wait_secs);
        Self { wait, after: Some(after), ..Self::new(Method::GET, path) }
    }

    /// What follows the question mark, when the server is asked to wait so long this time.
    pub(super) fn query(&self, wait: Duration) -> String {
        let query = |after| format!("after={after}&wait={}", wait.as_secs());
        self.after.map(query).unwrap_or_default()
    }
}

/// More than the longest login: two typed texts of 1,024 bytes, escaped, and names.
const MOST_BODY_BYTES: usize = 16_384;
