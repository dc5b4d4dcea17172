//! The store without a server: the rows of a verification, committed by as many callers.

use super::world::{STEP_SECS, User, World, user_name};
use anyhow::{Context as _, bail, ensure};
use authx::{
    app::About,
    logins::factor_place,
    store::{
        Batch, Store,
        logins::{End, LoginRow, StoredFactor},
    },
};
use authx_core::{
    LoginId, Millis,
    factor::{Answer, Enrolled, Enrolment, code::Code},
    guard::{Guard, Source},
    login::{Effect, FirstFactor, Login, Means, Start, start},
    wire::login::BeginLogin,
};
use futures_util::future::try_join_all;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Commits for `time`, or until there is nothing left, as so many callers; gives the number of
/// commits and the time they took.
pub(crate) async fn commits(
    store: &Store,
    callers: usize,
    time: Duration,
    batches: Vec<Batch>,
) -> anyhow::Result<(usize, Duration)> {
    let stores = vec![store.clone(); callers];
    commits_of(&stores, time, batches).await
}

/// The same with a store for each caller, each with a connection of its own.
pub(crate) async fn commits_of(
    stores: &[Store],
    time: Duration,
    batches: Vec<Batch>,
) -> anyhow::Result<(usize, Duration)> {
    let began = Instant::now();
    let queue = std::sync::Arc::new(Mutex::new(batches.into_iter()));
    let callers = stores.iter().map(|store| {
        let (store, queue) = (store.clone(), queue.clone());
        tokio::spawn(async move {
            let mut done = 0;
            while began.elapsed() < time {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(batch) = next else { break };
                store.commit(batch).await?;
                done += 1;
            }
            anyhow::Ok(done)
        })
    });
    let mut done = 0;
    for caller in try_join_all(callers).await? {
        done += caller?;
    }
    Ok((done, began.elapsed()))
}

/// A write of one small row.
pub(crate) fn small(world: &World, number: usize) -> anyhow::Result<Batch> {
    let [.., a, b, c] = number.to_be_bytes();
    let source = Source::of(Some(IpAddr::V4(Ipv4Addr::new(a, b, c, 1))));
    let (tenant, application) = (world.caller.tenant, world.caller.id);
    let now = world.app.now()?;
    Ok(Batch::default().count_password(tenant, application, &source, now, now))
}

/// What the server would store for a verification of user number `index`, decided by the same
/// rules.
pub(crate) fn verification(world: &World, index: usize) -> anyhow::Result<Batch> {
    let (app, caller) = (&world.app, &world.caller);
    let user = *world.users.get(index).context("no such user")?;
    let now = app.now()?;
    let code = world.totp(index)?.code(now.secs() / STEP_SECS);
    let request: BeginLogin = serde_json::from_value(serde_json::json!({
        "user": user_name(index),
        "first_factor": { "kind": "proved", "by": "pam" },
        "client": { "address": "198.51.100.7", "port": 1194, "program": "OpenVPN 2.6.14",
                    "platform": "linux" },
        "server": { "name": "vpn1.corp.example" },
        "can": { "text": true, "several": true },
    }))?;
    let login = app.decide(now, |cx| {
        let id = LoginId::new(cx);
        let digest = "A".repeat(43);
        Login::new(cx, id, caller.id, &request, digest, &caller.policy).of(Some(user.account))
    });
    let mut enrolled = [Enrolled {
        id: user.factor,
        version: u64::try_from(user.version)?,
        enrolment: Enrolment::Code(Code::import(world.totp(index)?)),
        guard: Guard::default(),
    }];
    let answer = Some(Answer { text: &code, digest: None });
    let begun = Start {
        login,
        first_factor: FirstFactor::Proved,
        spared: None,
        certificate: None,
        answer,
        session: None,
        waived: None,
        passkey: false,
    };
    let mut means = Means { enrolled: &mut enrolled, phones: &[], enrol: None, passkeys: false };
    let (login, effects) = app.decide(now, |cx| start(cx, begun, &caller.policy, &mut means));
    ensure!(login.is_final(), "a right code did not let the user in");
    batch(world, now, user, &login, &enrolled, effects)
}

fn batch(
    world: &World,
    now: Millis,
    user: User,
    login: &Login,
    enrolled: &[Enrolled; 1],
    effects: Vec<Effect>,
) -> anyhow::Result<Batch> {
    let (app, caller) = (&world.app, &world.caller);
    let tenant = caller.tenant;
    let mut batch = Batch::default().insert_login(&LoginRow {
        tenant,
        application: caller.id,
        id: login.id,
        generation: caller.generation,
        state: &serde_json::to_string(login)?,
        end: End::Allowed,
        created: login.created,
        expires: login.expires,
    });
    let [factor] = enrolled;
    for effect in effects {
        batch = match effect {
            Effect::AskPhone { .. }
            | Effect::CodeUsed(_)
            | Effect::CountPassword
            | Effect::EndRequest { .. }
            | Effect::Enrol
            | Effect::OfferCode
            | Effect::ShowRequest { .. }
            | Effect::UsePhone(_) => bail!("neither a password nor a phone was asked for"),
            Effect::Record(kind, detail) => {
                let about = About {
                    user: Some(user.account),
                    application: Some(caller.id),
                    login: Some(login.id),
                    support_code: Some(login.support_code.as_str().to_owned()),
                };
                app.record(batch, now, tenant, kind, about, detail)
            }
            Effect::Remember(session) => batch.insert_session(tenant, login.id, now, &session),
            Effect::UseFactor(id) => batch.use_factor(tenant, id, now),
            Effect::SaveFactor(id) => {
                let plain = serde_json::to_vec(&factor.enrolment)?;
                let place = factor_place(tenant, &id);
                let record = app.decide(now, |cx| caller.data_key.seal(cx, &place, &plain));
                let guard = serde_json::to_string(&factor.guard)?;
                batch.update_factor(
                    tenant,
                    StoredFactor { id, version: user.version, record, guard },
                )
            }
        };
    }
    Ok(batch)
}
