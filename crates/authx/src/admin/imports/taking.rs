//! The lines of a file, some hundred at a time: what each comes to, and what is written of it.

mod comparing;

use super::{
    Counts, Fault, ImportError, Open, Options,
    reader::{Line, Lines},
    run::text,
};
use crate::{
    admin::{
        Actor, AdminError, TRIES, Tenant, accounts as admin_accounts,
        accounts::Details,
        alike::Alike,
        detail,
        groups::{self as admin_groups, GroupError},
        pause,
    },
    app::{About, App},
    store::{
        Batch, StoreError,
        accounts::{self, AccountRow, NewAccount},
        groups,
    },
};
use authx_core::{
    GroupId, ImportId, Millis, TenantId, UserId, audit::EventKind, name::Name, role::Permission,
};
use futures_util::future::try_join_all;
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};
use tokio::sync::mpsc;

/// A file on its way in.
pub(super) struct Taking<'a> {
    app: &'a App,
    by: &'a Actor,
    tenant: TenantId,
    renew: bool,
    /// `None` writes nothing.
    import: Option<ImportId>,
    groups: HashMap<String, GroupId>,
    /// Groups in which this administrator may put nobody.
    closed: Vec<GroupId>,
    alike: Alike,
    /// In which line a name stood first, by a hash: 16 bytes a name, however long the file.
    seen: HashMap<u64, u64>,
    hasher: RandomState,
    pub(super) counts: Counts,
}

/// What a line comes to.
enum Comes {
    Make,
    Change(Box<AccountRow>),
    Same,
}

impl<'a> Taking<'a> {
    pub(super) async fn begin(
        app: &'a App,
        by: &'a Actor,
        tenant: TenantId,
        options: &Options,
        import: Option<ImportId>,
    ) -> Result<Self, ImportError> {
        by.check_outranks(None)?;
        let groups = groups::groups(&app.store, tenant).await.map_err(AdminError::from)?;
        let alike = Alike::of(app, tenant).await?;
        let closed = if by.may(Permission::PoliciesWrite) {
            vec![]
        } else {
            admin_groups::deciding(app, tenant).await?
        };
        let folded = |name: &str| Name::new(name).map(|name| name.folded()).unwrap_or_default();
        Ok(Self {
            app,
            by,
            tenant,
            renew: options.renew,
            import,
            groups: groups.into_iter().map(|group| (folded(&group.name), group.id)).collect(),
            closed,
            alike,
            seen: HashMap::new(),
            hasher: RandomState::new(),
            counts: Counts::default(),
        })
    }

    pub(super) async fn all(
        &mut self,
        open: Open<'_>,
        told: &mut (dyn FnMut(Fault) + Send),
    ) -> Result<(), ImportError> {
        let file = open().map_err(ImportError::Read)?;
        let (sender, mut parts) = mpsc::channel(2);
        // Reading has a thread of its own, and waits while the database is busy.
        let reading = tokio::task::spawn_blocking(move || {
            let mut lines = Lines::open(file)?;
            loop {
                let mut part = Vec::with_capacity(PART);
                while part.len() < PART {
                    let Some(line) = lines.next()? else { break };
                    part.push(line);
                }
                if part.is_empty() || sender.blocking_send(part).is_err() {
                    return Ok::<_, ImportError>(());
                }
            }
        });
        while let Some(part) = parts.recv().await {
            let (mut lines, mut faults) = (vec![], vec![]);
            for line in part {
                self.counts.lines += 1;
                match line.and_then(|line| self.first_time(line)) {
                    Ok(line) => lines.push(line),
                    Err(fault) => {
                        self.counts.faults += 1;
                        faults.push(fault);
                    }
                }
            }
            faults.extend(self.part(lines).await?);
            // What the form alone shows is found first; people read from the first line on.
            faults.sort_by_key(|fault| fault.line);
            faults.into_iter().for_each(&mut *told);
        }
        let ended = reading.await;
        ended.map_err(|error| ImportError::Read(std::io::Error::other(error)))?
    }

    /// Fails where a name of the line stood further up already.
    fn first_time(&mut self, line: Line) -> Result<Line, Fault> {
        let own = line.name.folded();
        let names = std::iter::once(("name", &line.name));
        let aliases = line.aliases.iter().map(|alias| ("aliases", alias));
        for (column, name) in names.chain(aliases) {
            let folded = name.folded();
            if column == "aliases" && folded == own {
                continue;
            }
            let hash = self.hasher.hash_one(&folded);
            let first = *self.seen.entry(hash).or_insert(line.number);
            if first != line.number {
                let message = format!("stands in line {first} too; a name is one person's");
                return Err(fault(&line, column, name.as_str(), message));
            }
        }
        Ok(line)
    }

    /// Takes in some hundred lines with one commit. Gives what is wrong with some of them.
    async fn part(&mut self, lines: Vec<Line>) -> Result<Vec<Fault>, ImportError> {
        let before = self.counts;
        for _ in 0..TRIES {
            self.counts = before;
            let tenant = Tenant::load(self.app, self.tenant).await?;
            self.by.check_still(self.app, self.tenant).await?;
            let now = self.app.now().map_err(AdminError::from)?;
            let mut batch = Batch::default().raise_generation(self.tenant, tenant.generation);
            let mut faults = vec![];
            let comes = try_join_all(lines.iter().map(|line| self.comes(line))).await?;
            for (line, comes) in lines.iter().zip(comes) {
                match comes {
                    Err(fault) => faults.push(fault),
                    Ok(Comes::Same) => self.counts.same += 1,
                    Ok(Comes::Make) => {
                        self.counts.made += 1;
                        batch = self.make(batch, now, line);
                    }
                    Ok(Comes::Change(row)) => {
                        self.counts.changed += 1;
                        batch = self.change(batch, now, line, &row).await?;
                    }
                }
            }
            let writes = self.counts.made + self.counts.changed > before.made + before.changed;
            let many = u64::try_from(faults.len()).unwrap_or(u64::MAX);
            let counts = Counts { faults: self.counts.faults + many, ..self.counts };
            if let Some(id) = self.import {
                let moved = Batch::default();
                let moved =
                    moved.move_import(self.tenant, id, ["running", "running"], &text(&counts), now);
                let batch = if writes { batch.and(moved) } else { moved };
                match self.app.store.commit(batch).await {
                    Ok(()) => {}
                    Err(StoreError::Conflict) => {
                        pause(self.app).await;
                        continue;
                    }
                    Err(error) => return Err(AdminError::from(error).into()),
                }
            }
            self.counts.faults = counts.faults;
            return Ok(faults);
        }
        Err(AdminError::Busy.into())
    }

    /// What a line comes to, as things stand.
    async fn comes(&self, line: &Line) -> Result<Result<Comes, Fault>, ImportError> {
        for group in &line.groups {
            let message = match self.groups.get(&group.folded()) {
                None => "there is no such group; make it first, or leave it out".to_owned(),
                Some(id) if self.closed.contains(id) => {
                    GroupError::DecidesFactor(group.to_string()).to_string()
                }
                Some(_) => continue,
            };
            return Ok(Err(fault(line, "groups", group.as_str(), message)));
        }
        let store = &self.app.store;
        let named = accounts::account_named(store, self.tenant, &line.name).await;
        let row = named.map_err(AdminError::from)?;
        for alias in &line.aliases {
            let owner = accounts::account_named(store, self.tenant, alias).await;
            let owner = owner.map_err(AdminError::from)?;
            let other = owner.filter(|owner| row.as_ref().is_none_or(|row| row.id != owner.id));
            if let Some(owner) = other {
                let message = admin_accounts::taken(alias, owner).to_string();
                return Ok(Err(fault(line, "aliases", alias.as_str(), message)));
            }
        }
        if let Some(fault) = self.alike(line, row.as_ref().map(|row| row.id)).await? {
            return Ok(Err(fault));
        }
        let Some(row) = row else { return Ok(Ok(Comes::Make)) };
        let name = line.name.as_str();
        if row.removed.is_some() {
            let message = admin_accounts::taken(&line.name, row).to_string();
            return Ok(Err(fault(line, "name", name, message)));
        }
        let Some((column, value)) = self.differs(line, &row).await? else {
            return Ok(Ok(Comes::Same));
        };
        if let Err(error) = self.by.check_outranks(row.role) {
            return Ok(Err(fault(line, "name", name, error.to_string())));
        }
        if !self.renew {
            let message = format!(
                "user “{}” is there, and differs here; choose to change users who are there, or \
                 leave it out",
                row.name
            );
            return Ok(Err(fault(line, column, &value, message)));
        }
        Ok(Ok(Comes::Change(Box::new(row))))
    }

    fn make(&self, batch: Batch, now: Millis, line: &Line) -> Batch {
        let id = self.app.decide(now, UserId::new);
        let mut names = vec![line.name.folded()];
        names.extend(line.aliases.iter().map(Name::folded));
        names.sort_unstable();
        names.dedup();
        let search = line.details.search(&names);
        let mut batch = batch.insert_account(NewAccount {
            tenant: self.tenant,
            id,
            name: &line.name,
            known: line.details.known(&search),
            active: line.active.unwrap_or(true),
            password: None,
            now,
            import: self.import,
        });
        for name in &names {
            batch = batch.insert_alias(self.tenant, id, name);
        }
        let mut entry = detail([("name", line.name.as_str().into())]);
        line.details.record(&mut entry);
        self.with_groups(batch, now, line, id, EventKind::UserCreated, entry)
    }

    async fn change(
        &self,
        batch: Batch,
        now: Millis,
        line: &Line,
        row: &AccountRow,
    ) -> Result<Batch, ImportError> {
        let known = accounts::aliases_of(&self.app.store, self.tenant, row.id).await;
        let mut names = known.map_err(AdminError::from)?;
        let mut batch = batch;
        for alias in line.aliases.iter().map(Name::folded) {
            if !names.contains(&alias) {
                batch = batch.insert_alias(self.tenant, row.id, &alias);
                names.push(alias);
            }
        }
        let stored = Details::of(row);
        let details = Details {
            display: line.details.display.clone().or(stored.display),
            mail: line.details.mail.clone().or(stored.mail),
        };
        let search = details.search(&names);
        let damaged = |error: authx_core::name::InvalidName| AdminError::Damaged(error.to_string());
        let name = Name::new(&row.name).map_err(damaged)?;
        batch = batch.describe_account(self.tenant, row.id, &name, details.known(&search));
        let of = (self.tenant, row.id);
        let told = admin_accounts::tell_old_address(self.app, self.by, of, now, row, &details);
        batch = batch.and(told.await?);
        let mut entry = admin_accounts::changed(row, &name, &details);
        if let Some(active) = line.active.filter(|active| *active != row.active) {
            batch = batch.set_active(self.tenant, row.id, active);
            entry.insert("active".to_owned(), active.into());
            if !active {
                batch = batch.end_sessions(self.tenant, row.id, now).end_portal(
                    self.tenant,
                    row.id,
                    now,
                );
            }
        }
        Ok(self.with_groups(batch, now, line, row.id, EventKind::UserChanged, entry))
    }

    fn with_groups(
        &self,
        mut batch: Batch,
        now: Millis,
        line: &Line,
        id: UserId,
        kind: EventKind,
        mut entry: Map<String, Value>,
    ) -> Batch {
        for group in &line.groups {
            if let Some(&group) = self.groups.get(&group.folded()) {
                batch = batch.join_group(self.tenant, id, group);
            }
        }
        let names = |names: &[Name]| -> Vec<String> { names.iter().map(Name::to_string).collect() };
        if !line.aliases.is_empty() {
            entry.insert("aliases".to_owned(), names(&line.aliases).into());
        }
        if !line.groups.is_empty() {
            entry.insert("groups".to_owned(), names(&line.groups).into());
        }
        if let Some(import) = self.import {
            entry.insert("import_id".to_owned(), import.to_string().into());
        }
        self.by.sign(&mut entry);
        let about = About { user: Some(id), ..About::default() };
        self.app.record(batch, now, self.tenant, kind, about, entry)
    }
}

fn fault(line: &Line, column: &'static str, value: &str, message: String) -> Fault {
    Fault { line: line.number, column, value: value.to_owned(), message }
}

/// Lines of one commit.
const PART: usize = 500;
