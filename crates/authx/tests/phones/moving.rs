use crate::{
    phone::Phone,
    world::{World, on_each_engine},
};
use authx::enrol::phones::{self, Separate};
use serde_json::{Value, json};

/// Begins to move, alone or along with another account.
async fn begin(world: &World, phone: &Phone, along: Option<&str>) -> String {
    let body = along.map_or(json!({}), |token| json!({ "activation": token }));
    let reply = phone.post(world, "/moves", &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["activation"].as_str().unwrap().to_owned()
}

/// What the new phone sends for the account that leaves `from`.
fn body(new: &Phone, token: &str, from: &Phone) -> Value {
    let mut body = new.body(token);
    body["moves"] = from.id.to_string().into();
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_phone_takes_the_old_ones_place() {
    on_each_engine(async |world| {
        let old = Phone::enrolled(world).await;
        world.clock.advance_secs(1);
        let other = Phone::enrolled(world).await;
        let token = begin(world, &old, None).await;
        let looked = world.look(&token).await.json();
        assert_eq!(looked["proof"], "none");
        assert_eq!(looked["accounts"][0]["moves"], old.id.to_string());

        let mut new = Phone::new(world);
        let reply = new.activate_with(world, &body(&new, &token, &old)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        // The old phone shows the same words.
        let looked = world.look(&token).await.json();
        assert_eq!(looked["accounts"], json!([]));
        assert_eq!(looked["phones"][0]["words"], json!(new.words));
        assert_eq!(old.account(world).await.status, 200, "nothing is moved yet");

        assert_eq!(new.confirm(world).await.json()["state"], "active");
        assert_eq!(old.account(world).await.outcome(), "phone_gone");
        assert_eq!(world.newest_event().await, "phone_moved");
        let listed = phones::list(&world.app, world.tenant, world.alice).await.unwrap();
        let order: Vec<_> = listed.iter().map(|phone| (phone.id, phone.number)).collect();
        assert_eq!(order, [(new.id, Some(1)), (other.id, Some(2))], "it keeps its number");
        let seeds = "SELECT COUNT(*) FROM factor WHERE kind = 'code'";
        assert_eq!(world.count(seeds).await, 2, "the old seed is gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_several_tenants_move_under_one_token() {
    on_each_engine(async |world| {
        let old = Phone::enrolled(world).await;
        let (tenant, alice) = world.elsewhere().await;
        let invited = world.invite_user(tenant, alice, Separate::IfNeeded).await;
        let activation = world.proved(&invited).await;
        let second = Phone::activated_and_confirmed(world, &activation).await;

        let token = begin(world, &old, None).await;
        assert_eq!(begin(world, &second, Some(&token)).await, token);
        let looked = world.look(&token).await.json();
        let accounts = looked["accounts"].as_array().unwrap();
        assert_eq!(accounts.len(), 2);
        assert_ne!(accounts[0]["tenant"]["id"], accounts[1]["tenant"]["id"]);
        for from in [&old, &second] {
            let mut new = Phone::new(world);
            assert_eq!(new.activate_with(world, &body(&new, &token, from)).await.status, 200);
            assert_eq!(new.confirm(world).await.status, 200);
            assert_eq!(from.account(world).await.outcome(), "phone_gone");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_can_be_cancelled_until_the_new_phone_counts() {
    on_each_engine(async |world| {
        let old = Phone::enrolled(world).await;
        let token = begin(world, &old, None).await;
        let mut new = Phone::new(world);
        new.activate_with(world, &body(&new, &token, &old)).await;
        let cancelled = old.call(world, &old.answer, "DELETE", "/moves", &Value::Null).await;
        assert_eq!(cancelled.status, 204);
        assert_eq!(new.confirm(world).await.outcome(), "phone_gone");
        assert_eq!(world.look(&token).await.outcome(), "not_open");
        assert_eq!(old.account(world).await.status, 200);

        let token = begin(world, &old, None).await;
        world.clock.advance_secs(300);
        let mut late = Phone::new(world);
        let reply = late.activate_with(world, &body(&late, &token, &old)).await;
        assert_eq!(reply.outcome(), "not_open", "five minutes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_moves_only_what_was_put_under_it() {
    on_each_engine(async |world| {
        let old = Phone::enrolled(world).await;
        let other = Phone::enrolled(world).await;
        let token = begin(world, &old, None).await;
        let mut new = Phone::new(world);
        let wrong = new.activate_with(world, &body(&new, &token, &other)).await;
        assert_eq!(wrong.outcome(), "not_open", "a phone that does not move");
        let without = new.body(&token);
        assert_eq!(new.activate_with(world, &without).await.outcome(), "not_open");

        // An activation from an invitation is no move to join.
        let activation = world.activation().await;
        let joined = old.post(world, "/moves", &json!({ "activation": activation })).await;
        assert_eq!(joined.outcome(), "not_open");
        let mut pending = Phone::new(world);
        pending.activate(world, &activation).await;
        let early = pending.post(world, "/moves", &json!({})).await;
        assert_eq!((early.status, early.outcome().as_str()), (409, "pending"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_user_can_move_and_not_grow_by_it() {
    on_each_engine(async |world| {
        world.policy(json!({ "limits": { "phones_per_user": 1 } })).await;
        let old = Phone::enrolled(world).await;
        let token = begin(world, &old, None).await;
        let mut new = Phone::new(world);
        assert_eq!(new.activate_with(world, &body(&new, &token, &old)).await.status, 200);
        let again = begin(world, &old, None).await;
        assert_eq!(new.confirm(world).await.outcome(), "phone_gone", "a later move replaces it");
        let mut third = Phone::new(world);
        assert_eq!(third.activate_with(world, &body(&third, &again, &old)).await.status, 200);
        assert_eq!(third.confirm(world).await.status, 200);
        assert_eq!(world.count("SELECT COUNT(*) FROM phone").await, 1);
    })
    .await;
}
