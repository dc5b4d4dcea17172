//! Many at once with what may count once.

use crate::house::{House, Plan, by_certificate, certified, question};
use authx_e2e::{
    PASSWORD,
    vpn::{LightClient, LightOptions, Outcome},
};
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_connections_with_one_code_one_gets_in() {
    let mut plan = by_certificate();
    // Otherwise OpenVPN drops all others of a name without a word when one of them gets in.
    plan.openvpn.lines.push("duplicate-cn".to_owned());
    let Some(house) = House::new(plan).await else { return };
    let alice = house.person("alice").await;
    let (crowd, code) = (house.crowd(), alice.code());
    let clients = join_all((0..MANY).map(|_| crowd.client(certified("alice")))).await;
    one_of(&house, &signed_in(clients, &code).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_connections_with_one_answer_to_a_challenge_one_gets_in() {
    let mut plan = Plan { policy: "dynamic_challenge = \"on\"\n", ..Plan::default() };
    plan.openvpn.lines.push("duplicate-cn".to_owned());
    let Some(house) = House::new(plan).await else { return };
    let alice = house.person("alice").await;
    let crowd = house.crowd();
    let mut client = crowd.client(LightOptions::default()).await;
    question(&client.sign_in("alice", PASSWORD).await);
    let field = client.dynamic_challenge().unwrap().password(&alice.code());
    let clients = join_all((0..MANY).map(|_| crowd.client(LightOptions::default()))).await;
    one_of(&house, &signed_in(clients, &field).await);
}

/// What came of each. One that was let in keeps its connection until all have been answered.
async fn signed_in(mut clients: Vec<LightClient>, password: &str) -> Vec<Outcome> {
    join_all(clients.iter_mut().map(|client| client.sign_in("alice", password))).await
}

fn one_of(house: &House, outcomes: &[Outcome]) {
    let (connected, others): (Vec<_>, Vec<_>) =
        outcomes.iter().partition(|outcome| outcome.is_connected());
    let log = house.told();
    assert_eq!(connected.len(), 1, "{others:?}\n{log}");
    for outcome in others {
        assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}\n{log}");
    }
    let said = house.agent.log().to_string();
    assert_eq!(said.matches("outcome=\"allowed\"").count(), 1, "{said}");
}

const MANY: usize = 200;
