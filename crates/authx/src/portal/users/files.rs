//! Users from a file, and as a file.

use super::{SPEC, done, filter};
use crate::{
    admin::{
        exports,
        imports::{self, Counts, Import, ImportError, Options},
    },
    portal::{
        Access, Portal,
        badge::Badge,
        error::PortalError,
        form::Form,
        listing::{self, Listing, Spec, Total},
        nav::Place,
        page::{Chrome, render, render_as},
        routes::{Route, get, post},
        sign_in::sentence,
        upload::{self, Upload},
        who::Who,
        words::{count, plural},
    },
};
use askama::Template;
use authx_core::{
    ImportId, Millis,
    role::Permission::{UsersExport, UsersWrite},
    wire::login::Rfc3339,
};
use axum::{
    body::Body,
    extract::{OriginalUri, Path, RawQuery, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use std::time::Duration;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(PATH, Access::May(UsersWrite), page),
        post(PATH, Access::May(UsersWrite), check).streaming(),
        get("/users/import/{import}", Access::May(UsersWrite), one),
        get("/users/import/{import}/errors.csv", Access::May(UsersWrite), errors),
        post("/users/import/{import}/run", Access::StepUp(UsersWrite), run),
        post("/users/import/{import}/undo", Access::May(UsersWrite), undo),
        get("/users/export.csv", Access::May(UsersExport), export),
    ]
}

#[derive(Template)]
#[template(path = "portal/users/import.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    listing: Listing,
    found: listing::Page<(Import, Millis, String)>,
    columns: &'static str,
}

const IMPORTS: Spec =
    Spec { path: PATH, sorts: &["-when"], filters: &["state"], size: listing::SIZE };

async fn page(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let query = query.unwrap_or_default();
    Ok(render(&of(&portal, &who, &query, Form::new()).await?).into_response())
}

async fn of(portal: &Portal, who: &Who, query: &str, form: Form) -> Result<Page, PortalError> {
    let listing = Listing::new(IMPORTS, query);
    let state = Some(listing.filter("state")).filter(|state| !state.is_empty());
    let place = listing.place(|text| text.parse::<ImportId>().ok(), &mut vec![]);
    let (app, tenant) = (portal.app(), who.tenant());
    let found = imports::some(app, tenant, state, place, listing.limit()).await?;
    let total = Total::Exactly(imports::count(app, tenant, state).await?);
    let told = |import: Import| {
        let Rfc3339(at) = import.created;
        let text = summary(&import.counts);
        (import, at, text)
    };
    let rows = found.into_iter().map(told).collect();
    Ok(Page {
        chrome: who.chrome(portal, "Import users", Place::Users),
        form,
        found: listing.page(rows, |(import, _, _)| import.id.to_string(), total),
        listing,
        columns: imports::COLUMNS,
    })
}

fn summary(counts: &Counts) -> String {
    format!(
        "{} new, {} changed, {} as before, {} not taken in",
        count(counts.made),
        count(counts.changed),
        count(counts.same),
        plural(counts.faults, "line", "lines")
    )
}

async fn check(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, PortalError> {
    // Before it is read: an upload may take minutes, and stands in memory meanwhile.
    let held = match portal.app().imports.hold(who.tenant()) {
        Ok(held) => held,
        Err(error) => return refused(&portal, &who, &sentence(&error)).await,
    };
    let upload = upload::read(&headers, request.into_body(), imports::MOST_BYTES).await?;
    let Some(Upload { fields, file, file_name }) = upload else {
        return refused(&portal, &who, "Choose a CSV file.").await;
    };
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    if field("_csrf").is_none_or(|token| **token != *who.csrf) {
        return Err(PortalError::StaleForm);
    }
    let options = Options { name: file_name, renew: field("renew").is_some() };
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let checked = imports::check_and_keep(app, by, tenant, &options, file).await;
    drop(held);
    match checked {
        Ok(id) => {
            let text = "Checked. Nothing is changed yet.";
            done(&portal, &who, &headers, text, None, &format!("/users/import/{id}")).await
        }
        Err(ImportError::Admin(error)) => Err(error.into()),
        Err(error) => {
            let text = sentence(&error);
            refused(&portal, &who, &text).await
        }
    }
}

async fn refused(portal: &Portal, who: &Who, text: &str) -> Result<Response, PortalError> {
    let mut form = Form::new();
    form.refuse("file", text);
    let page = of(portal, who, "", form).await?;
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

#[derive(Template)]
#[template(path = "portal/users/imported.html")]
struct One {
    chrome: Chrome,
    import: Import,
    at: Millis,
    figures: Vec<(&'static str, String)>,
    faults: Vec<[String; 4]>,
    more_faults: bool,
}

async fn one(
    State(portal): State<Portal>,
    who: Who,
    Path(import): Path<String>,
) -> Result<Response, PortalError> {
    let import = found(&portal, &who, &import).await?;
    let Rfc3339(at) = import.created;
    let counts = import.counts;
    let figures = vec![
        ("Lines", count(counts.lines)),
        ("New", count(counts.made)),
        ("Changed", count(counts.changed)),
        ("As before", count(counts.same)),
        ("Not taken in", count(counts.faults)),
    ];
    let mut reader = csv::Reader::from_reader(import.errors.as_bytes());
    let read = reader.records().filter_map(Result::ok).take(SHOWN + 1);
    let mut faults: Vec<[String; 4]> = read
        .map(|record| std::array::from_fn(|at| record.get(at).unwrap_or_default().to_owned()))
        .collect();
    // Those that only the directory knows came later.
    faults.sort_by_key(|[line, ..]| line.parse().unwrap_or(u64::MAX));
    let more_faults = faults.len() > SHOWN;
    faults.truncate(SHOWN);
    let chrome = who.chrome(&portal, &import.name, Place::Users);
    let page = One { chrome, import, at, figures, faults, more_faults };
    Ok(render(&page).into_response())
}

async fn found(portal: &Portal, who: &Who, import: &str) -> Result<Import, PortalError> {
    let id: ImportId = import.parse().map_err(|_| PortalError::NotFound)?;
    imports::find(portal.app(), who.tenant(), id).await.map_err(unknown)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else went wrong is the page's own trouble"
)]
fn unknown(error: ImportError) -> PortalError {
    match error {
        ImportError::Admin(error) => error.into(),
        error @ ImportError::Others => PortalError::Refused(error.to_string()),
        _ => PortalError::NotFound,
    }
}

async fn errors(
    State(portal): State<Portal>,
    who: Who,
    Path(import): Path<String>,
) -> Result<Response, PortalError> {
    let import = found(&portal, &who, &import).await?;
    let body = Body::from(import.errors);
    Ok(download(body, "import-errors.csv"))
}

/// Most are taken in at once, and then the page says so; of others it shows how far they are.
async fn run(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(import): Path<String>,
) -> Result<Response, PortalError> {
    let id: ImportId = import.parse().map_err(|_| PortalError::NotFound)?;
    let (app, by, tenant) = (portal.shared_app(), &who.actor(), who.tenant());
    let wait = Duration::from_secs(2);
    imports::start_beside(&app, by, tenant, id, wait).await.map_err(unknown)?;
    let to = format!("/users/import/{id}");
    done(&portal, &who, &headers, "The file is taken in.", None, &to).await
}

async fn undo(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(import): Path<String>,
) -> Result<Response, PortalError> {
    let import = found(&portal, &who, &import).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let text = match imports::undo(app, by, tenant, import.id).await {
        Ok(undone) => format!(
            "{} removed again; {} stay, as they were used since.",
            plural(undone.deleted, "user", "users"),
            count(undone.kept)
        ),
        Err(ImportError::Admin(error)) => return Err(error.into()),
        Err(error) => sentence(&error),
    };
    let to = format!("/users/import/{}", import.id);
    done(&portal, &who, &headers, &text, None, &to).await
}

async fn export(
    State(portal): State<Portal>,
    who: Who,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, PortalError> {
    let filter = filter(&Listing::new(SPEC, uri.query().unwrap_or_default()));
    let parts = exports::file(portal.shared_app(), who.actor(), who.tenant(), filter).await?;
    Ok(download(Body::from_stream(parts), "users.csv"))
}

fn download(body: Body, name: &'static str) -> Response {
    let mut response = Response::new(body);
    crate::portal::page::protect(response.headers_mut());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Where longer bodies come than elsewhere, and how long: they are read for those only who may.
pub const UPLOAD: (&str, usize) = (PATH, imports::MOST_BYTES);
const PATH: &str = "/users/import";
/// Faults on the page; all are in the file.
const SHOWN: usize = 50;
