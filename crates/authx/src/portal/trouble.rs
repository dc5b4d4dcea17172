//! Pages for what went wrong: what happened, what to do, and what to say to the help desk.

use super::page::{Chrome, render_as};
use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

/// Something that a page has to say instead of its contents.
#[derive(Clone, Debug)]
pub struct Trouble {
    status: StatusCode,
    title: String,
    advice: String,
    code: Option<String>,
    back: Option<(String, String)>,
}

impl Trouble {
    /// Nothing is at this address, or nothing that this reader may know of.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Nothing is at this address",
            "It was removed, or the address is mistyped. Look for it in its list.",
        )
    }

    /// The reader's role may not do this; `roles` may.
    pub fn not_allowed(role: &str, roles: &str) -> Self {
        let advice = format!("This takes the role {roles}. Ask somebody who has it.");
        Self::new(StatusCode::FORBIDDEN, format!("{role} may not do this"), advice)
    }

    /// Somebody else changed the same thing meanwhile.
    pub fn conflict(what: &str) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            format!("{what} has changed meanwhile"),
            "Nothing of yours was stored. Look at it as it is now, then change it again.",
        )
    }

    /// A form did not come from a page of this session.
    pub fn stale_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "This form is from another session",
            "Nothing was changed. Go back, reload the page, and send it again.",
        )
    }

    /// What was sent cannot be taken, and no field is to blame.
    pub fn unreadable(why: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "This cannot be taken", why)
    }

    /// Too often in a short time.
    pub fn too_often(wait: &str) -> Self {
        let advice = format!("Wait {wait}, then try again.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts", advice)
    }

    /// AuthX itself failed; `code` finds it in the log.
    pub fn failed(code: impl Into<String>) -> Self {
        let trouble = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "AuthX could not do this",
            "Nothing was changed. Try again in a minute. If it stays, tell whoever runs this server \
             the code",
        );
        trouble.with_code(code)
    }

    /// Other words.
    pub fn new(status: StatusCode, title: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status, title: title.into(), advice: advice.into(), code: None, back: None }
    }

    /// Ends in a support code or the number of a request.
    #[must_use]
    pub fn with_code(self, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..self }
    }

    /// With the way on: where it leads, and what it says.
    #[must_use]
    pub fn with_way(self, href: impl Into<String>, label: impl Into<String>) -> Self {
        Self { back: Some((href.into(), label.into())), ..self }
    }

    /// The page, inside the portal for somebody who is signed in.
    pub fn page(self, mut chrome: Chrome) -> Response<Body> {
        self.title.clone_into(&mut chrome.title);
        let status = self.status;
        if chrome.who.is_none() {
            return render_as(status, &Alone { chrome, trouble: self });
        }
        render_as(status, &Inside { chrome, trouble: self })
    }

    fn spelled(&self) -> String {
        super::words::spelled(self.code.as_deref().unwrap_or_default())
    }
}

#[derive(Template)]
#[template(path = "portal/trouble.html")]
struct Inside {
    chrome: Chrome,
    trouble: Trouble,
}

#[derive(Template)]
#[template(path = "portal/trouble_alone.html")]
struct Alone {
    chrome: Chrome,
    trouble: Trouble,
}
