//! AuthX and the agent end, hang and come back while many wait.

use crate::house::{House, Plan, by_certificate, certified, question};
use authx_e2e::{
    Person, Server,
    vpn::{ClientOptions, Crowd, LightClient, Outcome},
};
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_at_the_question_does_not_notice_that_authx_is_restarted() {
    let Some(mut house) = house().await else { return };
    let (killed, stopped) = (waiting(&house, "a", 50).await, waiting(&house, "b", 50).await);
    house.authx.kill();
    house.authx = Server::start(house.installation.config()).await;
    let outcomes = answered(killed).await;
    assert!(outcomes.iter().all(Outcome::is_connected), "{outcomes:?}\n{}", house.agent.log());
    house.authx.stop().await;
    house.authx = Server::start(house.installation.config()).await;
    let outcomes = answered(stopped).await;
    assert!(outcomes.iter().all(Outcome::is_connected), "{outcomes:?}\n{}", house.agent.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_is_stopped_tells_all_who_wait() {
    let Some(mut house) = house().await else { return };
    let waiting = waiting(&house, "p", 100).await;
    house.agent.stop().await;
    house.agent.start_again().await;
    for (_, mut client) in waiting {
        let outcome = client.next().await;
        let Outcome::Refused { text } = &outcome else { panic!("{outcome:?}") };
        assert!(text.contains("Sign-in is not possible right now."), "{text}");
    }
    house.counts(0, OPEN).await;
    gets_in(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_after_the_agent_was_killed_is_told() {
    let Some(mut house) = house().await else { return };
    let mut waiting = waiting(&house, "p", 100).await;
    house.agent.kill().await;
    // Some answer before it is back.
    let early = answered(waiting.split_off(50)).await;
    house.agent.start_again().await;
    let late = answered(waiting).await;
    for outcome in early.into_iter().chain(late) {
        let Outcome::Refused { text } = &outcome else { panic!("{outcome:?}") };
        assert!(text.contains("Sign in again") || text.contains("Try again"), "{text}");
    }
    gets_in(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_restarted_during_sign_ins_leaves_nobody_hanging() {
    let Some(mut house) = house().await else { return };
    let people = house.installation.people("p", 100).await;
    let crowd = house.crowd();
    let mark = house.agent.log().mark();
    let mut sign_ins = vec![];
    for person in &people {
        let (crowd, name, code) = (crowd.clone(), person.name.clone(), person.code());
        sign_ins.push(tokio::spawn(async move {
            let mut client = crowd.client(certified(&name)).await;
            client.sign_in(&name, &code).await
        }));
    }
    // In the middle of them.
    house.agent.log().says(mark, "outcome=\"allowed\"").await;
    house.agent.stop().await;
    house.agent.start_again().await;
    let mut connected = 0;
    for outcome in join_all(sign_ins).await {
        match outcome.unwrap() {
            Outcome::Connected { .. } => connected += 1,
            Outcome::Refused { text } => {
                assert!(text.contains("Try again"), "{text}\n{}", house.told());
            }
            other @ (Outcome::Asked { .. } | Outcome::Exited | Outcome::TimedOut) => {
                panic!("{other:?}\n{}", house.told())
            }
        }
    }
    assert!(connected > 0, "{}", house.told());
    gets_in(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_hangs_delays_no_tunnel_and_goes_on_where_it_stood() {
    let Some(house) = house().await else { return };
    let anna = house.installation.people("anna", 1).await.remove(0);
    let options = ClientOptions { certificate: Some(anna.name.clone()), ..Default::default() };
    let mut tunnel = house.client(options).await;
    let outcome = tunnel.sign_in(&anna.name, &anna.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    let mut waiting = waiting(&house, "w", 20).await;
    let new = house.installation.people("n", 20).await;
    let crowd = house.crowd();

    house.agent.freeze();
    let mark = house.openvpn.log().mark();
    let sign_ins = new.iter().map(|person| {
        let (crowd, name, code) = (crowd.clone(), person.name.clone(), person.code());
        tokio::spawn(async move {
            let mut client = crowd.client(certified(&name)).await;
            client.sign_in(&name, &code).await
        })
    });
    let sign_ins = sign_ins.collect::<Vec<_>>();
    for (person, client) in &mut waiting {
        client.answer_blindly(&person.code()).await;
    }
    for person in &new {
        let deferred = format!("deferred for username '{}'", person.name);
        house.openvpn.log().says(mark, &deferred).await;
    }
    let pings = tunnel.ping(50).await;
    assert!(pings.go_on(), "{pings:?}");
    assert!(sign_ins.iter().all(|sign_in| !sign_in.is_finished()));
    house.agent.thaw();

    let mut outcomes = vec![];
    for (_, client) in &mut waiting {
        outcomes.push(client.next().await);
    }
    outcomes.extend(join_all(sign_ins).await.into_iter().map(Result::unwrap));
    assert!(outcomes.iter().all(Outcome::is_connected), "{outcomes:?}\n{}", house.agent.log());
}

/// With the management socket, so that a question that comes too late for OpenVPN's call, as those
/// of a crowd do, is asked all the same.
async fn house() -> Option<House> {
    House::new(Plan { management: true, ..by_certificate() }).await
}

/// So many at the question, each with a code that is good for a while.
async fn waiting(house: &House, prefix: &str, many: usize) -> Vec<(Person, LightClient)> {
    let people = house.installation.people(prefix, many).await;
    let crowd = house.crowd();
    let waiting = join_all(people.into_iter().map(|person| at_the_question(&crowd, person))).await;
    // Asked is who has a question before AuthX knows of it.
    house.counts_at_least(i64::try_from(many).unwrap(), OPEN).await;
    waiting
}

async fn at_the_question(crowd: &Crowd, person: Person) -> (Person, LightClient) {
    let mut client = crowd.client(certified(&person.name)).await;
    question(&client.sign_in(&person.name, " ").await);
    (person, client)
}

async fn answered(mut waiting: Vec<(Person, LightClient)>) -> Vec<Outcome> {
    for (person, client) in &mut waiting {
        client.answer_blindly(&person.code()).await;
    }
    let mut outcomes = vec![];
    for (_, client) in &mut waiting {
        outcomes.push(client.next().await);
    }
    outcomes
}

async fn gets_in(house: &House) {
    let person = house.installation.people("last", 1).await.remove(0);
    let mut client = house.crowd().client(certified(&person.name)).await;
    let outcome = client.sign_in(&person.name, &person.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
}

const OPEN: &str = "SELECT count(*) FROM login WHERE final = 0";
