//! What clients announce, as recorded in `recorded/`, and what their users see then.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod page;
mod play;

use authx_openvpn::client_abilities::Abilities;
use client::{Client, Expected};
use play::{Host, Notice, PASSWORD};

#[test]
fn a_password_alone_leads_where_it_is_said() {
    let clients = Client::all();
    assert!(clients.len() > 12, "only {} clients", clients.len());
    for client in clients {
        assert!(!client.source.is_empty(), "{}: seen where?", client.name);
        assert_eq!(found(&client), client.expected, "{}", client.name);
    }
}

/// What the rules make of an announcement.
fn found(client: &Client) -> Expected {
    let Abilities { program, platform, .. } = Abilities::of(&client.environment(PASSWORD));
    let mut host = Host::new("{}");
    let (way, reads, secs) = match &*host.sign_in(client, PASSWORD, &[]) {
        [Notice::Asked { text, secs }] => ("cr_text", text.clone(), Some(*secs)),
        [Notice::Refused { text, comes_back: false }] => ("append", text.clone(), None),
        other => panic!("{}: {other:?}", client.name),
    };
    let phone = if host.number_is_shown(&reads) { "push" } else { "code" }.to_owned();
    let mut host = Host::new("{}").away();
    let along = format!("{PASSWORD},{}", host.code());
    let comes_back = match &*host.sign_in(client, &along, &[]) {
        [Notice::Refused { text, comes_back }] => {
            assert_eq!(text, "Sign-in is not possible right now. Try again in a minute.");
            *comes_back
        }
        other => panic!("{}: {other:?}", client.name),
    };
    Expected { way: way.to_owned(), phone, reads, secs, comes_back, program, platform }
}

#[test]
fn a_code_typed_along_is_never_asked_for() {
    for client in Client::all() {
        for management in [false, true] {
            let host = || Host::new("{}").managed(management);
            let code = host().code();
            let let_in = |method: &str| vec![Notice::LetIn { method: method.to_owned() }];
            let along = format!("{PASSWORD},{code}");
            assert_eq!(host().sign_in(&client, &along, &[]), let_in("append"), "{}", client.name);
            let field = static_challenge(PASSWORD, &code);
            assert_eq!(host().sign_in(&client, &field, &[]), let_in("scrv1"), "{}", client.name);
        }
    }
}

/// AuthX is told a number only where somebody can read it before the phone asks for it.
#[test]
fn a_phone_chosen_along_is_told_a_number_that_was_shown() {
    for client in Client::all() {
        let along = [format!("{PASSWORD},push"), static_challenge(PASSWORD, "Push2")];
        for (management, password) in along.iter().flat_map(|one| [(false, one), (true, one)]) {
            let mut host = Host::new("{}").managed(management);
            let noticed = host.sign_in(&client, password, &[]);
            let first = noticed.first();
            let text = match first {
                Some(Notice::Asked { text, .. }) => text.clone(),
                Some(Notice::Refused { .. }) | None => String::new(),
                other => panic!("{}: {other:?}", client.name),
            };
            assert_eq!(host.number_is_shown(&text), client.expected.phone == "push", "{text}");
        }
    }
}

#[test]
fn a_phone_approves_behind_a_client_that_shows_the_number() {
    for client in Client::all().iter().filter(|client| client.expected.phone == "push") {
        let secs = client.expected.secs.unwrap();
        let first = Notice::Asked { text: client.expected.reads.clone(), secs };
        let text =
            "Sent to Anna's phone. Answer there, or type a code. For the phone the number is \
                    536 711."
                .to_owned();
        let sent = Notice::Asked { text, secs };
        let let_in = |method: &str| Notice::LetIn { method: method.to_owned() };
        let host = |management| Host::new("{}").managed(management).with_phone();
        let asked = |management| host(management).sign_in(client, PASSWORD, &["P"]);
        assert_eq!(asked(false), [first.clone(), let_in("cr_text")], "{}", client.name);
        assert_eq!(asked(true), [first.clone(), sent, let_in("cr_text")], "{}", client.name);
        let field = static_challenge(PASSWORD, "push");
        for management in [false, true] {
            let along = host(management).sign_in(client, &field, &[]);
            assert_eq!(along, [first.clone(), let_in("scrv1")], "{}", client.name);
        }
    }
}

#[test]
fn a_phone_shows_a_code_for_a_client_that_shows_nothing() {
    let refused = |text: &str| vec![Notice::Refused { text: text.to_owned(), comes_back: false }];
    let let_in = |method: &str| vec![Notice::LetIn { method: method.to_owned() }];
    for client in Client::all().iter().filter(|client| client.expected.phone == "code") {
        let mut host = Host::new("{}").with_phone();
        let told = "A code is needed. Open AuthX on your phone, then connect with password,CODE.";
        assert_eq!(host.sign_in(client, PASSWORD, &[]), refused(told), "{}", client.name);
        let along = format!("{PASSWORD},{}", host.code_on_the_phone());
        assert_eq!(host.sign_in(client, &along, &[]), let_in("append"), "{}", client.name);
        assert_ne!(host.sign_in(client, &along, &[]), let_in("append"), "once");

        let told = "This client cannot show the number. Open AuthX on your phone, then type \
                    password,CODE.";
        let field = static_challenge(PASSWORD, "push");
        assert_eq!(host.sign_in(client, &field, &[]), refused(told), "{}", client.name);

        let policy = r#"{"automatic_push":"on","match_number":"where_shown"}"#;
        let mut host = Host::new(policy).with_phone();
        assert_eq!(host.sign_in(client, PASSWORD, &[]), let_in(""), "{}", client.name);
        let policy = r#"{"dynamic_challenge":"on","automatic_push":"on"}"#;
        let mut host = Host::new(policy).with_phone();
        let asked = host.sign_in(client, PASSWORD, &[]);
        let [Notice::Challenged { text, state }] = &*asked else { panic!("{asked:?}") };
        assert!(text.ends_with(" For the phone the number is 536 711."), "{text}");
        let answer = format!("CRV1::{state}::push");
        host.number_was_read(text);
        assert_eq!(host.sign_in(client, &answer, &[]), let_in("crv1"), "{}", client.name);
    }
}

#[test]
fn a_wrong_code_is_asked_for_again_where_that_can_be_done() {
    for client in Client::all() {
        let Expected { secs, reads, .. } = &client.expected;
        let wrong = Notice::Refused {
            text: "Wrong code. Sign in again with a new one.".to_owned(),
            comes_back: false,
        };
        let sign_in = |management| {
            let mut host = Host::new("{}").managed(management);
            let code = host.code();
            if secs.is_none() {
                return host.sign_in(&client, &format!("{PASSWORD},000000"), &[&code]);
            }
            host.sign_in(&client, PASSWORD, &["000000", &code])
        };
        let Some(secs) = *secs else {
            let refused = [wrong];
            assert_eq!(sign_in(false), refused, "{}", client.name);
            assert_eq!(sign_in(true), refused, "{}", client.name);
            continue;
        };
        let first = Notice::Asked { text: reads.clone(), secs };
        // The question behind the first knows who is asked.
        let text = "Wrong code, 2 tries left. Enter the code in your authenticator app:".to_owned();
        let again = Notice::Asked { text, secs };
        assert_eq!(sign_in(false), [first.clone(), wrong], "{}", client.name);
        let let_in = Notice::LetIn { method: "cr_text".to_owned() };
        assert_eq!(sign_in(true), [first, again, let_in], "{}", client.name);
    }
}

#[test]
fn a_dynamic_challenge_asks_those_who_cannot_be_asked_otherwise() {
    for client in Client::all() {
        let mut host = Host::new(r#"{"dynamic_challenge":"on"}"#);
        let code = host.code();
        let noticed = host.sign_in(&client, PASSWORD, &[]);
        if let [Notice::Challenged { text, state }] = &*noticed {
            assert_eq!(text, "Enter the code in your authenticator app:");
            let answer = format!("CRV1::{state}::{code}");
            let let_in = Notice::LetIn { method: "crv1".to_owned() };
            assert_eq!(host.sign_in(&client, &answer, &[]), [let_in], "{}", client.name);
            assert_eq!(client.expected.way, "append", "{}", client.name);
        } else {
            assert_eq!(client.expected.way, "cr_text", "{}: {noticed:?}", client.name);
        }
    }
}

fn static_challenge(password: &str, answer: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!("SCRV1:{}:{}", STANDARD.encode(password), STANDARD.encode(answer))
}
