//! Every letter, as its reader gets it.

use super::{Deed, Letter, Link, render::write, times::Times, title, words::Reader};
use crate::{admin::bypass::Kind, app::testing, store::testing::Database};
use authx_core::{Millis, role::Role, wire::phone::InvitationProof};
use zeroize::Zeroizing;

const NOW: Millis = Millis(1_795_689_000_000);

fn letters() -> Vec<Letter> {
    let own = || Deed::own(NOW).from("192.0.2.7");
    let by = || Deed { at: NOW, from: None, by: Some("Alice Arnold".to_owned()) };
    let link = || Link {
        url: Zeroizing::new("https://phone.mfa.example.com/#axi_7Jk2Qw9sTz4bXv1nRc8mLa".to_owned()),
        until: NOW.plus_secs(7 * 86_400),
    };
    let text = |text: &str| text.to_owned();
    let until = NOW.plus_secs(3_600);
    vec![
        Letter::AccountLocked { until: None, deed: own() },
        Letter::AppAdded(own()),
        Letter::AppRemoved(by()),
        Letter::BypassGiven { until, reason: text("Phone is at the repair shop"), deed: by() },
        Letter::BypassUsed { application: text("Berlin VPN"), deed: own() },
        Letter::BypassWished {
            user: text("anna"),
            kind: Kind::Code,
            reason: text("New phone"),
            by: text("hugo"),
            until,
            at: NOW,
        },
        Letter::CodeGiven { until, reason: text("New phone"), deed: by() },
        Letter::Invitation {
            link: link(),
            proof: InvitationProof::Code,
            by: Some("Alice Arnold".to_owned()),
        },
        Letter::LoginReported {
            user: text("anna"),
            application: text("Berlin VPN"),
            let_in: NOW,
            from: Some(text("192.0.2.7")),
            support_code: Some(text("R3DZ7Q")),
            at: until,
        },
        Letter::MailChanged { to: Some(text("a•••@example.com")), deed: by() },
        Letter::NewBrowser { browser: text("Firefox 145 on Linux"), deed: own() },
        Letter::PasskeyAdded { passkey: text("Laptop"), deed: own() },
        Letter::PasskeyRemoved { passkey: text("Laptop"), deed: by() },
        Letter::PasswordChanged(own()),
        Letter::PasswordForgotten { link: link(), deed: own() },
        Letter::PhoneAdded { phone: text("Pixel"), platform: text("Android 16"), deed: own() },
        Letter::PhoneMoved { phone: text("iPhone"), before: text("Pixel"), deed: own() },
        Letter::PhoneRemoved { phone: text("Pixel"), deed: by() },
        Letter::RecoveryMade(by()),
        Letter::RoleRaised {
            role: Role::Administrator,
            removed: vec![text("a phone"), text("the passkey “Laptop”"), text("recovery codes")],
            keeps: false,
            deed: by(),
        },
        Letter::SetUp { link: link(), role: Some(Role::HelpDesk), by: None },
        Letter::Test,
    ]
}

/// `LETTERS=DIRECTORY` keeps them, to be looked at.
#[tokio::test]
async fn every_letter_says_what_when_and_what_to_do() {
    let database = Database::sqlite();
    let (app, _) = testing::app(database.store().await);
    let times = Times::of(r#"{"time_zone":"Europe/Berlin"}"#);
    let company = "Example & Söhne <Corp>";
    let reader = Reader { company, account: "anna", times: &times };
    for letter in letters() {
        let kind = letter.kind();
        let help = "helpdesk@example.com";
        let written = write(&app, &reader, "Anna \"A\" <Arnold>", help, &letter, "K7QF2M").unwrap();
        if let Some(directory) = std::env::var_os("LETTERS") {
            let file = std::path::Path::new(&directory).join(kind);
            std::fs::write(file.with_extension("html"), &written.html).unwrap();
            std::fs::write(file.with_extension("txt"), &written.text).unwrap();
        }
        assert_ne!(title(kind), kind, "a list has words for it");
        assert!(written.subject.chars().count() <= 90, "{}", written.subject);
        let mut texts = vec![written.text.as_str()];
        // What is escaped is what was written.
        let html = written.html.replace("&#34;", "\"").replace("&#60;", "<");
        let html = html.replace("&#62;", ">").replace("&#38;", "&").replace("&#39;", "'");
        assert!(written.html.contains("Anna &#34;A&#34; &#60;Arnold&#62;"), "{}", written.html);
        assert!(written.html.len() < 10_000, "{kind}: {} bytes", written.html.len());
        texts.push(&html);
        for text in texts {
            assert!(
                text.contains(company) && text.contains("Hello Anna \"A\" <Arnold>, "),
                "{text}"
            );
            assert!(text.contains("K7QF2M") && text.contains(help), "{text}");
            assert!(!text.contains("{{") && !text.contains("Some("), "{text}");
            for never in ["please", "oops", "successfully", "invalid", "!\n", "!."] {
                assert!(!text.to_lowercase().contains(never), "{never}: {text}");
            }
            let is_link = letter.until().is_some() && kind != "bypass_wished";
            let way = if is_link {
                "https://phone.mfa.example.com/#axi_7Jk2Qw9sTz4bXv1nRc8mLa"
            } else {
                "https://mfa.example.com/me"
            };
            assert!(text.contains(way), "{way}: {text}");
            let is_dated = text.contains("November 2026") || text.contains("December 2026");
            assert!(kind == "test" || is_dated && text.contains("(Europe/Berlin)"), "{text}");
        }
    }
}

#[test]
fn every_kind_has_one_title() {
    let mut kinds: Vec<_> = letters().iter().map(Letter::kind).collect();
    let mut titled: Vec<_> = super::TITLES.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    titled.sort_unstable();
    assert_eq!(kinds, titled);
}
