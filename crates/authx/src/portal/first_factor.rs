//! A name and a password, as they begin a sign-in: whoever it is, whether there is anyone at all, the
//! same waiting, the same work and the same words.

use super::{
    Portal,
    companies::{company, several},
    error::PortalError,
    fields::Fields,
    second_factor,
    sign_in::sentence,
};
use crate::{
    admin::{
        AdminError,
        sessions::{self, From, Pending},
        sign_up,
    },
    logins::LoginError,
    store::Batch,
};
use authx_core::{name::Name, wire::text::Typed};
use std::time::Duration;
use zeroize::Zeroizing;

/// Why somebody does not come in.
pub(super) enum Refused {
    Error(PortalError),
    Said(String),
    /// Name or password: it counts.
    Wrong(String),
}

impl<E: Into<PortalError>> std::convert::From<E> for Refused {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else went wrong is the page's own trouble"
    )]
    fn from(error: E) -> Self {
        match error.into() {
            PortalError::Login(
                error @ (LoginError::SlowDown { .. } | LoginError::Password(_) | LoginError::Busy),
            ) => Self::Said(sentence(&error)),
            error => Self::Error(error),
        }
    }
}

/// Begins the sign-in of whoever sent a name and the right password. Gives the cookie of the half
/// session, and where it goes on.
pub(super) async fn given(
    portal: &Portal,
    from: &From,
    fields: &Fields,
    next: &str,
) -> Result<(sessions::Cookie, String), Refused> {
    let app = portal.app();
    let password = Typed::try_from(fields.raw("password").to_owned());
    let (Ok(name), Ok(password)) = (Name::new(fields.text("name")), password) else {
        return Err(Refused::Said(WRONG.to_owned()));
    };
    let (failed, source) = (portal.failed(), from.source());
    let wait = failed.wait_millis(app.now()?, &source);
    if wait > MOST_WAIT_MILLIS {
        return Err(LoginError::SlowDown { wait_secs: wait.div_ceil(1_000) }.into());
    }
    // Before anybody is looked for, and taken back where it was right: so many at once wait as many
    // one after the other do, whoever they name.
    failed.count(app.now()?, &source);
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let judged = judged(portal, from, (name, password), fields.text("company"), next).await;
    if !matches!(judged, Err(Refused::Wrong(_))) {
        failed.take_back(&source);
    }
    judged
}

async fn judged(
    portal: &Portal,
    from: &From,
    (name, password): (Name, Typed),
    typed_company: &str,
    next: &str,
) -> Result<(sessions::Cookie, String), Refused> {
    let app = portal.app();
    let Some(tenant) = company(portal, typed_company, &name).await? else {
        // The same work as for a wrong password, so that nobody learns whose name it is.
        let turn = app.passwords.turn().await.map_err(AdminError::from)?;
        let typed = vec![Zeroizing::new(password.expose().to_owned())];
        app.passwords.verify(turn, None, typed).await.map_err(AdminError::from)?;
        // And something that is stored, as a try of somebody's is: it is forgotten soon.
        let mut mark = [0; 32];
        app.random.fill(&mut mark);
        let batch = Batch::default().spend_portal_challenge(mark, app.now()?);
        app.store.commit(batch).await.map_err(AdminError::from)?;
        return Err(Refused::Wrong(WRONG.to_owned()));
    };
    let begun = second_factor::with_password(portal, tenant, name, password, from).await?;
    let view = begun.view();
    let user = begun.login.user;
    let waits = !begun.login.is_final();
    if let (true, Some(user)) = (waits, user) {
        let pending = Pending::Login { id: view.id, seq: 0, next: next.to_owned(), reset: None };
        let cookie = sessions::begin(app, tenant, user, from, &pending).await?;
        return Ok((cookie, "/sign-in/confirm".to_owned()));
    }
    let reason = view.reason.as_ref().map_or("", |reason| reason.code.as_str());
    // The password was right, and there is nothing else yet.
    if let (NOT_ENROLLED, Some(user)) = (reason, user)
        && let Some(cookie) = sign_up::resume(app, from, tenant, user).await?
    {
        return Ok((cookie, "/enrol".to_owned()));
    }
    let is_wrong = reason == WRONG_CREDENTIALS;
    // Where there are several companies, a name that is nobody's is in no company's log, so it has no
    // support code: then nobody's has one, nor what a company lets its users read.
    if is_wrong && several(portal).await? {
        return Err(Refused::Wrong(WRONG.to_owned()));
    }
    let text = view.reason.map_or_else(|| WRONG.to_owned(), |reason| reason.text);
    Err(if is_wrong { Refused::Wrong(text) } else { Refused::Said(text) })
}

const WRONG: &str = "User name or password not accepted. Check both and try again.";
const NOT_ENROLLED: &str = "not_enrolled";
const WRONG_CREDENTIALS: &str = "wrong_credentials";
const MOST_WAIT_MILLIS: u64 = 2_000;
