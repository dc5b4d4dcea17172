//! Recovery codes: ten on paper, for the day the phone is gone.

use crate::{
    admin::{
        Actor, AdminError, Change,
        accounts::{self, AccountError},
        change, detail,
        letters::{self, Deed, Letter},
    },
    app::{About, App},
    passwords::SALT_LEN,
    store::{
        Batch,
        enrolments::{self as stored, EnrolmentRow, NewFactor},
    },
};
use authx_core::{
    FactorId, Millis, TenantId, UserId,
    audit::EventKind,
    factor::{
        Enrolment, FactorKind,
        recovery::{self, Recovery},
    },
};
use zeroize::Zeroizing;

/// New codes, shown this once.
pub struct RecoveryCodes {
    /// The codes, as `xxxx-xxxx-xxxx`.
    pub codes: Zeroizing<Vec<String>>,
    /// Whether earlier ones ceased to count.
    pub replaces: bool,
}

/// Gives a user ten new recovery codes. Earlier ones count no longer.
///
/// Hashes ten codes, which takes some hundred milliseconds of one core: so an account gets some at a
/// time, and a minute passes before the next ones. Who runs commands on the server waits for
/// nothing.
///
/// # Errors
///
/// [`AccountError::CodesJustMade`], [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn renew(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
) -> Result<RecoveryCodes, AccountError> {
    let account = accounts::row(app, tenant, user).await?;
    by.check_self_or_outranks(user, account.role)?;
    let busy = AccountError::CodesJustMade { wait_secs: PAUSE_SECS };
    let _alone = app.passwords.alone(user).ok_or(busy)?;
    let now = app.now().map_err(AdminError::from)?;
    known(app, by, tenant, user, now).await?;
    let (codes, enrolment) = draw(app).await?;
    let enrolment = &enrolment;
    let replaces = change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let account = accounts::row(app, tenant.id, user).await?;
        by.check_self_or_outranks(user, account.role)?;
        let word = FactorKind::Recovery.word();
        let replaces = !known(app, by, tenant.id, user, now).await?.is_empty();
        let id = app.decide(now, FactorId::new);
        let factor = NewFactor {
            tenant: tenant.id,
            account: user,
            id,
            phone: None,
            kind: word,
            active: true,
            record: super::sealed(app, tenant, now, id, enrolment)?,
            guard: accounts::fresh_guard()?,
            created: now,
        };
        let letter = Letter::RecoveryMade(Deed::by(by, user, now));
        let told = letters::notify(app, now, tenant.id, user, &letter).await?;
        Ok::<_, AccountError>(Change {
            batch: Batch::default()
                .delete_factors(tenant.id, user, word, true)
                .insert_factor(factor)
                .count_means(tenant.id, user)
                .and(told),
            kind: EventKind::RecoveryMade,
            about: About { user: Some(user), ..About::default() },
            detail: detail([
                ("name", account.name.into()),
                ("factor_id", id.to_string().into()),
                ("replaced", replaces.into()),
            ]),
            outcome: replaces,
        })
    })
    .await?;
    Ok(RecoveryCodes { codes, replaces })
}

/// The codes that a user has, if they are old enough to be replaced.
async fn known(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    now: Millis,
) -> Result<Vec<EnrolmentRow>, AccountError> {
    let known = stored::enrolments(&app.store, tenant, user, FactorKind::Recovery.word()).await;
    let known = known.map_err(AdminError::from)?;
    let until = known.iter().map(|row| row.created.plus_secs(PAUSE_SECS)).max();
    match until.map(|until| until.since(now).div_ceil(1_000)) {
        Some(wait_secs) if wait_secs > 0 && by.user().is_some() => {
            Err(AccountError::CodesJustMade { wait_secs })
        }
        Some(_) | None => Ok(known),
    }
}

async fn draw(app: &App) -> Result<(Zeroizing<Vec<String>>, Enrolment), AdminError> {
    let now = app.now()?;
    let codes = Zeroizing::new(app.decide(now, Recovery::draw));
    let mut salt = [0; SALT_LEN];
    app.random.fill(&mut salt);
    let mut digests = Vec::with_capacity(codes.len());
    for code in codes.iter() {
        let shaped = recovery::shape(code)
            .ok_or_else(|| AdminError::Damaged("a drawn recovery code has no shape".to_owned()))?;
        digests.push(app.passwords.digest_new(Zeroizing::new(shaped), salt.to_vec()).await?);
    }
    Ok((codes, Enrolment::Recovery(Recovery::new(salt, &digests))))
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecoveryCodes").field("replaces", &self.replaces).finish_non_exhaustive()
    }
}

/// Between new codes of one account.
const PAUSE_SECS: u64 = 60;
