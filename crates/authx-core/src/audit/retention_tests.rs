//! Entries that went by policy leave a record that is whole; whatever else went is found.

use super::{tests::*, *};
use crate::Millis;
use proptest::prelude::*;

const LOGINS: Classes = Classes { logins: true, actions: false };
const ALL: Classes = Classes { logins: true, actions: true };

/// Logins, actions and what is always kept, in turn.
const KINDS: [EventKind; 5] = [
    EventKind::LoginBegan,
    EventKind::LoginAllowed,
    EventKind::UserCreated,
    EventKind::LoginRefused,
    EventKind::PhoneActivated,
];

fn database(sealed: u64, each: u64) -> Database {
    let mut database = Database::default();
    for _ in 0..sealed {
        for _ in 0..each {
            let number = database.written;
            write(&mut database, KINDS[usize::try_from(number).unwrap() % 5], None);
        }
        database.seal();
    }
    database
}

fn write(database: &mut Database, kind: EventKind, removal: Option<&Removal>) -> i64 {
    let mut event = event(database.written);
    event.kind = kind;
    if let Some(removal) = removal {
        event.detail = removal.detail();
    }
    database.put(event)
}

fn upto(database: &Database, number: u64) -> i64 {
    let at = usize::try_from(number).unwrap();
    at.checked_sub(1).map_or(0, |at| i64::try_from(database.seals[at].upto).unwrap())
}

/// Plans as the server does.
fn plan(
    database: &Database,
    classes: Classes,
    first: u64,
    last: u64,
    thinned: Option<&Removal>,
) -> Result<Plan, Unsound> {
    let key = key();
    let mut remover = if let Some(removal) = thinned {
        Remover::again(&key, tenant(), classes, removal.clone())
    } else {
        let before = usize::try_from(first).unwrap().checked_sub(2);
        let before = before.map(|at| database.seals[at].clone());
        Remover::fresh(&key, tenant(), classes, before)
    };
    for number in first..=last {
        if thinned.is_none() {
            remover.seal(&database.seals[usize::try_from(number).unwrap() - 1])?;
        }
        let range = upto(database, number - 1) + 1..=upto(database, number);
        for row in database.rows.iter().filter(|row| range.contains(&row.seq)) {
            row.with(|row| remover.row(row));
        }
    }
    Ok(remover.finish()?.expect("something was fed"))
}

fn carry_out(database: &mut Database, plan: &Plan) -> i64 {
    database.rows.retain(|row| !plan.rows.contains(&row.seq));
    let seq = write(database, EventKind::EntriesRemoved, Some(&plan.removal));
    database.seal();
    seq
}

#[test]
fn what_went_by_policy_leaves_a_whole_record() {
    let mut database = database(6, 7);
    let witness = database.seals[2].witness();
    let first = plan(&database, LOGINS, 1, 4, None).unwrap();
    assert!(!first.rows.is_empty() && first.removal.kept > 0);
    carry_out(&mut database, &first);
    let report = database.verify(std::slice::from_ref(&witness));
    assert_eq!((report.findings, report.removed), (vec![], first.removal.removed));
    // Later the rest goes of the same seals, and logins of the next ones.
    let again = plan(&database, ALL, 1, 4, Some(&first.removal)).unwrap();
    assert!(again.removal.removed > first.removal.removed);
    carry_out(&mut database, &again);
    let next = plan(&database, LOGINS, 5, 6, None).unwrap();
    carry_out(&mut database, &next);
    let report = database.verify(&[witness]);
    assert_eq!(report.findings, []);
    assert_eq!(report.removed, again.removal.removed + next.removal.removed);
    let kept = |row: &&Stored| row.seq <= upto(&database, 4);
    assert!(database.rows.iter().filter(kept).all(|row| row.kind == "phone_activated"));
}

#[test]
fn what_was_tampered_with_is_not_tidied_away() {
    let good = database(4, 6);
    for (at, seal) in [(0, 1), (9, 2), (23, 4)] {
        let mut database = good.clone();
        database.rows.remove(at);
        assert_eq!(plan(&database, LOGINS, 1, 4, None), Err(Unsound { seal }));
        let mut database = good.clone();
        database.rows[at].detail.push(' ');
        assert_eq!(plan(&database, LOGINS, 1, 4, None), Err(Unsound { seal }));
    }
    let mut database = good.clone();
    database.seals[1].root[0] ^= 1;
    assert_eq!(plan(&database, LOGINS, 1, 4, None), Err(Unsound { seal: 2 }));
    let thinned = plan(&good, LOGINS, 1, 4, None).unwrap();
    let mut database = good.clone();
    carry_out(&mut database, &thinned);
    database.rows.remove(0);
    let again = plan(&database, ALL, 1, 4, Some(&thinned.removal));
    assert_eq!(again, Err(Unsound { seal: 4 }));
}

fn thinned() -> (Database, Database, Plan, i64) {
    let before = database(6, 7);
    let mut database = before.clone();
    let plan = plan(&database, LOGINS, 1, 4, None).unwrap();
    let seq = carry_out(&mut database, &plan);
    write(&mut database, EventKind::UserCreated, None);
    database.seal();
    (before, database, plan, seq)
}

#[test]
fn a_removal_cannot_be_taken_away_forged_moved_or_used_again() {
    let (before, good, plan, seq) = thinned();
    assert_eq!(good.findings(), []);
    let mark = good.rows.iter().find(|row| row.seq == seq).unwrap().clone();

    let mut database = good.clone();
    database.rows.retain(|row| row.seq != seq);
    let found = database.findings();
    assert!(
        found.iter().any(|f| matches!(f, Finding::RowsRemoved { missing, .. } if *missing == 1))
    );
    assert!(found.len() >= 2, "and what went under it: {found:?}");

    // One that the audit key did not make, which says that more went.
    let mut database = good.clone();
    let more = Removal { removed: plan.removal.removed + 1, ..plan.removal.clone() };
    let forged = database.rows.iter_mut().find(|row| row.seq == seq).unwrap();
    forged.event.detail = more.detail();
    forged.detail = forged.event.detail_text();
    assert!(database.findings().contains(&Finding::RowChanged { seq }));

    // Moved to the end, or copied there.
    let mut database = good.clone();
    database.rows.retain(|row| row.seq != seq);
    database.rows.push(Stored { seq: 9_000, ..mark.clone() });
    assert_ne!(database.findings(), []);
    let mut database = good.clone();
    database.rows.push(Stored { seq: 9_000, ..mark.clone() });
    database.seal();
    assert_eq!(database.findings(), [Finding::RowMisplaced { seq: 9_000 }]);

    // What went is put back.
    let mut database = good.clone();
    database.rows.push(before.rows[0].clone());
    database.rows.sort_by_key(|row| row.seq);
    assert!(matches!(database.findings()[..], [Finding::RowsAdded { extra: 1, .. }]));
}

#[test]
fn an_old_removal_says_nothing_once_a_later_one_replaced_it() {
    let (_, mut database, first, _) = thinned();
    let before = database.rows.clone();
    let again = plan(&database, ALL, 1, 4, Some(&first.removal)).unwrap();
    let seq = carry_out(&mut database, &again);
    assert_eq!(database.findings(), []);
    // Back to what the first one left, without the second.
    let mut rolled = database.clone();
    rolled.rows.retain(|row| row.seq != seq);
    rolled.rows.extend(before.into_iter().filter(|row| again.rows.contains(&row.seq)));
    rolled.rows.sort_by_key(|row| row.seq);
    assert!(matches!(rolled.findings()[..], [Finding::RowsRemoved { missing: 1, .. }]));
}

#[test]
fn a_removal_of_another_history_is_found() {
    let (_, mut database, plan, _) = thinned();
    let across = Removal { first: 3, last: 5, ..plan.removal.clone() };
    let seq = write(&mut database, EventKind::EntriesRemoved, Some(&across));
    assert_eq!(database.findings(), [Finding::RemovalMisfit { seq }]);
    let (_, mut database, plan, _) = thinned();
    let beyond = Removal { first: 40, last: 50, ..plan.removal };
    let seq = write(&mut database, EventKind::EntriesRemoved, Some(&beyond));
    assert_eq!(database.findings(), [Finding::RemovalMisfit { seq }]);
}

proptest! {
    /// However a record was thinned: it is whole, and one row more that goes, comes or changes is
    /// found, wherever it stands.
    #[test]
    fn one_row_more_is_always_found(
        runs in prop::collection::vec((1_u64..4, any::<bool>()), 1..4),
        each in 1_u64..9,
        victim in any::<prop::sample::Index>(),
        deed in 0..3,
    ) {
        let total: u64 = runs.iter().map(|(seals, _)| seals).sum();
        let mut database = database(total + 1, each);
        let mut first = 1;
        for (seals, all) in runs {
            let classes = if all { ALL } else { LOGINS };
            let plan = plan(&database, classes, first, first + seals - 1, None).unwrap();
            first += seals;
            carry_out(&mut database, &plan);
        }
        prop_assert_eq!(database.findings(), []);
        let at = victim.index(database.rows.len());
        match deed {
            0 => drop(database.rows.remove(at)),
            1 => database.rows[at].detail.push(' '),
            _ => {
                let other = (at + 1) % database.rows.len();
                prop_assume!(other != at);
                let (a, b) = (database.rows[at].seq, database.rows[other].seq);
                database.rows[at].seq = b;
                database.rows[other].seq = a;
                database.rows.sort_by_key(|row| row.seq);
            }
        }
        prop_assert_ne!(database.findings(), []);
    }
}

#[test]
fn what_says_how_long_is_believed_only_with_its_mac() {
    let key = key();
    let mut said = event(1);
    said.kind = EventKind::RetentionSet;
    let after = serde_json::json!({"logins_days": 90, "hold": false});
    said.detail = serde_json::Map::from_iter([("after".to_owned(), after)]);
    let row = Stored::new(4, said.clone());
    let read = |row: &Stored| row.with(|row| Retention::of(&key, tenant(), row));
    let kept = Retention { logins_days: Some(90), actions_days: None, hold: false };
    assert_eq!(read(&row), Some(kept));
    let mut changed = row.clone();
    changed.detail = changed.detail.replace("90", "30");
    assert_eq!(read(&changed), None);
    said.detail["after"]["logins_days"] = 5.into();
    assert_eq!(read(&Stored::new(4, said)), None, "less than the shortest time");

    let day = 86_400_000;
    assert_eq!(kept.over(Millis(0), Millis(90 * day)), Classes::default());
    assert_eq!(kept.over(Millis(0), Millis(90 * day + 1)), LOGINS);
    let held = Retention { hold: true, ..kept };
    assert_eq!(held.over(Millis(0), Millis(900 * day)), Classes::default());
}
