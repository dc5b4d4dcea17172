use crate::{
    phone::Phone,
    world::{PASSWORD, World, on_each_engine},
};
use authx::{
    admin::accounts,
    enrol::phones::{Invited, Separate},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

fn with_password(invited: &Invited, password: &str) -> Value {
    json!({
        "invitation": invited.token.text().as_str(),
        "proof": { "kind": "password", "password": password },
    })
}

fn with_code(invited: &Invited, code: &str) -> Value {
    json!({
        "invitation": invited.short.shown().as_str(), "proof": { "kind": "code", "code": code },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_proofs_end_an_invitation() {
    on_each_engine(async |world| {
        let invited = world.invite_user(world.tenant, world.alice, Separate::Always).await;
        let right = invited.code.clone().unwrap();
        for left in (0..5).rev() {
            let reply = world.post("/proofs", &with_code(&invited, "0000 0000")).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (403, "wrong_proof"));
            assert_eq!(reply.json()["left"], left);
        }
        let late = world.post("/proofs", &with_code(&invited, &right)).await;
        assert_eq!((late.status, late.outcome().as_str()), (404, "not_open"));
        assert_eq!(world.look(&invited.short.shown()).await.outcome(), "not_open");
        assert_eq!(world.newest_event().await, "invitation_spent");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_guesses_at_once_five_are_judged() {
    on_each_engine(async |world| {
        let invited = world.invite_user(world.tenant, world.alice, Separate::Always).await;
        let guesses = (0..40).map(|n| {
            let body = with_code(&invited, &format!("{n:08}"));
            async move { world.post("/proofs", &body).await.outcome() }
        });
        let outcomes = join_all(guesses).await;
        let judged = outcomes.iter().filter(|outcome| *outcome == "wrong_proof").count();
        assert_eq!(judged, 5, "{outcomes:?}");
        // Those that come last may find their network slowed down already.
        let expected = ["wrong_proof", "not_open", "slow_down"];
        assert!(outcomes.iter().all(|it| expected.contains(&it.as_str())), "{outcomes:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn right_proofs_do_not_use_an_invitation_up() {
    on_each_engine(async |world| {
        let invited = world.invite().await;
        for _ in 0..7 {
            world.proved(&invited).await;
        }
        let (first, last) = (world.proved(&invited).await, world.proved(&invited).await);
        Phone::activated_and_confirmed(world, &last).await;
        let mut other = Phone::new(world);
        let late = other.activate(world, &first).await;
        assert_eq!(late.outcome(), "not_open", "one invitation, one phone");
        let proof = world.post("/proofs", &with_password(&invited, PASSWORD)).await;
        assert_eq!(proof.outcome(), "not_open");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_slows_the_network_down() {
    on_each_engine(async |world| {
        let mut outcomes = vec![];
        for _ in 0..4 {
            let invited = world.invite().await;
            for _ in 0..5 {
                let reply = world.post("/proofs", &with_password(&invited, "wrong")).await;
                outcomes.push(reply.outcome());
                if reply.status == 429 {
                    assert!(reply.retry_after.is_some());
                }
            }
        }
        assert_eq!(outcomes.last().unwrap(), "slow_down", "{outcomes:?}");
        let invited = world.invite().await;
        let body = with_password(&invited, PASSWORD);
        assert_eq!(world.post("/proofs", &body).await.outcome(), "slow_down");
        assert_eq!(world.post_from("203.0.113.9", "/proofs", &body).await.outcome(), "200");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_of_the_kind_that_is_demanded() {
    on_each_engine(async |world| {
        let by_password = world.invite().await;
        let reply = world.post("/proofs", &with_code(&by_password, "1234 5678")).await;
        assert_eq!(reply.outcome(), "proof_differs");
        let by_code = world.invite_user(world.tenant, world.alice, Separate::Always).await;
        let reply = world.post("/proofs", &with_password(&by_code, PASSWORD)).await;
        assert_eq!(reply.outcome(), "proof_differs");
        let left = "SELECT COUNT(*) FROM invitation WHERE failures > 0";
        assert_eq!(world.count(left).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_enrols_nothing() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let invited = world.invite().await;
        let activation = world.proved(&invited).await;
        let earlier = world.activation_of_other_phone(&activation).await;
        accounts::disable(app, by, *tenant, *alice).await.unwrap();
        assert_eq!(world.look(&invited.token.text()).await.outcome(), "not_open");
        let proof = world.post("/proofs", &with_password(&invited, PASSWORD)).await;
        assert_eq!(proof.outcome(), "not_open");
        assert_eq!(earlier.confirm(world).await.outcome(), "account_disabled");
        accounts::enable(app, by, *tenant, *alice).await.unwrap();
        assert_eq!(earlier.confirm(world).await.outcome(), "200");
    })
    .await;
}

impl World {
    /// A phone that was made from an activation and does not count yet.
    async fn activation_of_other_phone(&self, activation: &str) -> Phone {
        let mut phone = Phone::new(self);
        assert_eq!(phone.activate(self, activation).await.status, 200);
        phone
    }
}
