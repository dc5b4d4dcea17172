//! Making a backup, while the server serves.

use super::format::{self, FORMAT, FormatError, Header, Part, Record};
use crate::{
    admin::{Actor, detail},
    app::{About, App},
    clock::ClockProblem,
    destination::{Destination, DestinationError},
    init::RECOVERY,
    store::{Batch, StoreError, meta, schema_version, tenants},
};
use authx_core::{
    Secret,
    audit::EventKind,
    recovery::{InvalidRecoveryPublic, RecoveryPublic, Sealer},
    wire::login::Rfc3339,
};
use serde::Serialize;
use std::{
    io::{self, Write},
    path::Path,
};
use zeroize::Zeroizing;

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The clock cannot be trusted, so the backup could not say when it was made.
    #[error(transparent)]
    Clock(#[from] ClockProblem),
    /// There is no place for it.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// A row does not fit.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// There is no key to seal it to.
    #[error("this database has no recovery key: run `authx init`, which shows one")]
    NoRecoveryKey,
    /// It is there and good, but the record does not know of it.
    #[error("the backup is complete, but could not be recorded")]
    NotRecorded(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The key to seal it to is damaged.
    #[error("the recovery key's public half in the database is damaged")]
    RecoveryKey(#[from] InvalidRecoveryPublic),
    /// The database gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing more can be written.
    #[error("the backup cannot be written")]
    Write(#[source] io::Error),
}

/// A backup that was made.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Made {
    /// The moment that it shows.
    pub created: Rfc3339,
    /// How many rows are in it.
    pub rows: u64,
    /// How long it is.
    pub bytes: u64,
}

/// Makes a backup in a file that only its owner can read, and records it. The file is there whole,
/// on disk, or not at all; one of that name stays unless `force`.
///
/// The thread is held up while the disk writes.
///
/// # Errors
///
/// [`BackupError`]; [`BackupError::NotRecorded`] alone leaves a backup.
pub async fn to_file(
    app: &App,
    config: &str,
    by: &Actor,
    path: &Path,
    force: bool,
) -> Result<Made, BackupError> {
    let mut destination = Destination::new(path, force, 0o600)?;
    let made = write(app, config, &mut destination).await?;
    destination.keep()?;
    record(app, by, &made, &path.display().to_string()).await?;
    Ok(made)
}

/// Makes a backup wherever `out` goes, and records it once all was taken.
///
/// # Errors
///
/// As [`to_file`]; what was written is useless then.
pub async fn to_writer(
    app: &App,
    config: &str,
    by: &Actor,
    mut out: impl Write,
) -> Result<Made, BackupError> {
    let made = write(app, config, &mut out).await?;
    record(app, by, &made, "standard output").await?;
    Ok(made)
}

async fn write(app: &App, config: &str, out: &mut impl Write) -> Result<Made, BackupError> {
    let now = app.now()?;
    let public = meta::read(&app.store, RECOVERY).await?.ok_or(BackupError::NoRecoveryKey)?;
    let public: RecoveryPublic = public.parse()?;
    let sealer = app.decide(now, |cx| Sealer::new(cx, &public))?;
    let mut out = Sealed { sealer, out, plain: Zeroizing::default(), ready: vec![], bytes: 0 };
    out.record(&Record::Header(Header {
        format: FORMAT,
        schema: schema_version(),
        created: Rfc3339(now),
        made_by: concat!("AuthX ", env!("CARGO_PKG_VERSION")).to_owned(),
        engine: app.store.engine().to_owned(),
    }))?;
    // Keys before what is sealed under them, so that a restore can do everything in one pass.
    out.record(&Record::File(Part::Config, secret(config)))?;
    out.record(&Record::File(Part::MasterKey, secret(&app.keys.master.to_text())))?;
    out.record(&Record::File(Part::AuditKey, secret(&app.keys.audit.to_text())))?;
    let rows = rows(app, &mut out).await?;
    out.record(&Record::End(rows))?;
    let bytes = out.finish()?;
    Ok(Made { created: Rfc3339(now), rows, bytes })
}

async fn rows(app: &App, sealed: &mut Sealed<'_, impl Write>) -> Result<u64, BackupError> {
    let mut snapshot = app.store.snapshot();
    let (mut rows, mut last) = (0, None);
    while let Some((table, values)) = snapshot.next().await? {
        if last != Some(table.name) {
            let columns = table.columns.iter().map(ToString::to_string).collect();
            sealed.record(&Record::Table(table.name.to_owned(), columns))?;
            last = Some(table.name);
        }
        sealed.record(&Record::Row(values))?;
        rows += 1;
    }
    Ok(rows)
}

/// In the record of every tenant: each one's secrets are in it.
async fn record(app: &App, by: &Actor, made: &Made, place: &str) -> Result<(), BackupError> {
    let failed = |error: StoreError| BackupError::NotRecorded(error.into());
    let now = app.now().map_err(|error| BackupError::NotRecorded(error.into()))?;
    let mut batch = Batch::default();
    for tenant in tenants::tenants(&app.store).await.map_err(failed)? {
        let detail = detail([
            ("by", by.as_str().into()),
            ("created", String::from(made.created).into()),
            ("file", place.into()),
            ("bytes", made.bytes.into()),
            ("rows", made.rows.into()),
        ]);
        let kind = EventKind::BackupMade;
        batch = app.record(batch, now, tenant.id, kind, About::default(), detail);
    }
    app.store.commit(batch).await.map_err(failed)
}

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}

/// Seals records on their way out.
struct Sealed<'o, W> {
    sealer: Sealer,
    out: &'o mut W,
    plain: Zeroizing<Vec<u8>>,
    ready: Vec<u8>,
    bytes: u64,
}

impl<W: Write> Sealed<'_, W> {
    fn record(&mut self, record: &Record) -> Result<(), BackupError> {
        self.plain.clear();
        format::write(record, &mut self.plain)?;
        self.sealer.push(&self.plain, &mut self.ready);
        Self::send(self.out, &mut self.ready, &mut self.bytes)
    }

    fn finish(mut self) -> Result<u64, BackupError> {
        self.sealer.finish(&mut self.ready);
        Self::send(self.out, &mut self.ready, &mut self.bytes)?;
        self.out.flush().map_err(BackupError::Write)?;
        Ok(self.bytes)
    }

    fn send(out: &mut W, ready: &mut Vec<u8>, bytes: &mut u64) -> Result<(), BackupError> {
        out.write_all(ready).map_err(BackupError::Write)?;
        *bytes += u64::try_from(ready.len()).unwrap_or(u64::MAX);
        ready.clear();
        Ok(())
    }
}
