//! What someone with write access to the database but without the audit key can do, and that it is
//! found.

use super::*;
use crate::{
    id::{ApplicationId, EventId, LoginId, UserId},
    testing::{hex, with_cx},
};
use proptest::prelude::*;

pub(super) fn key() -> AuditKey {
    with_cx(11, AuditKey::generate)
}

pub(super) fn tenant() -> TenantId {
    TenantId::from_bytes([1; 16])
}

/// Named, because the vectors hold what comes of them.
const KINDS: [EventKind; 5] = [
    EventKind::AliasAdded,
    EventKind::AliasRemoved,
    EventKind::ApplicationCreated,
    EventKind::ApplicationDeleted,
    EventKind::BackupMade,
];

pub(super) fn event(number: u64) -> Event {
    let at = Millis(1_767_225_600_000 + number * 700);
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    Event {
        id: EventId::from_bytes(id),
        tenant: tenant(),
        at,
        kind: KINDS[usize::try_from(number).unwrap() % KINDS.len()],
        user: (number.is_multiple_of(2)).then(|| UserId::from_bytes(id)),
        application: (number.is_multiple_of(3)).then(|| ApplicationId::from_bytes(id)),
        login: (!number.is_multiple_of(5)).then(|| LoginId::from_bytes(id)),
        support_code: (!number.is_multiple_of(2)).then(|| format!("CODE{number}")),
        detail: serde_json::Map::from_iter([("n".to_owned(), number.into())]),
    }
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) seq: i64,
    pub(super) event: Event,
    pub(super) kind: String,
    pub(super) detail: String,
    pub(super) mac: Vec<u8>,
}

impl Stored {
    pub(super) fn new(seq: i64, event: Event) -> Self {
        let (kind, detail) = (event.kind.to_string(), event.detail_text());
        Self { seq, mac: key().mac(&event).to_vec(), event, kind, detail }
    }

    fn feed(&self, verifier: &mut Verifier<'_>) {
        self.with(|row| verifier.row(row));
    }

    pub(super) fn with<T>(&self, take: impl FnOnce(&Row<'_>) -> T) -> T {
        take(&Row {
            seq: self.seq,
            kind: &self.kind,
            mac: &self.mac,
            ..self.event.as_row(&self.detail)
        })
    }
}

/// The two tables, as far as one tenant goes. Ordinals have gaps, as other tenants have rows too.
#[derive(Clone, Debug, Default)]
pub(super) struct Database {
    pub(super) rows: Vec<Stored>,
    pub(super) seals: Vec<Seal>,
    pub(super) written: u64,
}

impl Database {
    /// `sealed` seals of `each` rows, then `loose` rows without a seal.
    fn new(sealed: u64, each: u64, loose: u64) -> Self {
        let mut database = Self::default();
        for _ in 0..sealed {
            database.write(each);
            database.seal();
        }
        database.write(loose);
        database
    }

    fn write(&mut self, rows: u64) {
        for _ in 0..rows {
            self.written = u64::try_from(self.rows.len()).unwrap();
            self.put(event(self.written));
        }
    }

    pub(super) fn put(&mut self, event: Event) -> i64 {
        let gap = i64::from(self.written % 3 == 1);
        let seq = self.rows.last().map_or(10, |row| row.seq + 1 + gap);
        self.rows.push(Stored::new(seq, event));
        self.written += 1;
        seq
    }

    pub(super) fn seal(&mut self) {
        let after = self.seals.last().map_or(0, |seal| seal.upto);
        let new: Vec<&Stored> =
            self.rows.iter().filter(|row| row.seq > i64::try_from(after).unwrap()).collect();
        let macs: Vec<[u8; 32]> =
            new.iter().map(|row| row.mac.as_slice().try_into().unwrap()).collect();
        let upto = new.last().map_or(after, |row| row.seq.try_into().unwrap());
        let at = Millis(1_767_225_600_000);
        self.seals.push(key().next_seal(tenant(), self.seals.last(), upto, &macs, at));
    }

    /// Reads the tables in the way that the verifier asks for.
    pub(super) fn verify(&self, witnesses: &[Witness]) -> Report {
        let key = key();
        let mut verifier = Verifier::new(&key, tenant(), witnesses);
        for row in self.rows.iter().filter(|row| row.kind == "entries_removed") {
            row.with(|row| verifier.removal(row));
        }
        let feed = |verifier: &mut Verifier<'_>, range: Range| {
            let mut rows: Vec<_> = self.rows.iter().collect();
            rows.sort_by_key(|row| row.seq);
            rows.retain(|row| (range.first..=range.last).contains(&row.seq));
            for row in rows {
                row.feed(verifier);
            }
        };
        for seal in &self.seals {
            if let Some(range) = verifier.seal(seal) {
                feed(&mut verifier, range);
            }
        }
        let range = verifier.tail();
        feed(&mut verifier, range);
        verifier.finish()
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        self.verify(&[]).findings
    }
}

/// The rows of the seal at that place.
fn stretch(database: &Database, at: usize) -> Range {
    let upto = |at: usize| i64::try_from(database.seals[at].upto).unwrap();
    Range { first: at.checked_sub(1).map_or(i64::MIN, |at| upto(at) + 1), last: upto(at) }
}

#[test]
fn the_mac_of_an_event_stays_what_it_was() {
    let key = AuditKey::parse(&secret_text::format("axd_", &[7; 32])).unwrap();
    assert_eq!(key.to_text().as_str(), secret_text::format("axd_", &[7; 32]).as_str());
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/audit.json")).unwrap();
    let mut event = event(3);
    event.detail.insert("a".into(), serde_json::json!({"z": [1, null, true], "b\n": "é"}));
    assert_eq!(event.detail_text(), vectors["detail"]);
    assert_eq!(hex(&key.mac(&event)), vectors["event_mac"]);
    let first = key.next_seal(tenant(), None, 5, &[[1; 32], [2; 32], [3; 32]], Millis(1));
    assert_eq!(hex(&first.mac), vectors["first_seal_mac"]);
    let second = key.next_seal(tenant(), Some(&first), 9, &[[4; 32]], Millis(2));
    assert_eq!(hex(&second.mac), vectors["second_seal_mac"]);
    assert_eq!((second.number, second.count), (2, 4));
    assert_eq!(second.witness().to_string(), vectors["witness"]);
}

#[test]
fn a_changed_column_is_found_whichever_it_is() {
    let changes: [fn(&mut Stored); 14] = [
        |row| row.event.id = EventId::from_bytes([9; 16]),
        |row| row.event.at.0 += 1,
        |row| row.kind = "login_refused".into(),
        |row| row.kind = "no such kind".into(),
        |row| row.event.user = None,
        |row| row.event.user = Some(UserId::from_bytes([9; 16])),
        |row| row.event.application = Some(ApplicationId::from_bytes([9; 16])),
        |row| row.event.login = None,
        |row| {
            (row.event.user, row.event.login) =
                (None, row.event.user.map(|id| LoginId::from_bytes(*id.as_bytes())));
        },
        |row| row.event.support_code = Some(String::new()),
        |row| row.detail.push(' '),
        |row| row.detail.clear(),
        |row| row.mac[31] ^= 1,
        |row| row.mac.clear(),
    ];
    for at in [8, 22] {
        for change in changes {
            let mut database = Database::new(4, 5, 5);
            change(&mut database.rows[at]);
            assert_eq!(database.findings(), [Finding::RowChanged { seq: database.rows[at].seq }]);
        }
    }
}

#[test]
fn a_row_of_another_tenant_is_found() {
    let mut database = Database::new(2, 5, 1);
    let foreign = Event { tenant: TenantId::from_bytes([2; 16]), ..event(11) };
    database.rows.push(Stored::new(1_000, foreign));
    assert_eq!(database.findings(), [Finding::RowChanged { seq: 1_000 }]);
}

#[test]
fn a_row_of_a_later_version_is_told_from_a_forged_one() {
    let mut database = Database::new(1, 2, 1);
    let row = database.rows.last_mut().unwrap();
    row.kind = "login_by_thought".into();
    let unsigned = Row { kind: &row.kind, ..row.event.as_row(&row.detail) };
    row.mac = cipher::mac(&key().events, &[&unsigned.authenticated(tenant())]).to_vec();
    assert_eq!(database.findings(), [Finding::RowUnknown { seq: database.rows[2].seq }]);
}

#[test]
fn a_copied_row_is_found_before_and_after_it_is_sealed() {
    // Rows are 0.7 s apart: the first is long past the verifier's memory, the second is not.
    for original in [3, 795] {
        let mut database = Database::new(4, 200, 0);
        let copy = Stored { seq: 5_000, ..database.rows[original].clone() };
        database.rows.push(copy);
        assert_eq!(database.findings(), [Finding::RowMisplaced { seq: 5_000 }]);
        database.seal();
        assert_eq!(database.findings(), [Finding::RowMisplaced { seq: 5_000 }]);
    }
}

#[test]
fn an_accepted_clock_may_set_the_time_back_once() {
    let mut database = Database::new(2, 5, 0);
    let mut set_back = event(10);
    set_back.kind = EventKind::ClockAccepted;
    set_back.at = Millis(set_back.at.0 - 86_400_000);
    database.rows.push(Stored::new(1_000, set_back.clone()));
    let later = Event { at: Millis(set_back.at.0 + 5), ..event(11) };
    database.rows.push(Stored::new(1_001, later));
    database.seal();
    assert_eq!(database.findings(), []);
    database.rows.push(Stored { seq: 1_002, ..database.rows[10].clone() });
    assert_eq!(database.findings(), [Finding::RowMisplaced { seq: 1_002 }]);
}

#[test]
fn a_changed_seal_is_found_whatever_was_changed() {
    let changes: [fn(&mut Seal); 8] = [
        |seal| seal.tenant = TenantId::from_bytes([2; 16]),
        |seal| seal.number += 10,
        |seal| seal.upto += 1,
        |seal| seal.upto = u64::MAX,
        |seal| seal.count -= 1,
        |seal| seal.root[0] ^= 1,
        |seal| seal.previous[0] ^= 1,
        |seal| seal.mac[0] ^= 1,
    ];
    for change in changes {
        let mut database = Database::new(4, 5, 2);
        change(&mut database.seals[3]);
        let number = database.seals[3].number;
        assert!(database.findings().contains(&Finding::SealChanged { number }));
        let mut database = Database::new(4, 5, 2);
        change(&mut database.seals[1]);
        let number = database.seals[1].number;
        assert!(database.findings().contains(&Finding::SealChanged { number }));
    }
}

#[test]
fn removed_rows_are_counted_even_when_their_seal_is_removed_too() {
    let mut database = Database::new(4, 5, 2);
    database.rows.drain(7..9);
    database.seals.remove(1);
    let rows = stretch(&database, 1);
    assert_eq!(
        database.findings(),
        [
            Finding::SealsMissing { first: 2, last: 2 },
            Finding::RowsRemoved { number: 3, missing: 2, rows },
        ]
    );
}

#[test]
fn without_its_seals_a_record_is_seen_to_be_unsealed() {
    let mut database = Database::new(4, 5, 2);
    let sealed = database.verify(&[]);
    assert_eq!((sealed.rows, sealed.seals, sealed.unsealed), (22, 4, 2));
    assert_eq!(sealed.unsealed_since, Some(event(20).at));
    assert_eq!(sealed.witness, Some(database.seals[3].witness()));
    database.seals.clear();
    let report = database.verify(&[]);
    assert_eq!((report.unsealed, report.unsealed_since), (22, Some(event(0).at)));
    let known = database.verify(&sealed.witness.into_iter().collect::<Vec<_>>());
    assert_eq!(known.findings, [Finding::RolledBack { witness: 4, last: 0 }]);
}

#[test]
fn a_record_continued_from_an_older_copy_is_found_by_a_witness() {
    let mut database = Database::new(3, 4, 0);
    let witness = database.seals[2].witness();
    let foreign = Witness { tenant: TenantId::from_bytes([2; 16]), number: 9, mac: [0; 32] };
    assert!(database.verify(&[witness.clone(), foreign]).is_intact());
    // Back to the second seal, then on with other events than there were.
    database.seals.truncate(2);
    database.rows.truncate(8);
    database.write(1);
    database.seal();
    assert!(database.verify(&[]).is_intact(), "nobody remembers");
    let found = database.verify(&[witness]).findings;
    assert_eq!(found, [Finding::WitnessDiffers { number: 3 }]);
}

#[test]
fn two_genuine_histories_do_not_fit_together() {
    let mut one = Database::new(2, 4, 0);
    let mut other = one.clone();
    one.write(3);
    one.seal();
    other.write(2);
    other.seal();
    other.write(2);
    other.seal();
    one.seals.push(other.seals[3].clone());
    one.rows.push(other.rows[11].clone());
    let chain = Finding::ChainBroken { number: 4, previous: 3 };
    assert!(one.findings().contains(&chain));
}

#[test]
fn unreadable_rows_and_seals_are_findings() {
    let (key, database) = (key(), Database::new(2, 3, 0));
    let last = database.rows[5].seq;
    let mut verifier = Verifier::new(&key, tenant(), &[]);
    verifier.unreadable_seal(1);
    let range = verifier.seal(&database.seals[1]).unwrap();
    assert_eq!(range, Range { first: i64::MIN, last });
    verifier.unreadable_row(database.rows[0].seq);
    database.rows[1..].iter().for_each(|row| row.feed(&mut verifier));
    database.rows[5].feed(&mut verifier);
    let found = verifier.finish().findings;
    assert_eq!(
        found[..2],
        [Finding::SealChanged { number: 1 }, Finding::RowChanged { seq: database.rows[0].seq },]
    );
    assert!(found.contains(&Finding::RowOutOfOrder { seq: last }));
}

#[test]
fn a_report_does_not_grow_with_the_damage() {
    let mut database = Database::new(1, 1_500, 0);
    database.rows.iter_mut().for_each(|row| row.mac.clear());
    let report = database.verify(&[]);
    assert_eq!((report.findings.len(), report.further), (Report::MOST, 500));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_untouched_record_is_intact(sealed in 0u64..6, each in 0u64..9, loose in 0u64..5) {
        let database = Database::new(sealed, each, loose);
        let witnesses: Vec<_> = database.seals.iter().map(Seal::witness).collect();
        prop_assert_eq!(database.verify(&witnesses).findings, []);
    }

    #[test]
    fn any_removed_sealed_row_is_found(each in 1u64..9, at in 0usize..1_000) {
        let mut database = Database::new(5, each, 2);
        let at = at % (database.rows.len() - 2);
        database.rows.remove(at);
        let seal = at / usize::try_from(each).unwrap();
        let found = Finding::RowsRemoved {
            number: database.seals[seal].number,
            missing: 1,
            rows: stretch(&database, seal),
        };
        prop_assert_eq!(database.findings(), [found]);
    }

    #[test]
    fn any_two_exchanged_sealed_rows_are_found(each in 1u64..9, a: usize, b: usize) {
        let mut database = Database::new(5, each, 2);
        let sealed = database.rows.len() - 2;
        let (a, b) = (a % sealed, b % sealed);
        let (x, y) = (database.rows[a].seq, database.rows[b].seq);
        (database.rows[a].seq, database.rows[b].seq) = (y, x);
        prop_assert_eq!(database.findings().is_empty(), a == b);
    }

    #[test]
    fn any_row_put_over_another_is_found(each in 1u64..9, a: usize, b: usize) {
        let mut database = Database::new(5, each, 2);
        let (a, b) = (a % database.rows.len(), b % database.rows.len());
        database.rows[a] = Stored { seq: database.rows[a].seq, ..database.rows[b].clone() };
        prop_assert_eq!(database.findings().is_empty(), a == b);
    }

    #[test]
    fn any_added_row_is_found(each in 1u64..9, from: usize, seq in -9i64..99, forged: bool) {
        let mut database = Database::new(5, each, 2);
        let mut row = database.rows[from % database.rows.len()].clone();
        prop_assume!(database.rows.iter().all(|row| row.seq != seq));
        row.seq = seq;
        if forged {
            row.event.id = EventId::from_bytes([9; 16]);
        }
        database.rows.push(row);
        prop_assert!(!database.findings().is_empty());
    }

    #[test]
    fn any_removed_seal_but_the_last_is_found(each in 0u64..9, at in 0usize..5) {
        let mut database = Database::new(6, each, 2);
        database.seals.remove(at);
        let number = u64::try_from(at).unwrap() + 1;
        let missing = Finding::SealsMissing { first: number, last: number };
        prop_assert_eq!(database.findings(), [missing]);
    }

    #[test]
    fn any_cut_tail_is_found_with_a_witness(each in 0u64..9, keep in 0usize..6) {
        let mut database = Database::new(6, each, 2);
        let witness = database.seals[5].witness();
        database.seals.truncate(keep);
        let upto = database.seals.last().map_or(0, |seal| seal.upto);
        database.rows.retain(|row| row.seq <= i64::try_from(upto).unwrap());
        let last = u64::try_from(keep).unwrap();
        prop_assert_eq!(database.verify(&[]).findings, []);
        let found = database.verify(&[witness]).findings;
        prop_assert_eq!(found, [Finding::RolledBack { witness: 6, last }]);
    }
}

/// `cargo test -p authx-core a_million_rows -- --ignored --nocapture`
#[test]
#[ignore = "a measurement of some seconds"]
fn a_million_rows_are_verified_in_seconds() {
    let key = key();
    let mut verifier = Verifier::new(&key, tenant(), &[]);
    let mut previous = None;
    for number in 0..10_000 {
        let rows: Vec<_> = (0..100)
            .map(|row| number * 100 + row)
            .map(|row| Stored::new(i64::try_from(row).unwrap() + 1, event(row)))
            .collect();
        let macs: Vec<[u8; 32]> =
            rows.iter().map(|row| row.mac.as_slice().try_into().unwrap()).collect();
        let upto = (number + 1) * 100;
        let seal = key.next_seal(tenant(), previous.as_ref(), upto, &macs, Millis(number));
        assert!(verifier.seal(&seal).is_some());
        for row in &rows {
            row.feed(&mut verifier);
        }
        previous = Some(seal);
    }
    let report = verifier.finish();
    assert_eq!((report.rows, report.seals, report.findings.len()), (1_000_000, 10_000, 0));
}
