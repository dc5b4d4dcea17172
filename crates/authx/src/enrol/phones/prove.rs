//! The proof that an invitation demands: from a link, a person; then an activation.

use super::{ACTIVATION_SECS, MOST_PROOFS, PhoneError, digests};
use crate::{
    admin::{self, AdminError, detail},
    app::{About, App},
    logins::password_place,
    passwords::Turn,
    store::{
        Batch, activations::NewActivation, invitations as stored, invitations::InvitationRow,
        logins::tally,
    },
};
use authx_core::{
    ApplicationId, Millis, TenantId,
    audit::EventKind,
    guard::{Source, Tally, quiet_since},
    seal::DataKey,
    wire::{
        login::Rfc3339,
        phone::{ActivationView, GivenProof, InvitationProof, Token},
        text::Typed,
    },
};
use aws_lc_rs::constant_time;
use std::time::Duration;
use zeroize::Zeroizing;

/// Judges a proof; a right one gives an activation. Each try counts before it is judged, so that
/// of a hundred at once five are judged.
///
/// # Errors
///
/// [`PhoneError::WrongProof`], [`PhoneError::NotOpen`], [`PhoneError::ProofDiffers`],
/// [`PhoneError::SlowDown`], [`PhoneError::Admin`].
pub async fn prove(
    app: &App,
    source: &Source,
    token: &Token,
    proof: &GivenProof,
) -> Result<ActivationView, PhoneError> {
    let now = app.now()?;
    let digest = digests::of_token(app, token);
    let row = open(app, digest, now).await?;
    let demanded = row.proof.as_str();
    let turn = match proof {
        GivenProof::Code { .. } if demanded == InvitationProof::Code.word() => None,
        GivenProof::Password { .. } if demanded == InvitationProof::Password.word() => {
            Some(turn(app, row.tenant, source).await?)
        }
        GivenProof::Code { .. } | GivenProof::Password { .. } => {
            return Err(PhoneError::ProofDiffers);
        }
    };
    counted(app, &row).await?;
    let data_key = app.keys.master.unwrap(row.tenant, &row.data_key)?;
    let right = match (proof, turn) {
        (GivenProof::Password { password }, Some(turn)) => {
            password_is_right(app, &data_key, turn, &row, password).await?
        }
        (GivenProof::Password { .. }, None) => false,
        (GivenProof::Code { code }, _) => code_is_right(&data_key, &row, code),
    };
    if right { proved(app, &row).await } else { Err(failed(app, source, &row).await?) }
}

/// The invitation, if it may still be proved.
async fn open(app: &App, digest: [u8; 32], now: Millis) -> Result<InvitationRow, PhoneError> {
    let row = stored::invitation(&app.store, digest).await?;
    let open = |row: &InvitationRow| {
        now < row.expires
            && row.spent.is_none()
            && row.failures < u64::from(MOST_PROOFS)
            && row.account_active
    };
    row.filter(open).ok_or(PhoneError::NotOpen)
}

async fn counted(app: &App, row: &InvitationRow) -> Result<(), PhoneError> {
    for _ in 0..admin::TRIES {
        let count = Batch::default().count_proof(row.id, MOST_PROOFS.into());
        match app.store.commit(count).await.map_err(PhoneError::from) {
            // Used up meanwhile, or only written by somebody else at this moment.
            Err(error) if error.is_conflict() => {
                let left = stored::failures(&app.store, row.id).await?;
                if left.is_none_or(|failures| failures >= u64::from(MOST_PROOFS)) {
                    return Err(PhoneError::NotOpen);
                }
                admin::pause(app).await;
            }
            other => return other,
        }
    }
    Err(AdminError::Busy.into())
}

async fn proved(app: &App, row: &InvitationRow) -> Result<ActivationView, PhoneError> {
    let now = app.now()?;
    let token = Token::Activation(app.decide(now, digests::draw));
    let expires = now.plus_secs(ACTIVATION_SECS).min(row.expires);
    let activation = NewActivation {
        token_digest: digests::of_token(app, &token),
        short_digest: None,
        tenant: row.tenant,
        account: row.account,
        moves: None,
        invitation: Some(row.id),
        created: now,
        expires,
    };
    let batch = Batch::default().forgive_proof(row.id).insert_activation(activation);
    match app.store.commit(batch).await.map_err(PhoneError::from) {
        // Another phone was made from it while this proof was judged.
        Err(error) if error.is_conflict() => Err(PhoneError::NotOpen),
        Err(error) => Err(error),
        Ok(()) => Ok(ActivationView { activation: token, expires_at: Rfc3339(expires) }),
    }
}

/// Counts a wrong proof against its network too, and records the one that ends an invitation.
async fn failed(app: &App, source: &Source, row: &InvitationRow) -> Result<PhoneError, PhoneError> {
    let now = app.now()?;
    let mut batch = Batch::default();
    if row.proof == InvitationProof::Password.word() {
        batch = batch.count_password(row.tenant, site(), source, now, quiet_since(now));
    }
    let most = u64::from(MOST_PROOFS);
    let failures = stored::failures(&app.store, row.id).await?.unwrap_or(most);
    let left = most.saturating_sub(failures);
    if left == 0 {
        let about = About { user: Some(row.account), ..About::default() };
        let detail = detail([
            ("name", row.account_name.as_str().into()),
            ("invitation_id", row.id.to_string().into()),
            ("network", source.as_str().into()),
        ]);
        batch = app.record(batch, now, row.tenant, EventKind::InvitationSpent, about, detail);
    }
    app.store.commit(batch).await?;
    Ok(PhoneError::WrongProof { left: u8::try_from(left).unwrap_or(0) })
}

/// Whoever it is, whether there is a password at all: the same work.
async fn password_is_right(
    app: &App,
    data_key: &DataKey,
    turn: Turn,
    row: &InvitationRow,
    typed: &Typed,
) -> Result<bool, PhoneError> {
    let open = |sealed: &Vec<u8>| data_key.open(&password_place(row.tenant, &row.account), sealed);
    let opened = row.password.as_ref().map(open).transpose()?;
    let phc = opened.as_ref().map(|secret| std::str::from_utf8(secret.expose())).transpose();
    let phc = phc.map_err(|error| AdminError::Damaged(error.to_string()))?;
    let typed = vec![Zeroizing::new(typed.expose().to_owned())];
    Ok(app.passwords.verify(turn, phc, typed).await?.is_some())
}

fn code_is_right(data_key: &DataKey, row: &InvitationRow, typed: &Typed) -> bool {
    let digits = typed.expose().chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}'));
    let digits = Zeroizing::new(digits.collect::<String>());
    let given = digests::of_proof(data_key, &digits);
    let kept = row.proof_digest.as_ref();
    kept.is_some_and(|kept| constant_time::verify_slices_are_equal(kept, &given).is_ok())
}

/// As at a login: after many wrong passwords from one network the next ones wait.
async fn turn(app: &App, tenant: TenantId, source: &Source) -> Result<Turn, PhoneError> {
    let known = tally(&app.store, tenant, site(), source).await?;
    let wait = wait_millis(app.now()?, known);
    if wait > MOST_WAIT_MILLIS {
        return Err(slow_down(wait));
    }
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let turn = app.passwords.turn().await?;
    // Others from there were checked while this one queued.
    let now = tally(&app.store, tenant, site(), source).await?;
    match wait_millis(app.now()?, now) {
        wait if wait > 0 && now != known => Err(slow_down(wait)),
        _ => Ok(turn),
    }
}

fn wait_millis(now: Millis, tally: Tally) -> u64 {
    tally.until_password(now).since(now)
}

fn slow_down(wait_millis: u64) -> PhoneError {
    PhoneError::SlowDown { wait_secs: wait_millis.div_ceil(1_000) }
}

/// The phone's site, where wrong passwords are counted by application.
fn site() -> ApplicationId {
    ApplicationId::from_bytes([0; 16])
}

const MOST_WAIT_MILLIS: u64 = 2_000;
