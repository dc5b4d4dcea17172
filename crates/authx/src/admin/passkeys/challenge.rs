//! What was asked, on its way to a browser and back, under a tag that only this installation makes.

use super::{PasskeyError, damaged};
use crate::app::App;
use authx_core::{Millis, UserId};
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A challenge on its way to a browser and back.
#[derive(Serialize, Deserialize)]
pub(super) struct Challenge<T> {
    /// Until when an answer counts.
    pub(super) until: Millis,
    /// Whose, where that is known before.
    pub(super) of: Option<UserId>,
    /// What the answer is judged by.
    pub(super) state: T,
}

impl<T: Serialize + DeserializeOwned> Challenge<T> {
    pub(super) fn text(&self, app: &App) -> Result<String, PasskeyError> {
        let body = serde_json::to_vec(self).map_err(|error| damaged(&error))?;
        let tag = app.keys.master.fingerprint(LABEL, &body);
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(&body), URL_SAFE_NO_PAD.encode(tag)))
    }

    pub(super) fn parse(app: &App, text: &str) -> Option<Self> {
        let (body, tag) = text.split_once('.')?;
        let body = URL_SAFE_NO_PAD.decode(body).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let own = app.keys.master.fingerprint(LABEL, &body);
        verify_slices_are_equal(&own, &tag).ok()?;
        serde_json::from_slice(&body).ok()
    }
}

/// By what the store knows that a challenge was answered.
pub(super) fn spent(state: &str) -> [u8; 32] {
    let spent = digest(&SHA256, state.as_bytes());
    spent.as_ref().first_chunk().copied().unwrap_or_default()
}

const LABEL: &str = "passkey challenge";
