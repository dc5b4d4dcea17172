//! Lists of accounts, a page at a time or as they are found.

use super::{Account, InGroup, Standing};
use crate::{
    admin::AdminError,
    app::App,
    store::accounts::{self as stored, Order, Sort},
};
use authx_core::{Millis, TenantId, UserId, factor::FactorKind, name::Name, wire::login::Rfc3339};
use futures_util::future::{try_join, try_join_all};

/// Which accounts, and in which order.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Which.
    pub filter: stored::Filter,
    /// In which order, and behind which.
    pub order: Order,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The last of them where another page follows: that one begins [behind it](place).
    pub next: Option<UserId>,
    /// How many there are on all pages.
    pub all: u64,
}

/// Accounts as they are found.
#[derive(Debug)]
pub struct List<'a> {
    app: &'a App,
    tenant: TenantId,
    rows: stored::Accounts,
}

/// A page of the accounts that are wanted, at most `most`.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn page(
    app: &App,
    tenant: TenantId,
    listing: &Listing,
    most: u32,
) -> Result<Page, AdminError> {
    let now = app.now()?;
    let Listing { filter, order } = listing;
    let (store, more) = (&app.store, most.saturating_add(1));
    // Two walks through the same index, beside each other.
    let rows = stored::page(store, tenant, now, filter, order, more);
    let (mut rows, all) = try_join(rows, stored::count(store, tenant, now, filter)).await?;
    let many = usize::try_from(most).unwrap_or(usize::MAX);
    let next = if rows.len() > many { rows.get(many.saturating_sub(1)) } else { None };
    let next = next.map(|row| row.id);
    rows.truncate(many);
    let accounts = try_join_all(rows.into_iter().map(|row| account(app, tenant, row))).await?;
    Ok(Page { accounts, next, all })
}

/// Every account of a tenant that was not removed, by name.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(app: &App, tenant: TenantId) -> Result<Vec<Account>, AdminError> {
    let mut list = stream(app, tenant, &stored::Filter::default())?;
    let mut all = vec![];
    while let Some(account) = list.next().await? {
        all.push(account);
    }
    Ok(all)
}

/// Every account that is wanted, by name, as they are found.
///
/// # Errors
///
/// [`AdminError::Clock`].
pub fn stream<'a>(
    app: &'a App,
    tenant: TenantId,
    filter: &stored::Filter,
) -> Result<List<'a>, AdminError> {
    let rows = stored::every(&app.store, tenant, app.now()?, filter);
    Ok(List { app, tenant, rows })
}

impl List<'_> {
    /// The next one.
    ///
    /// # Errors
    ///
    /// [`AdminError::Store`].
    pub async fn next(&mut self) -> Result<Option<Account>, AdminError> {
        match self.rows.next().await? {
            Some(row) => Ok(Some(account(self.app, self.tenant, row).await?)),
            None => Ok(None),
        }
    }
}

/// Where an account stands in an order, for the page behind it; `None` where it is no more.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn place(
    app: &App,
    tenant: TenantId,
    sort: Sort,
    id: UserId,
) -> Result<Option<(String, UserId)>, AdminError> {
    let row = stored::account(&app.store, tenant, id).await?;
    Ok(row.map(|row| (key(&row, sort), row.id)))
}

fn key(row: &stored::AccountRow, sort: Sort) -> String {
    match sort {
        Sort::Created => String::new(),
        Sort::Name => Name::new(&row.name).map(|name| name.folded()).unwrap_or_default(),
        Sort::SignedIn => row.signed_in.unwrap_or_default().0.to_string(),
    }
}

/// An account with its names, groups and factors.
pub(super) async fn account(
    app: &App,
    tenant: TenantId,
    row: stored::AccountRow,
) -> Result<Account, AdminError> {
    let store = &app.store;
    let mut aliases = stored::aliases_of(store, tenant, row.id).await?;
    let own = Name::new(&row.name).map(|name| name.folded()).unwrap_or_default();
    aliases.retain(|alias| *alias != own);
    let factors = stored::factors_of(store, tenant, row.id).await?;
    let groups = stored::groups_of(store, tenant, row.id).await?;
    let (mut active, pending): (Vec<_>, Vec<_>) = factors.into_iter().partition(|f| f.active);
    // How phones were answered is kept when the last one goes; what is kept asks nobody.
    active.retain(|factor| row.phones > 0 || factor.kind != FactorKind::Push.word());
    // Each phone has codes of its own; the word for them is said once.
    let words = |factors: Vec<stored::FactorRow>| {
        let mut words: Vec<String> = vec![];
        for factor in factors {
            if !words.contains(&factor.kind) {
                words.push(factor.kind);
            }
        }
        words
    };
    let now = app.clock.check().unwrap_or(Millis(0));
    let standing = Standing::of(&row, now);
    let bypass = row.bypass.map(|(until, _)| until).filter(|_| standing == Standing::Bypass);
    Ok(Account {
        state: standing.word(),
        id: row.id,
        name: row.name,
        display: row.display,
        mail: row.mail,
        role: row.role,
        groups: groups.into_iter().map(|(id, name)| InGroup { id, name }).collect(),
        aliases,
        has_password: row.has_password,
        factors: words(active),
        pending_factors: words(pending),
        phones: row.phones,
        bypass_until: bypass.map(Rfc3339),
        removed: row.removed.map(Rfc3339),
        signed_in: row.signed_in.map(Rfc3339),
        created: Rfc3339(row.created),
    })
}
