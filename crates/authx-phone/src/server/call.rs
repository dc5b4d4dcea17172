//! One call to a server, before it is signed.

use super::CallError;
use reqwest::Method;
use serde::Serialize;
use std::time::Duration;

/// What is asked for, and how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(super) method: Method,
    /// Below `/phone/v1`.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: Vec<u8>,
    pub(super) limit: Duration,
}

impl Call {
    /// One without a body.
    pub(crate) fn new(method: Method, path: impl AsRef<str>) -> Self {
        let path = format!("{PREFIX}{}", path.as_ref());
        Self { method, path, query: String::new(), body: vec![], limit: LIMIT }
    }

    /// One whose body is JSON.
    pub(crate) fn with_body(
        method: Method,
        path: impl AsRef<str>,
        body: &impl Serialize,
    ) -> Result<Self, CallError> {
        let body = serde_json::to_vec(body).map_err(CallError::Unwritable)?;
        Ok(Self { body, ..Self::new(method, path) })
    }

    /// One that the server may hold back for `wait_secs` until something newer than `after` is
    /// there.
    pub(crate) fn waiting(path: &str, after: u64, wait_secs: u64) -> Self {
        let call = Self::new(Method::GET, path);
        let limit = call.limit + Duration::from_secs(wait_secs);
        Self { query: format!("after={after}&wait={wait_secs}"), limit, ..call }
    }
}

/// Where the API of phones begins.
const PREFIX: &str = "/phone/v1";
/// For everything that is answered at once; a phone's network may be slow.
const LIMIT: Duration = Duration::from_secs(20);
