//! People: the list of them, and what is done for many at once.

mod bulk;
mod edit;
mod factor;
mod files;
mod help;
mod letting_in;
mod log;
mod may;
mod one;
mod phone;

pub use files::UPLOAD;
pub(super) use letting_in::leads;

use super::{
    Access, Portal,
    badge::Badge,
    error::PortalError,
    guard,
    listing::{self, Cursor, Listing, Spec, Total},
    nav::Place,
    page::{Chrome, render},
    routes::{Route, get},
    sign_in::capitalised,
    undo::Undo,
    who::Who,
};
use crate::{
    admin::{
        accounts::{self, Account, AccountError},
        bypass,
    },
    store::{
        accounts::{Filter, Order, PhoneFilter, Sort, Standing},
        groups,
    },
};
use askama::Template;
use authx_core::{
    UserId,
    role::{Permission, Role},
    wire::login::Rfc3339,
};
use axum::{
    extract::{OriginalUri, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    use Permission::UsersRead;
    let mut routes = vec![get("/users", Access::May(UsersRead), list)];
    routes.extend(bulk::routes());
    routes.extend(edit::routes());
    routes.extend(one::routes());
    routes.extend(letting_in::routes());
    routes.extend(log::routes());
    routes.extend(phone::routes());
    routes.extend(factor::routes());
    routes.extend(help::routes());
    routes.extend(files::routes());
    routes
}

#[derive(Template)]
#[template(path = "portal/users/list.html")]
#[expect(clippy::struct_excessive_bools, reason = "each shows something of its own")]
struct List {
    chrome: Chrome,
    listing: Listing,
    page: listing::Page<Row>,
    first_visit: bool,
    may_write: bool,
    may_export: bool,
    groups: Vec<(String, String)>,
    roles: Vec<(&'static str, &'static str)>,
    /// Whether every user of the page is chosen, for a deed.
    all_chosen: bool,
    /// This page with all of them chosen, or none.
    choose: String,
    may_invite: bool,
    may_group: bool,
    /// Wishes to let somebody in without a phone that wait for an administrator.
    waiting: usize,
}

struct Row {
    id: String,
    called: String,
    name: String,
    state: Badge,
    groups: String,
    factors: String,
    signed_in: Option<authx_core::Millis>,
}

async fn list(
    State(portal): State<Portal>,
    who: Who,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, PortalError> {
    let (app, tenant) = (portal.app(), who.tenant());
    let query = uri.query().unwrap_or_default();
    let listing = Listing::new(SPEC, query);
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let all_chosen = pairs.any(|(name, value)| name == "chosen" && value == "all");
    let filter = filter(&listing);
    let sort = match listing.sort() {
        "seen" => Sort::SignedIn,
        "created" => Sort::Created,
        _ => Sort::Name,
    };
    let (after, backwards) = match listing.cursor() {
        None => (None, false),
        Some(Cursor::After(id)) => (Some(id), false),
        Some(Cursor::Before(id)) => (Some(id), true),
    };
    let after = match after.and_then(|id| id.parse().ok()) {
        Some(id) => accounts::place(app, tenant, sort, id).await?,
        None => None,
    };
    let order = Order { sort, descending: listing.is_descending() != backwards, after };
    let wanted = accounts::Listing { filter, order };
    let found = accounts::page(app, tenant, &wanted, listing.limit()).await?;
    let chrome = who.chrome(&portal, "Users", Place::Users);
    let rows = found.accounts.into_iter().map(|account| row(&chrome, account)).collect();
    let page = listing.page(rows, |row: &Row| row.id.clone(), Total::Exactly(found.all));
    let groups =
        groups::groups(&app.store, tenant).await.map_err(crate::admin::AdminError::from)?;
    let mut choices = vec![(String::new(), "Any group".to_owned())];
    choices.extend(groups.into_iter().map(|group| (group.id.to_string(), group.name)));
    let mut roles = vec![("", "Any role")];
    roles.extend(Role::ALL.iter().map(|role| (role.word(), role.title())));
    let waiting = if who.may(Permission::BypassWrite) {
        bypass::open(app, tenant).await?.iter().filter(|asked| !asked.agreed).count()
    } else {
        0
    };
    let page = List {
        may_invite: who.may(Permission::UsersInvite),
        may_group: who.may(Permission::GroupsWrite) && choices.len() > 1,
        waiting,
        choose: choose(&listing, all_chosen),
        all_chosen,
        first_visit: found.all <= 1 && !listing.is_narrowed() && may_begin(&who),
        may_write: who.may(Permission::UsersWrite),
        may_export: who.may(Permission::UsersExport),
        groups: choices,
        roles,
        chrome,
        listing,
        page,
    };
    Ok(render(&page).into_response())
}

/// The way to choose everybody of a page, or nobody again; other pages are not of it.
fn choose(listing: &Listing, all_chosen: bool) -> String {
    let here = listing.here();
    match (all_chosen, here.contains('?')) {
        (true, _) => here,
        (false, true) => format!("{here}&chosen=all"),
        (false, false) => format!("{here}?chosen=all"),
    }
}

/// With nobody there but oneself, the page says how to begin.
fn may_begin(who: &Who) -> bool {
    who.may(Permission::UsersWrite)
}

fn filter(listing: &Listing) -> Filter {
    Filter {
        search: listing.search().to_owned(),
        standing: Standing::from_word(listing.filter("state")),
        group: listing.filter("group").parse().ok(),
        phone: match listing.filter("phone") {
            "none" => Some(PhoneFilter::None),
            "unreachable" => Some(PhoneFilter::Unreachable),
            _ => None,
        },
        role: Role::from_word(listing.filter("role")),
    }
}

fn row(chrome: &Chrome, account: Account) -> Row {
    let groups: Vec<_> = account.groups.iter().map(|group| group.name.as_str()).collect();
    Row {
        id: account.id.to_string(),
        state: state(chrome, &account),
        groups: groups.join(", "),
        factors: factors(&account),
        called: called(&account).to_owned(),
        name: account.name,
        signed_in: account.signed_in.map(|Rfc3339(at)| at),
    }
}

/// The way back from a page about a user.
struct Back {
    called: String,
    to: String,
}

impl Back {
    fn of(account: &Account) -> Self {
        Self { called: called(account).to_owned(), to: format!("/users/{}", account.id) }
    }
}

/// What people call them; the name where nobody said.
fn called(account: &Account) -> &str {
    account.display.as_deref().unwrap_or(&account.name)
}

/// The name to sign in with, where people call the user otherwise.
fn beside(account: &Account) -> Option<&str> {
    Some(account.name.as_str()).filter(|name| *name != called(account))
}

fn factors(account: &Account) -> String {
    if account.factors.is_empty() {
        return "none".to_owned();
    }
    capitalised(&account.factors.join(", "))
}

fn state(chrome: &Chrome, account: &Account) -> Badge {
    match account.state {
        "bypass" => {
            let until = account.bypass_until.map(|Rfc3339(until)| chrome.when(until));
            Badge::bypass_until(until.as_ref().map_or("", |until| until.words()))
        }
        "disabled" => Badge::disabled(),
        "locked" => Badge::locked(),
        "pending" => Badge::pending(),
        "removed" => Badge::plain("Removed").drawn("#i-trash-2"),
        _ => Badge::active(),
    }
}

/// On to the next page, with a sentence about what was done.
async fn done(
    portal: &Portal,
    who: &Who,
    headers: &HeaderMap,
    text: &str,
    undo: Option<Undo>,
    to: &str,
) -> Result<Response, PortalError> {
    who.say(portal, text, undo).await?;
    Ok(guard::redirect(headers, to))
}

fn id(text: &str) -> Result<UserId, PortalError> {
    text.parse().map_err(|_| PortalError::NotFound)
}

/// An account that nobody may know of is not there.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else went wrong is the page's own trouble"
)]
fn gone(error: AccountError) -> PortalError {
    match error {
        AccountError::Admin(error) => error.into(),
        error @ AccountError::CodesJustMade { .. } => error.into(),
        _ => PortalError::NotFound,
    }
}

async fn account(portal: &Portal, who: &Who, user: &str) -> Result<Account, PortalError> {
    accounts::get(portal.app(), who.tenant(), id(user)?).await.map_err(gone)
}

const SPEC: Spec = Spec {
    path: "/users",
    sorts: &["name", "-seen", "-created"],
    filters: &["state", "group", "phone", "role"],
    size: listing::SIZE,
};
