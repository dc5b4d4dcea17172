//! A name for each request, in the log and in the answer.

use crate::random::Random;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::atomic::{AtomicU64, Ordering};

/// The name of one request, in its extensions; `x-request-id` of the answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// What a trusted proxy called the request, where that is fit for a log.
    pub(super) fn presented(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(&REQUEST_ID)?;
        let fit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let short = (1..=64).contains(&value.len());
        (short && value.as_bytes().iter().all(fit)).then(|| Self(value.clone()))
    }

    pub(super) fn header(&self) -> (HeaderName, HeaderValue) {
        (REQUEST_ID, self.0.clone())
    }
}

/// Makes names: random for the run, counted within it, which costs the hot path no randomness.
pub(super) struct RequestIds {
    run: [u8; 4],
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(random: &dyn Random) -> Self {
        let mut run = [0; 4];
        random.fill(&mut run);
        Self { run, next: AtomicU64::new(1) }
    }

    pub(super) fn make(&self) -> RequestId {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:08x}-{number:x}", u32::from_be_bytes(self.run));
        let fallback = HeaderValue::from_static("unnamed");
        RequestId(HeaderValue::try_from(text).unwrap_or(fallback))
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn each_request_has_its_own() {
        let ids = RequestIds::new(&SeededRandom::new(1));
        assert_ne!(ids.make(), ids.make());
        assert!(ids.make().as_str().ends_with("-3"));
    }

    #[test]
    fn a_proxys_name_must_be_fit_for_a_log() {
        let presented = |value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
            RequestId::presented(&headers).is_some()
        };
        assert!(presented(b"2f1c.A-9_z"));
        assert!(!presented(b""));
        assert!(!presented(b"a b"));
        assert!(!presented(b"a\"}"));
        assert!(!presented("é".as_bytes()));
        assert!(!presented(&[b'a'; 65]));
    }
}
