//! What becomes of a backup's rows on their way into a database.
//!
//! Between the backup and its restore people went on signing in. What they used up then must not
//! count again, and nobody knows any more what it was: so all that could have been used up goes.

use super::{
    EPOCH,
    columns::{Columns, table},
    format::{FormatError, Header, Part, Record},
};
use crate::{
    logins::factor_place,
    random::Random,
    store::{Table, TableRow, Value, schema_version},
};
use authx_core::{
    Cx, EventId, FactorId, Millis, Secret, TenantId,
    audit::{AuditKey, Event, EventKind},
    factor::Enrolment,
    seal::{DataKey, MasterKey},
    wire::login::Rfc3339,
};
use serde::Serialize;
use std::{collections::BTreeMap, ops::AddAssign};
use zeroize::Zeroizing;

/// What a restore takes away, so that nothing can be used twice.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Lost {
    /// Logins that were open.
    pub open_logins: u64,
    /// Remembered sign-ins.
    pub sessions: u64,
    /// Users' sets of recovery codes; they need new ones.
    pub recovery_codes: u64,
    /// Authenticator apps that were offered and not confirmed yet.
    pub pending_codes: u64,
    /// Factors that do not open; their users have to enrol again.
    pub unreadable: u64,
    /// Invitations; their users need new ones.
    pub invitations: u64,
    /// Phones that were enrolled and not confirmed yet.
    pub pending_phones: u64,
}

/// Who restores, and when.
#[derive(Clone, Debug)]
pub(super) struct Occasion {
    /// The time to record, and up to which codes count as spent.
    pub(super) at: Millis,
    /// Entries of the backup are dated later, and an operator vouches for the clock.
    pub(super) clock_accepted: bool,
    /// As recorded.
    pub(super) by: String,
}

/// A pass over the records of a backup.
pub(super) struct Renewal<'r> {
    occasion: &'r Occasion,
    random: &'r dyn Random,
    pub(super) header: Option<Header>,
    pub(super) config: Option<Secret>,
    pub(super) master: Option<MasterKey>,
    pub(super) audit: Option<AuditKey>,
    table: Option<&'static Table>,
    tenants: BTreeMap<TenantId, Held>,
    highest_seq: i64,
    /// The time of the entry with the highest ordinal.
    pub(super) newest: Millis,
    epoch: Option<u64>,
    pub(super) rows: u64,
    ended: bool,
}

struct Held {
    data_key: DataKey,
    lost: Lost,
}

impl<'r> Renewal<'r> {
    pub(super) fn new(occasion: &'r Occasion, random: &'r dyn Random) -> Self {
        Self {
            occasion,
            random,
            header: None,
            config: None,
            master: None,
            audit: None,
            table: None,
            tenants: BTreeMap::new(),
            highest_seq: 0,
            newest: Millis(0),
            epoch: None,
            rows: 0,
            ended: false,
        }
    }

    /// Takes the next record; gives what is to be stored of it.
    pub(super) fn take(&mut self, record: Record) -> Result<Option<TableRow>, FormatError> {
        if self.ended || (self.header.is_none() && !matches!(record, Record::Header(_))) {
            return Err(FormatError::Broken("order"));
        }
        match record {
            Record::Header(header) => self.begin(header)?,
            Record::File(part, text) => self.file(part, text)?,
            Record::Table(name, columns) => {
                let table = Table::named(&name).filter(|table| columns == table.columns);
                self.table = Some(table.ok_or(FormatError::Broken("table"))?);
            }
            Record::Row(values) => return self.row(values),
            Record::End(rows) if rows == self.rows => self.ended = true,
            Record::End(_) => return Err(FormatError::Broken("number of rows")),
        }
        Ok(None)
    }

    /// What was taken away, over all tenants.
    pub(super) fn lost(&self) -> Lost {
        self.tenants.values().fold(Lost::default(), |mut sum, tenant| {
            sum += tenant.lost;
            sum
        })
    }

    /// The rows that come after all others: the record of the restore itself.
    pub(super) fn finish(&mut self) -> Result<Vec<TableRow>, FormatError> {
        if !self.ended {
            return Err(FormatError::Broken("end"));
        }
        let mut rows = vec![(table("meta")?, vec![EPOCH.into(), self.next_epoch().into()])];
        let tenants: Vec<_> = self.tenants.iter().map(|(id, held)| (*id, held.lost)).collect();
        for (tenant, lost) in tenants {
            if self.occasion.clock_accepted {
                let detail = [("newest_before", String::from(Rfc3339(self.newest)).into())];
                rows.push(self.event(tenant, EventKind::ClockAccepted, detail)?);
            }
            let header = self.header.as_ref().ok_or(FormatError::Broken("header"))?;
            let backup = String::from(header.created).into();
            let lost = serde_json::to_value(lost).map_err(|_| FormatError::Broken("counts"))?;
            let detail = [("backup", backup), ("lost", lost)];
            rows.push(self.event(tenant, EventKind::Restored, detail)?);
        }
        Ok(rows)
    }

    fn begin(&mut self, header: Header) -> Result<(), FormatError> {
        let (found, known) = (header.schema, schema_version());
        if found != known {
            return Err(FormatError::OtherSchema { found, known, made_by: header.made_by });
        }
        self.header = Some(header);
        Ok(())
    }

    fn file(&mut self, part: Part, text: Secret) -> Result<(), FormatError> {
        let as_text = || std::str::from_utf8(text.expose());
        match part {
            Part::Config => self.config = Some(text),
            Part::MasterKey => {
                let key = as_text().ok().and_then(|text| MasterKey::parse(text).ok());
                self.master = Some(key.ok_or(FormatError::Broken("master key"))?);
            }
            Part::AuditKey => {
                let key = as_text().ok().and_then(|text| AuditKey::parse(text).ok());
                self.audit = Some(key.ok_or(FormatError::Broken("audit key"))?);
            }
        }
        Ok(())
    }

    fn row(&mut self, values: Vec<Value>) -> Result<Option<TableRow>, FormatError> {
        let table = self.table.ok_or(FormatError::Broken("order"))?;
        if values.len() != table.columns.len() {
            return Err(FormatError::Broken("row"));
        }
        self.rows += 1;
        let mut row = Columns { table, values };
        let kept = match table.name {
            "meta" => self.meta(&row)?,
            "tenant" => self.tenant(&mut row)?,
            "factor" => self.factor(&mut row)?,
            "phone" => self.phone(&row)?,
            "invitation" => self.invitation(&row)?,
            "account" => row.without_bypass()?,
            // It may have been used, or ended, since.
            "activation" | "approval" | "caller_check" | "portal_challenge" | "portal_link"
            | "portal_session" => false,
            // A mail that waited was sent since.
            "delivery" | "phone_request" => row.value("ended") != Some(&Value::Null),
            "login" => self.login(&row)?,
            "session" => self.session(&row)?,
            "event" => self.count(&row)?,
            _ => true,
        };
        Ok(kept.then_some((table, row.values)))
    }

    fn meta(&mut self, row: &Columns) -> Result<bool, FormatError> {
        if row.text("key")? != EPOCH {
            return Ok(true);
        }
        self.epoch = row.text("value")?.parse().ok();
        Ok(false)
    }

    /// Greater than ever before; two restores of one backup differ too.
    fn next_epoch(&self) -> String {
        let next = self.epoch.map_or(1, |epoch| epoch.saturating_add(1));
        next.max(self.occasion.at.0).to_string()
    }

    fn tenant(&mut self, row: &mut Columns) -> Result<bool, FormatError> {
        let id = TenantId::from_bytes(row.id("id")?);
        let master = self.master.as_ref().ok_or(FormatError::Broken("master key"))?;
        let data_key = master.unwrap(id, row.bytes("data_key")?);
        let data_key = data_key.map_err(|_| FormatError::Broken("master key"))?;
        self.tenants.insert(id, Held { data_key, lost: Lost::default() });
        let generation = row.int("generation")?.saturating_add(LEAP);
        row.set("generation", generation.into())?;
        Ok(true)
    }

    fn factor(&mut self, row: &mut Columns) -> Result<bool, FormatError> {
        let tenant = TenantId::from_bytes(row.id("tenant")?);
        let id = FactorId::from_bytes(row.id("id")?);
        let place = factor_place(tenant, &id);
        let held = self.tenants.get_mut(&tenant).ok_or(FormatError::Broken("tenant"))?;
        if row.text("state")? == "pending" {
            // A phone's own is counted with the phone.
            held.lost.pending_codes += u64::from(row.value("phone") == Some(&Value::Null));
            return Ok(false);
        }
        let opened = held.data_key.open(&place, row.bytes("record")?).ok();
        let renewed = match opened.and_then(|it| serde_json::from_slice(it.expose()).ok()) {
            Some(Enrolment::Code(mut code)) => {
                code.spend_through(self.occasion.at.secs());
                Enrolment::Code(code)
            }
            Some(Enrolment::Push(mut push)) => {
                push.forget_codes();
                Enrolment::Push(push)
            }
            // One that was handed out for a day is not worth a word.
            Some(Enrolment::Bypass(_)) => return Ok(false),
            Some(Enrolment::Recovery(_)) => {
                held.lost.recovery_codes += 1;
                return Ok(false);
            }
            None => {
                held.lost.unreadable += 1;
                return Ok(false);
            }
        };
        let record = serde_json::to_vec(&renewed).map(Zeroizing::new);
        let record = record.map_err(|_| FormatError::Broken("factor"))?;
        let mut fill = |out: &mut [u8]| self.random.fill(out);
        let mut cx = Cx { now: self.occasion.at, random: &mut fill };
        row.set("record", held.data_key.seal(&mut cx, &place, &record).into())?;
        row.set("version", row.int("version")?.saturating_add(1).into())?;
        Ok(true)
    }

    /// What is pending is made again; its seed is not among the factors that are kept.
    fn phone(&mut self, row: &Columns) -> Result<bool, FormatError> {
        let counts = row.text("state")? != "pending";
        if !counts {
            self.lost_of(row)?.pending_phones += 1;
        }
        Ok(counts)
    }

    /// It may have been spent since.
    fn invitation(&mut self, row: &Columns) -> Result<bool, FormatError> {
        self.lost_of(row)?.invitations += 1;
        Ok(false)
    }

    fn login(&mut self, row: &Columns) -> Result<bool, FormatError> {
        let is_final = row.int("final")? != 0;
        if !is_final {
            self.lost_of(row)?.open_logins += 1;
        }
        Ok(is_final)
    }

    fn session(&mut self, row: &Columns) -> Result<bool, FormatError> {
        self.lost_of(row)?.sessions += 1;
        Ok(false)
    }

    fn lost_of(&mut self, row: &Columns) -> Result<&mut Lost, FormatError> {
        let tenant = TenantId::from_bytes(row.id("tenant")?);
        let held = self.tenants.get_mut(&tenant).ok_or(FormatError::Broken("tenant"))?;
        Ok(&mut held.lost)
    }

    fn count(&mut self, row: &Columns) -> Result<bool, FormatError> {
        let seq = row.int("seq")?;
        if seq > self.highest_seq {
            self.highest_seq = seq;
            self.newest = Millis(u64::try_from(row.int("at")?).unwrap_or(0));
        }
        Ok(true)
    }

    fn event<const N: usize>(
        &mut self,
        tenant: TenantId,
        kind: EventKind,
        detail: [(&str, serde_json::Value); N],
    ) -> Result<TableRow, FormatError> {
        let mut fill = |out: &mut [u8]| self.random.fill(out);
        let mut cx = Cx { now: self.occasion.at, random: &mut fill };
        let mut detail = crate::admin::detail(detail);
        detail.insert("by".to_owned(), self.occasion.by.as_str().into());
        let event = Event {
            id: EventId::new(&mut cx),
            tenant,
            at: self.occasion.at,
            kind,
            user: None,
            application: None,
            login: None,
            support_code: None,
            detail,
        };
        let mac = self.audit.as_ref().ok_or(FormatError::Broken("audit key"))?.mac(&event);
        self.highest_seq = self.highest_seq.saturating_add(1);
        let table = table("event")?;
        let values = vec![Value::Null; table.columns.len()];
        let mut row = Columns { table, values };
        row.set("seq", self.highest_seq.into())?;
        row.set("tenant", tenant.into())?;
        row.set("id", event.id.into())?;
        row.set("at", event.at.into())?;
        row.set("kind", kind.as_str().into())?;
        row.set("detail", event.detail_text().into())?;
        row.set("mac", mac.into())?;
        Ok((table, row.values))
    }
}

impl AddAssign for Lost {
    fn add_assign(&mut self, other: Self) {
        self.open_logins += other.open_logins;
        self.sessions += other.sessions;
        self.recovery_codes += other.recovery_codes;
        self.pending_codes += other.pending_codes;
        self.unreadable += other.unreadable;
        self.invitations += other.invitations;
        self.pending_phones += other.pending_phones;
    }
}

/// Far more changes than a tenant sees between two backups: a process that remembers the past that
/// was lost cannot take its own generation for the present one.
const LEAP: i64 = 1 << 32;
