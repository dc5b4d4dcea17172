//! Which applications, and in which order: there are few enough to read all.

use super::{
    AdminError,
    applications::{Application, State, list},
};
use crate::app::App;
use authx_core::{TenantId, name::Name};
use std::cmp::Ordering;

/// What applications are sorted by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// The last time that one of their servers called.
    LastContact,
    /// What they are called.
    #[default]
    Name,
}

/// Which applications are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// A part of the name, or the id.
    pub search: &'a str,
    /// How they are doing.
    pub state: Option<State>,
    /// In which order.
    pub order: Order,
    /// The other way round.
    pub descending: bool,
}

/// The applications that are wanted, all of them.
///
/// # Errors
///
/// As [`list`].
pub async fn found(
    app: &App,
    tenant: TenantId,
    wanted: &Wanted<'_>,
) -> Result<Vec<Application>, AdminError> {
    let mut all = list(app, tenant).await?;
    all.retain(|application| fits(application, wanted));
    all.sort_by(|one, other| order(one, other, wanted));
    Ok(all)
}

fn fits(application: &Application, wanted: &Wanted<'_>) -> bool {
    let search = folded(wanted.search);
    let is_id = application.id.to_string() == search;
    let state = wanted.state.is_none_or(|state| state == application.state);
    (folded(&application.name).contains(&search) || is_id) && state
}

fn order(one: &Application, other: &Application, wanted: &Wanted<'_>) -> Ordering {
    let last = |it: &Application| it.last_contact.map(|last| last.0);
    let order = match wanted.order {
        Order::LastContact => last(one).cmp(&last(other)),
        // They come by name.
        Order::Name => Ordering::Equal,
    };
    let order = order.then_with(|| folded(&one.name).cmp(&folded(&other.name)));
    if wanted.descending { order.reverse() } else { order }
}

fn folded(text: &str) -> String {
    Name::new(text).map(|name| name.folded()).unwrap_or_default()
}
