//! The operator's page on clients repeats what the records say.

use crate::client::{Client, Seen};
use std::fs;
use std::path::Path;

#[test]
fn the_page_has_every_client() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operator/openvpn-clients.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("<!-- clients -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- /clients -->").unwrap();
    let described: Vec<_> = table.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    let known: Vec<_> = Client::all().iter().map(row).collect();
    assert!(described == known, "write instead:\n{}", known.join("\n"));
}

fn row(client: &Client) -> String {
    let expected = &client.expected;
    let password_alone = match expected.secs {
        Some(secs) => format!("asked, {} s", LOGIN_SECS.min(secs - MARGIN_SECS)),
        None => "told to type it along".to_owned(),
    };
    let again = if expected.secs.is_some() { "asked again" } else { "connects again" };
    let phone = if expected.phone == "push" { "`push`" } else { "shows a code" };
    let away = if expected.comes_back { "comes back" } else { "stops" };
    let cells = [
        client.name.as_str(),
        seen(client.seen),
        &password_alone,
        phone,
        again,
        &client.own_field,
        &client.dynamic_challenge,
        away,
    ];
    format!("| {} |", cells.join(" | "))
}

fn seen(seen: Seen) -> &'static str {
    match seen {
        Seen::Guess => "guess",
        Seen::Log => "log",
        Seen::Run => "**run**",
        Seen::Source => "source",
    }
}

/// A verdict comes this long before the question's time is over.
const MARGIN_SECS: u64 = 5;
/// Before that AuthX's own patience ends.
const LOGIN_SECS: u64 = 120;
