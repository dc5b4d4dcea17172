mod stand_in;

use super::*;
use crate::witness::Witnesses;
use authx_core::{TenantId, audit::Witness, wire::login::LoginState};
use serde_json::json;
use stand_in::{Agent, KEY, Reply, StandIn, check, good, problem, raw, signed};
use std::io;

async fn failing(
    rule: impl Fn(usize, &stand_in::Asked) -> Reply + Send + Sync + 'static,
) -> CallError {
    let (_, url) = StandIn::start(rule).await;
    let error = Agent::of(&[&url]).authx().check().await.unwrap_err();
    assert!(error.to_string().contains(&url), "{error}");
    error
}

fn id() -> LoginId {
    cx::draw(LoginId::new)
}

fn login(id: LoginId) -> serde_json::Value {
    json!({
        "id": id, "version": 2, "state": "allowed", "user": "alice", "support_code": "K7QF2M",
        "expires_at": "2026-09-21T14:15:20Z",
    })
}

/// A port where nobody listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn what_is_signed_is_believed_and_its_seal_kept() {
    let tenant = TenantId::from_bytes([1; 16]);
    let seal = Witness { tenant, number: 7, mac: [2; 32] }.to_string();
    let told = seal.clone();
    let (stand_in, url) = StandIn::start(move |_, _| {
        let mut body = check();
        body["seal"] = told.clone().into();
        good(body)
    })
    .await;
    let agent = Agent::of(&[&url]);
    let witnesses = Witnesses::open(agent.directory.path()).unwrap();
    let authx = agent.authx().with_witnesses(witnesses.clone());
    assert_eq!(authx.check().await.unwrap().name, "vpn");
    assert_eq!(witnesses.newest().first().map(ToString::to_string), Some(seal));
    let asked = stand_in.asked();
    assert_eq!((&*asked[0].method, &*asked[0].target), ("GET", "/api/v1/check"));
}

#[tokio::test]
async fn every_call_goes_where_the_protocol_says() {
    let id = id();
    let (stand_in, url) = StandIn::start(move |_, asked| {
        let renewal = asked.target.ends_with("/renewals");
        good(if renewal { json!({ "standing": "good" }) } else { login(id) })
    })
    .await;
    let authx = Agent::of(&[&url]).authx();
    let begin = json!({
        "user": "alice", "first_factor": { "kind": "proved", "by": "pam" }, "answer": "123456",
    });
    let begin: BeginLogin = serde_json::from_value(begin).unwrap();
    let answer: AnswerLogin = serde_json::from_value(json!({ "seq": 1, "text": "1" })).unwrap();
    assert_eq!(authx.begin(id, &begin).await.unwrap().state, LoginState::Allowed);
    authx.answer(id, &answer).await.unwrap();
    authx.wait(id, 3, 700).await.unwrap();
    authx.cancel(id).await.unwrap();
    authx.renew(id).await.unwrap();
    let asked: Vec<_> = stand_in.asked().into_iter().map(|it| (it.method, it.target)).collect();
    let path = |method: &str, rest: &str| (method.to_owned(), format!("/api/v1/logins/{id}{rest}"));
    let expected = [
        path("PUT", ""),
        path("POST", "/answers"),
        path("GET", "?after=3&wait=45"),
        path("DELETE", ""),
        path("POST", "/renewals"),
    ];
    assert_eq!(asked, expected);
    assert_eq!(stand_in.asked()[4].body, "{}");
}

#[tokio::test]
async fn what_is_not_signed_is_no_verdict() {
    let html = |_: usize, _: &_| raw("500 Oops\r\nContent-Type: text/html", "<html>");
    let error = failing(html).await;
    assert!(error.is_outage());
    assert!(matches!(
        error,
        CallError::NoVerdict { why: NoVerdict::Unsigned { status: 500, .. }, .. }
    ));

    // A verdict without a signature, and a clock that a stranger sets.
    let error = failing(move |_, _| raw("200 OK", &check().to_string())).await;
    assert!(matches!(error, CallError::NoVerdict { why: NoVerdict::Unsigned { .. }, .. }));
    let clock = r#"{"type":"","title":"","status":401,"detail":"","code":"clock","server_time":9}"#;
    let (stand_in, url) = StandIn::start(|_, _| raw("401 No", clock)).await;
    let authx = Agent::of(&[&url]).authx();
    authx.check().await.unwrap_err();
    assert_eq!((authx.clock_correction_secs(), stand_in.asked().len()), (0, 1));
}

#[tokio::test]
async fn another_key_and_another_answer_are_no_verdicts() {
    let other = |_: usize, _: &_| Reply::Signed {
        status: 200,
        headers: "",
        body: check(),
        key: [8; 32],
        created_secs: 1,
    };
    let wrong = |error: &CallError| {
        matches!(error, CallError::NoVerdict { why: NoVerdict::WrongSignature { .. }, .. })
    };
    assert!(wrong(&failing(other).await));

    // The right answer, to the request before this one.
    let first: std::sync::Mutex<Option<stand_in::Asked>> = std::sync::Mutex::new(None);
    let (_, url) = StandIn::start(move |_, asked| {
        let first = first.lock().unwrap().get_or_insert_with(|| asked.clone()).clone();
        Reply::Raw(signed(&first, 200, "", &check(), &KEY, 1))
    })
    .await;
    let authx = Agent::of(&[&url]).authx();
    authx.check().await.unwrap();
    assert!(wrong(&authx.check().await.unwrap_err()));
}

#[tokio::test]
async fn what_is_signed_but_not_understood_says_so() {
    let error = failing(|_, _| good(json!({ "novelty": 1 }))).await;
    assert!(matches!(error, CallError::NoVerdict { why: NoVerdict::NotUnderstood(_), .. }));
}

#[tokio::test]
async fn nobody_is_followed_and_nothing_endless_is_read() {
    let (elsewhere, target) = StandIn::start(|_, _| good(check())).await;
    let (_, url) =
        StandIn::start(move |_, _| raw(&format!("302 Found\r\nLocation: {target}/x"), "")).await;
    let error = Agent::of(&[&url]).authx().check().await.unwrap_err();
    assert!(matches!(error, CallError::NoVerdict { why: NoVerdict::Redirected { .. }, .. }));
    assert!(elsewhere.asked().is_empty());

    let error = failing(|_, _| raw("200 OK", &"x".repeat(300_000))).await;
    assert!(matches!(error, CallError::NoVerdict { why: NoVerdict::TooLong { .. }, .. }));
}

#[tokio::test]
async fn half_an_answer_is_asked_for_again() {
    let half = |number: usize, asked: &stand_in::Asked| {
        let mut whole = signed(asked, 200, "", &check(), &KEY, 1);
        if number == 1 {
            whole.truncate(whole.len() - 5);
        }
        Reply::Raw(whole)
    };
    let (stand_in, url) = StandIn::start(half).await;
    Agent::of(&[&url]).authx().check().await.unwrap();
    assert_eq!(stand_in.asked().len(), 2);

    let error = failing(move |_, asked| half(1, asked)).await;
    let CallError::Unreachable(failures) = &error else { panic!("{error}") };
    assert!(matches!(failures[0].trouble, Trouble::Broken { .. }), "{error}");
}

#[tokio::test]
async fn a_wait_that_breaks_off_asks_at_once_how_things_stand() {
    let id = id();
    let (stand_in, url) = StandIn::start(move |number, _| match number {
        1 => Reply::Raw(vec![]),
        _ => good(login(id)),
    })
    .await;
    Agent::of(&[&url]).authx().wait(id, 1, 40).await.unwrap();
    let targets: Vec<_> = stand_in.asked().into_iter().map(|asked| asked.target).collect();
    assert!(targets[0].ends_with("?after=1&wait=40") && targets[1].ends_with("?after=1&wait=0"));
}

#[tokio::test]
async fn who_is_busy_is_asked_again_soon_and_never_late() {
    let (stand_in, url) = StandIn::start(|number, _| match number {
        1 => problem(503, "busy", "Retry-After: 1\r\n"),
        _ => good(check()),
    })
    .await;
    Agent::of(&[&url]).authx().check().await.unwrap();
    assert_eq!(stand_in.asked().len(), 2);

    for (status, code, headers, outage) in [
        (429, "slow_down", "Retry-After: 30\r\n", false),
        (503, "unavailable", "", true),
        (422, "invalid_request", "", false),
    ] {
        let (stand_in, url) = StandIn::start(move |_, _| problem(status, code, headers)).await;
        let error = Agent::of(&[&url]).authx().check().await.unwrap_err();
        assert_eq!((error.code(), error.is_outage()), (Some(code), outage));
        let CallError::Refused { retry_after_secs, .. } = error else { panic!("{error}") };
        assert_eq!(retry_after_secs, headers.contains("30").then_some(30));
        assert_eq!(stand_in.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once_and_for_all() {
    let (stand_in, url) = StandIn::start(|number, _| match number {
        1 => problem(401, "clock", ""),
        _ => good(check()),
    })
    .await;
    let authx = Agent::of(&[&url]).authx();
    authx.check().await.unwrap();
    authx.check().await.unwrap();
    assert!((990..1_010).contains(&authx.clock_correction_secs()));
    let created: Vec<_> = stand_in.asked().iter().map(|it| it.presented.created_secs).collect();
    assert_eq!(created.len(), 3);
    assert!(created[1] - created[0] > 990 && created[2] - created[0] > 990, "{created:?}");

    // Who never agrees gets no third request.
    let (stand_in, url) = StandIn::start(|_, _| problem(401, "clock", "")).await;
    let error = Agent::of(&[&url]).authx().check().await.unwrap_err();
    assert_eq!((error.code(), stand_in.asked().len()), (Some("clock"), 2));
}

#[tokio::test]
async fn a_key_that_is_not_accepted_says_where_to_look() {
    let text = r#"{"type":"","title":"","status":401,"detail":"a\u001bb","code":"signature"}"#;
    let error = failing(|_, _| raw("401 No", text)).await;
    assert!(matches!(error, CallError::Unsigned401 { .. }) && !error.is_outage());
    let told = error.to_string();
    assert!(told.contains("revoked") && told.contains("a\u{fffd}b"), "{told}");
}

#[tokio::test]
async fn the_next_address_is_asked_and_then_stays_the_first() {
    let (dead, slow) = (nobody().await, StandIn::start(|_, _| Reply::Hang).await);
    let (alive, url) = StandIn::start(|_, _| good(check())).await;
    let authx = Agent::of(&[&dead, &slow.1, &url]).authx();
    authx.check().await.unwrap();
    let began = Instant::now();
    authx.check().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!((slow.0.asked().len(), alive.asked().len()), (1, 2));
}

#[tokio::test]
async fn who_looks_for_a_fault_asks_each_address() {
    let (dead, (_, url)) = (nobody().await, StandIn::start(|_, _| good(check())).await);
    let each = Agent::of(&[&dead, &url]).authx().check_each().await;
    let each: Vec<_> = each.iter().map(|(place, checked)| (&**place, checked.is_ok())).collect();
    assert_eq!(each, [(&*dead, false), (&*url, true)]);
}

#[tokio::test]
async fn a_server_that_starts_again_is_waited_for() {
    let url = nobody().await;
    let authx = Agent::of(&[&url]).authx();
    let address = url.trim_start_matches("http://").to_owned();
    let starting = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        StandIn::start_on(&address, |_, _| good(check())).await
    };
    let (checked, _) = tokio::join!(authx.check(), starting);
    checked.unwrap();
}

#[tokio::test]
async fn who_is_not_there_says_what_to_look_at() {
    let url = nobody().await;
    let agent = Agent::of(&[&url]);
    let error = agent.authx().check().await.unwrap_err();
    assert!(error.is_outage() && error.to_string().contains("does AuthX run there"), "{error}");

    // Plain HTTP where TLS is expected.
    let (_, url) = StandIn::start(|_, _| Reply::Hang).await;
    let agent = Agent::of(&[&url.replace("http:", "https:")]);
    let error = agent.authx().check().await.unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");

    let refused = Trouble::Connect { source: io::ErrorKind::PermissionDenied.into() };
    assert!(!refused.may_pass());
}

#[tokio::test]
async fn the_socket_comes_first_and_wants_the_urls_host() {
    let (remote, url) = StandIn::start(|_, _| good(check())).await;
    let mut agent = Agent::of(&[&url]);
    let socket = agent.path("api.sock");
    agent.config.unix_socket = Some(socket.clone());
    agent.authx().check().await.unwrap();
    assert_eq!(remote.asked().len(), 1, "there is no socket yet");
    let local = StandIn::start_at(&socket, |_, _| good(check()));
    agent.authx().check().await.unwrap();
    assert_eq!((remote.asked().len(), local.asked().len()), (1, 1));
    assert_eq!(format!("http://{}", local.asked()[0].host), url);
}

#[tokio::test]
async fn many_who_wait_do_not_keep_others_from_asking() {
    let (stand_in, url) =
        StandIn::start(
            |_, asked| {
                if asked.target.contains("wait=") { Reply::Hang } else { good(check()) }
            },
        )
        .await;
    let authx = Agent::of(&[&url]).authx();
    for _ in 0..250 {
        let authx = authx.clone();
        tokio::spawn(async move { authx.wait(id(), 1, 40).await });
    }
    while stand_in.asked().len() < 250 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    authx.check().await.unwrap();
}

#[test]
fn what_keeps_the_client_from_starting_says_so() {
    let mut agent = Agent::of(&["https://mfa.example.com"]);
    let told = |config: &AuthxConfig| {
        let error = anyhow::Error::from(Authx::new(config).unwrap_err());
        format!("{error:#}")
    };
    let file = agent.path("authority.pem");
    std::fs::write(&file, "no certificate").unwrap();
    agent.config.certificate_authority = Some(file);
    assert!(told(&agent.config).contains("holds no certificate"));
    agent.config.certificate_authority = Some(agent.path("absent.pem"));
    assert!(told(&agent.config).contains("No such file"));
    agent.config.certificate_authority = None;
    std::fs::write(agent.path("application.key"), "axk_short").unwrap();
    assert!(told(&agent.config).contains("copy all of it"));
    std::fs::remove_file(agent.path("application.key")).unwrap();
    assert!(told(&agent.config).contains("cannot be read"));
}
