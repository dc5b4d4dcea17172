//! Why a page cannot be shown, in the words of a page.

use super::{sign_in::sentence, trouble::Trouble};
use crate::{
    admin::{
        AdminError, Meaning, Told,
        accounts::AccountError,
        administrators::RoleError,
        own::OwnError,
        passkeys::PasskeyError,
        sign_up::{LinkError, SignUpError},
    },
    clock::ClockProblem,
    enrol::{code::CodeError, phones::PhoneError},
    logins::LoginError,
    serve::BodyError,
};
use authx_core::role::Role;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortalError {
    /// What can stop any use case.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The clock cannot be trusted.
    #[error(transparent)]
    Clock(#[from] ClockProblem),
    /// Somebody's account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// One's own account.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// Somebody's role.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// A login of the portal.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// An authenticator app.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// A passkey.
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
    /// A link that somebody is given.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A phone.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// Somebody who comes in.
    #[error(transparent)]
    SignUp(#[from] SignUpError),
    /// A change that another site asked for.
    #[error(
        "this was sent from another site, so nothing was changed; open the page here and do it again"
    )]
    Elsewhere,
    /// More than any form of ours sends.
    #[error("this form is too long; shorten what was typed")]
    FormTooLong,
    /// The form broke off, or was not there in time.
    #[error("this form did not arrive whole, so nothing was changed; go back and send it again")]
    FormTooSlow,
    /// The role may not.
    #[error("a role that may not do this asked for it")]
    NotAllowed(Option<Role>),
    /// Not there, or another company's: nobody can tell.
    #[error("there is nothing here")]
    NotFound,
    /// Something stands in the way, in words that end without a full stop.
    #[error("{0}")]
    Refused(String),
    /// The session ended before the form was sent.
    #[error(
        "your session ended before this was sent, so nothing was changed. Sign in again in another \
         tab, come back here, go one page back and send it once more"
    )]
    SessionOver,
    /// A form that was made for another browser, or without cookies.
    #[error("this form was made for another browser or is too old; load the page again")]
    StaleForm,
    /// What this turns out to be takes a second factor less than five minutes old: the guard asks.
    #[error(
        "confirm first that it is you: your second factor was given more than five minutes ago"
    )]
    Stale,
    /// A handler outside the registry.
    #[error("this page is not guarded")]
    Unguarded,
}

impl PortalError {
    /// Why the body of a form could not be read.
    pub(super) fn unread(error: &axum::Error) -> Self {
        match BodyError::find(error) {
            Some(BodyError::Broken(_) | BodyError::TooSlow) => Self::FormTooSlow,
            Some(BodyError::TooLong) | None => Self::FormTooLong,
        }
    }

    /// The page that says so. What went wrong inside is said to the log alone.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others say what their status says")]
    fn trouble(&self) -> Trouble {
        let status = self.status();
        if status == StatusCode::NOT_FOUND {
            return Trouble::not_found().with_way("/", "Go to the start");
        }
        let (title, advice) = match self {
            Self::NotAllowed(Some(role)) => {
                let title = format!("{} may not do this", role.title());
                let advice = "Ask somebody whose role may, or an owner for another role.";
                return Trouble::new(status, title, advice).with_way("/", "Go to the start");
            }
            Self::NotAllowed(None) => {
                let advice = "What is your own is under your name.".to_owned();
                return Trouble::new(status, "This is for administrators", advice)
                    .with_way("/me", "My phones and logins");
            }
            Self::SessionOver => {
                return Trouble::new(status, "Your session has ended", SESSION_OVER)
                    .with_way("/sign-in", "Sign in");
            }
            Self::StaleForm => return Trouble::stale_form(),
            Self::Elsewhere => (
                "This came from another site".to_owned(),
                "Nothing was changed. Open the page here and do it again.".to_owned(),
            ),
            Self::Admin(AdminError::NoLonger) => (
                "This is no longer yours to do".to_owned(),
                format!("Nothing was changed. {}", sentence(self)),
            ),
            Self::Admin(AdminError::Outranked) => (
                "This account stands too high".to_owned(),
                "Nobody acts on an account of the same or a higher role. Ask somebody above."
                    .to_owned(),
            ),
            Self::FormTooLong => (
                "This form is too long".to_owned(),
                "Nothing was changed. Go back and shorten what was typed.".to_owned(),
            ),
            error if status == StatusCode::SERVICE_UNAVAILABLE => (
                "AuthX cannot do this now".to_owned(),
                format!("Nothing was changed. {}", sentence(error)),
            ),
            error if status.is_client_error() => {
                ("This cannot be done".to_owned(), sentence(error))
            }
            _ => return Trouble::new(status, "AuthX could not do this", FAILED),
        };
        Trouble::new(status, title, advice)
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Clock(_)
            | Self::Login(
                LoginError::Busy
                | LoginError::Clock(_)
                | LoginError::Password(_)
                | LoginError::Stale,
            ) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Login(LoginError::SlowDown { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::Login(LoginError::Unknown) | Self::NotFound => StatusCode::NOT_FOUND,
            Self::Account(error) => of(error),
            Self::Admin(error) => of(error),
            Self::Code(error) => of(error),
            Self::Link(error) => of(error),
            Self::Own(error) => of(error),
            Self::Passkey(error) => of(error),
            Self::Phone(error) => of(error),
            Self::Role(error) => of(error),
            Self::SignUp(error) => of(error),
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Elsewhere | Self::NotAllowed(_) | Self::Stale | Self::StaleForm => {
                StatusCode::FORBIDDEN
            }
            Self::FormTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::FormTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::SessionOver => StatusCode::UNAUTHORIZED,
            Self::Login(_) | Self::Unguarded => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A form says itself what is taken, so here that is one more thing that cannot be done.
fn of(error: &impl Told) -> StatusCode {
    match error.told() {
        Meaning::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        Meaning::Forbidden(_) => StatusCode::FORBIDDEN,
        Meaning::Later(_) => StatusCode::SERVICE_UNAVAILABLE,
        Meaning::Missing => StatusCode::NOT_FOUND,
        Meaning::Slower(..) => StatusCode::TOO_MANY_REQUESTS,
        Meaning::Refused(_) | Meaning::Taken(_) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// What the guard makes a step-up of, after which the same form is carried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stale;

/// What the guard makes a page of, which knows for whom it is.
#[derive(Clone, Debug)]
pub(super) struct Unshown(pub(super) Trouble);

impl IntoResponse for PortalError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = %self, "a page could not be shown");
        }
        let mut response = status.into_response();
        if matches!(self, Self::Stale) {
            response.extensions_mut().insert(Stale);
        }
        response.extensions_mut().insert(Unshown(self.trouble()));
        response
    }
}

const SESSION_OVER: &str = "Nothing was changed, and what you typed is still one page back. Sign in \
    again in another tab, go back here, and send it once more.";
const FAILED: &str = "Nothing was changed. Try again in a minute. If it stays, whoever runs this \
    server finds the cause in its log.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_form_is_not_called_a_long_one() {
        let status = |error: BodyError| PortalError::unread(&axum::Error::new(error)).status();
        assert_eq!(status(BodyError::TooSlow), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(status(BodyError::TooLong), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
