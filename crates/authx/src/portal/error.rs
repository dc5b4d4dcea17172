//! Why a page cannot be shown, in the words of a page.

use crate::{admin::AdminError, clock::ClockProblem};
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
    /// A change that another site asked for.
    #[error(
        "this was sent from another site, so nothing was changed; open the page here and do it again"
    )]
    Elsewhere,
    /// More than any form of ours sends.
    #[error("this form is too long; shorten what was typed")]
    FormTooLong,
    /// The role may not.
    #[error("{}", not_allowed(*.0))]
    NotAllowed(Option<Role>),
    /// Not there, or another company's: nobody can tell.
    #[error("there is nothing here")]
    NotFound,
    /// The session ended before the form was sent.
    #[error(
        "your session ended before this was sent, so nothing was changed. Sign in again in another \
         tab, come back here, go one page back and send it once more"
    )]
    SessionOver,
    /// A form that was made for another browser, or without cookies.
    #[error("this form was made for another browser or is too old; load the page again")]
    StaleForm,
    /// A handler outside the registry.
    #[error("this page is not guarded")]
    Unguarded,
}

impl PortalError {
    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Admin(AdminError::Busy) | Self::Clock(_) | Self::Admin(AdminError::Clock(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Admin(AdminError::Outranked)
            | Self::Elsewhere
            | Self::NotAllowed(_)
            | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::Admin(AdminError::UnknownTenant) | Self::NotFound => StatusCode::NOT_FOUND,
            Self::FormTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SessionOver => StatusCode::UNAUTHORIZED,
            Self::Admin(
                AdminError::Damaged(_)
                | AdminError::Password(_)
                | AdminError::Seal(_)
                | AdminError::Store(_),
            )
            | Self::Unguarded => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for PortalError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = %self, "a page could not be shown");
            return (status, "AuthX could not do this now; try again in a moment\n")
                .into_response();
        }
        (status, format!("{self}\n")).into_response()
    }
}

fn not_allowed(role: Option<Role>) -> String {
    match role {
        Some(role) => {
            format!("the role “{}” may not do this; ask an administrator", role.title())
        }
        None => "this is for administrators".to_owned(),
    }
}
