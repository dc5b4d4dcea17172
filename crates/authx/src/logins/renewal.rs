//! What a login allowed goes on, or ends: asked when a VPN's session is renewed.

use super::{LoginError, Versioned, first_factor, known, load, phone::session_ended, save};
use crate::{app::App, directory::Protected, store::Batch};
use authx_core::{
    LoginId,
    login::{Renewal, renew as judge},
    wire::login::{ReasonView, RenewalView, Standing},
};

/// Whether what a login allowed may go on. Asks nobody, and changes nothing but the record.
///
/// # Errors
///
/// [`LoginError`]; [`LoginError::Unknown`] also for one that was forgotten.
pub async fn renew(app: &App, caller: &Protected, id: LoginId) -> Result<RenewalView, LoginError> {
    let now = app.now()?;
    let Versioned { login, generation, .. } = load(app, caller, id).await?;
    let known = known(app, caller, &login).await?;
    let account = known.account.as_ref();
    let first_factor = first_factor(caller, &login, account);
    let stands = account.is_some_and(|account| generation >= account.stands_since)
        && !session_ended(app, caller, &login).await?;
    let policy = caller.policy_of(&login.groups);
    let help = policy.help.as_deref();
    let (renewal, effect) = app.decide(now, |cx| judge(cx, &login, first_factor, stands, help));
    let outcome = save::Outcome {
        now,
        login: &login,
        enrolled: &[],
        effects: vec![effect],
        enrol: Batch::default(),
        with: Batch::default(),
    };
    app.store.commit(outcome.follow(app, caller, Batch::default())?).await?;
    let (standing, reason) = match renewal {
        Renewal::Good => (Standing::Good, None),
        Renewal::Ended { reason, text } => {
            (Standing::Ended, Some(ReasonView { code: reason.public().to_owned(), text }))
        }
    };
    Ok(RenewalView { standing, reason, seal: None })
}
