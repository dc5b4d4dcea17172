//! Users from a file, and as a file.

use super::{
    AdminApi,
    caller::Caller,
    file,
    listing::{Asked, Listed, Order},
    problem::invalid,
    request::At,
    routes::{Route, route},
    users::{FILTERS, filter},
};
use crate::{
    admin::{
        AdminError, exports,
        imports::{self, Import, MOST_BYTES, Options, Undone},
    },
    api::{error::ApiError, signed::unread},
    serve::whole,
};
use authx_core::{
    ImportId,
    role::{
        Permission::{UsersExport, UsersWrite},
        Role,
    },
};
use axum::{
    Json,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use futures_util::stream;
use std::time::Duration;
use utoipa_axum::routes;

/// Where longer bodies come than elsewhere, and how long: they are read for those only who may.
pub const UPLOAD: (&str, usize) = ("/admin/v1/imports", MOST_BYTES);

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[UsersWrite], routes!(list)),
        route(&[UsersWrite], routes!(check)),
        route(&[UsersWrite], routes!(get)),
        route(&[UsersWrite], routes!(errors)),
        route(&[UsersWrite], routes!(start)),
        route(&[UsersWrite], routes!(undo)),
        route(&[UsersExport], routes!(export)),
    ]
}

/// Imports, the newest or the oldest first.
#[utoipa::path(
    get, path = "/admin/v1/imports", tag = "imports",
    params(
        ("state" = Option<String>, Query, description = "`checked`, `running`, `done` or `undone`"),
        ("sort" = Option<String>, Query, description = "`-created`, the newest first, or `created`, the oldest first"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Listed<Import>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listed<Import>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &["state", "sort"])?;
    let from = (asked.behind::<ImportId>()?, asked.ascends("created", Order::Down)?);
    let state = asked.one_of("state", STATES)?;
    let items = imports::some(api.app(), by.tenant(), state, from, asked.rows()).await?;
    Ok(Json(asked.part(items, |import| import.id.to_string())))
}

/// Checks a file of users, and keeps it for a day; nothing is changed before it is started. Its
/// first line names the columns: name, display, mail, aliases, groups, state.
#[utoipa::path(
    post, path = "/admin/v1/imports", tag = "imports",
    params(
        ("name" = Option<String>, Query, description = "What the file is called, for the record"),
        ("renew" = Option<bool>, Query, description = "`true` changes users who are there already, where the file says otherwise"),
    ),
    request_body(content = String, content_type = "text/csv", description = "CSV in UTF-8, at most 32 MiB", example = json!("name,mail\r\nanna,anna@example.com\r\n")),
    responses((status = 201, body = Import, description = "What it would do")),
)]
async fn check(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Import>), ApiError> {
    let asked = Asked::words(query.as_deref(), &["name", "renew"])?;
    is_csv(&headers)?;
    let name = asked.word("name").unwrap_or("api.csv");
    if name.chars().count() > 200 || name.contains(char::is_control) {
        return Err(invalid("name", "a file's name has at most 200 characters"));
    }
    let renew = asked.one_of("renew", &[("true", true), ("false", false)])?.unwrap_or(false);
    let options = Options { name: name.to_owned(), renew };
    let (app, actor, tenant) = (api.app(), by.actor(), by.tenant());
    let _held = app.imports.hold(tenant)?;
    let file = whole(body, MOST_BYTES).await.map_err(|error| unread(&error, MOST_BYTES))?;
    let id = imports::check_and_keep(app, &actor, tenant, &options, file).await?;
    Ok((StatusCode::CREATED, Json(imports::find(app, tenant, id).await?)))
}

fn is_csv(headers: &HeaderMap) -> Result<(), ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    if kind.trim().eq_ignore_ascii_case("text/csv") {
        return Ok(());
    }
    let detail = "the body has to be the file itself, with “Content-Type: text/csv”";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_csv", detail))
}

/// How far an import is.
#[utoipa::path(
    get, path = "/admin/v1/imports/{import}", tag = "imports",
    params(("import" = ImportId, Path)),
    responses(
        (status = 200, body = Import),
    ),
)]
async fn get(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ImportId>,
) -> Result<Json<Import>, ApiError> {
    Ok(Json(imports::find(api.app(), by.tenant(), id).await?))
}

/// The lines that are not taken in, with what to do about each.
#[utoipa::path(
    get, path = "/admin/v1/imports/{import}/errors", tag = "imports",
    params(("import" = ImportId, Path)),
    responses(
        (status = 200, body = String, content_type = "text/csv", description = "line, column, value, what_to_do; empty where nothing is wrong"),
    ),
)]
async fn errors(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ImportId>,
) -> Result<Response, ApiError> {
    let import = imports::find(api.app(), by.tenant(), id).await?;
    let whole = stream::iter([Ok::<_, AdminError>(import.errors)]);
    Ok(file::file(whole, file::CSV, "import-errors.csv"))
}

/// Takes a checked file in, or goes on with one that stopped. Ask how far it is until it is `done`.
#[utoipa::path(
    post, path = "/admin/v1/imports/{import}/start", tag = "imports",
    params(("import" = ImportId, Path)),
    responses(
        (status = 202, body = Import, description = "As far as it is; small files are through at once"),
        (status = 409, description = "It was taken in or undone"),
    ),
)]
async fn start(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ImportId>,
) -> Result<(StatusCode, Json<Import>), ApiError> {
    let wait = Duration::from_secs(2);
    let (app, actor) = (api.shared_app(), by.actor());
    let import = imports::start_beside(&app, &actor, by.tenant(), id, wait).await?;
    Ok((StatusCode::ACCEPTED, Json(import)))
}

/// Deletes the users that an import made and who have had nothing since: no sign-in, no factor, no
/// role.
#[utoipa::path(
    post, path = "/admin/v1/imports/{import}/undo", tag = "imports",
    params(("import" = ImportId, Path)),
    responses(
        (status = 200, body = Undone),
        (status = 409, description = "There is nothing to undo"),
    ),
)]
async fn undo(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<ImportId>,
) -> Result<Json<Undone>, ApiError> {
    Ok(Json(imports::undo(api.app(), &by.actor(), by.tenant(), id).await?))
}

/// Users as a file that an import takes again: all of them, or those that a list would show. With
/// `state=pending` those who have not enrolled.
#[utoipa::path(
    get, path = "/admin/v1/users/export", tag = "imports",
    params(
        ("q" = Option<String>, Query, description = "As in the list of users"),
        ("state" = Option<String>, Query, description = "As in the list of users"),
        ("group" = Option<String>, Query, description = "As in the list of users"),
        ("phone" = Option<String>, Query, description = "As in the list of users"),
        ("role" = Option<Role>, Query, description = "As in the list of users"),
    ),
    responses((status = 200, body = String, content_type = "text/csv")),
)]
async fn export(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let filter = filter(&Asked::words(query.as_deref(), FILTERS)?)?;
    let parts = exports::file(api.shared_app(), by.actor(), by.tenant(), filter).await?;
    Ok(file::file(parts, file::CSV, "users.csv"))
}

/// The states that an import is kept in, as the list is asked for them.
const STATES: &[(&str, &str)] =
    &[("checked", "checked"), ("running", "running"), ("done", "done"), ("undone", "undone")];
