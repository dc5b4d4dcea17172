//! Whatever phones, thieves and administrators do in whatever order: one invitation makes at most
//! one phone, only what was confirmed counts, and what is gone stays gone.

use crate::{phone::Phone, world::World};
use authx::{
    enrol::phones::{self, Invited},
    store::testing::Database,
};
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug)]
enum Step {
    Invite,
    Prove,
    Activate,
    Confirm,
    Wait,
    Attack(Attack),
    Change(Change),
}

/// What somebody does who should not.
#[derive(Clone, Copy, Debug)]
enum Attack {
    Replay,
    Swapped,
    WrongCode,
}

/// What is done to a phone that counts.
#[derive(Clone, Copy, Debug)]
enum Change {
    Leave,
    Remove,
    BeginMove,
    CancelMove,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::Invite),
        3 => Just(Step::Prove),
        7 => Just(Step::Activate),
        5 => Just(Step::Confirm),
        1 => Just(Step::Wait),
        2 => Just(Step::Attack(Attack::Replay)),
        1 => Just(Step::Attack(Attack::Swapped)),
        1 => Just(Step::Attack(Attack::WrongCode)),
        1 => Just(Step::Change(Change::Leave)),
        1 => Just(Step::Change(Change::Remove)),
        3 => Just(Step::Change(Change::BeginMove)),
        1 => Just(Step::Change(Change::CancelMove)),
    ];
    proptest::collection::vec(step, 1..24)
}

#[derive(Default)]
struct Seen {
    invited: Option<Invited>,
    invitations: usize,
    moves: usize,
    token: Option<(String, Option<usize>)>,
    phones: Vec<(Phone, String, State)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Pending,
    Active,
    Gone,
}

/// The newest phone in a state.
fn newest(seen: &Seen, state: State) -> Option<usize> {
    seen.phones.iter().rposition(|phone| phone.2 == state)
}

async fn carry_out(world: &World, seen: &mut Seen, step: Step) {
    match step {
        Step::Invite => {
            seen.invited = Some(world.invite().await);
            seen.invitations += 1;
        }
        Step::Prove => {
            let Some(invited) = &seen.invited else { return };
            if world.look(&invited.token.text()).await.json()["phones"] == json!([]) {
                seen.token = Some((world.proved(invited).await, None));
            }
        }
        Step::Activate => activate(world, seen).await,
        Step::Attack(attack) => carry_out_attack(world, seen, attack).await,
        Step::Confirm => {
            let Some(at) = newest(seen, State::Pending) else { return };
            let status = seen.phones[at].0.confirm(world).await.status;
            seen.phones[at].2 = if status == 200 { State::Active } else { State::Gone };
        }
        Step::Change(change) => {
            let Some(at) = newest(seen, State::Active) else { return };
            carry_out_change(world, seen, at, change).await;
        }
        Step::Wait => world.clock.advance_secs(200),
    }
}

async fn activate(world: &World, seen: &mut Seen) {
    let Some((token, from)) = seen.token.clone() else { return };
    let mut phone = Phone::new(world);
    let mut body = phone.body(&token);
    if let Some(from) = from {
        body["moves"] = seen.phones[from].0.id.to_string().into();
    }
    if phone.activate_with(world, &body).await.status == 200 {
        seen.phones.push((phone, token, State::Pending));
    }
}

async fn carry_out_attack(world: &World, seen: &Seen, attack: Attack) {
    let Some((phone, token, _)) = seen.phones.last() else { return };
    match attack {
        // Somebody else with the token of a phone that is there.
        Attack::Replay => {
            let mut thief = Phone::new(world);
            assert_eq!(thief.activate(world, token).await.outcome(), "not_open");
        }
        Attack::Swapped => {
            let body = json!({ "code": "000000" });
            let reply = phone.call(world, &phone.device, "POST", "/confirmations", &body).await;
            assert_eq!(reply.status, 401);
        }
        Attack::WrongCode => {
            let Some(at) = newest(seen, State::Pending) else { return };
            let body = json!({ "code": "x" });
            let reply = seen.phones[at].0.post(world, "/confirmations", &body).await;
            assert!(["wrong_code", "phone_gone"].contains(&reply.outcome().as_str()));
        }
    }
}

async fn carry_out_change(world: &World, seen: &mut Seen, at: usize, change: Change) {
    let phone = &seen.phones[at].0;
    match change {
        Change::Leave => {
            phone.call(world, &phone.answer, "DELETE", "/device", &Value::Null).await;
            seen.phones[at].2 = State::Gone;
        }
        Change::Remove => {
            // It may have moved away.
            let _ = phones::remove(&world.app, &world.by, world.tenant, phone.id).await;
            seen.phones[at].2 = State::Gone;
        }
        Change::BeginMove => {
            let reply = phone.post(world, "/moves", &json!({})).await;
            if reply.status == 200 {
                let token = reply.json()["activation"].as_str().unwrap().to_owned();
                seen.token = Some((token, Some(at)));
                seen.moves += 1;
            }
        }
        Change::CancelMove => {
            phone.call(world, &phone.answer, "DELETE", "/moves", &Value::Null).await;
        }
    }
}

async fn check(world: &World, seen: &Seen) {
    let listed = phones::list(&world.app, world.tenant, world.alice).await.unwrap();
    for (phone, _, state) in &seen.phones {
        let there = listed.iter().find(|row| row.id == phone.id);
        if *state == State::Gone {
            assert!(there.is_none(), "what is gone stays gone");
        }
        if there.is_some_and(|row| row.number.is_some()) {
            assert_eq!(*state, State::Active, "only what was confirmed counts");
        }
        if there.is_none() {
            assert_eq!(phone.account(world).await.outcome(), "phone_gone");
        }
    }
    assert!(listed.len() <= 6, "five, and one that moves");
    let made = seen.phones.iter().filter(|(_, token, _)| token.starts_with("axe_")).count();
    assert!(made <= seen.invitations + seen.moves, "one token, one phone");
    let codes = "SELECT COUNT(*) FROM factor WHERE kind = 'code' AND state = 'active'";
    let active = listed.iter().filter(|row| row.number.is_some()).count();
    assert_eq!(world.count(codes).await, i64::try_from(active).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn in_whatever_order(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = Database::sqlite();
            let world = World::on(database.store().await).await;
            let mut seen = Seen::default();
            for step in steps {
                carry_out(&world, &mut seen, step).await;
                check(&world, &seen).await;
            }
        });
    }
}
