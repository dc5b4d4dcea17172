//! Passkeys: WebAuthn credentials with which their owner signs in to the portal, alone or behind a
//! password (W3C WebAuthn Level 3 §7).
//!
//! A challenge is kept by whoever asked for it, under a tag that only this installation can make,
//! and is spent in the store by the answer: nobody can fill the store by asking, and nothing counts
//! twice.

mod challenge;
mod kept;

pub use kept::{Shown, list, of_user, remove};

use super::{
    Actor, AdminError, Change,
    accounts::{self, AccountError},
    change, detail,
    letters::{self, Deed, Letter},
};
use crate::{
    app::{About, App},
    store::{Batch, passkeys as stored, portal},
};
use authx_core::{
    PasskeyId, TenantId, UserId,
    audit::EventKind,
    name::{InvalidName, Name},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use challenge::{Challenge, spent};
use serde_json::{Value, json};
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration,
        PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, WebauthnError,
    },
};

/// Why a passkey was not made, not taken, or not removed.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Somebody else's, or none that is known, or the answer to another challenge.
    #[error(
        "this passkey does not open this account; try another one, or sign in with password and phone"
    )]
    Declined,
    /// The same answer, or one that came late.
    #[error("this took too long or was sent twice; try once more")]
    Over,
    /// An account has enough.
    #[error("an account has at most {MOST} passkeys; remove one that is no longer used")]
    Full,
    /// The last thing with which the account can sign in.
    #[error("this is the last second factor of this account; add another one first")]
    Last,
    /// A name that is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// No passkey of this id in this account.
    #[error("there is no such passkey")]
    Unknown,
    /// The public URL is an address, for which no browser makes passkeys (WebAuthn §5.1.2).
    #[error("passkeys need a host name, and this server is reached by an address")]
    Unavailable,
}

/// What a browser is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// For `navigator.credentials`, JSON.
    pub options: String,
    /// To be kept until the answer comes.
    pub state: String,
}

/// A passkey that opened an account.
#[derive(Debug)]
pub struct Opened {
    /// Whose company.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// The name with which that account signs in.
    pub name: Name,
    /// To be stored with whatever it opened: the challenge is spent, the passkey was used.
    pub batch: Batch,
}

/// Whether browsers make passkeys for this installation.
pub fn are_available(app: &App) -> bool {
    webauthn(app).is_ok()
}

/// Asks a browser to make a passkey that finds its account by itself.
///
/// # Errors
///
/// [`PasskeyError::Unavailable`], [`PasskeyError::Full`], [`PasskeyError::Account`],
/// [`PasskeyError::Admin`].
pub async fn ask_new(app: &App, tenant: TenantId, account: UserId) -> Result<Asked, PasskeyError> {
    let webauthn = webauthn(app)?;
    let now = app.now().map_err(AdminError::from)?;
    let row = accounts::row(app, tenant, account).await?;
    let known = stored::passkeys_of(&app.store, tenant, account).await.map_err(AdminError::from)?;
    if known.len() >= MOST {
        return Err(PasskeyError::Full);
    }
    let exclude = known.into_iter().map(|row| row.credential).collect();
    let called = row.display.as_deref().unwrap_or(&row.name);
    let handle = Uuid::from_bytes(*account.as_bytes());
    let (options, state) = webauthn
        .start_passkey_registration(handle, &row.name, called, Some(exclude))
        .map_err(|error| damaged(&error))?;
    let mut options = serde_json::to_value(options).map_err(|error| damaged(&error))?;
    // The library leaves it open whether the passkey can be found without a name.
    if let Some(wish) = options.pointer_mut("/publicKey/authenticatorSelection") {
        merge(wish, &json!({"residentKey": "required", "requireResidentKey": true}));
    }
    let challenge = Challenge { until: now.plus_secs(CHALLENGE_SECS), of: Some(account), state };
    Ok(Asked { options: options.to_string(), state: challenge.text(app)? })
}

/// Takes the passkey that a browser made.
///
/// # Errors
///
/// [`PasskeyError::Declined`], [`PasskeyError::Over`], [`PasskeyError::Name`] and as [`ask_new`].
pub async fn add(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    account: UserId,
    name: &str,
    state: &str,
    answer: &str,
) -> Result<PasskeyId, PasskeyError> {
    let webauthn = webauthn(app)?;
    let name = &Name::new(name)?;
    let asked: Challenge<PasskeyRegistration> =
        Challenge::parse(app, state).ok_or(PasskeyError::Declined)?;
    if asked.of != Some(account) {
        return Err(PasskeyError::Declined);
    }
    let (spent, until) = (spent(state), asked.until);
    if app.now().map_err(AdminError::from)? >= until {
        return Err(PasskeyError::Over);
    }
    let answer: RegisterPublicKeyCredential =
        serde_json::from_str(answer).map_err(|_| PasskeyError::Declined)?;
    let made = webauthn.finish_passkey_registration(&answer, &asked.state);
    let made = made.map_err(|error| declined(&error))?;
    let credential = &made.cred_id().clone();
    let record = &serde_json::to_string(&made).map_err(|error| damaged(&error))?;
    change(app, by, tenant, move |tenant, now| async move {
        let row = accounts::row(app, tenant.id, account).await?;
        is_new(app, spent, credential).await?;
        let id = app.decide(now, PasskeyId::new);
        let new = stored::NewPasskey {
            id,
            tenant: tenant.id,
            account,
            name: name.as_str(),
            credential,
            record,
            now,
        };
        let passkey = name.to_string();
        let letter = Letter::PasskeyAdded { passkey, deed: Deed::by(by, account, now) };
        let told = letters::notify(app, now, tenant.id, account, &letter).await?;
        Ok::<_, PasskeyError>(Change {
            batch: Batch::default()
                .spend_portal_challenge(spent, until)
                .insert_passkey(new)
                .count_means(tenant.id, account)
                .and(told),
            kind: EventKind::PasskeyAdded,
            about: About { user: Some(account), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("passkey", name.as_str().into()),
                ("passkey_id", id.to_string().into()),
            ]),
            outcome: id,
        })
    })
    .await
}

/// Fails where the challenge was answered before, or somebody has the credential. The commit would
/// fail as well, and nobody would know why.
async fn is_new(app: &App, spent: [u8; 32], credential: &[u8]) -> Result<(), PasskeyError> {
    if portal::is_spent(&app.store, spent).await.map_err(AdminError::from)? {
        return Err(PasskeyError::Over);
    }
    match stored::passkey(&app.store, credential).await.map_err(AdminError::from)? {
        Some(_) => Err(PasskeyError::Declined),
        None => Ok(()),
    }
}

/// Asks a browser for any passkey of this installation; for one of an account, names those.
///
/// # Errors
///
/// [`PasskeyError::Unavailable`], [`PasskeyError::Admin`].
pub async fn ask(app: &App, of: Option<(TenantId, UserId)>) -> Result<Asked, PasskeyError> {
    let webauthn = webauthn(app)?;
    let now = app.now().map_err(AdminError::from)?;
    let (options, state) =
        webauthn.start_discoverable_authentication().map_err(|error| damaged(&error))?;
    let mut options = serde_json::to_value(options).map_err(|error| damaged(&error))?;
    if let Some((tenant, account)) = of {
        let known = stored::passkeys_of(&app.store, tenant, account).await;
        let known = known.map_err(AdminError::from)?;
        let named = |row: &stored::PasskeyRow| json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(&row.credential)});
        let named: Vec<Value> = known.iter().map(named).collect();
        if let Some(wish) = options.get_mut("publicKey") {
            merge(wish, &json!({"allowCredentials": named}));
        }
    }
    let challenge = Challenge { until: now.plus_secs(CHALLENGE_SECS), of: None, state };
    Ok(Asked { options: options.to_string(), state: challenge.text(app)? })
}

/// Whose passkey answered. Counts once its batch is stored.
///
/// # Errors
///
/// [`PasskeyError::Declined`], [`PasskeyError::Over`], [`PasskeyError::Admin`].
pub async fn opened(app: &App, state: &str, answer: &str) -> Result<Opened, PasskeyError> {
    let webauthn = webauthn(app)?;
    let now = app.now().map_err(AdminError::from)?;
    let challenge: Challenge<DiscoverableAuthentication> =
        Challenge::parse(app, state).ok_or(PasskeyError::Declined)?;
    if now >= challenge.until {
        return Err(PasskeyError::Over);
    }
    let answer: PublicKeyCredential =
        serde_json::from_str(answer).map_err(|_| PasskeyError::Declined)?;
    let named = webauthn.identify_discoverable_authentication(&answer);
    let (handle, credential) = named.map_err(|error| declined(&error))?;
    let row = stored::passkey(&app.store, credential).await.map_err(AdminError::from)?;
    let row = row.ok_or(PasskeyError::Declined)?;
    if handle.as_bytes() != row.account.as_bytes() || !row.may_sign_in {
        return Err(PasskeyError::Declined);
    }
    let mut passkey: Passkey = serde_json::from_str(&row.record).map_err(|e| damaged(&e))?;
    let until = challenge.until;
    let key = DiscoverableKey::from(&passkey);
    let result = webauthn.finish_discoverable_authentication_v2(&answer, challenge.state, &key);
    let result = result.map_err(|error| declined(&error))?;
    passkey.update_credential(&result);
    let record = serde_json::to_string(&passkey).map_err(|error| damaged(&error))?;
    let batch = Batch::default().spend_portal_challenge(spent(state), until).use_passkey(
        row.id,
        row.version,
        &record,
        now,
    );
    let name = Name::new(&row.owner).map_err(|error| damaged(&error))?;
    Ok(Opened { tenant: row.tenant, account: row.account, name, batch })
}

fn webauthn(app: &App) -> Result<Webauthn, PasskeyError> {
    let origin: Url = app.public_url.to_string().parse().map_err(|_| PasskeyError::Unavailable)?;
    // An address is no domain: no browser would make a passkey for it.
    let host = origin.domain().ok_or(PasskeyError::Unavailable)?.to_owned();
    let builder = WebauthnBuilder::new(&host, &origin).map_err(|_| PasskeyError::Unavailable)?;
    builder.rp_name("AuthX").build().map_err(|_| PasskeyError::Unavailable)
}

fn merge(into: &mut Value, more: &Value) {
    if let (Some(into), Some(more)) = (into.as_object_mut(), more.as_object()) {
        into.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

fn declined(error: &WebauthnError) -> PasskeyError {
    tracing::info!(%error, "a passkey was declined");
    PasskeyError::Declined
}

fn damaged(error: &dyn std::error::Error) -> PasskeyError {
    AdminError::Damaged(error.to_string()).into()
}

/// Passkeys of one account.
const MOST: usize = 20;
const CHALLENGE_SECS: u64 = 300;
