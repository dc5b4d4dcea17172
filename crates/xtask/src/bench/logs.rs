//! The dashboard and lists of logins with a million lines: how long the portal's questions to the
//! store take. Nobody else answers the same questions, so these are milliseconds, not ratios.

use super::{
    Extent,
    world::{Kind, World},
};
use authx::{
    admin::{
        record::logins::{self, LoginFilter, Towards},
        reports,
    },
    app::App,
    store::Batch,
};
use authx_core::{
    LoginId, Millis, TenantId, UserId,
    audit::{Delay, LoginLine, LoginOutcome, TallyKey},
};
use std::{collections::BTreeMap, io::Write, time::Duration};
use tokio::{runtime::Runtime, time::Instant};

/// Measures all of it on SQLite, and prints it.
pub(crate) fn measure(
    runtime: &Runtime,
    extent: Extent,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    runtime.block_on(ask(extent, out))
}

async fn ask(extent: Extent, out: &mut impl Write) -> anyhow::Result<()> {
    let lines = extent.many_users;
    // A tenth of the lines are users, as of a company whose log covers some weeks.
    let kind = Kind { database: None, tls: false, users: lines / 10 };
    let world = Box::pin(World::make(kind)).await?;
    let (app, tenant) = (&world.app, world.caller.tenant);
    let users: Vec<UserId> = world.users.iter().map(|user| user.account).collect();
    let now = app.now()?;
    let began = Instant::now();
    fill(app, tenant, world.caller.id, &users, lines, now).await?;
    writeln!(
        out,
        "\nLOGINS ON SQLite: {lines} lines, {} users, written in {:.0} s; MILLISECONDS",
        users.len(),
        began.elapsed().as_secs_f64()
    )?;
    for (days, words) in
        [(1, "dashboard, 24 hours"), (7, "dashboard, 7 days"), (30, "dashboard, 30 days")]
    {
        let slots = if days == 1 { 24 } else { days };
        let slot = days * DAY_MILLIS / slots;
        let end = now.0 - now.0 % HOUR_MILLIS + HOUR_MILLIS;
        let bounds: Vec<_> = (0..=slots).rev().map(|back| Millis(end - back * slot)).collect();
        let took =
            median(extent, async || reports::dashboard(app, tenant, &bounds, now).await.map(drop));
        line(out, words, took.await?)?;
    }
    let took = median(extent, async || reports::notices(app, tenant, now).await.map(drop));
    line(out, "notices beside it", took.await?)?;
    for (words, filter) in filters(&users, now) {
        let took = median(extent, async || {
            let towards = Towards::Older(None);
            logins::some(app, tenant, &filter, towards, 26).await.map(drop)
        });
        line(out, words, took.await?)?;
    }
    Ok(())
}

fn filters(users: &[UserId], now: Millis) -> Vec<(&'static str, LoginFilter)> {
    let none = LoginFilter::default;
    let week = Millis(now.0.saturating_sub(7 * DAY_MILLIS));
    vec![
        ("logins, all", none()),
        ("logins, refused", LoginFilter { outcome: Some(LoginOutcome::Refused), ..none() }),
        (
            "logins, one reason of a week",
            LoginFilter { reason: Some("wrong_number".into()), from: Some(week), ..none() },
        ),
        (
            "logins, one user by push",
            LoginFilter { user: users.first().copied(), factor: Some("push".into()), ..none() },
        ),
        ("logins, support code", LoginFilter { support_code: Some("AAAAAC".into()), ..none() }),
        (
            "logins, refused by recovery code",
            LoginFilter {
                outcome: Some(LoginOutcome::Refused),
                factor: Some("recovery".into()),
                ..none()
            },
        ),
    ]
}

/// Lines of thirty days, the newest now, of which every eighth was refused.
async fn fill(
    app: &App,
    tenant: TenantId,
    application: authx_core::ApplicationId,
    users: &[UserId],
    lines: usize,
    now: Millis,
) -> anyhow::Result<()> {
    let mut counts: BTreeMap<TallyKey, i64> = BTreeMap::new();
    let mut approvals: BTreeMap<(Millis, Delay), i64> = BTreeMap::new();
    let mut batch = Batch::default();
    for number in 0..lines {
        let whole = u64::try_from(number)?;
        let back = 30 * DAY_MILLIS * (u64::try_from(lines)? - whole) / u64::try_from(lines)?;
        let refused = number % 8 == 0;
        let began = Millis(now.0 - back);
        let took = 3_000 + whole * 7 % 9_000;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&whole.to_be_bytes());
        let reasons = ["wrong_code", "wrong_credentials", "wrong_number", "timed_out"];
        let found = LoginLine {
            login: LoginId::from_bytes(id),
            application: Some(application),
            user: users.get(number * 31 % users.len()).copied(),
            name: format!("user-{number}"),
            began,
            ended: Some(began.plus_secs(took / 1_000)),
            outcome: if refused { LoginOutcome::Refused } else { LoginOutcome::Granted },
            factor: Some(if number % 3 == 0 { "code" } else { "push" }.to_owned()),
            reason: reasons.get(number / 8 % 4).filter(|_| refused).map(|it| (*it).to_owned()),
            support_code: Some(code(whole)),
            address: Some(format!("192.0.2.{}", number % 256)),
            asked: None,
            approve_ms: (!refused && number % 3 != 0).then_some(took),
            first_seq: i64::try_from(number)? + 1,
            last_seq: i64::try_from(number)? + 1,
        };
        if let Some(key) = found.tally() {
            if let Some(took) = found.approve_ms {
                *approvals.entry((key.hour, Delay::of(took))).or_default() += 1;
            }
            *counts.entry(key).or_default() += 1;
        }
        batch = batch.insert_line(tenant, &found);
        if number % 1_000 == 999 || number + 1 == lines {
            app.store.commit(std::mem::take(&mut batch)).await?;
        }
    }
    for (key, count) in counts {
        batch = batch.count_logins(tenant, &key, count);
    }
    for ((hour, took), count) in approvals {
        batch = batch.count_approvals(tenant, hour, took, count);
    }
    Ok(app.store.commit(batch).await?)
}

/// Six letters that count.
fn code(mut number: u64) -> String {
    const LETTERS: &[u8] = b"ACDEFGHJKMNPQRSTVWXYZ";
    let base = u64::try_from(LETTERS.len()).unwrap_or(1);
    let mut code = String::new();
    for _ in 0..6 {
        let at = usize::try_from(number % base).unwrap_or(0);
        code.insert(0, LETTERS.get(at).copied().map_or('A', char::from));
        number /= base;
    }
    code
}

async fn median<E: Into<anyhow::Error>>(
    extent: Extent,
    ask: impl AsyncFn() -> Result<(), E>,
) -> anyhow::Result<Duration> {
    let mut times = vec![];
    for _ in 0..extent.samples.min(50) {
        let began = Instant::now();
        ask().await.map_err(Into::into)?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

fn line(out: &mut impl Write, words: &str, took: Duration) -> anyhow::Result<()> {
    Ok(writeln!(out, "{words:<34}{:>12.2}", took.as_secs_f64() * 1_000.0)?)
}

const HOUR_MILLIS: u64 = 3_600_000;
const DAY_MILLIS: u64 = 24 * HOUR_MILLIS;
