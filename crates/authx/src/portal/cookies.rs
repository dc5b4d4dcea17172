//! The portal's cookies: who is signed in, which browser a form was made for, and which form of it
//! waits for a step-up.

use super::Portal;
use crate::admin::sessions::Cookie;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Says who is signed in.
const SESSION: &str = "__Host-authx-session";
/// Says which browser it is, also before anybody signed in; lives longer than sessions, so that a
/// form that was open when its session ended can still be sent after a new sign-in.
const BROWSER: &str = "__Host-authx-browser";

/// Says which held-back form this browser sent.
const DEED: &str = "__Host-authx-deed";

/// A new word for a form that is held back, and the cookie by which this browser knows it again.
pub(super) fn new_deed(portal: &Portal) -> (String, HeaderValue) {
    let mut bytes = [0; 32];
    portal.app().random.fill(&mut bytes);
    let word = URL_SAFE_NO_PAD.encode(bytes);
    let cookie = value(&format!("{DEED}={word}; {ATTRIBUTES}"));
    (word, cookie)
}

/// Whether the form of this word was sent by this browser.
pub(super) fn sent_deed(headers: &HeaderMap, word: &str) -> bool {
    find(headers, DEED)
        .is_some_and(|known| verify_slices_are_equal(known.as_bytes(), word.as_bytes()).is_ok())
}

/// Removes the cookie of a form that is held back no longer.
pub(super) fn clear_deed() -> HeaderValue {
    value(&format!("{DEED}=; Max-Age=0; {ATTRIBUTES}"))
}

/// The session's cookie, if there is one that could be ours.
pub(super) fn session(headers: &HeaderMap) -> Option<Cookie> {
    find(headers, SESSION).and_then(Cookie::parse)
}

/// Sets the session's cookie; it ends with the browser, and earlier by the server's word.
pub(super) fn set_session(cookie: &Cookie) -> HeaderValue {
    value(&format!("{SESSION}={}; {ATTRIBUTES}", *cookie.text()))
}

/// Removes the session's cookie.
pub(super) fn clear_session() -> HeaderValue {
    value(&format!("{SESSION}=; Max-Age=0; {ATTRIBUTES}"))
}

/// A browser, and the token that its forms carry: whoever makes a browser send a form from
/// elsewhere knows neither.
#[derive(Clone, Debug)]
pub(super) struct Browser {
    /// What its forms carry.
    pub(super) token: String,
    /// A cookie to be set, where there was none.
    pub(super) fresh: Option<HeaderValue>,
}

impl Browser {
    pub(super) fn of(portal: &Portal, headers: &HeaderMap) -> Self {
        let known = find(headers, BROWSER).filter(|text| text.len() == LENGTH);
        if let Some(known) = known {
            return Self { token: token(portal, known), fresh: None };
        }
        let mut bytes = [0; 32];
        portal.app().random.fill(&mut bytes);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let fresh = value(&format!("{BROWSER}={text}; Max-Age=31536000; {ATTRIBUTES}"));
        Self { token: token(portal, &text), fresh: Some(fresh) }
    }

    /// Whether a form was made for this very browser.
    pub(super) fn made(&self, sent: &str) -> bool {
        self.fresh.is_none()
            && verify_slices_are_equal(self.token.as_bytes(), sent.as_bytes()).is_ok()
    }
}

fn token(portal: &Portal, browser: &str) -> String {
    let tag = portal.app().keys.master.fingerprint("portal form", browser.as_bytes());
    URL_SAFE_NO_PAD.encode(tag)
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split("; "));
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Only base64url and our own words stand in it, so the default is never taken.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
const LENGTH: usize = 43;
