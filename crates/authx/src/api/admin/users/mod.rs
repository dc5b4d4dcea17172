//! Users: who signs in, and what is known of them.

mod devices;
mod states;

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Counted},
    problem::invalid,
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::{
        accounts::{self, Account, AccountError, Amendment, Details, Listing, Mail, NewAccount},
        passkeys::{self, Shown},
    },
    api::error::ApiError,
    enrol::{
        overview::overview,
        phones::{self, ListedPhone},
    },
    store::accounts::{Filter, Order, PhoneFilter, Sort, Standing},
};
use authx_core::{
    UserId,
    name::Name,
    role::{
        Permission::{UsersRead, UsersWrite},
        Role,
    },
    wire::login::Rfc3339,
};
use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    let mut routes = vec![
        route(&[UsersRead], routes!(list)),
        route(&[UsersWrite], routes!(create)),
        route(&[UsersRead], routes!(by_name)),
        route(&[UsersRead], routes!(get)),
        route(&[UsersWrite], routes!(change)),
        route(&[UsersWrite], routes!(remove)),
    ];
    routes.extend(states::routes());
    routes.extend(devices::routes());
    routes
}

/// The users of the company, those of a state or a group, or those who are found by a word.
#[utoipa::path(
    get, path = "/admin/v1/users", tag = "users",
    params(
        ("q" = Option<String>, Query, description = "A part of a name, alias, mail address or of what people call them"),
        ("state" = Option<String>, Query, description = "`active`, `pending`, `locked`, `bypass`, `disabled` or `removed`; without, all but the removed ones"),
        ("group" = Option<String>, Query, description = "Only members of the group of this id"),
        ("phone" = Option<String>, Query, description = "`none`: no phone counts; `unreachable`: one at least cannot be reached"),
        ("role" = Option<Role>, Query, description = "Only those who look after the company as this"),
        ("sort" = Option<String>, Query, description = "`name`, `created`, `signed_in`, or with `-` in front the other way round"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Counted<Account>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Counted<Account>>, ApiError> {
    let known = [FILTERS, &["sort"]].concat();
    let asked = Asked::parse(query.as_deref(), &known)?;
    let (sort, descending) = asked.one_of("sort", SORTS)?.unwrap_or_default();
    let (app, tenant) = (api.app(), by.tenant());
    let after = match asked.behind::<UserId>()? {
        Some(id) => {
            let place = accounts::place(app, tenant, sort, id).await?;
            Some(place.ok_or_else(super::listing::strange_cursor)?)
        }
        None => None,
    };
    let order = Order { sort, descending, after };
    let wanted = Listing { filter: filter(&asked)?, order };
    let most = u32::try_from(asked.limit).unwrap_or(u32::MAX);
    let found = accounts::page(app, tenant, &wanted, most).await?;
    let more = found.next.is_some();
    let part = Asked::page(found.accounts, more, |account| account.id.to_string());
    Ok(Json(Counted::exactly(part, found.all)))
}

/// Which users a query means.
pub(super) fn filter(asked: &Asked) -> Result<Filter, ApiError> {
    let states: Vec<(&str, Standing)> =
        Standing::ALL.iter().map(|standing| (standing.word(), *standing)).collect();
    let roles: Vec<(&str, Role)> = Role::ALL.iter().map(|role| (role.word(), *role)).collect();
    Ok(Filter {
        search: asked.word("q").unwrap_or_default().to_owned(),
        standing: asked.one_of("state", &states)?,
        group: asked.parsed("group", "the id of a group")?,
        phone: asked.one_of("phone", PHONES)?,
        role: asked.one_of("role", &roles)?,
    })
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// What the user signs in with.
    name: Name,
    /// As people call them.
    display: Option<Name>,
    /// How they are written to.
    mail: Option<String>,
    /// Other names of the same person.
    #[serde(default)]
    aliases: Vec<Name>,
}

/// Makes a user, who has no factor yet: invite them next.
#[utoipa::path(
    post, path = "/admin/v1/users", tag = "users",
    request_body(content = NewUser, example = json!({
        "name": "anna", "display": "Anna Berg", "mail": "anna@example.com", "aliases": ["CORP\\anna"],
    })),
    responses(
        (status = 201, body = Account),
        (status = 409, description = "Somebody goes by one of the names"),
    ),
)]
async fn create(
    State(api): State<AdminApi>,
    by: Caller,
    Sent(wish): Sent<NewUser>,
) -> Result<(StatusCode, Json<Account>), ApiError> {
    let NewUser { name, display, mail, aliases } = wish;
    let mail = mail.as_deref().map(address).transpose()?;
    let new = NewAccount { name: &name, aliases: &aliases, password: None };
    let (app, actor, details) = (api.app(), by.actor(), Details { display, mail });
    let made = accounts::create_known(app, &actor, by.tenant(), new, &details).await;
    let id = made.map_err(|error| placed(error, &name))?;
    Ok((StatusCode::CREATED, now(&api, &by, id).await?))
}

/// A user with what they have.
#[derive(Serialize, ToSchema)]
struct UserDetails {
    #[serde(flatten)]
    user: Account,
    /// Their phones, the oldest first.
    devices: Vec<ListedPhone>,
    /// Their passkeys, the oldest first.
    passkeys: Vec<Shown>,
    /// An authenticator app counts.
    authenticator_app: bool,
    /// When a code of that app last let them in, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticator_app_last_used: Option<Rfc3339>,
    /// Recovery codes that are left; absent where none were ever made.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes_left: Option<usize>,
    /// When one of these last let them in, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes_last_used: Option<Rfc3339>,
    /// Until when no phone is asked, because somebody said “not me”.
    #[serde(skip_serializing_if = "Option::is_none")]
    push_held_until: Option<Rfc3339>,
    /// No phone is asked until somebody unlocks the user.
    push_waits_for_unlock: bool,
    /// Until when a bypass code counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    bypass_code_until: Option<Rfc3339>,
    /// When the last bypass code let them in, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    bypass_code_last_used: Option<Rfc3339>,
}

/// One user, with phones and what else they have.
#[utoipa::path(
    get, path = "/admin/v1/users/{user}", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 200, body = UserDetails),
    ),
)]
async fn get(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<Json<UserDetails>, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    let user = accounts::get(app, tenant, id).await?;
    Ok(Json(details(app, tenant, user).await?))
}

/// The user who goes by a name or an alias.
#[utoipa::path(
    get, path = "/admin/v1/users/by-name/{name}", tag = "users",
    params(("name" = String, Path, description = "Percent-encoded where it is no plain word")),
    responses(
        (status = 200, body = UserDetails),
        (status = 404, description = "Nobody goes by it"),
    ),
)]
async fn by_name(
    State(api): State<AdminApi>,
    by: Caller,
    At(name): At<Name>,
) -> Result<Json<UserDetails>, ApiError> {
    let (app, tenant) = (api.app(), by.tenant());
    let user = accounts::find(app, tenant, name.as_str()).await?;
    Ok(Json(details(app, tenant, user).await?))
}

async fn details(
    app: &crate::app::App,
    tenant: authx_core::TenantId,
    user: Account,
) -> Result<UserDetails, ApiError> {
    let overview = overview(app, tenant, user.id).await?;
    let waits = overview.push_waits_for_unlock();
    Ok(UserDetails {
        devices: phones::list(app, tenant, user.id).await?,
        passkeys: passkeys::list(app, tenant, user.id).await?,
        authenticator_app: overview.app.is_some(),
        authenticator_app_last_used: overview.app.and_then(|app| app.used).map(Rfc3339),
        recovery_codes_left: overview.recovery_left,
        recovery_codes_last_used: overview.recovery_used.map(Rfc3339),
        push_held_until: overview.push_held.filter(|_| !waits).map(Rfc3339),
        push_waits_for_unlock: waits,
        bypass_code_until: overview.bypass_code.map(Rfc3339),
        bypass_code_last_used: overview.bypass_code_used.map(Rfc3339),
        user,
    })
}

/// What is to be otherwise; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    /// What the user signs in with. The name before stays an alias.
    name: Option<Name>,
    /// As people call them; empty where nobody does.
    display: Option<String>,
    /// How they are written to; empty where nobody writes.
    mail: Option<String>,
}

/// Calls a user otherwise, or changes how they are written to.
#[utoipa::path(
    patch, path = "/admin/v1/users/{user}", tag = "users",
    params(("user" = UserId, Path)),
    request_body(content = UserChange, example = json!({ "mail": "anna.berg@example.com" })),
    responses(
        (status = 200, body = Account, description = "As it is now"),
        (status = 409, description = "Somebody else goes by the name"),
    ),
)]
async fn change(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
    Sent(wish): Sent<UserChange>,
) -> Result<Json<Account>, ApiError> {
    let display = wish.display.map(|text| match text.as_str() {
        "" => Ok(None),
        text => Name::new(text).map(Some),
    });
    let mail = wish.mail.map(|text| match text.as_str() {
        "" => Ok(None),
        text => address(text).map(Some),
    });
    let amendment = Amendment {
        name: wish.name,
        display: display.transpose().map_err(|error| invalid("display", error.to_string()))?,
        mail: mail.transpose()?,
        forgets: None,
    };
    let (app, actor) = (api.app(), by.actor());
    let done = accounts::amend(app, &actor, by.tenant(), id, &amendment).await;
    done.map_err(|error| {
        let taken =
            matches!(error, AccountError::NameTaken { .. } | AccountError::NameReserved { .. });
        let error = ApiError::from(error);
        if taken { error.at("name") } else { error }
    })?;
    now(&api, &by, id).await
}

/// Removes a user: they sign in nowhere. For seven days they can be restored with all they have;
/// then they are deleted.
#[utoipa::path(
    delete, path = "/admin/v1/users/{user}", tag = "users",
    params(("user" = UserId, Path)),
    responses(
        (status = 204, description = "They are removed"),
        (status = 422, description = "They are removed already"),
    ),
)]
async fn remove(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<UserId>,
) -> Result<StatusCode, ApiError> {
    accounts::remove(api.app(), &by.actor(), by.tenant(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user after a deed.
async fn now(api: &AdminApi, by: &Caller, id: UserId) -> Result<Json<Account>, ApiError> {
    Ok(Json(accounts::get(api.app(), by.tenant(), id).await?))
}

fn address(text: &str) -> Result<Mail, ApiError> {
    Mail::new(text).map_err(|error| invalid("mail", error.to_string()))
}

/// With the field that is to blame.
fn placed(error: AccountError, own: &Name) -> ApiError {
    let field = match &error {
        AccountError::NameTaken { name, .. } | AccountError::NameReserved { name, .. } => {
            Some(if name == own.as_str() { "name" } else { "aliases" })
        }
        AccountError::Admin(_)
        | AccountError::CodesJustMade { .. }
        | AccountError::Disabled(_)
        | AccountError::Name(_)
        | AccountError::NotRemoved(_)
        | AccountError::Password(_)
        | AccountError::Removed(_)
        | AccountError::Unknown(_) => None,
    };
    let error = ApiError::from(error);
    match field {
        Some(field) => error.at(field),
        None => error,
    }
}

/// What narrows a list of users, and a file of them.
pub(super) const FILTERS: &[&str] = &["q", "state", "group", "phone", "role"];
const PHONES: &[(&str, PhoneFilter)] =
    &[("none", PhoneFilter::None), ("unreachable", PhoneFilter::Unreachable)];
const SORTS: &[(&str, (Sort, bool))] = &[
    ("name", (Sort::Name, false)),
    ("-name", (Sort::Name, true)),
    ("created", (Sort::Created, false)),
    ("-created", (Sort::Created, true)),
    ("signed_in", (Sort::SignedIn, false)),
    ("-signed_in", (Sort::SignedIn, true)),
];
