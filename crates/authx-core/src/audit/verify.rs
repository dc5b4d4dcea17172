//! Reads a record again and says what was done to it.

use super::{
    AuditKey, EventKind, Finding, Removal, Report, Row, Seal, Witness, approval::PhoneKeys,
    merkle::Tree, removed::Removals, repeats::Repeats,
};
use crate::{Millis, id::TenantId};
use serde::Serialize;

/// Rows by their ordinals, both included, as `BETWEEN` takes them. Nothing that someone may have put
/// into the table lies outside all ranges, ordinals below 1 neither.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Range {
    /// The lowest ordinal.
    pub first: i64,
    /// The highest ordinal.
    pub last: i64,
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == i64::MIN {
            write!(f, "up to row {}", self.last)
        } else {
            write!(f, "from row {} to row {}", self.first, self.last)
        }
    }
}

/// Verifies the record of one tenant in one pass, in memory that does not grow with it.
///
/// Feed first, to [`Self::removal`], the rows that tell of removals. Then every seal in the order of
/// numbers, and after each the rows that [`Self::seal`] asks for, in the order of ordinals; then the
/// rows that [`Self::tail`] asks for; then [`Self::finish`]. Read the seals before the rows when the
/// server is running, so that no row is read before the seal that covers it.
#[derive(Debug)]
pub struct Verifier<'k> {
    key: &'k AuditKey,
    /// Those of the tenant, newest last.
    witnesses: Vec<Witness>,
    /// What the seal whose rows are being fed says; `None` while nothing is open.
    open: Option<Seal>,
    /// The last genuine seal whose rows have all been fed.
    closed: Option<Seal>,
    /// The last one whose rows were compared with it: number and count.
    compared: (u64, u64),
    removals: Removals,
    /// The number of the last seal, genuine or not.
    number: u64,
    /// Whether every seal since `closed` was there and genuine.
    unbroken: bool,
    stretch: Stretch,
    range: Range,
    /// The first ordinal that was not compared yet.
    from: i64,
    /// The last row that told of a removal.
    removal_seq: i64,
    last_seq: Option<i64>,
    repeats: Repeats,
    phones: PhoneKeys,
    report: Report,
}

/// What was seen of the rows since the last genuine seal.
#[derive(Debug, Default)]
struct Stretch {
    tree: Tree,
    rows: u64,
    changed: u64,
    oldest: Option<i64>,
}

impl<'k> Verifier<'k> {
    /// Begins. `witnesses` are those that were kept elsewhere, in any order; those of other tenants
    /// are passed over.
    pub fn new(key: &'k AuditKey, tenant: TenantId, witnesses: &[Witness]) -> Self {
        let mut witnesses: Vec<_> =
            witnesses.iter().filter(|witness| witness.tenant == tenant).cloned().collect();
        witnesses.sort_unstable_by_key(|witness| witness.number);
        Self {
            key,
            witnesses,
            open: None,
            closed: None,
            compared: (0, 0),
            removals: Removals::default(),
            number: 0,
            unbroken: true,
            stretch: Stretch::default(),
            range: Range { first: i64::MIN, last: i64::MAX },
            from: i64::MIN,
            removal_seq: 0,
            last_seq: None,
            repeats: Repeats::default(),
            phones: PhoneKeys::default(),
            report: Report {
                tenant,
                rows: 0,
                seals: 0,
                removed: 0,
                findings: Vec::new(),
                further: 0,
                unsealed: 0,
                unsealed_since: None,
                witness: None,
            },
        }
    }

    /// Takes a row that tells of a removal, before all else; in the order of ordinals. What the
    /// audit key did not make counts for nothing here, and is found when its turn comes.
    pub fn removal(&mut self, row: &Row<'_>) {
        let removal = Removal::of(self.key, self.report.tenant, row);
        let (Some(removal), Ok(id)) = (removal, row.id.try_into()) else { return };
        if !self.removals.take(id, removal) {
            self.find(Finding::RemovalMisfit { seq: row.seq });
        }
        self.removal_seq = row.seq;
    }

    /// Takes the next seal and says which rows to feed before the one after it. `None`: none, as the
    /// seal is not genuine and what it covers cannot be known.
    #[must_use = "the rows of a seal come before the next seal"]
    pub fn seal(&mut self, seal: &Seal) -> Option<Range> {
        self.close();
        if !self.count_seal(seal.number) {
            return None;
        }
        if seal.tenant != self.report.tenant || !self.key.check_seal(seal) {
            self.unbroken = false;
            self.find(Finding::SealChanged { number: seal.number });
            return None;
        }
        self.compare_with_witnesses(seal);
        let (previous, mac) =
            self.closed.as_ref().map_or((0, [0; 32]), |seal| (seal.number, seal.mac));
        let (first, last) = (self.first_open(), ordinal(seal.upto));
        // An empty seal ends where the one before did.
        if (self.unbroken && seal.previous != mac) || last.saturating_add(1) < first {
            self.unbroken = false;
            self.find(Finding::ChainBroken { number: seal.number, previous });
        }
        self.open = Some(seal.clone());
        self.range = Range { first, last };
        Some(self.range)
    }

    /// A seal whose columns are not of the shape of a seal.
    pub fn unreadable_seal(&mut self, number: u64) {
        self.close();
        if self.count_seal(number) {
            self.unbroken = false;
            self.find(Finding::SealChanged { number });
        }
    }

    /// Takes the next row.
    pub fn row(&mut self, row: &Row<'_>) {
        self.count_row(row.seq, row.mac);
        if !self.key.check_row(self.report.tenant, row) {
            self.stretch.changed += 1;
            self.find(Finding::RowChanged { seq: row.seq });
            return;
        }
        self.stretch.oldest = Some(self.stretch.oldest.map_or(row.at, |at| at.min(row.at)));
        let kind = row.kind.parse::<EventKind>();
        if kind.is_err() {
            self.find(Finding::RowUnknown { seq: row.seq });
        }
        if kind == Ok(EventKind::PhoneActivated) {
            self.phones.note(row);
        }
        if kind == Ok(EventKind::LoginAllowed) && !self.phones.hold(row) {
            self.find(Finding::ApprovalUnsigned { seq: row.seq });
        }
        // A genuine row has the id of an event: 16 bytes.
        let Ok(id) = row.id.try_into() else { return };
        let first = if kind == Ok(EventKind::ClockAccepted) {
            self.repeats.is_first_set_back(row.at, id)
        } else {
            self.repeats.is_first(row.at, id)
        };
        if !first {
            self.find(Finding::RowMisplaced { seq: row.seq });
        }
    }

    /// A row whose columns are not of the shape of an event.
    pub fn unreadable_row(&mut self, seq: i64) {
        self.count_row(seq, &[]);
        self.stretch.changed += 1;
        self.find(Finding::RowChanged { seq });
    }

    /// Says, after the last seal, which rows are left: all with a higher ordinal.
    #[must_use = "the rows that no seal covers yet come after the last seal"]
    pub fn tail(&mut self) -> Range {
        self.close();
        self.range = Range { first: self.first_open(), last: i64::MAX };
        self.range
    }

    /// Ends.
    pub fn finish(mut self) -> Report {
        self.close();
        let last = self.closed.as_ref().map_or(0, |seal| seal.number);
        if self.removals.last() > last {
            self.find(Finding::RemovalMisfit { seq: self.removal_seq });
        }
        let known = self.witnesses.last().map_or(0, |witness| witness.number);
        if known > last {
            self.find(Finding::RolledBack { witness: known, last });
        }
        let since = self.stretch.oldest.and_then(|at| u64::try_from(at).ok()).map(Millis);
        Report {
            unsealed: self.stretch.rows,
            unsealed_since: since,
            witness: self.closed.as_ref().map(Seal::witness),
            removed: self.removals.total(),
            ..self.report
        }
    }

    /// Compares the open seal with the rows that came since the last one compared.
    fn close(&mut self) {
        let Some(seal) = self.open.take() else { return };
        let thinned = self.removals.over(seal.number);
        // Of what went in part, only the end says how much.
        if thinned.is_some_and(|removal| seal.number < removal.last) {
            self.closed = Some(seal);
            self.unbroken = true;
            return;
        }
        let (after, before) = self.compared;
        let root = match thinned {
            Some(removal) => (removal.first == after + 1).then_some(removal.root),
            None => (seal.number == after + 1 && self.unbroken).then_some(seal.root),
        };
        let removed = self.removals.between(after, seal.number);
        let Stretch { tree, rows, changed, .. } = std::mem::take(&mut self.stretch);
        let (number, range) = (seal.number, Range { first: self.from, last: self.range.last });
        let found = before.saturating_add(rows).saturating_add(removed);
        // Counts are cumulative, so they tell even across seals that are missing or changed.
        if found < seal.count {
            let missing = seal.count - found;
            self.find(Finding::RowsRemoved { number, missing, rows: range });
        } else if found > seal.count {
            self.find(Finding::RowsAdded { number, extra: found - seal.count, rows: range });
        } else if changed == 0 && root.is_some_and(|root| tree.root() != root) {
            self.find(Finding::RowsReplaced { number, rows: range });
        }
        self.compared = (seal.number, seal.count);
        self.from = ordinal(seal.upto).saturating_add(1);
        self.closed = Some(seal);
        self.unbroken = true;
    }

    /// Whether the seal is a later one than those before.
    fn count_seal(&mut self, number: u64) -> bool {
        self.report.seals += 1;
        if number <= self.number {
            self.find(Finding::SealOutOfOrder { number });
            return false;
        }
        if number - self.number > 1 {
            self.unbroken = false;
            self.find(Finding::SealsMissing { first: self.number + 1, last: number - 1 });
        }
        self.number = number;
        true
    }

    fn count_row(&mut self, seq: i64, mac: &[u8]) {
        self.report.rows += 1;
        self.stretch.rows += 1;
        self.stretch.tree.push(mac);
        let range = self.range.first..=self.range.last;
        if self.last_seq >= Some(seq) || !range.contains(&seq) {
            self.find(Finding::RowOutOfOrder { seq });
        }
        self.last_seq = Some(seq);
    }

    /// The first ordinal after the last genuine seal.
    fn first_open(&self) -> i64 {
        self.closed.as_ref().map_or(i64::MIN, |seal| ordinal(seal.upto).saturating_add(1))
    }

    fn compare_with_witnesses(&mut self, seal: &Seal) {
        let from = self.witnesses.partition_point(|witness| witness.number < seal.number);
        let mut same = self.witnesses.iter().skip(from).take_while(|w| w.number == seal.number);
        if same.any(|witness| witness.mac != seal.mac) {
            self.find(Finding::WitnessDiffers { number: seal.number });
        }
    }

    fn find(&mut self, finding: Finding) {
        if self.report.findings.len() < Report::MOST {
            self.report.findings.push(finding);
        } else {
            self.report.further += 1;
        }
    }
}

/// As the database counts. A genuine seal's fits.
fn ordinal(upto: u64) -> i64 {
    i64::try_from(upto).unwrap_or(i64::MAX)
}
