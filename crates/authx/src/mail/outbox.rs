//! Sends what waits in the outbox.
//!
//! A node claims a mail by a compare-and-swap for as long as one try can take, sends it, and notes
//! what became of it. So two nodes never send the same one; but a node that dies between a mail
//! server's yes and its own note leaves a mail that is sent once more when the claim is over, with
//! the same Message-ID. A mail that arrives twice does less harm than one that never does.

use super::{MailError, Post};
use crate::{
    admin::{
        AdminError, detail,
        letters::{Written, opened_recipient, place},
    },
    app::{About, App},
    senders::mail::{Address, Connection, Mail},
    serve::Stopping,
    store::{
        Batch, StoreError,
        deliveries::{self as stored, DeliveryRow, DeliveryState},
    },
};
use authx_core::{Millis, TenantId, audit::EventKind, seal::DataKey};
use futures_util::{StreamExt as _, stream};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};

/// Sends what is due, until the server stops; what is under way then is finished first. Without
/// mail it only waits, and whatever else runs beside it goes on.
pub async fn run(app: &App, stopping: Stopping) {
    let Some(post) = &app.mail else { return stopping.wait().await };
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.wait() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = send_due(app, post, &stopping).await {
            tracing::warn!(%error, "mail was not sent");
        }
    }
}

/// Sends a round of what is due, some beside each other, and gives how many mails were due. Begins
/// none any more once the server stops.
///
/// # Errors
///
/// [`AdminError`]: the clock or the database; what was not tried is later.
pub async fn send_due(app: &App, post: &Post, stopping: &Stopping) -> Result<usize, AdminError> {
    let due = stored::due(&app.store, app.now()?, MOST_DUE).await?;
    let keys = keys(app, &due).await;
    let count = due.len();
    let waiting = Mutex::new(VecDeque::from(due));
    let next = || {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.filter(|_| !stopping.is_stopping())
    };
    stream::iter(0..AT_ONCE.min(count))
        .for_each_concurrent(None, |_| one_after_another(app, post, &keys, &next))
        .await;
    Ok(count)
}

/// Forgets deliveries that ended a quarter of a year ago; the record keeps what was sent.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget_old(app: &App, now: Millis) -> Result<(), StoreError> {
    let before = Millis(now.0.saturating_sub(QUARTER_MILLIS));
    app.store.commit(Batch::default().forget_deliveries(before)).await
}

/// The data keys of all that wait. A tenant whose key does not open keeps no other waiting.
async fn keys(app: &App, due: &[DeliveryRow]) -> HashMap<TenantId, DataKey> {
    let mut keys = HashMap::new();
    for row in due {
        if keys.contains_key(&row.tenant) {
            continue;
        }
        let Ok(Some(company)) = stored::company(&app.store, row.tenant).await else { continue };
        match app.keys.master.unwrap(row.tenant, &company.data_key) {
            Ok(key) => drop(keys.insert(row.tenant, key)),
            Err(error) => tracing::error!(tenant = %row.tenant, %error, "mail cannot be opened"),
        }
    }
    keys
}

/// One connection's worth of mails.
async fn one_after_another(
    app: &App,
    post: &Post,
    keys: &HashMap<TenantId, DataKey>,
    next: &impl Fn() -> Option<DeliveryRow>,
) {
    let mut connection = None;
    while let Some(row) = next() {
        let Some(key) = keys.get(&row.tenant) else { continue };
        if let Err(error) = Box::pin(one(app, post, &mut connection, key, &row)).await {
            tracing::warn!(delivery = %row.id, %error, "what became of a mail was not stored");
        }
    }
    if let Some(connection) = connection {
        connection.close().await;
    }
}

async fn one(
    app: &App,
    post: &Post,
    connection: &mut Option<Connection>,
    key: &DataKey,
    row: &DeliveryRow,
) -> Result<(), AdminError> {
    let now = app.now()?;
    match app.store.commit(Batch::default().claim_delivery(row, now.plus_secs(CLAIM_SECS))).await {
        Ok(()) => {}
        // Another node was faster, or it was withdrawn.
        Err(StoreError::Conflict) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let tries = row.tries + 1;
    if now >= row.until {
        let error = row.error.clone().unwrap_or_else(|| "it came too late".to_owned());
        return end(app, key, row, tries, DeliveryState::GivenUp, Some(error)).await;
    }
    let outcome = match opened(app, key, row).await? {
        Some((to, written)) => {
            let sent = try_now(post, connection, row, &to, &written).await;
            sent.map_err(|error| error.without(&to))
        }
        None => Err(MailError::Unwritable { why: "what is stored was damaged".to_owned() }),
    };
    match outcome {
        Ok(()) => end(app, key, row, tries, DeliveryState::Sent, None).await,
        Err(error) if error.is_final() => {
            end(app, key, row, tries, DeliveryState::Failed, Some(error.to_string())).await
        }
        Err(error) => {
            tracing::warn!(delivery = %row.id, tries, %error, "a mail waits for its next try");
            let next = app.now()?.plus_secs(pause_secs(tries)).min(row.until);
            let batch = Batch::default().put_off_delivery(row, tries, next, error.to_string());
            settled(app.store.commit(batch).await)
        }
    }
}

/// On the open connection if there is one, and its server still answers: some close one that had
/// enough mails.
async fn try_now(
    post: &Post,
    connection: &mut Option<Connection>,
    row: &DeliveryRow,
    to: &Address,
    written: &Written,
) -> Result<(), MailError> {
    let mail = Mail {
        id: &row.id.to_string(),
        to,
        name: &written.name,
        subject: &written.subject,
        text: &written.text,
        html: &written.html,
        at: row.created,
    };
    let mut answering = None;
    if let Some(mut open) = connection.take() {
        answering = open.ask().await.is_ok().then_some(open);
    }
    let mut open = match answering {
        Some(open) => open,
        None => post.mailer.connect().await?,
    };
    open.send(&mail).await?;
    *connection = Some(open);
    Ok(())
}

/// Address and content. `None`: they do not open.
async fn opened(
    app: &App,
    key: &DataKey,
    row: &DeliveryRow,
) -> Result<Option<(Address, Written)>, AdminError> {
    let Some(content) = stored::content(&app.store, row.id).await? else { return Ok(None) };
    let content = key.open(&place(row.tenant, "content", &row.id), &content).ok();
    let written = content.and_then(|content| serde_json::from_slice(content.expose()).ok());
    Ok(opened_recipient(row, key).zip(written))
}

/// Notes how it ended, and records it.
async fn end(
    app: &App,
    key: &DataKey,
    row: &DeliveryRow,
    tries: u64,
    state: DeliveryState,
    error: Option<String>,
) -> Result<(), AdminError> {
    let now = app.now()?;
    let to = opened_recipient(row, key).map(|to| to.masked()).unwrap_or_default();
    let mut detail = detail([
        ("delivery_id", row.id.to_string().into()),
        ("letter", row.kind.as_str().into()),
        ("to", to.into()),
        ("tries", tries.into()),
    ]);
    if let Some(name) = &row.account_name {
        detail.insert("name".to_owned(), name.as_str().into());
    }
    if let Some(error) = &error {
        detail.insert("error".to_owned(), error.as_str().into());
        tracing::warn!(delivery = %row.id, tries, error, "a mail is not sent");
    }
    let kind = match state {
        DeliveryState::Sent => EventKind::MailSent,
        DeliveryState::Failed
        | DeliveryState::GivenUp
        | DeliveryState::NotSent
        | DeliveryState::Waiting => EventKind::MailFailed,
    };
    let about = About {
        user: row.account,
        support_code: Some(row.support_code.clone()),
        ..About::default()
    };
    let batch = Batch::default().end_delivery(row, tries, state, now, error);
    let batch = app.record(batch, now, row.tenant, kind, about, detail);
    settled(app.store.commit(batch).await)
}

/// A claim that was lost, as it took too long or the mail was withdrawn, is nobody's failure.
fn settled(stored: Result<(), StoreError>) -> Result<(), AdminError> {
    match stored {
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// How long a mail waits after so many tries.
fn pause_secs(tries: u64) -> u64 {
    match tries {
        0 | 1 => 60,
        2 => 5 * 60,
        3 => 30 * 60,
        4 => 2 * 3_600,
        _ => 8 * 3_600,
    }
}

/// Longer than one try can take, with half a minute for each of its steps.
const CLAIM_SECS: u64 = 10 * 60;
/// Mails that are under way at a time, each on a connection of its own.
const AT_ONCE: usize = 4;
/// Mails of one round.
const MOST_DUE: u32 = 200;
const PAUSE: Duration = Duration::from_secs(1);
const QUARTER_MILLIS: u64 = 90 * 24 * 3_600 * 1_000;
