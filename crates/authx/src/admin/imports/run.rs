//! Takes a file in: a first pass over its form, a second one that writes.

use super::{
    Counts, Fault, Import, ImportError, MOST_LINES, Open, Options, find, reader::Lines,
    taking::Taking,
};
use crate::{
    admin::{Actor, AdminError, detail},
    app::{About, App},
    store::{Batch, StoreError, imports as stored},
};
use authx_core::{ImportId, Millis, TenantId, audit::EventKind};
use aws_lc_rs::digest::{Context, SHA256};
use bytes::{Buf as _, Bytes};
use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};

/// Says what a file would do, and writes nothing. `told` gets every fault as it is found.
///
/// # Errors
///
/// [`ImportError`]: the file as a whole cannot be taken in.
pub async fn check(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    open: Open<'_>,
    options: &Options,
    told: &mut (dyn FnMut(Fault) + Send),
) -> Result<Counts, ImportError> {
    form(open).await?;
    let mut taking = Taking::begin(app, by, tenant, options, None).await?;
    taking.all(open, told).await?;
    Ok(taking.counts)
}

/// Checks a file that the caller has [`Room`](super::Room) for, and keeps it for a day with what was
/// found, to be taken in by [`start`]. Of those that one person leaves so, the newest few stay.
///
/// # Errors
///
/// As [`check`].
pub async fn check_and_keep(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    options: &Options,
    file: Bytes,
) -> Result<ImportId, ImportError> {
    let open = opens(file.clone());
    let mut faults = vec![];
    let mut told = |fault| {
        if faults.len() < MOST_KEPT {
            faults.push(fault);
        }
    };
    let counts = check(app, by, tenant, &open, options, &mut told).await?;
    let errors = if faults.is_empty() { String::new() } else { super::faults_csv(&faults) };
    let now = app.now().map_err(AdminError::from)?;
    let id = app.decide(now, ImportId::new);
    let row = row(id, by, options, now, "checked", &counts, errors);
    // Else the disk fills with what nobody takes in.
    let batch = Batch::default().forget_waiting_imports(tenant, by.as_str(), MOST_WAITING - 1);
    drop(open);
    // The one owner that is left gives its memory away.
    let batch = batch.insert_import(tenant, &row, Some(file.into()));
    app.store.commit(batch).await.map_err(AdminError::from)?;
    Ok(id)
}

/// Takes a file in. `told` gets every fault as it is found. The same file again changes nothing
/// more, and goes on where an interruption left it.
///
/// # Errors
///
/// As [`check`]; what was stored before stays, and the next run goes on behind it.
pub async fn run(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    open: Open<'_>,
    options: &Options,
    told: &mut (dyn FnMut(Fault) + Send),
) -> Result<Import, ImportError> {
    let digest = form(open).await?;
    let now = app.now().map_err(AdminError::from)?;
    let id = app.decide(now, ImportId::new);
    let row = row(id, by, options, now, "running", &Counts::default(), String::new());
    let batch = Batch::default().insert_import(tenant, &row, None);
    app.store.commit(batch).await.map_err(AdminError::from)?;
    go_on(app, by, (tenant, id), open, options, &digest, told).await
}

/// Takes in a file that was kept.
///
/// # Errors
///
/// [`ImportError::Others`], [`ImportError::Over`], [`ImportError::Unknown`]; as [`run`].
pub async fn start(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: ImportId,
) -> Result<Import, ImportError> {
    let _held = app.imports.hold(tenant)?;
    let import = find(app, tenant, id).await?;
    let file = stored::file(&app.store, tenant, id).await.map_err(AdminError::from)?;
    let (Some(file), "checked" | "stopped") = (file, import.state.as_str()) else {
        return Err(ImportError::Over(import.state));
    };
    let now = app.now().map_err(AdminError::from)?;
    let counts = text(&Counts::default());
    // One that stopped is still called running in its row.
    let from = if import.state == "checked" { "checked" } else { "running" };
    let batch = Batch::default().move_import(tenant, id, [from, "running"], &counts, now);
    match app.store.commit(batch).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => return Err(ImportError::Over("running".to_owned())),
        Err(error) => return Err(AdminError::from(error).into()),
    }
    let open = opens(file.into());
    let digest = form(&open).await?;
    let options = Options { name: import.name, renew: import.renew };
    let mut faults = vec![];
    let mut told = |fault| {
        if faults.len() < MOST_KEPT {
            faults.push(fault);
        }
    };
    let done = go_on(app, by, (tenant, id), &open, &options, &digest, &mut told).await?;
    let errors = if faults.is_empty() { String::new() } else { super::faults_csv(&faults) };
    let batch = Batch::default().finish_import(tenant, id, &errors);
    app.store.commit(batch).await.map_err(AdminError::from)?;
    Ok(Import { errors, ..done })
}

/// Takes in a file that was kept, beside whoever asks: a hundred thousand lines take some seconds.
/// Gives how far it is after `wait`; most are through by then.
///
/// # Errors
///
/// [`ImportError::Others`], [`ImportError::Over`], [`ImportError::Unknown`],
/// [`ImportError::Admin`]; what goes wrong later is in the log, and the import counts as stopped.
pub async fn start_beside(
    app: &Arc<App>,
    by: &Actor,
    tenant: TenantId,
    id: ImportId,
    wait: Duration,
) -> Result<Import, ImportError> {
    let (shared, actor) = (Arc::clone(app), by.clone());
    let mut task = tokio::spawn(async move {
        let outcome = start(&shared, &actor, tenant, id).await;
        if let Err(error) = &outcome {
            tracing::warn!(import = %id, %error, "users were not all taken in");
        }
        outcome
    });
    match tokio::time::timeout(wait, &mut task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => find(app, tenant, id).await,
    }
}

/// Opens a file that is in memory, without another copy of it.
fn opens(file: Bytes) -> impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync {
    move || {
        let read: Box<dyn Read + Send> = Box::new(file.clone().reader());
        Ok(read)
    }
}

async fn go_on(
    app: &App,
    by: &Actor,
    (tenant, id): (TenantId, ImportId),
    open: Open<'_>,
    options: &Options,
    digest: &str,
    told: &mut (dyn FnMut(Fault) + Send),
) -> Result<Import, ImportError> {
    let mut taking = Taking::begin(app, by, tenant, options, Some(id)).await?;
    taking.all(open, told).await?;
    let counts = taking.counts;
    let now = app.now().map_err(AdminError::from)?;
    let mut entry = detail([
        ("import_id", id.to_string().into()),
        ("file", options.name.as_str().into()),
        ("sha256", digest.into()),
        ("made", counts.made.into()),
        ("changed", counts.changed.into()),
        ("same", counts.same.into()),
        ("faults", counts.faults.into()),
    ]);
    by.sign(&mut entry);
    let batch = Batch::default()
        .move_import(tenant, id, ["running", "done"], &text(&counts), now)
        .finish_import(tenant, id, "");
    let kind = EventKind::UsersImported;
    let batch = app.record(batch, now, tenant, kind, About::default(), entry);
    app.store.commit(batch).await.map_err(AdminError::from)?;
    find(app, tenant, id).await
}

fn row(
    id: ImportId,
    by: &Actor,
    options: &Options,
    now: Millis,
    state: &str,
    counts: &Counts,
    errors: String,
) -> stored::ImportRow {
    stored::ImportRow {
        id,
        name: options.name.chars().take(200).collect(),
        state: state.to_owned(),
        renew: options.renew,
        counts: text(counts),
        errors,
        by: by.as_str().to_owned(),
        created: now,
        beat: now,
    }
}

pub(super) fn text(counts: &Counts) -> String {
    serde_json::to_string(counts).unwrap_or_default()
}

/// Reads the whole file once: nothing is written of one that is damaged further down. Gives its
/// digest.
async fn form(open: Open<'_>) -> Result<String, ImportError> {
    let file = open().map_err(ImportError::Read)?;
    let read = move || {
        let mut hashed = Hashed { inner: file, digest: Context::new(&SHA256) };
        let mut lines = Lines::open(&mut hashed)?;
        let mut many = 0;
        while lines.next()?.is_some() {
            many += 1;
            if many > MOST_LINES {
                return Err(ImportError::TooLong);
            }
        }
        drop(lines);
        let digest = hashed.digest.finish();
        Ok(hex(digest.as_ref()))
    };
    let ended = tokio::task::spawn_blocking(read).await;
    ended.map_err(|error| ImportError::Read(io::Error::other(error)))?
}

struct Hashed {
    inner: Box<dyn Read + Send>,
    digest: Context,
}

impl Read for Hashed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.digest.update(out.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Files of one person that wait to be taken in.
const MOST_WAITING: i64 = 5;
/// Faults that are kept for who looks at them later.
const MOST_KEPT: usize = 10_000;

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
