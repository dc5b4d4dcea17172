//! Verifying the record of every tenant, whether its tenant is still listed or not.

use super::AdminError;
use crate::{
    app::App,
    store::{Batch, Flow, Row, events, meta, record as stored, retention},
};
use authx_core::{
    TenantId,
    audit::{Range, Report, Row as Entry, Verifier, Witness},
};
use std::collections::BTreeSet;

/// The outcome for an installation.
#[derive(Clone, Debug)]
pub struct Verification {
    /// One report for each tenant, in the order of ids.
    pub reports: Vec<Report>,
    /// Rows or seals of tenants whose id is not even of the form of one: somebody put them in.
    pub strays: u64,
}

impl Verification {
    /// Whether nothing is wrong anywhere.
    pub fn is_intact(&self) -> bool {
        self.strays == 0 && self.reports.iter().all(Report::is_intact)
    }
}

/// Reads the whole record again. `witnesses` were kept elsewhere.
///
/// Costs one pass over each tenant's entries, in memory that does not grow with them; the server
/// may go on serving.
///
/// # Errors
///
/// [`AdminError::Store`]: the database gave no answer, so nothing is known.
pub async fn verify(app: &App, witnesses: &[Witness]) -> Result<Verification, AdminError> {
    // Also tenants that only a witness knows any more.
    let mut tenants: BTreeSet<TenantId> = witnesses.iter().map(|w| w.tenant).collect();
    let mut strays = 0;
    let mut found = stored::recorded_tenants(&app.store);
    while let Some(row) = found.next().await? {
        match row.tenant(0) {
            Ok(id) => {
                tenants.insert(id);
            }
            Err(_) => strays += 1,
        }
    }
    let mut reports = Vec::with_capacity(tenants.len());
    for tenant in tenants {
        reports.push(verify_tenant(app, tenant, witnesses).await?);
    }
    let verification = Verification { reports, strays };
    remember(app, &verification).await?;
    Ok(verification)
}

/// Whether the last verification found something wrong with a tenant's record, or with what
/// belongs to no tenant.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn last_failed(app: &App, tenant: TenantId) -> Result<bool, AdminError> {
    let failed = meta::read(&app.store, LAST_FAILED).await?.unwrap_or_default();
    let tenant = tenant.to_string();
    Ok(failed.split(' ').any(|word| word == STRAYS || word == tenant))
}

/// Writes nothing while all is well, as always.
async fn remember(app: &App, verification: &Verification) -> Result<(), AdminError> {
    let changed = verification.reports.iter().filter(|report| !report.is_intact());
    let mut words: Vec<String> = changed.map(|report| report.tenant.to_string()).collect();
    words.extend((verification.strays > 0).then(|| STRAYS.to_owned()));
    let before = meta::read(&app.store, LAST_FAILED).await?.unwrap_or_default();
    let after = words.join(" ");
    if before != after {
        app.store.commit(Batch::default().put_meta(LAST_FAILED, after)).await?;
    }
    Ok(())
}

const LAST_FAILED: &str = "record_changed";
const STRAYS: &str = "strays";

/// Entries that are removed by policy in the very moment of a verification would look like removed
/// ones. So whoever finds something looks whether that happened, and reads again.
async fn verify_tenant(
    app: &App,
    tenant: TenantId,
    witnesses: &[Witness],
) -> Result<Report, AdminError> {
    let mut before = retention::entries(&app.store, tenant).await?;
    for _ in 0..MOST_READINGS {
        let report = read_tenant(app, tenant, witnesses, &before).await?;
        let after = retention::entries(&app.store, tenant).await?;
        if report.is_intact() || before == after {
            return Ok(report);
        }
        before = after;
    }
    read_tenant(app, tenant, witnesses, &before).await
}

const MOST_READINGS: usize = 3;

async fn read_tenant(
    app: &App,
    tenant: TenantId,
    witnesses: &[Witness],
    removals: &[Row],
) -> Result<Report, AdminError> {
    let mut verifier = Verifier::new(&app.keys.audit, tenant, witnesses);
    for row in removals {
        if let Some(entry) = entry(row.int(0)?, row) {
            verifier.removal(&entry);
        }
    }
    let mut seals = stored::seals(&app.store, tenant);
    // The seals begin to be read first, so that no row is read before the seal that covers it.
    let mut seal = seals.next().await?;
    let mut rows = Rows { flow: stored::rows(&app.store, tenant), ahead: None };
    while let Some(row) = seal {
        match events::seal(&row) {
            Ok(seal) => {
                if let Some(range) = verifier.seal(&seal) {
                    rows.feed(&mut verifier, range).await?;
                }
            }
            Err(_) => verifier.unreadable_seal(row.count(1).unwrap_or(0)),
        }
        seal = seals.next().await?;
    }
    let tail = verifier.tail();
    rows.feed(&mut verifier, tail).await?;
    Ok(verifier.finish())
}

/// The rows of a tenant, read once: what a seal asks for always comes after what was fed before.
struct Rows {
    flow: Flow<Row>,
    /// The first row beyond the last range.
    ahead: Option<Row>,
}

impl Rows {
    async fn feed(&mut self, verifier: &mut Verifier<'_>, range: Range) -> Result<(), AdminError> {
        loop {
            let row = match self.ahead.take() {
                Some(row) => row,
                None => match self.flow.next().await? {
                    Some(row) => row,
                    None => return Ok(()),
                },
            };
            let seq = row.int(0)?;
            if seq > range.last {
                self.ahead = Some(row);
                return Ok(());
            }
            match entry(seq, &row) {
                Some(entry) => verifier.row(&entry),
                None => verifier.unreadable_row(seq),
            }
        }
    }
}

/// `None`: its columns are not of the shape of an entry.
pub(super) fn entry(seq: i64, row: &Row) -> Option<Entry<'_>> {
    Some(Entry {
        seq,
        id: row.bytes(1).ok()?,
        at: row.int(2).ok()?,
        kind: row.text(3).ok()?,
        user: row.opt_bytes(4).ok()?,
        application: row.opt_bytes(5).ok()?,
        login: row.opt_bytes(6).ok()?,
        support_code: row.opt_text(7).ok()?,
        detail: row.text(8).ok()?,
        mac: row.bytes(9).ok()?,
    })
}
