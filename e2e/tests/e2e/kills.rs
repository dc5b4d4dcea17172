//! `kill -9` at random moments under load.

use authx::random::{OsRandom, Random};
use authx_core::LoginId;
use authx_e2e::{Client, Engine, Installation, Person, Server, new_id, proved};
use futures_util::{StreamExt as _, future::join_all, stream};
use serde_json::Value;
use std::{
    collections::HashMap,
    env,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

authx_e2e::on_both_engines! { nothing_acknowledged_is_lost_and_no_code_counts_twice }

/// One request, and what came of it.
#[derive(Clone, Debug)]
struct Try {
    id: LoginId,
    person: usize,
    code: String,
    body: Value,
    /// `None`: no answer. It may be stored or not.
    outcome: Option<String>,
}

/// `AUTHX_KILL_ROUNDS` makes it a soak.
async fn nothing_acknowledged_is_lost_and_no_code_counts_twice(engine: Engine) {
    let rounds = env::var("AUTHX_KILL_ROUNDS").ok().and_then(|text| text.parse().ok());
    let installation = Installation::new(engine).await;
    let mut tries = vec![];
    let mut unanswered = 0;
    for round in 0..rounds.unwrap_or(4) {
        let people = installation.people(&format!("round{round}-"), 400).await;
        let mut of_round = until_killed(&installation, &people).await;
        let server = Server::start(installation.config()).await;
        let client = server.client(&installation.vpn);
        unanswered += of_round.iter().filter(|one| one.outcome.is_none()).count();
        settle(&client, &mut of_round).await;
        spent(&client, &people, &of_round).await;
        tries.extend(of_round.into_iter().map(|one| (round, one)));
        server.kill();
    }
    assert!(unanswered > 0, "no kill interrupted anything");

    let mut allowed = HashMap::<_, usize>::new();
    for (round, one) in tries.iter().filter(|(_, one)| is_allowed(one)) {
        *allowed.entry((round, one.person, &one.code)).or_default() += 1;
    }
    eprintln!("{} tries, {} allowed, {unanswered} without answer", tries.len(), allowed.len());
    assert!(allowed.len() > 20, "only {} of {} were allowed", allowed.len(), tries.len());
    assert!(allowed.values().all(|times| *times == 1), "a code counted twice: {allowed:?}");
    let recorded = "SELECT COUNT(*) FROM event WHERE kind = 'login_allowed'";
    assert_eq!(installation.count(recorded).await, i64::try_from(allowed.len()).unwrap());
    let (intact, said) = installation.verify(&[]);
    assert!(intact, "{said}");
}

/// Signs people in, each twice with the same code, until the server is killed.
async fn until_killed(installation: &Installation, people: &[Person]) -> Vec<Try> {
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let next = AtomicUsize::new(0);
    let tries = Mutex::new(vec![]);
    let kill = async {
        let mut chance = [0; 1];
        OsRandom.fill(&mut chance);
        // Not before there is something to lose.
        let patience = Instant::now() + Duration::from_secs(10);
        while tries.lock().unwrap().len() < 20 && Instant::now() < patience {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_micros(u64::from(chance[0]) * 500)).await;
        server.kill();
    };
    let worker = async || {
        loop {
            let person = next.fetch_add(1, Ordering::Relaxed) / 2 % people.len();
            let code = people[person].code();
            let body = proved(&people[person].name, &code);
            let id = new_id();
            let answered = client.begin(id, &body).await;
            let outcome = answered.ok().map(|reply| reply.outcome());
            let dead = outcome.is_none();
            tries.lock().unwrap().push(Try { id, person, code, body, outcome });
            if dead {
                return;
            }
        }
    };
    tokio::join!(kill, join_all((0..16).map(|_| worker())));
    tries.into_inner().unwrap()
}

/// What was answered is as it was answered; what was not is asked again, as a caller would.
async fn settle(client: &Client, tries: &mut [Try]) {
    stream::iter(tries)
        .for_each_concurrent(16, async |one| match &one.outcome {
            Some(outcome) if outcome == "busy" => {}
            Some(outcome) => {
                let now = client.read(one.id).await.expect("an answer").outcome();
                assert_eq!(&now, outcome, "{one:?}");
            }
            None => {
                let again = client.begin(one.id, &one.body).await.expect("an answer");
                one.outcome = Some(again.outcome());
            }
        })
        .await;
}

/// No code that ever counted counts once more.
async fn spent(client: &Client, people: &[Person], tries: &[Try]) {
    stream::iter(tries.iter().filter(|one| is_allowed(one)))
        .for_each_concurrent(16, async |one| {
            let body = proved(&people[one.person].name, &one.code);
            let reply = client.login(&body).await;
            assert_ne!(reply.outcome(), "allowed", "{one:?}");
        })
        .await;
}

fn is_allowed(one: &Try) -> bool {
    one.outcome.as_deref() == Some("allowed")
}
