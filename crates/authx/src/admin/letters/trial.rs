//! Whether mail arrives.

use super::{letter::Letter, render::write, times::Times, words::Reader};
use crate::{
    admin::AdminError,
    app::App,
    mail::{Address, Mail, MailError, MailRefused},
};
use authx_core::{DeliveryId, wire::text::SupportCode};

/// Why a trial was not sent.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// What can stop anything.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The mail server.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Mail is off.
    #[error(transparent)]
    Refused(#[from] MailRefused),
}

/// Sends a mail that says nothing, now and once.
///
/// # Errors
///
/// [`TrialError`] names the step that failed.
pub async fn trial(app: &App, to: &Address) -> Result<(), TrialError> {
    let post = app.mail.as_ref().ok_or(MailRefused::Off)?;
    let now = app.now().map_err(AdminError::from)?;
    let (id, code) = app.decide(now, |cx| (DeliveryId::new(cx), SupportCode::draw(cx)));
    let times = Times::of("{}");
    let reader = Reader { company: app.public_url.host(), account: "", times: &times };
    let written = write(app, &reader, "", post.help(), &Letter::Test, code.as_str())?;
    let mail = Mail {
        id: &id.to_string(),
        to,
        name: "",
        subject: &written.subject,
        text: &written.text,
        html: &written.html,
        at: now,
    };
    Ok(post.send(&mail).await?)
}
