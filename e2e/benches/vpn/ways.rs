//! Sign-ins, one way or another, and how long they take.

use crate::{
    THINKS,
    figures::cpu_time,
    sides::{First, Side},
};
use authx_e2e::{
    Person, Server,
    vpn::{LightClient, LightOptions, Outcome},
};
use data_encoding::BASE64;
use futures_util::future::join_all;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How the code gets to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// Behind the password.
    Append,
    /// In the pending step, typed at once, as no human can.
    CrText,
    /// In the pending step, typed some seconds later.
    CrTextLater,
    /// In a second connection.
    Crv1,
    /// In a field of its own.
    Scrv1,
    /// None: a phone approves, some seconds later.
    Push,
}

/// One sign-in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    /// From connecting to connected, without the user's own time.
    pub(crate) all: Duration,
    /// From the answer, or the approval, to connected, where something was asked in the same
    /// connection.
    pub(crate) after_answer: Option<Duration>,
    /// From the agent's verdict to connected, where there is an agent.
    pub(crate) after_verdict: Option<Duration>,
}

/// Sign-ins that went on at the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    pub(crate) median: Duration,
    /// Processor time of each sign-in, of all programs there are.
    pub(crate) cpu: Cpu,
}

/// Who computed how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    pub(crate) openvpn: Duration,
    pub(crate) agent: Duration,
    pub(crate) authx: Duration,
}

/// Signs somebody in.
pub(crate) async fn sign_in(side: &Side, person: &Person, way: Way) -> Took {
    let mut first = client(side, person, way).await;
    // Made before, as the second connection's keys are no part of what is measured.
    let mut second = if way == Way::Crv1 { Some(client(side, person, way).await) } else { None };
    let began = Instant::now();
    let password = typed(side, person, way);
    let (outcome, verdict, asked) = match way {
        Way::Push => panic!("a phone is asked, see `phones`"),
        Way::Append | Way::Scrv1 => {
            let signing_in = first.sign_in(&person.name, &password);
            let (outcome, verdict) = with_verdict(side, person, signing_in).await;
            (outcome, verdict, None)
        }
        Way::CrText | Way::CrTextLater => {
            let outcome = first.sign_in(&person.name, &password).await;
            assert!(matches!(outcome, Outcome::Asked { .. }), "{outcome:?}\n{}", side.told());
            let asked = began.elapsed();
            if way == Way::CrTextLater {
                sleep(THINKS).await;
            }
            let code = person.code();
            let (outcome, verdict) = with_verdict(side, person, first.answer(&code)).await;
            (outcome, verdict, Some(asked))
        }
        Way::Crv1 => {
            let outcome = first.sign_in(&person.name, &password).await;
            let challenge = first.dynamic_challenge();
            let challenge = challenge.unwrap_or_else(|| panic!("{outcome:?}\n{}", side.told()));
            let password = challenge.password(&person.code());
            let second = second.as_mut().expect("a second client");
            let signing_in = second.sign_in(&person.name, &password);
            let (outcome, verdict) = with_verdict(side, person, signing_in).await;
            (outcome, verdict, None)
        }
    };
    let Outcome::Connected { after } = outcome else {
        panic!("{} {way:?}: {outcome:?}\n{}", side.name(), side.told());
    };
    let all = asked.map_or_else(|| began.elapsed(), |asked| asked + after);
    let took = Took { all, after_answer: asked.map(|_| after), after_verdict: verdict };
    for client in [Some(first), second].into_iter().flatten() {
        client.leave().await;
    }
    took
}

/// What came of it, and how long after the agent had logged its verdict.
pub(crate) async fn with_verdict<T>(
    side: &Side,
    person: &Person,
    signing_in: impl Future<Output = T>,
) -> (T, Option<Duration>) {
    let Some(agent) = &side.agent else { return (signing_in.await, None) };
    let (log, mark) = (agent.log(), agent.log().mark());
    let line = format!(" user=\"{}\"", person.name);
    let decided = async {
        log.says(mark, &line).await;
        Instant::now()
    };
    let connected = async { (signing_in.await, Instant::now()) };
    let (verdict, (outcome, at)) = tokio::join!(decided, connected);
    (outcome, Some(at.saturating_duration_since(verdict)))
}

/// Signs people in, so many at the same time.
pub(crate) async fn rate(side: &Side, authx: &Server, people: Vec<Person>, at_once: usize) -> Rate {
    let count = people.len();
    let mut ready = vec![];
    for person in people {
        let client = client(side, &person, Way::Append).await;
        let typed = typed(side, &person, Way::Append);
        ready.push((client, person, typed));
    }
    let (before, began) = (Cpu::now(side, authx), Instant::now());
    let ready = Arc::new(Mutex::new(ready));
    let workers = (0..at_once).map(async |_| {
        let mut done = vec![];
        loop {
            let next = ready.lock().unwrap().pop();
            let Some((mut client, person, typed)) = next else { return done };
            let began = Instant::now();
            let outcome = client.sign_in(&person.name, &typed).await;
            assert!(outcome.is_connected(), "{}: {outcome:?}\n{}", side.name(), side.told());
            done.push((began.elapsed(), client));
        }
    });
    let done = join_all(workers).await.into_iter().flatten().collect::<Vec<_>>();
    let (took, after) = (began.elapsed(), Cpu::now(side, authx));
    let mut times = done.iter().map(|(took, _)| *took).collect::<Vec<_>>();
    times.sort();
    let median = times[times.len() / 2];
    for (_, client) in done {
        client.leave().await;
    }
    let each = u32::try_from(count).unwrap();
    let cpu = Cpu {
        openvpn: after.openvpn.saturating_sub(before.openvpn) / each,
        agent: after.agent.saturating_sub(before.agent) / each,
        authx: after.authx.saturating_sub(before.authx) / each,
    };
    Rate { per_second: f64::from(each) / took.as_secs_f64(), median, cpu }
}

/// Somebody's client, before it connects.
pub(crate) async fn client(side: &Side, person: &Person, way: Way) -> LightClient {
    let certificate = (side.first == First::Certificate).then(|| person.name.clone());
    let asked = matches!(way, Way::CrText | Way::CrTextLater | Way::Push);
    let sso = asked.then(|| "crtext".to_owned());
    side.crowd.client(LightOptions { certificate, sso, ..LightOptions::default() }).await
}

fn typed(side: &Side, person: &Person, way: Way) -> String {
    let password = side.password();
    let encode = |text: &str| BASE64.encode(text.as_bytes());
    match way {
        Way::Append => format!("{password}{}", person.code()),
        Way::CrText | Way::CrTextLater | Way::Crv1 | Way::Push => password.to_owned(),
        Way::Scrv1 => format!("SCRV1:{}:{}", encode(password), encode(&person.code())),
    }
}

impl Way {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::CrText => "cr_text, at once",
            Self::CrTextLater => "cr_text, later",
            Self::Crv1 => "crv1",
            Self::Scrv1 => "scrv1",
            Self::Push => "push",
        }
    }
}

impl Cpu {
    fn now(side: &Side, authx: &Server) -> Self {
        Self {
            openvpn: cpu_time(side.openvpn.pid()),
            agent: side.agent.as_ref().map(|agent| cpu_time(agent.pid())).unwrap_or_default(),
            authx: authx.cpu_time(),
        }
    }
}
