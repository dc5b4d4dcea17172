//! What a phone changes of itself.

use super::{PhoneError, account::account, activate::named, again, commit, endpoint};
use crate::{
    admin::{
        detail,
        letters::{self, Deed, Letter},
    },
    app::App,
    phones::{KnownPhone, subscription_place},
    store::Batch,
    waiters::Wake,
};
use authx_core::{
    audit::EventKind,
    webauthn::{self, Registration},
    wire::phone::{Account, ChangeDevice, RegisterCredential, Subscribe},
};
use zeroize::Zeroizing;

/// Gives a phone another name or platform.
///
/// # Errors
///
/// [`PhoneError::Gone`], [`PhoneError::Admin`].
pub async fn describe(
    app: &App,
    phone: &KnownPhone,
    change: &ChangeDevice,
) -> Result<Account, PhoneError> {
    let now = app.now()?;
    let row = &phone.row;
    let name = change.name.as_ref().map_or(row.name.clone(), |name| named(name.as_str()));
    let platform = change.platform.as_ref();
    let platform = platform.map_or(row.platform.clone(), |platform| platform.as_str().to_owned());
    if (&name, &platform) != (&row.name, &row.platform) {
        let renamed = name != row.name;
        let detail =
            detail([("before", row.name.as_str().into()), ("after", name.as_str().into())]);
        let batch = Batch::default().describe_phone(row.id, row.version, name, platform);
        let recorded = renamed.then_some((EventKind::PhoneRenamed, detail));
        commit(app, phone, now, batch, recorded).await?;
    }
    account(app, &again(app, phone).await?).await
}

/// Removes a phone at its own wish: its keys are dead from this commit on.
///
/// # Errors
///
/// [`PhoneError::Admin`].
pub async fn leave(app: &App, phone: &KnownPhone) -> Result<(), PhoneError> {
    let now = app.now()?;
    let mut batch = Batch::default()
        .delete_phone(phone.tenant(), phone.id())
        .count_means(phone.tenant(), phone.account());
    if phone.row.active {
        let letter = Letter::PhoneRemoved { phone: phone.row.name.clone(), deed: Deed::own(now) };
        let told = letters::notify(app, now, phone.tenant(), phone.account(), &letter).await?;
        batch = batch.and(told);
    }
    let detail =
        detail([("phone", phone.row.name.as_str().into()), ("state", phone.state().word().into())]);
    commit(app, phone, now, batch, Some((EventKind::PhoneRemoved, detail))).await?;
    app.waiters.wake(Wake::Phone(phone.id()));
    Ok(())
}

/// Notes where notices go.
///
/// # Errors
///
/// [`PhoneError::Endpoint`], [`PhoneError::Gone`], [`PhoneError::Admin`].
pub async fn subscribe(
    app: &App,
    phone: &KnownPhone,
    subscription: &Subscribe,
) -> Result<Account, PhoneError> {
    endpoint::check(app.push.as_ref(), subscription)?;
    let now = app.now()?;
    let plain = serde_json::to_vec(subscription).map(Zeroizing::new);
    let plain = plain.map_err(|error| PhoneError::damaged(&error))?;
    let place = subscription_place(phone.tenant(), &phone.row.id);
    let sealed = app.decide(now, |cx| phone.data_key.seal(cx, &place, &plain));
    let batch = Batch::default().set_subscription(phone.id(), Some(sealed));
    commit(app, phone, now, batch, None).await?;
    account(app, &again(app, phone).await?).await
}

/// Sends no more notices.
///
/// # Errors
///
/// [`PhoneError::Admin`].
pub async fn cancel_subscription(app: &App, phone: &KnownPhone) -> Result<(), PhoneError> {
    let now = app.now()?;
    commit(app, phone, now, Batch::default().set_subscription(phone.id(), None), None).await
}

/// Registers the phone's own authenticator, which verifies its user for an approval.
///
/// # Errors
///
/// [`PhoneError::Credential`], [`PhoneError::Gone`], [`PhoneError::Admin`].
pub async fn register_credential(
    app: &App,
    phone: &KnownPhone,
    made: &RegisterCredential,
) -> Result<Account, PhoneError> {
    let now = app.now()?;
    let origin = app.phone_url.to_string();
    let place = webauthn::Place { origin: &origin, host: app.phone_url.host() };
    let registration = Registration {
        id: made.id.as_bytes(),
        public_key: made.public_key.as_bytes(),
        client_data: made.client_data.as_bytes(),
        authenticator_data: made.authenticator_data.as_bytes(),
    };
    let challenge = webauthn::registration_challenge(phone.id());
    let credential = webauthn::register(place, &challenge, &registration)?;
    let text = serde_json::to_string(&credential).map_err(|error| PhoneError::damaged(&error))?;
    let detail = detail([
        ("phone", phone.row.name.as_str().into()),
        ("credential", true.into()),
        ("public_key", credential.public_key.text().into()),
    ]);
    let batch = Batch::default().set_credential(phone.id(), Some(text));
    commit(app, phone, now, batch, Some((EventKind::PhoneCredential, detail))).await?;
    account(app, &again(app, phone).await?).await
}

/// Forgets the phone's own authenticator.
///
/// # Errors
///
/// [`PhoneError::Admin`].
pub async fn drop_credential(app: &App, phone: &KnownPhone) -> Result<(), PhoneError> {
    let now = app.now()?;
    let detail = detail([("phone", phone.row.name.as_str().into()), ("credential", false.into())]);
    let batch = Batch::default().set_credential(phone.id(), None);
    commit(app, phone, now, batch, Some((EventKind::PhoneCredential, detail))).await
}
