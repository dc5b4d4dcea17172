//! A phone proves its keys, and gets the seed of its codes. Nothing counts yet.

use super::{
    PhoneError,
    account::{Made, account},
    digests,
};
use crate::{
    admin::{self, AdminError, Tenant, accounts, detail},
    app::{About, App},
    enrol,
    phones::KnownPhone,
    store::{
        Batch,
        activations::{self as stored, ActivationRow},
        enrolments::NewFactor,
        phones::NewPhone,
    },
};
use authx_core::{
    FactorId, Millis, PhoneId, Secret, UserId,
    audit::EventKind,
    factor::{Enrolment, FactorKind, code::Code},
    otp::{Algorithm, Digits, Totp},
    phone_seed::{SEED_LEN, seal_seed},
    phone_words::{Exchanged, phone_words},
    policy::{Document, Policy},
    wire::{
        phone::{Activate, Activated, PhoneKeys, Seed, TotpForm},
        signature::PhoneKey,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// A request whose signature by the answer key that it brings was checked. Only the check makes
/// one.
#[derive(Debug)]
pub struct Keyholder {
    request: Activate,
    points: Points,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Points {
    answer: [u8; 65],
    device: [u8; 65],
    r#box: [u8; 65],
}

impl Keyholder {
    /// Lets `proves` check a signature with the request's own answer key.
    ///
    /// # Errors
    ///
    /// [`PhoneError::InvalidKeys`], or what `proves` says.
    pub fn proven<E: From<PhoneError>>(
        request: Activate,
        proves: impl FnOnce(PhoneId, &PhoneKey) -> Result<(), E>,
    ) -> Result<Self, E> {
        let points = Points::of(&request.keys).ok_or(PhoneError::InvalidKeys)?;
        let key = PhoneKey::new(&points.answer).ok_or(PhoneError::InvalidKeys)?;
        proves(request.phone, &key)?;
        Ok(Self { request, points })
    }
}

impl Points {
    /// `None` unless they are three different points on the curve: one key for two purposes would
    /// let a locked phone, or whoever holds its device key, answer.
    fn of(keys: &PhoneKeys) -> Option<Self> {
        let PhoneKeys { answer, device, r#box } = keys;
        let points =
            Self { answer: answer.point()?, device: device.point()?, r#box: r#box.point()? };
        let Self { answer, device, r#box } = &points;
        let on_curve = [answer, device, r#box].iter().all(|point| PhoneKey::new(point).is_some());
        let different = answer != device && device != r#box && answer != r#box;
        (on_curve && different).then_some(points)
    }
}

/// Makes a pending phone from an activation, which is spent by it. The same phone with the same
/// keys gets the same answer again until it counts: the first one may not have arrived.
///
/// # Errors
///
/// [`PhoneError::NotOpen`], [`PhoneError::AccountDisabled`], [`PhoneError::ClassNotAllowed`],
/// [`PhoneError::TooManyPhones`], [`PhoneError::InvalidKeys`], [`PhoneError::Taken`],
/// [`PhoneError::Admin`].
pub async fn activate(app: &App, holder: &Keyholder) -> Result<Activated, PhoneError> {
    for _ in 0..admin::TRIES {
        match attempt(app, holder).await {
            Err(error) if error.is_conflict() => admin::pause(app).await,
            other => return other,
        }
    }
    Err(AdminError::Busy.into())
}

async fn attempt(app: &App, holder: &Keyholder) -> Result<Activated, PhoneError> {
    let Keyholder { request, points } = holder;
    let now = app.now()?;
    let digest = digests::of_token(app, &request.activation);
    let rows = stored::activations(&app.store, digest).await?;
    let row = rows.into_iter().find(|row| row.moves == request.moves && now < row.expires);
    let row = row.ok_or(PhoneError::NotOpen)?;
    if let Some(made) = row.made {
        // Spent: whoever comes again with the keys of then is that phone.
        return if made == request.phone {
            repeated(app, holder).await
        } else {
            Err(PhoneError::NotOpen)
        };
    }
    if !row.account_active {
        return Err(PhoneError::AccountDisabled);
    }
    let tenant = Tenant::load(app, row.tenant).await?;
    let policy = policy(app, &tenant, row.account).await?;
    let most = permits(app, &policy, &row, request).await?;
    let (seed, words, factor) = sealed(app, &tenant, now, &row, request, points)?;
    let made = Made { words: words.map(str::to_owned).to_vec(), seed: Some(seed.clone()) };
    let phone = NewPhone {
        id: request.phone,
        tenant: row.tenant,
        account: row.account,
        class: request.class.word(),
        name: named(request.name.as_str()),
        platform: request.platform.as_str().to_owned(),
        answer_key: points.answer,
        device_key: points.device,
        box_key: points.r#box,
        enrolment: made.text()?,
        created: now,
        moves: row.moves,
        invitation: row.invitation,
    };
    let mut batch = Batch::default()
        .demand_generation(row.tenant, tenant.generation)
        .spend_activation(&row, request.phone);
    if let Some(invitation) = row.invitation {
        batch = batch.spend_invitation(invitation, now);
    }
    let batch = batch.insert_phone(phone, most).insert_factor(factor);
    let about = About { user: Some(row.account), ..About::default() };
    let detail = recorded(&row, request, points);
    let batch = app.record(batch, now, row.tenant, EventKind::PhoneActivated, about, detail);
    app.store.commit(batch).await?;
    answered(app, request.phone, seed).await
}

fn recorded(row: &ActivationRow, request: &Activate, points: &Points) -> Map<String, Value> {
    let mut detail = detail([
        ("name", row.account_name.as_str().into()),
        ("phone_id", request.phone.to_string().into()),
        ("phone", named(request.name.as_str()).into()),
        ("platform", request.platform.as_str().into()),
        ("class", request.class.word().into()),
        // What answers are checked with again, long after the phone is gone.
        ("answer_key", URL_SAFE_NO_PAD.encode(points.answer).into()),
        ("device_key", URL_SAFE_NO_PAD.encode(points.device).into()),
        ("by", super::BY_PHONE.into()),
    ]);
    if let Some(from) = row.moves {
        detail.insert("moves".to_owned(), from.to_string().into());
    }
    detail
}

/// The answer once more, to the phone that was made with these keys.
async fn repeated(app: &App, holder: &Keyholder) -> Result<Activated, PhoneError> {
    let Keyholder { request, points } = holder;
    let phone = KnownPhone::load(app, request.phone).await?.ok_or(PhoneError::NotOpen)?;
    let row = &phone.row;
    let kept = Points { answer: row.answer_key, device: row.device_key, r#box: row.box_key };
    let seed = Made::read(row)?.seed.filter(|_| kept == *points && !row.active);
    answered(app, request.phone, seed.ok_or(PhoneError::NotOpen)?).await
}

async fn answered(app: &App, id: PhoneId, seed: Seed) -> Result<Activated, PhoneError> {
    let phone = KnownPhone::load(app, id).await?.ok_or(PhoneError::Gone)?;
    Ok(Activated { account: account(app, &phone).await?, seed, totp: TotpForm::default() })
}

/// How many phones the user may have before this one; the one that it takes the place of does not
/// count.
async fn permits(
    app: &App,
    policy: &Policy,
    row: &ActivationRow,
    request: &Activate,
) -> Result<u64, PhoneError> {
    if !policy.phone_classes.contains(&request.class) {
        return Err(PhoneError::ClassNotAllowed(request.class.word()));
    }
    let phones = crate::store::phones::of_user(&app.store, row.tenant, row.account).await?;
    if phones.iter().any(|phone| phone.id == request.phone) {
        return Err(PhoneError::Taken);
    }
    let leaves = match row.moves {
        None => false,
        Some(from) if phones.iter().any(|phone| phone.id == from && phone.active) => true,
        // It is gone, and its moves with it.
        Some(_) => return Err(PhoneError::NotOpen),
    };
    let most = u64::from(policy.phones_per_user) + u64::from(leaves);
    if u64::try_from(phones.len()).unwrap_or(u64::MAX) >= most {
        return Err(PhoneError::TooManyPhones(policy.phones_per_user));
    }
    Ok(most)
}

/// A new seed: as it travels, its four words, and the factor that it makes.
fn sealed(
    app: &App,
    tenant: &Tenant,
    now: Millis,
    row: &ActivationRow,
    request: &Activate,
    points: &Points,
) -> Result<(Seed, [&'static str; 4], NewFactor), PhoneError> {
    let secret = app.decide(now, |cx| Zeroizing::new(cx.bytes::<SEED_LEN>()));
    let seed = app.decide(now, |cx| seal_seed(cx, request.phone, &points.r#box, &secret))?;
    let words = phone_words(&Exchanged {
        phone: request.phone,
        keys: &request.keys,
        seed: &seed,
        tenant: row.tenant,
        user: row.account,
    });
    let id = app.decide(now, FactorId::new);
    let totp = Totp::new(Secret::new(secret.to_vec()), Algorithm::Sha256, Digits::Six, 30);
    let enrolment = Enrolment::Code(Code::import(totp));
    let factor = NewFactor {
        tenant: tenant.id,
        account: row.account,
        id,
        phone: Some(request.phone),
        kind: FactorKind::Code.word(),
        active: false,
        record: enrol::sealed(app, tenant, now, id, &enrolment)?,
        guard: accounts::fresh_guard()?,
        created: now,
    };
    Ok((seed, words, factor))
}

async fn policy(app: &App, tenant: &Tenant, user: UserId) -> Result<Policy, PhoneError> {
    let document = Document::from_json(&tenant.policy);
    let document = document.map_err(|error| AdminError::Damaged(error.to_string()))?;
    let (effective, _) = admin::policies::of_user(app, tenant.id, &document, user).await?;
    Ok(effective.policy)
}

/// A phone without a name is called by what it is.
pub(super) fn named(name: &str) -> String {
    let name = name.trim();
    if name.is_empty() { "phone".to_owned() } else { name.to_owned() }
}
