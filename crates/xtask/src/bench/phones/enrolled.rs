//! Phones with real keys, stored as enrolling them would.

use super::super::world::World;
use anyhow::Context as _;
use authx::{
    logins::factor_place,
    store::{Batch, enrolments::NewFactor, phones::NewPhone},
};
use authx_core::{
    FactorId, Millis, PhoneId,
    factor::{Enrolment, FactorKind, push::Push},
    guard::Guard,
    wire::{phone::PhoneClass, text::MatchNumber},
};
use authx_phone::{Keys, Phone, Server};
use futures_util::future::try_join_all;

/// A phone of the user with the same place in the world.
pub(crate) struct Enrolled {
    /// Which.
    pub(crate) id: PhoneId,
    /// All three.
    pub(crate) keys: Keys,
}

impl Enrolled {
    /// What answers for it.
    pub(crate) fn hand(&self, server: &Server) -> anyhow::Result<Phone> {
        Ok(Phone::new(server.clone(), self.id, Keys::try_from(&self.keys.keep())?))
    }
}

/// Gives each user of a world a phone that counts.
pub(crate) async fn everybody(world: &World) -> anyhow::Result<Vec<Enrolled>> {
    let (app, now) = (&world.app, world.app.now()?);
    let mut phones = Vec::with_capacity(world.users.len());
    for users in world.users.chunks(BATCH * AT_ONCE) {
        let mut commits = vec![];
        for some in users.chunks(BATCH) {
            let mut batch = Batch::default();
            for user in some {
                let drawn = app.decide(now, |cx| (PhoneId::new(cx), Keys::draw(cx)));
                let phone = Enrolled { id: drawn.0, keys: drawn.1 };
                let tenant = world.caller.tenant;
                let row = NewPhone {
                    id: phone.id,
                    tenant,
                    account: user.account,
                    class: PhoneClass::Web.word(),
                    name: "phone".to_owned(),
                    platform: "Android".to_owned(),
                    answer_key: *phone.keys.answer.point(),
                    device_key: *phone.keys.device.point(),
                    box_key: *phone.keys.r#box.point(),
                    enrolment: MADE.to_owned(),
                    created: now,
                    moves: None,
                    invitation: None,
                };
                batch = batch
                    .insert_phone(row, 1)
                    .activate_phone(phone.id, 1, MADE.to_owned(), now)
                    .insert_factor(limits(world, user.account, now)?);
                phones.push(phone);
            }
            commits.push(app.store.commit(batch));
        }
        try_join_all(commits).await.context("phones could not be stored")?;
    }
    Ok(phones)
}

/// A number as an agent draws it.
pub(crate) fn number(world: &World) -> anyhow::Result<MatchNumber> {
    Ok(world.app.decide(world.app.now()?, MatchNumber::draw))
}

fn limits(world: &World, account: authx_core::UserId, now: Millis) -> anyhow::Result<NewFactor> {
    let (app, tenant) = (&world.app, world.caller.tenant);
    let id = app.decide(now, FactorId::new);
    let plain = serde_json::to_vec(&Enrolment::Push(Push::default()))?;
    let place = factor_place(tenant, &id);
    Ok(NewFactor {
        tenant,
        account,
        id,
        phone: None,
        kind: FactorKind::Push.word(),
        active: true,
        record: app.decide(now, |cx| world.caller.data_key.seal(cx, &place, &plain)),
        guard: serde_json::to_string(&Guard::default())?,
        created: now,
    })
}

/// How they came to be, as it is kept.
const MADE: &str = r#"{"words":["abandon","ability","able","about"]}"#;
/// Phones in one batch, and batches in one commit.
const BATCH: usize = 100;
const AT_ONCE: usize = 32;
