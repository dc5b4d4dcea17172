//! Rings phones: takes what stored logins want, sends notices, and tells the logins what became of
//! them.

use super::phone::{PhoneWordError, Speaker, reach};
use crate::{
    app::App,
    phones::{KnownPhone, subscription_place},
    rings::Ring,
    senders::web_push::{Message, Notice, Queue, SendError, Sent, Target, Topic},
    store::{Batch, requests},
    waiters::Wake,
};
use authx_core::{PhoneId, login::Reach, wire::phone::Subscribe};
use std::{pin::pin, sync::Arc};

/// A notice on its way.
#[derive(Clone, Debug)]
struct About {
    by: Speaker,
    ring: Ring,
    /// The subscription as it was stored, to forget exactly that one.
    sealed: Vec<u8>,
}

/// Rings until `stopping` is over. Does nothing when called a second time.
pub async fn ring_phones(app: Arc<App>, stopping: impl Future<Output = ()>) {
    let Some(mut rings) = app.rings.take() else { return };
    let reporter = Arc::clone(&app);
    let queue = app
        .push
        .clone()
        .map(|push| push.spawn(move |about, sent| report(Arc::clone(&reporter), about, sent)));
    let message = crate::push::message(&app.phone_url);
    let mut stopping = pin!(stopping);
    loop {
        let ring = tokio::select! {
            () = &mut stopping => return,
            ring = rings.recv() => ring,
        };
        let Some(ring) = ring else { return };
        let (app, queue, message) = (Arc::clone(&app), queue.clone(), message.clone());
        tokio::spawn(async move {
            let done = match ring.phone {
                Some(phone) => send(&app, queue.as_ref(), &message, ring, phone).await,
                None => wake_all(&app, ring).await,
            };
            if let Err(error) = done {
                tracing::warn!(login = %ring.login, %error, "a phone was not rung");
            }
        });
    }
}

/// The open apps of a user's phones look by themselves: nobody is disturbed for an offer.
async fn wake_all(app: &App, ring: Ring) -> Result<(), PhoneWordError> {
    let Some(user) = ring.user else { return Ok(()) };
    for phone in requests::phones_of(&app.store, ring.tenant, user).await? {
        app.waiters.wake(Wake::Phone(phone.id));
    }
    Ok(())
}

async fn send(
    app: &App,
    queue: Option<&Queue<About>>,
    message: &Message,
    ring: Ring,
    phone: PhoneId,
) -> Result<(), PhoneWordError> {
    let (Some(queue), Some(user)) = (queue, ring.user) else { return Ok(()) };
    let Ok(Some(known)) = KnownPhone::load(app, phone).await else { return Ok(()) };
    let Some(sealed) = known.row.subscription.clone() else { return Ok(()) };
    let by = Speaker { tenant: ring.tenant, user, phone };
    let about = About { by, ring, sealed };
    let Some(target) = target(&known, &about.sealed) else {
        return failed(app, &about, "unreadable").await;
    };
    let left = ring.until.since(app.now().map_err(super::LoginError::from)?).div_ceil(1_000);
    let notice = Notice {
        about,
        target,
        message: message.clone(),
        ttl_secs: u32::try_from(left).unwrap_or(u32::MAX),
        topic: Topic::of(ring.login.as_bytes()),
    };
    match queue.push(notice) {
        Ok(()) => Ok(()),
        Err((about, SendError::Forbidden(_))) => forget(app, &about).await,
        Err((about, _)) => failed(app, &about, "busy").await,
    }
}

fn target(known: &KnownPhone, sealed: &[u8]) -> Option<Target> {
    let place = subscription_place(known.tenant(), &known.row.id);
    let opened = known.data_key.open(&place, sealed).ok()?;
    let subscription: Subscribe = serde_json::from_slice(opened.expose()).ok()?;
    Some(crate::enrol::phones::target(&subscription))
}

async fn report(app: Arc<App>, about: About, sent: Result<Sent, SendError>) {
    let noted = match sent {
        Ok(Sent { at, .. }) => {
            let by = about.by;
            let batch = Batch::default().notice_sent(by.tenant, by.phone, at);
            app.store.commit(batch).await.map_err(PhoneWordError::from)
        }
        Err(SendError::Gone | SendError::Forbidden(_)) => forget(&app, &about).await,
        Err(SendError::Late) => Ok(()),
        Err(SendError::Busy) => failed(&app, &about, "busy").await,
        Err(SendError::Refused { .. }) => failed(&app, &about, "refused").await,
        Err(SendError::TooMany { .. }) => failed(&app, &about, "too_many").await,
        Err(SendError::Unreachable { .. }) => failed(&app, &about, "unreachable").await,
    };
    if let Err(error) = noted {
        tracing::warn!(login = %about.ring.login, %error, "what became of a notice was not noted");
    }
}

/// The push service knows the phone no longer: it subscribes anew when it is opened.
async fn forget(app: &App, about: &About) -> Result<(), PhoneWordError> {
    let (by, now) = (about.by, app.now().map_err(super::LoginError::from)?);
    let batch =
        Batch::default().forget_subscription(by.tenant, by.phone, about.sealed.clone(), now);
    app.store.commit(batch).await?;
    app.waiters.wake(Wake::Phone(by.phone));
    failed(app, about, "gone").await
}

async fn failed(app: &App, about: &About, why: &str) -> Result<(), PhoneWordError> {
    reach(app, about.by, about.ring.login, Reach::Failed, why).await
}
