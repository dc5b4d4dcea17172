//! Reading the record: what happened, newest last, and what happens from now on.

pub mod actions;
pub mod codes;
pub mod export;
pub mod logins;
pub mod of_user;
mod page;
pub mod pushes;
pub mod trace;

pub(super) use page::MOST_COUNTED;
pub use page::Page;

use super::AdminError;
use crate::{app::App, store::record as stored};
use authx_core::{ApplicationId, EventId, LoginId, TenantId, UserId, wire::login::Rfc3339};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub use stored::Filter;

/// One entry as administrators see it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = RecordEntry)]
pub struct Entry {
    /// Its place in the record.
    pub seq: i64,
    /// Its id.
    pub event_id: EventId,
    /// When.
    pub at: Rfc3339,
    /// What.
    pub event: String,
    /// Whom it is about, as called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Which application it is about, as called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// Which application it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<ApplicationId>,
    /// Which login it is a step of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_id: Option<LoginId>,
    /// What finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_code: Option<String>,
    /// More, by kind.
    #[schema(value_type = Object)]
    pub detail: Map<String, Value>,
}

/// Waits for entries that are not there yet.
pub struct Follow<'a> {
    app: &'a App,
    tenant: TenantId,
    filter: Filter,
    /// Those given out, of the last [`WINDOW`] ordinals.
    seen: BTreeSet<i64>,
}

/// The newest entries of a tenant, at most `most`, oldest of them first.
///
/// # Errors
///
/// [`AdminError::Store`]; [`AdminError::Damaged`] for a detail that is no JSON.
pub async fn newest(
    app: &App,
    tenant: TenantId,
    filter: &Filter,
    most: u32,
) -> Result<Vec<Entry>, AdminError> {
    let rows = stored::entries(&app.store, tenant, filter, 0, most.into()).await?;
    rows.into_iter().rev().map(entry).collect()
}

impl<'a> Follow<'a> {
    /// The newest entries as [`newest`] gives them, and what waits for the next ones.
    ///
    /// # Errors
    ///
    /// As [`newest`].
    pub async fn begin(
        app: &'a App,
        tenant: TenantId,
        filter: Filter,
        most: u32,
    ) -> Result<(Vec<Entry>, Self), AdminError> {
        let from = stored::highest_seq(&app.store).await?.saturating_sub(WINDOW);
        // In this order: what comes in between is among the newest, and not taken for old.
        let old = stored::entries(&app.store, tenant, &filter, from, i64::MAX).await?;
        let newest = newest(app, tenant, &filter, most).await?;
        let seen = old.iter().map(|row| row.seq).chain(newest.iter().map(|entry| entry.seq));
        let seen = seen.collect();
        Ok((newest, Self { app, tenant, filter, seen }))
    }

    /// Entries that appeared since the last call. On PostgreSQL an entry can appear after one of a
    /// higher ordinal, whose commit was faster; it is given out then.
    ///
    /// # Errors
    ///
    /// As [`newest`].
    pub async fn next(&mut self) -> Result<Vec<Entry>, AdminError> {
        let from = self.seen.last().map_or(0, |last| last.saturating_sub(WINDOW));
        self.seen.retain(|seq| *seq > from);
        let store = &self.app.store;
        let rows = stored::entries(store, self.tenant, &self.filter, from, i64::MAX).await?;
        let new = rows.into_iter().rev().filter(|row| self.seen.insert(row.seq));
        new.map(entry).collect()
    }
}

pub(super) fn entry(row: stored::EntryRow) -> Result<Entry, AdminError> {
    let damaged = |error| AdminError::Damaged(format!("entry {}: {error}", row.seq));
    Ok(Entry {
        seq: row.seq,
        event_id: row.id,
        at: Rfc3339(row.at),
        event: row.kind,
        user: row.user_name,
        user_id: row.user,
        application: row.application_name,
        application_id: row.application,
        login_id: row.login,
        support_code: row.support_code,
        detail: serde_json::from_str(&row.detail).map_err(damaged)?,
    })
}

/// How many ordinals back an entry may still appear: far more than are under way at a time.
const WINDOW: i64 = 2_000;
