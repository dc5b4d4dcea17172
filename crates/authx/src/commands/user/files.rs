//! `authx user import`, `imports`, `undo-import`, `export`.

use super::super::{Global, Output, opened::Opened, table::Table};
use crate::{
    admin::{
        exports,
        imports::{self, Counts, Fault, Import, Options},
    },
    store::accounts::{Filter, Standing},
};
use anyhow::Context as _;
use authx_core::{ImportId, TenantId, wire::login::Rfc3339};
use authx_program::output::emit;
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;
use std::{
    fs::File,
    io::{Read, Write as _},
    path::PathBuf,
    sync::Arc,
};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A CSV file in UTF-8; its first line names the columns
    file: PathBuf,
    /// Say what it would do, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the lines that are not taken in to this file, as CSV
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Change users who are there already, where the file says otherwise
    #[arg(long)]
    update: bool,
}

#[derive(Serialize)]
struct Taken {
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<ImportId>,
    dry_run: bool,
    #[serde(flatten)]
    counts: Counts,
    faults: Vec<Fault>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<Import>);

#[derive(Serialize)]
struct Undone {
    import_id: ImportId,
    #[serde(flatten)]
    undone: imports::Undone,
}

/// Returns whether every line was taken in.
pub(super) async fn import(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    arguments: Arguments,
) -> anyhow::Result<bool> {
    let Arguments { file, dry_run, errors, update } = arguments;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let options = Options { name, renew: update };
    let path = Arc::new(file);
    let open = move || {
        let read: Box<dyn Read + Send> = Box::new(File::open(path.as_path())?);
        Ok(read)
    };
    let mut written = match &errors {
        Some(path) => {
            let mut file =
                File::create(path).with_context(|| format!("{} cannot be made", path.display()))?;
            file.write_all(imports::faults_csv(&[]).as_bytes())
                .context("nothing can be written")?;
            Some(file)
        }
        None => None,
    };
    let (mut shown, mut failed) = (vec![], None);
    let mut told = |fault: Fault| {
        if let Some(file) = &mut written
            && let Err(error) = file.write_all(imports::fault_csv(&fault).as_bytes())
        {
            failed = Some(error);
        }
        if shown.len() < MOST_SHOWN {
            shown.push(fault);
        }
    };
    let (import_id, counts) = if dry_run {
        (None, imports::check(app, by, tenant, &open, &options, &mut told).await?)
    } else {
        let done = imports::run(app, by, tenant, &open, &options, &mut told).await?;
        (Some(done.id), done.counts)
    };
    if let Some(error) = failed {
        return Err(error).context("the lines that were not taken in could not all be written");
    }
    let good = counts.faults == 0;
    Taken { import_id, dry_run, counts, faults: shown }.write(global.json)?;
    Ok(good)
}

pub(super) async fn list(
    global: &Global,
    Opened { app, .. }: &Opened,
    tenant: TenantId,
) -> anyhow::Result<()> {
    List(imports::list(app, tenant).await?).write(global.json)
}

pub(super) async fn undo(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    import_id: ImportId,
) -> anyhow::Result<()> {
    let undone = imports::undo(app, by, tenant, import_id).await?;
    Undone { import_id, undone }.write(global.json)
}

/// CSV, also with `--json`.
pub(super) async fn export(
    Opened { app, by }: &Opened,
    tenant: TenantId,
    standing: Option<Standing>,
) -> anyhow::Result<()> {
    let filter = Filter { standing, ..Filter::default() };
    let mut export = exports::users(app, by, tenant, &filter).await?;
    while let Some(part) = export.next().await? {
        if !emit(&part)? {
            break;
        }
    }
    Ok(())
}

impl Output for Taken {
    fn text(&self) -> String {
        let Counts { lines, made, changed, same, faults } = self.counts;
        let mut text = if self.dry_run {
            format!(
                "{lines} lines: {made} users would be made, {changed} changed; {same} are as the \
                 file says; {faults} lines cannot be taken in.\n"
            )
        } else {
            format!(
                "{lines} lines: {made} users made, {changed} changed; {same} were as the file \
                 says; {faults} lines were not taken in.\n"
            )
        };
        for fault in &self.faults {
            let place = if fault.column.is_empty() {
                format!("line {}", fault.line)
            } else {
                format!("line {}, {} “{}”", fault.line, fault.column, fault.value)
            };
            text.push_str(&authx_program::output::visible(&format!("{place}: {}", fault.message)));
            text.push('\n');
        }
        let shown = u64::try_from(self.faults.len()).unwrap_or(u64::MAX);
        if faults > shown {
            let more = faults - shown;
            let _ = writeln!(text, "And {more} more; `--errors FILE` writes all.");
        }
        if let Some(id) = self.import_id.filter(|_| made > 0) {
            let _ = writeln!(text, "Back again: authx user undo-import {id}");
        }
        text
    }
}

impl Output for List {
    fn text(&self) -> String {
        let mut table =
            Table::new(&["WHEN", "FILE", "STATE", "MADE", "CHANGED", "BY", "IMPORT ID"]);
        for import in &self.0 {
            let Rfc3339(at) = import.created;
            table.row([
                String::from(Rfc3339(at)),
                import.name.clone(),
                import.state.clone(),
                import.counts.made.to_string(),
                import.counts.changed.to_string(),
                import.by.clone(),
                import.id.to_string(),
            ]);
        }
        table.text("Nothing was imported yet; begin with `authx user import FILE --dry-run`.")
    }
}

impl Output for Undone {
    fn text(&self) -> String {
        let imports::Undone { deleted, kept } = self.undone;
        format!(
            "{deleted} users are removed again; {kept} stay, as they were used since. What the \
             import changed stays.\n"
        )
    }
}

/// Faults on the terminal.
const MOST_SHOWN: usize = 20;
