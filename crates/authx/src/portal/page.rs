//! A whole page: what stands around it, and how it goes to a browser.

use super::nav::Group;
use super::words::{Times, When};
use crate::portal_site;
use askama::Template;
use authx_core::Millis;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use std::borrow::Borrow;
use std::collections::BTreeSet;

/// What stands around a page. Every page's template has one as `chrome`.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// What the page is about, first in the window's title, which ends in the product's name.
    pub title: String,
    /// Whose portal it is; `None` before a sign-in.
    pub tenant: Option<Tenant>,
    /// Who looks at it.
    pub who: Option<Person>,
    /// Where one can go, see [`super::nav::nav`].
    pub nav: Vec<Group>,
    /// What every form has to send back.
    pub csrf: String,
    /// What has just been done.
    pub toast: Option<Toast>,
    /// Says times in the tenant's zone.
    pub times: Times,
    /// Light, dark, or what the system says.
    pub theme: Theme,
    /// The host of `public_url`.
    pub host: String,
}

/// A company's name and its small mark.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// One of eight colours, from 1.
    pub hue: u8,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name that people call them by.
    pub name: String,
    /// What their role is called; empty without one.
    pub title: &'static str,
}

/// One sentence about what has been done, and the way back.
#[derive(Clone, Debug)]
pub struct Toast {
    /// Past tense, the object by its name: *“Bob Brandt” removed.*
    pub text: String,
    /// Where a POST undoes it.
    pub undo: Option<String>,
    /// The fields of that.
    pub fields: Vec<(String, String)>,
}

/// Which colours a reader wants.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// Its word, where it is not the system's.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

impl Chrome {
    /// Around a page of nobody: sign-in, sign-up, errors before them.
    pub fn outside(title: impl Into<String>, host: impl Into<String>, times: Times) -> Self {
        Self {
            title: title.into(),
            tenant: None,
            who: None,
            nav: Vec::new(),
            csrf: String::new(),
            toast: None,
            times,
            theme: Theme::System,
            host: host.into(),
        }
    }

    /// How much waits under any line of the menu.
    pub fn waiting(&self) -> u64 {
        self.nav.iter().flat_map(|group| &group.items).map(|item| item.waiting).sum()
    }

    /// Where a file of the pages is, see [`portal_site::asset`].
    pub fn asset(&self, name: &str) -> &'static str {
        portal_site::asset(name)
    }

    /// The program's version.
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// A moment in words, as `{{ chrome.when(row.at) }}`.
    pub fn when(&self, at: impl Borrow<Millis>) -> When {
        self.times.when(at)
    }
}

/// The page, with status 200.
pub fn render(page: &impl Template) -> Response<Body> {
    render_as(StatusCode::OK, page)
}

/// The page, with another status: 422 for a form that cannot be taken.
pub fn render_as(status: StatusCode, page: &impl Template) -> Response<Body> {
    let (status, text) = match page.render() {
        Ok(text) => (status, with_icons(text)),
        Err(error) => {
            tracing::error!(%error, "a page cannot be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown.\n".to_owned())
        }
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    protect(response.headers_mut());
    response
}

/// Puts the drawings that the page names into the place that the layout has for them.
fn with_icons(mut page: String) -> String {
    let used: BTreeSet<_> = icon_names(&page).collect();
    let drawn = portal_site::icons(used.iter().map(String::as_str));
    if let Some(at) = page.rfind(SPRITE) {
        page.insert_str(at + SPRITE.len(), &drawn);
    }
    page
}

const SPRITE: &str = "<svg id=\"icons\" hidden>";

/// The names after `#i-` in a text.
pub fn icon_names(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("#i-").filter_map(|(at, mark)| {
        let after = text.get(at + mark.len()..)?.chars();
        let name: String = after
            .take_while(|&c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            .collect();
        let name = name.trim_end_matches('-');
        (!name.is_empty()).then(|| name.to_owned())
    })
}

/// What every page of the portal says about how it may be used.
pub fn protect(headers: &mut axum::http::HeaderMap) {
    for (name, value) in PROTECTION {
        headers.insert(name, value);
    }
}

/// Nothing from elsewhere, nothing inline, and no frame around it.
const CSP: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'; object-src 'none'";

/// Passkeys and the clipboard; nothing else of the device.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), \
    clipboard-write=(self), display-capture=(), encrypted-media=(), fullscreen=(), \
    geolocation=(), gyroscope=(), hid=(), idle-detection=(), magnetometer=(), microphone=(), \
    midi=(), payment=(), picture-in-picture=(), publickey-credentials-create=(self), \
    publickey-credentials-get=(self), screen-wake-lock=(), serial=(), usb=(), \
    xr-spatial-tracking=()";

const PROTECTION: [(HeaderName, HeaderValue); 8] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP)),
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

#[cfg(test)]
mod tests;
