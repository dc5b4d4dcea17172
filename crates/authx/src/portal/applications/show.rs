//! One application: how it is doing, how it is installed, what its users are asked.

use super::{
    Badge, Chrome, Portal, PortalError, Shown, Who,
    once::{self, NewlyMade, SHOWN_SECS},
    trouble,
};
use crate::{
    admin::{
        applications::{Application, ApplicationKind, State as Doing},
        contacts::{self, Contact},
        packages,
        policies::{self, PolicyError, Scope},
        record::logins::LoginFilter,
    },
    packages::{Package, Packed, file_name},
    portal::{
        logins::{self, LastLogin, words::quoted},
        page::render,
        policies::in_force::{Row, row},
    },
};
use askama::Template;
use authx_core::{
    Millis,
    policy::{SETTINGS, Setting},
    role::Permission,
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/applications/overview.html")]
struct Overview {
    chrome: Chrome,
    shown: Shown,
    made: Option<NewlyMade>,
    seconds: u64,
    url: String,
    servers: Vec<Server>,
    waiting: bool,
    long: bool,
    may_write: bool,
    pilot: String,
    kind_title: String,
    logins: Vec<LastLogin>,
}

/// A host that calls.
struct Server {
    name: String,
    key: String,
    client: String,
    state: Badge,
    address: String,
    clock: String,
    last: Millis,
}

#[derive(Template)]
#[template(path = "portal/applications/install.html")]
struct Install {
    chrome: Chrome,
    shown: Shown,
    url: String,
    file: String,
    unpack: String,
    command: &'static str,
    kind_title: String,
    is_api: bool,
    is_access_server: bool,
    package: Option<Sums>,
    missing: String,
    may_write: bool,
    /// For a program of the operator's own: what saves the client, and what names this application.
    client: String,
    values: String,
}

struct Sums {
    sha256: String,
    files: Vec<Packed>,
}

#[derive(Template)]
#[template(path = "portal/applications/policy.html")]
struct Policy {
    chrome: Chrome,
    shown: Shown,
    rows: Vec<Row>,
}

pub(super) async fn overview(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "").await?;
    let (app, id) = (portal.app(), shown.application.id);
    let made = once::take(&portal, &who, &headers, &id.to_string()).await?;
    let contacts = contacts::list(app, who.tenant(), id).await.map_err(trouble)?;
    let now = app.clock.clock().now();
    let filter = LoginFilter { application: Some(id), ..LoginFilter::default() };
    let waiting = shown.application.state == Doing::Waiting;
    let long = now.since(shown.application.created.0) > LONG_MILLIS;
    let page = Overview {
        chrome: shown.chrome(&portal, &who),
        made,
        seconds: SHOWN_SECS,
        url: app.public_url.to_string(),
        servers: contacts.into_iter().map(|contact| server(contact, now)).collect(),
        waiting,
        long,
        may_write: who.may(Permission::KeysWrite),
        pilot: super::names(&shown.application.pilot),
        kind_title: super::title(&shown.application).to_owned(),
        logins: logins::last(&portal, &who, &filter).await?,
        shown,
    };
    Ok(render(&page).into_response())
}

fn server(contact: Contact, now: Millis) -> Server {
    let silent = now.since(contact.last.0) > SILENT_MILLIS;
    let state = match (contact.key_revoked, silent) {
        (true, _) => Badge::bad("Key revoked"),
        (false, true) => Badge::warn("Silent"),
        (false, false) if contact.ahead_secs.unsigned_abs() > CLOCK_SECS => {
            Badge::warn("Clock differs")
        }
        (false, false) => Badge::good("In use"),
    };
    let clock = match contact.ahead_secs {
        -1..=1 => "right".to_owned(),
        2.. => format!("{} s ahead", contact.ahead_secs),
        _ => format!("{} s behind", contact.ahead_secs.unsigned_abs()),
    };
    Server {
        name: contact.server.unwrap_or_else(|| contact.key_name.clone()),
        key: contact.key_name,
        client: contact.client,
        state,
        address: contact.address.unwrap_or_else(|| "unix socket".to_owned()),
        clock,
        last: contact.last.0,
    }
}

pub(super) async fn install(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/install").await?;
    let (app, id) = (portal.app(), shown.application.id);
    let made = packages::hand_out(app, &who.actor(), who.tenant(), id, None, None).await;
    let (folder, command) = match &made {
        Ok(made) => (made.package.folder, made.server.install_command()),
        Err(_) => ("", ""),
    };
    let (package, missing) = match made {
        Ok(made) => {
            let Package { sha256, files, .. } = made.package;
            (Some(Sums { sha256, files }), String::new())
        }
        Err(error) => (None, quoted(super::sentence(&error).trim_end_matches('.'))),
    };
    let file = format!("{}.zip", file_name(&shown.application.name));
    let page = Install {
        chrome: shown.chrome(&portal, &who),
        url: app.public_url.to_string(),
        unpack: format!("unzip {file} && cd {folder}"),
        file,
        kind_title: super::title(&shown.application).to_owned(),
        is_api: shown.kind == Some(ApplicationKind::Api),
        is_access_server: shown.kind == Some(ApplicationKind::OpenvpnAccessServer),
        command,
        package,
        missing,
        may_write: who.may(Permission::KeysWrite),
        client: saved(),
        values: named(&shown.application, &app.public_url.to_string()),
        shown,
    };
    Ok(render(&page).into_response())
}

/// Saves the client that the documentation shows, by a shell alone: who reads this page has no source
/// tree.
fn saved() -> String {
    format!("cat > client.py <<'END'\n{CLIENT}END")
}

/// Names an application for the client. The key is typed, so that it stands nowhere.
fn named(application: &Application, url: &str) -> String {
    let id = application.id;
    format!("export AUTHX_URL={url} AUTHX_APP={id}\nread -rs AUTHX_KEY && export AUTHX_KEY")
}

pub(super) async fn policy(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/policy").await?;
    let scope = Scope { application: Some(shown.application.id), ..Scope::default() };
    let force = policies::in_force(portal.app(), who.tenant(), scope).await;
    let force = force.map_err(|error| match error {
        PolicyError::Admin(error) => error.into(),
        PolicyError::Application(_)
        | PolicyError::Changed(_)
        | PolicyError::Group(_)
        | PolicyError::Invalid(_)
        | PolicyError::UnknownVersion(_) => PortalError::NotFound,
    })?;
    let application = Some(shown.application.id);
    let row = |setting: &'static Setting| row(&force, application, setting);
    let rows = SETTINGS.iter().filter_map(row).collect();
    Ok(render(&Policy { chrome: shown.chrome(&portal, &who), shown, rows }).into_response())
}

const CLIENT: &str = include_str!("../../../../../docs/examples/client.py");
/// After this long the usual causes open by themselves.
const LONG_MILLIS: u64 = 300_000;
const SILENT_MILLIS: u64 = 24 * 60 * 60 * 1_000;
/// A clock that is further off is worth a look; from 300 s on requests are refused.
const CLOCK_SECS: u64 = 30;
