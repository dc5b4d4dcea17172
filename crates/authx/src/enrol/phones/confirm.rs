//! A phone's first good use: from then on it counts.

use super::{
    PhoneError,
    account::{Made, account},
    again, commit,
};
use crate::{
    admin::{
        self, AdminError, accounts, detail,
        letters::{self, Deed, Letter},
    },
    app::App,
    enrol,
    logins::factor_place,
    phones::KnownPhone,
    store::{
        Batch,
        enrolments::{self as stored, EnrolmentRow, NewFactor},
        phones::{PhoneRow, of_tenant},
    },
    waiters::Wake,
};
use authx_core::{
    FactorId, Millis,
    audit::EventKind,
    factor::{Answer, Enrolment, FactorKind, Verdict, code::Code, push::Push},
    wire::phone::Account,
};
use serde_json::{Map, Value};

/// Makes a pending phone count, if `typed` is the code that it shows now; that code is spent by it.
/// A phone whose place it takes is gone in the same commit. A phone that counts already is answered
/// alike: the first answer may not have arrived.
///
/// # Errors
///
/// [`PhoneError::WrongCode`], [`PhoneError::AccountDisabled`], [`PhoneError::Gone`],
/// [`PhoneError::Admin`].
pub async fn confirm(app: &App, phone: &KnownPhone, typed: &str) -> Result<Account, PhoneError> {
    for _ in 0..admin::TRIES {
        let read = again(app, phone).await?;
        if read.row.active {
            return account(app, &read).await;
        }
        if !read.account_active {
            return Err(PhoneError::AccountDisabled);
        }
        match attempt(app, &read, typed).await {
            Err(error) if error.is_conflict() => admin::pause(app).await,
            Err(error) => return Err(error),
            Ok(()) => return account(app, &again(app, phone).await?).await,
        }
    }
    Err(AdminError::Busy.into())
}

async fn attempt(app: &App, phone: &KnownPhone, typed: &str) -> Result<(), PhoneError> {
    let now = app.now()?;
    let (tenant, user, row) = (phone.tenant(), phone.account(), &phone.row);
    let (seed, record) = right(app, phone, now, typed).await?;
    let leaves = match row.moves {
        Some(from) => {
            of_tenant(&app.store, tenant, from).await?.filter(|from| from.account == user)
        }
        None => None,
    };
    // It keeps the number of the phone whose place it takes.
    let created = leaves.as_ref().map_or(row.created, |from| from.created);
    let made = Made { seed: None, ..Made::read(row)? };
    let mut batch = Batch::default()
        .activate_phone(row.id, row.version, made.text()?, created)
        .activate_factor(tenant, seed.id, seed.version, record)
        .insert_factor_once(push(app, phone, now)?)
        .set_enrolment(tenant, user, None);
    if let Some(from) = &leaves {
        batch = batch.hand_over_requests(from.id, row.id).delete_phone(tenant, from.id);
    }
    let told = letters::notify(app, now, tenant, user, &letter(row, leaves.as_ref(), now)).await?;
    let batch = batch.count_means(tenant, user).and(told);
    commit(app, phone, now, batch, Some(recorded(row, leaves.as_ref()))).await?;
    // The one has what the other was asked, and the other learns that it is gone.
    for id in leaves.iter().map(|from| from.id).chain([row.id]) {
        app.waiters.wake(Wake::Phone(id));
    }
    Ok(())
}

/// The seed's factor row, and its record after this code was spent.
async fn right(
    app: &App,
    phone: &KnownPhone,
    now: Millis,
    typed: &str,
) -> Result<(EnrolmentRow, Vec<u8>), PhoneError> {
    let (tenant, user) = (phone.tenant(), phone.account());
    let known = stored::enrolments(&app.store, tenant, user, FactorKind::Code.word()).await?;
    let seed = known.into_iter().find(|seed| seed.phone == Some(phone.id()));
    let seed = seed.ok_or(PhoneError::Gone)?;
    let opened = phone.data_key.open(&factor_place(tenant, &seed.id), &seed.record)?;
    let damaged = || AdminError::Damaged(format!("the record of factor {}", seed.id));
    let mut code: Code = match serde_json::from_slice(opened.expose()) {
        Ok(Enrolment::Code(code)) => code,
        Ok(Enrolment::Bypass(_) | Enrolment::Push(_) | Enrolment::Recovery(_)) | Err(_) => {
            return Err(damaged().into());
        }
    };
    let answer = Answer { text: typed, digest: None };
    match app.decide(now, |cx| code.answer(cx, &answer)) {
        Verdict::Accept => {}
        Verdict::Spent | Verdict::Wrong => return Err(PhoneError::WrongCode),
    }
    let record =
        enrol::sealed_by(app, tenant, &phone.data_key, now, seed.id, &Enrolment::Code(code))?;
    Ok((seed, record))
}

/// What limits the requests on the user's phones: one for all of them.
fn push(app: &App, phone: &KnownPhone, now: Millis) -> Result<NewFactor, PhoneError> {
    let id = app.decide(now, FactorId::new);
    let enrolment = Enrolment::Push(Push::default());
    Ok(NewFactor {
        tenant: phone.tenant(),
        account: phone.account(),
        id,
        phone: None,
        kind: FactorKind::Push.word(),
        active: true,
        record: enrol::sealed_by(app, phone.tenant(), &phone.data_key, now, id, &enrolment)?,
        guard: accounts::fresh_guard()?,
        created: now,
    })
}

fn letter(row: &PhoneRow, leaves: Option<&PhoneRow>, now: Millis) -> Letter {
    let (phone, deed) = (row.name.clone(), Deed::own(now));
    match leaves {
        None => Letter::PhoneAdded { phone, platform: row.platform.clone(), deed },
        Some(from) => Letter::PhoneMoved { phone, before: from.name.clone(), deed },
    }
}

fn recorded(row: &PhoneRow, leaves: Option<&PhoneRow>) -> (EventKind, Map<String, Value>) {
    let named = ("phone", row.name.as_str().into());
    match leaves {
        None => (EventKind::PhoneConfirmed, detail([named])),
        Some(from) => {
            let from =
                [("from", from.id.to_string().into()), ("from_phone", from.name.as_str().into())];
            let [id, name] = from;
            (EventKind::PhoneMoved, detail([named, id, name]))
        }
    }
}
