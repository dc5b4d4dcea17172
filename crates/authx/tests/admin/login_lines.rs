use super::{World, on_each_engine};
use authx::{
    app::About,
    lines,
    store::{Batch, Store, lines as stored, login_list, testing},
};
use authx_core::{
    ApplicationId, LoginId, TenantId, UserId,
    audit::{Delay, EventKind, LoginLine, Step, TallyKey},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Some number below `below`, from a seed.
fn draw(seed: &mut u64, below: u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed % below
}

/// What a login can be told to do next, whether that makes sense or not.
const KINDS: &[EventKind] = &[
    EventKind::LoginBegan,
    EventKind::PhoneAsked,
    EventKind::PhoneReached,
    EventKind::LoginAnswered,
    EventKind::LoginAllowed,
    EventKind::LoginRefused,
    EventKind::LoginExpired,
    EventKind::LoginCancelled,
    EventKind::FraudReported,
    EventKind::SessionRenewed,
    EventKind::SessionEnded,
    EventKind::PhoneCodeShown,
];

async fn happen(world: &World, tenants: &[TenantId], seed: &mut u64) {
    let tenant = tenants[usize::try_from(draw(seed, 2)).unwrap()];
    let number = u8::try_from(draw(seed, 9)).unwrap();
    let kind = KINDS[usize::try_from(draw(seed, 12)).unwrap()];
    let about = About {
        user: (number > 3).then(|| UserId::from_bytes([number; 16])),
        application: Some(ApplicationId::from_bytes([number % 3; 16])),
        login: Some(LoginId::from_bytes([number; 16])),
        support_code: Some(format!("CODE{number}")),
    };
    let by = ["push", "code", "policy"][usize::try_from(draw(seed, 3)).unwrap()];
    let reason = ["wrong_code", "fraud", "timed_out"][usize::try_from(draw(seed, 3)).unwrap()];
    let detail = json!({"user": format!("user-{number}"), "by": by, "reason": reason,
        "after_ms": draw(seed, 5_000), "address": "192.0.2.7"});
    let Value::Object(detail) = detail else { unreachable!() };
    world.clock.advance_secs(draw(seed, 2_000));
    let now = world.app.now().unwrap();
    // Admin actions stand between the steps of logins.
    let batch = if draw(seed, 4) == 0 {
        let kind = EventKind::UserEnabled;
        world.app.record(Batch::default(), now, tenant, kind, About::default(), Map::new())
    } else {
        Batch::default()
    };
    let batch = world.app.record(batch, now, tenant, kind, about, detail);
    world.app.store.commit(batch).await.unwrap();
}

type Lines = BTreeMap<(TenantId, LoginId), LoginLine>;
type Counts = (BTreeMap<(TenantId, TallyKey), i64>, BTreeMap<(TenantId, u64, u16), i64>);

/// All lines and counts, worked out at once from the whole record.
async fn naive(store: &Store) -> (Lines, Counts) {
    let mut found = Lines::new();
    for row in stored::steps_between(store, 0, i64::MAX, i64::MAX).await.unwrap() {
        let step = Step {
            seq: row.seq,
            at: row.at,
            kind: row.kind.parse().unwrap(),
            login: row.login,
            user: row.user,
            application: row.application,
            support_code: row.support_code.as_deref(),
            detail: &row.detail,
        };
        let key = (row.tenant, row.login);
        if let Some(line) = LoginLine::after(found.remove(&key), &step) {
            found.insert(key, line);
        }
    }
    let mut counts = Counts::default();
    for ((tenant, _), line) in &found {
        let Some(key) = line.tally() else { continue };
        if let Some(took) = line.approve_ms {
            *counts.1.entry((*tenant, key.hour.0, Delay::of(took).class())).or_default() += 1;
        }
        *counts.0.entry((*tenant, key)).or_default() += 1;
    }
    (found, counts)
}

async fn kept(store: &Store, tenants: &[TenantId]) -> (Lines, Counts) {
    let mut found = Lines::new();
    let mut counts = Counts::default();
    for &tenant in tenants {
        let all = login_list::LoginFilter::default();
        let mut rows = login_list::all_logins(store, tenant, &all);
        while let Some(row) = rows.next().await.unwrap() {
            let line = login_list::login(&row).unwrap().line;
            found.insert((tenant, line.login), line);
        }
        let sql = "SELECT hour, application, outcome, factor, reason, count FROM tally
            WHERE tenant = $1 AND count <> 0";
        for row in store.query(sql, [tenant.into()]).await.unwrap() {
            let key = TallyKey {
                hour: row.millis(0).unwrap(),
                application: row.opt_application(1).unwrap(),
                outcome: authx_core::audit::LoginOutcome::from_word(row.text(2).unwrap()).unwrap(),
                factor: row.text(3).unwrap().to_owned(),
                reason: row.text(4).unwrap().to_owned(),
            };
            counts.0.insert((tenant, key), row.int(5).unwrap());
        }
        let sql = "SELECT hour, class, count FROM approve_tally WHERE tenant = $1 AND count <> 0";
        for row in store.query(sql, [tenant.into()]).await.unwrap() {
            let class = u16::try_from(row.int(1).unwrap()).unwrap();
            let key = (tenant, row.count(0).unwrap(), class);
            counts.1.insert(key, row.int(2).unwrap());
        }
    }
    (found, counts)
}

/// Whatever happens in whatever order, read by two nodes at once, of which one is stopped again and
/// again in the middle of its work: every entry counts once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_what_the_record_says() {
    Box::pin(testing::on_each_engine(async |database| {
        let world = World::on(database.store().await);
        let beside = authx::app::testing::beside(&world.app, database.store().await);
        let tenants = [world.tenant("One").await, world.tenant("Other").await];
        for case in 1..=6_u64 {
            let mut seed = case.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for _ in 0..draw(&mut seed, 120) {
                happen(&world, &tenants, &mut seed).await;
                if draw(&mut seed, 10) == 0 {
                    let cut = Duration::from_micros(draw(&mut seed, 3_000));
                    let stopped = tokio::time::timeout(cut, lines::read_on(&beside));
                    let (other, _) = tokio::join!(lines::read_on(&world.app), stopped);
                    other.unwrap();
                }
            }
            authx::app::testing::read_all(&world.app).await;
            let store = &world.app.store;
            assert_eq!(kept(store, &tenants).await, naive(store).await, "case {case}");
        }
        // What another reader made is made again.
        let older = Batch::default()
            .run("UPDATE log_reader SET model = -1", [])
            .run("UPDATE login_line SET outcome = 'granted', name = 'x'", [])
            .run("UPDATE tally SET count = 99", []);
        world.app.store.commit(older).await.unwrap();
        let both = tokio::join!(lines::read_on(&world.app), lines::read_on(&beside));
        both.0.unwrap();
        both.1.unwrap();
        authx::app::testing::read_all(&world.app).await;
        let store = &world.app.store;
        assert_eq!(kept(store, &tenants).await, naive(store).await, "made again");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_record_is_read_again() {
    let (one, other) = (testing::Database::sqlite(), testing::Database::sqlite());
    let world = World::on(one.store().await);
    let tenants = [world.tenant("One").await, world.tenant("Other").await];
    let mut seed = 7;
    for _ in 0..40 {
        happen(&world, &tenants, &mut seed).await;
    }
    authx::app::testing::read_all(&world.app).await;
    let mut rows = world.app.store.snapshot();
    let into = other.store().await;
    let mut loader = into.load_snapshot().await.unwrap();
    while let Some(row) = rows.next().await.unwrap() {
        loader.row(row).await.unwrap();
    }
    loader.finish().await.unwrap();
    assert_eq!(stored::position(&into).await.unwrap(), None);
    let restored = World::on(into);
    authx::app::testing::read_all(&restored.app).await;
    let before = kept(&world.app.store, &tenants).await;
    assert_eq!(kept(&restored.app.store, &tenants).await, before);
}

#[tokio::test]
async fn a_real_login_is_told_as_it_went() {
    on_each_engine(async |world| {
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(super::PASSWORD)).await;
        let phone = world.phone(tenant, alice).await;
        world.sign_in(vpn, "alice", super::PASSWORD, Some(&world.code(&phone))).await;
        world.sign_in(vpn, "alice", "wrong", None).await;
        world.sign_in(vpn, "alice", super::PASSWORD, None).await;
        authx::app::testing::read_all(&world.app).await;
        let all = login_list::LoginFilter::default();
        let towards = login_list::Towards::Older(None);
        let rows = login_list::logins(&world.app.store, tenant, &all, towards, 10).await.unwrap();
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                (row.line.outcome.word(), row.line.factor.as_deref(), row.line.reason.as_deref())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("waiting", None, None),
                ("refused", None, Some("wrong_credentials")),
                ("granted", Some("code"), None),
            ]
        );
        assert!(rows.iter().all(|row| row.line.address.as_deref() == Some("192.0.2.7")));
        assert_eq!(rows[0].user_name.as_deref(), Some("alice"));
        assert_eq!(rows[0].application_name.as_deref(), Some("vpn"));
    })
    .await;
}
