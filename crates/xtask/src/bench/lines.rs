//! A log of logins as of a company that has been there for a month.

use super::world::{World, user_name};
use authx::store::Batch;
use authx_core::{
    LoginId, Millis,
    audit::{Delay, LoginLine, LoginOutcome, TallyKey},
};
use std::collections::BTreeMap;

/// Lines of thirty days, the newest now, of which every eighth was refused.
pub(crate) async fn fill(world: &World, lines: usize, now: Millis) -> anyhow::Result<()> {
    let (app, tenant, application) = (&world.app, world.caller.tenant, world.caller.id);
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
            user: world.users.get(number * 31 % world.users.len()).map(|user| user.account),
            name: user_name(number * 31 % world.users.len()),
            began,
            ended: Some(began.plus_secs(took / 1_000)),
            outcome: if refused { LoginOutcome::Refused } else { LoginOutcome::Granted },
            factor: Some(if number % 3 == 0 { "code" } else { "push" }.to_owned()),
            reason: reasons.get(number / 8 % 4).filter(|_| refused).map(|it| (*it).to_owned()),
            support_code: Some(code(whole)),
            address: Some(format!("192.0.2.{}", number % 256)),
            asked: None,
            approve_ms: (!refused && number % 3 != 0).then_some(took),
            reported: None,
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
pub(crate) fn code(mut number: u64) -> String {
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

pub(crate) const DAY_MILLIS: u64 = 86_400_000;
