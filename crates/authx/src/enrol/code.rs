//! Authenticator apps: a secret is offered, and counts once a first right code has proved that the
//! user has it. Until then an earlier one goes on working, so nobody is locked out half-way.

use crate::{
    admin::{
        Actor, AdminError, Change, Tenant,
        accounts::{self, AccountError},
        change, detail,
        letters::{self, Deed, Letter},
        means, policies,
    },
    app::{About, App},
    logins::factor_place,
    store::{
        Batch,
        enrolments::{self as stored, EnrolmentRow, NewFactor},
    },
};
use authx_core::{
    FactorId, Millis, TenantId, UserId,
    audit::EventKind,
    factor::{Answer, Enrolment, FactorKind, Verdict, code::Code},
    otp::{Label, Totp},
    policy::Document,
};
use zeroize::Zeroizing;

/// Why a secret could not be offered or confirmed.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The account is not there.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The secret counts already.
    #[error("this user has this very secret already, and it counts; nothing is left to do")]
    AlreadyInForce,
    /// The last thing with which somebody who looks after others can sign in.
    #[error("this is the last second factor of this account; add another one first")]
    Last,
    /// There is no app.
    #[error("this user has no authenticator app")]
    None,
    /// The company asks for no codes.
    #[error("the policy lets nobody in by a code (factors)")]
    NotAllowed,
    /// Nothing waits for confirmation.
    #[error("no secret waits for a first code of this user; offer one with `authx user code NAME`")]
    NothingPending,
    /// The code is no code of the secret at this time.
    #[error(
        "wrong code: type the one that the app shows now for this entry; if it stays wrong, compare the clocks of phone and server"
    )]
    Wrong,
}

/// A secret that waits for its first right code. Shown this once.
pub struct Offered {
    /// In base32, for typing.
    pub secret: Zeroizing<String>,
    /// The `otpauth://` URI, for a QR code.
    pub uri: Zeroizing<String>,
    /// Whether an earlier secret counts until this one is confirmed.
    pub replaces: bool,
}

/// Offers a user a new secret, or the one of `import` that an app already has. A secret that waits
/// for confirmation since earlier is forgotten.
///
/// # Errors
///
/// [`CodeError::AlreadyInForce`], [`CodeError::NotAllowed`] for oneself, [`CodeError::Account`],
/// [`CodeError::Admin`].
pub async fn offer(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    import: Option<Totp>,
) -> Result<Offered, CodeError> {
    let import = import.as_ref();
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let account = accounts::row(app, tenant.id, user).await?;
        by.check_self_or_outranks(user, account.role)?;
        if by.user() == Some(user) && !is_allowed(app, tenant.id, user).await? {
            return Err(CodeError::NotAllowed);
        }
        let known = enrolments(app, tenant, user).await?;
        let code = match import {
            Some(totp) => Code::import(totp.clone()),
            None => app.decide(now, Code::enrol),
        };
        let secret = Zeroizing::new(code.totp().secret_text());
        // Offered anew, it would forget which of its codes were used.
        for row in known.iter().filter(|row| row.active) {
            if *secret == open(tenant, row)?.totp().secret_text() {
                return Err(CodeError::AlreadyInForce);
            }
        }
        let label = Label { issuer: tenant.name.clone(), account: account.name.clone() };
        let uri = Zeroizing::new(code.totp().to_uri(&label));
        let id = app.decide(now, FactorId::new);
        let factor = NewFactor {
            tenant: tenant.id,
            account: user,
            id,
            phone: None,
            kind: FactorKind::Code.word(),
            active: false,
            record: close(app, tenant, now, id, code)?,
            guard: accounts::fresh_guard()?,
            created: now,
        };
        let replaces = known.iter().any(|row| row.active);
        Ok(Change {
            batch: Batch::default()
                .delete_factors(tenant.id, user, FactorKind::Code.word(), false)
                .insert_factor(factor),
            kind: EventKind::CodeOffered,
            about: About { user: Some(user), ..About::default() },
            detail: detail([
                ("name", account.name.into()),
                ("factor_id", id.to_string().into()),
                ("imported", import.is_some().into()),
            ]),
            outcome: Offered { secret, uri, replaces },
        })
    })
    .await
}

/// Makes the offered secret count, in place of an earlier one, if `typed` is its present code. That
/// code is spent by it. Returns whether an earlier one was replaced.
///
/// # Errors
///
/// [`CodeError::Wrong`], [`CodeError::NothingPending`], [`CodeError::Account`],
/// [`CodeError::Admin`].
pub async fn confirm(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    typed: &str,
) -> Result<bool, CodeError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let account = accounts::row(app, tenant.id, user).await?;
        by.check_self_or_outranks(user, account.role)?;
        let known = enrolments(app, tenant, user).await?;
        let pending = known.iter().find(|row| !row.active).ok_or(CodeError::NothingPending)?;
        let mut code = open(tenant, pending)?;
        let answer = Answer { text: typed, digest: None };
        match app.decide(now, |cx| code.answer(cx, &answer)) {
            Verdict::Accept => {}
            Verdict::Spent | Verdict::Wrong => return Err(CodeError::Wrong),
        }
        let record = close(app, tenant, now, pending.id, code)?;
        let replaces = known.iter().any(|row| row.active);
        let letter = Letter::AppAdded(Deed::by(by, user, now));
        let told = letters::notify(app, now, tenant.id, user, &letter).await?;
        Ok(Change {
            batch: Batch::default()
                .delete_factors(tenant.id, user, FactorKind::Code.word(), true)
                .activate_factor(tenant.id, pending.id, pending.version, record)
                .count_means(tenant.id, user)
                .and(told),
            kind: EventKind::CodeConfirmed,
            about: About { user: Some(user), ..About::default() },
            detail: detail([
                ("name", account.name.into()),
                ("factor_id", pending.id.to_string().into()),
                ("replaced", replaces.into()),
            ]),
            outcome: replaces,
        })
    })
    .await
}

/// Removes the authenticator app of a user, and a secret that waits for its first code. Somebody
/// with a role keeps at least one second factor against their own hand.
///
/// # Errors
///
/// [`CodeError::None`], [`CodeError::Last`], [`CodeError::Account`], [`CodeError::Admin`].
pub async fn remove(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
) -> Result<(), CodeError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let account = accounts::row(app, tenant.id, user).await?;
        by.check_self_or_outranks(user, account.role)?;
        let known = enrolments(app, tenant, user).await?;
        let found = known.iter().find(|row| row.active).ok_or(CodeError::None)?;
        let own = by.user() == Some(user);
        if own && account.role.is_some() && means::of(app, tenant.id, &account).await?.all() <= 1 {
            return Err(CodeError::Last);
        }
        let letter = Letter::AppRemoved(Deed::by(by, user, now));
        let told = letters::notify(app, now, tenant.id, user, &letter).await?;
        let word = FactorKind::Code.word();
        Ok(Change {
            batch: Batch::default()
                .delete_factors(tenant.id, user, word, true)
                .delete_factors(tenant.id, user, word, false)
                .count_means(tenant.id, user)
                .and(told),
            kind: EventKind::CodeRemoved,
            about: About { user: Some(user), ..About::default() },
            detail: detail([
                ("name", account.name.into()),
                ("factor_id", found.id.to_string().into()),
            ]),
            outcome: (),
        })
    })
    .await
}

/// Whether the company's policy lets somebody in by codes, where no application is meant.
///
/// # Errors
///
/// [`AdminError`].
pub async fn is_allowed(app: &App, tenant: TenantId, user: UserId) -> Result<bool, AdminError> {
    let tenant = Tenant::load(app, tenant).await?;
    let document = Document::from_json(&tenant.policy);
    let document = document.map_err(|error| AdminError::Damaged(error.to_string()))?;
    let (effective, _) = policies::of_user(app, tenant.id, &document, user).await?;
    Ok(effective.policy.factors.contains(&FactorKind::Code))
}

async fn enrolments(
    app: &App,
    tenant: &Tenant,
    user: UserId,
) -> Result<Vec<EnrolmentRow>, AdminError> {
    let word = FactorKind::Code.word();
    let mut rows = stored::enrolments(&app.store, tenant.id, user, word).await?;
    // Those of phones come and go with them.
    rows.retain(|row| row.phone.is_none());
    Ok(rows)
}

fn open(tenant: &Tenant, row: &EnrolmentRow) -> Result<Code, AdminError> {
    let damaged = |why: &str| AdminError::Damaged(format!("factor {}: {why}", row.id));
    let record = tenant.data_key.open(&factor_place(tenant.id, &row.id), &row.record)?;
    match serde_json::from_slice(record.expose()) {
        Ok(Enrolment::Code(code)) => Ok(code),
        Ok(Enrolment::Bypass(_) | Enrolment::Push(_) | Enrolment::Recovery(_)) => {
            Err(damaged("it is of another kind than its row says"))
        }
        // What serde says may repeat a part of the secret.
        Err(_) => Err(damaged("its record is not of the form that this version knows")),
    }
}

fn close(
    app: &App,
    tenant: &Tenant,
    now: Millis,
    id: FactorId,
    code: Code,
) -> Result<Vec<u8>, AdminError> {
    super::sealed(app, tenant, now, id, &Enrolment::Code(code))
}

impl std::fmt::Debug for Offered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offered").field("replaces", &self.replaces).finish_non_exhaustive()
    }
}
