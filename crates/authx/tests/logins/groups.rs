//! Who is in which group decides what is asked, from the very commit that says so.

use super::{PASSWORD, World, name, on_each_engine, outcome, with_password};
use authx::admin::{
    groups,
    policies::{self, Target},
};
use authx_core::{GroupId, policy::Document};

impl World {
    async fn group(&self, text: &str, policy: &str) -> GroupId {
        let (app, by) = (&self.app, &self.by);
        let id = groups::create(app, by, self.tenant, &name(text)).await.unwrap();
        self.set(Target::Group(id), policy).await;
        id
    }

    async fn set(&self, target: Target, policy: &str) {
        let document = Document::from_json(policy).unwrap();
        policies::set(&self.app, &self.by, self.tenant, target, document).await.unwrap();
    }

    async fn join(&self, group: GroupId) {
        let Self { app, by, tenant, alice, .. } = self;
        groups::add(app, by, *tenant, group, &[*alice]).await.unwrap();
    }

    async fn leave(&self, group: GroupId) {
        let Self { app, by, tenant, alice, .. } = self;
        groups::remove(app, by, *tenant, group, &[*alice]).await.unwrap();
    }

    async fn sign_in(&self, password: &str) -> String {
        outcome(&self.begin(&with_password(password)).await.unwrap())
    }
}

const OFF: &str = r#"{"second_factor":"off"}"#;
const REQUIRED: &str = r#"{"second_factor":"required"}"#;

#[tokio::test]
async fn a_group_is_asked_what_its_policy_says() {
    on_each_engine(async |world| {
        let group = world.group("Trusted", OFF).await;
        assert_eq!(world.sign_in(PASSWORD).await, "awaiting_input");
        world.join(group).await;
        assert_eq!(world.sign_in(PASSWORD).await, "allowed");
        assert_eq!(world.sign_in("wrong").await, "refused:wrong_credentials");
        world.set(Target::Application(world.application.id), REQUIRED).await;
        assert_eq!(world.sign_in(PASSWORD).await, "allowed", "the group goes before it");
        let World { app, by, tenant, .. } = world;
        groups::delete(app, by, *tenant, group).await.unwrap();
        assert_eq!(world.sign_in(PASSWORD).await, "awaiting_input");
        groups::put_back(app, by, *tenant, group).await.unwrap();
        assert_eq!(world.sign_in(PASSWORD).await, "allowed");
        world.leave(group).await;
        assert_eq!(world.sign_in(PASSWORD).await, "awaiting_input");
    })
    .await;
}

#[tokio::test]
async fn of_two_groups_the_one_that_stands_higher_counts_for_what_it_says() {
    on_each_engine(async |world| {
        let World { app, by, tenant, .. } = world;
        let silent = world.group("Silent", r#"{"app_lock":"required"}"#).await;
        let strict = world.group("Strict", REQUIRED).await;
        let trusted = world.group("Trusted", OFF).await;
        for group in [trusted, strict, silent] {
            world.join(group).await;
        }
        assert_eq!(world.sign_in(PASSWORD).await, "awaiting_input");
        groups::place(app, by, *tenant, trusted, 1).await.unwrap();
        assert_eq!(world.sign_in(PASSWORD).await, "allowed");
    })
    .await;
}

/// Begins a login, lets something happen, and answers with the right code.
async fn answered(world: &World, happens: impl AsyncFn()) -> String {
    let begun = world.begin(&with_password(PASSWORD)).await.unwrap();
    assert_eq!(outcome(&begun), "awaiting_input");
    happens().await;
    world.clock.advance_secs(60);
    outcome(&world.answer(begun.id, 1, &world.code()).await.unwrap())
}

/// A login is judged at each step by what counts then.
#[tokio::test]
async fn what_changes_between_two_steps_counts_at_the_next() {
    on_each_engine(async |world| {
        let World { app, by, tenant, .. } = world;
        let codes = world.group("Codes", r#"{"factors":["code"]}"#).await;
        world.set(Target::Tenant, r#"{"factors":["push"]}"#).await;
        world.join(codes).await;
        assert_eq!(answered(world, async || ()).await, "allowed");
        // Something else was administered: the user is still in the group.
        let another = answered(world, async || {
            groups::create(app, by, *tenant, &name("another")).await.unwrap();
        });
        assert_eq!(another.await, "allowed");
        // Out of the group no factor is left that counts.
        let left = answered(world, async || world.leave(codes).await).await;
        assert_ne!(left, "allowed");
        world.join(codes).await;
        let removed = answered(world, async || {
            groups::delete(app, by, *tenant, codes).await.unwrap();
        });
        assert_ne!(removed.await, "allowed");
        groups::put_back(app, by, *tenant, codes).await.unwrap();
        let changed = answered(world, async || {
            world.set(Target::Group(codes), r#"{"factors":["push"]}"#).await;
        });
        assert_ne!(changed.await, "allowed");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_groups() {
    on_each_engine(async |world| {
        let plain = world.begin(&with_password("wrong")).await.unwrap();
        let policy = r#"{"match_number":"off","messages":{"help":"Call the vault."}}"#;
        let group = world.group("Vault", policy).await;
        world.join(group).await;
        let member = world.begin(&with_password("wrong")).await.unwrap();
        let words = |view: &authx_core::wire::login::LoginView| {
            (view.reason.as_ref().unwrap().text.len(), view.match_number.is_some())
        };
        assert_eq!(words(&member), words(&plain));
        let inside = world.begin(&with_password(PASSWORD)).await.unwrap();
        assert!(inside.match_number.is_none());
    })
    .await;
}

/// The host makes its prompt before it knows who signs in.
#[tokio::test]
async fn a_host_prepares_for_the_group_that_is_asked_most() {
    on_each_engine(async |world| {
        world.set(Target::Tenant, r#"{"factors":["code"]}"#).await;
        world.group("Pilot", r#"{"factors":["code","push"],"lifetimes":{"push_secs":240}}"#).await;
        let caller = world.caller().await;
        let asks = authx_core::wire::check::Asks::of(&caller.asked);
        assert_eq!((asks.phone(), asks.match_number, asks.push_secs), (true, true, 240));
        assert!(!caller.policy.factors.contains(&authx_core::factor::FactorKind::Push));
    })
    .await;
}
