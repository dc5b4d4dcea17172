//! What the operator's guide says of the API is so.

use crate::{
    samples::Samples,
    world::{JSON, World, on_each_engine, request},
};
use authx_core::role::Permission;
use axum::{
    body::Body,
    http::{Method, header},
};

fn guide() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operator/api.md");
    std::fs::read_to_string(path).unwrap()
}

/// A call as the guide has it, by the shell function `api`.
struct Call {
    line: String,
    method: Method,
    target: String,
    body: Option<String>,
}

impl Call {
    fn parse(line: &str) -> Self {
        let words = words(line);
        let mut words = words.iter().map(String::as_str).skip(1);
        let (mut method, mut target, mut body) = (None, None, None);
        while let Some(word) = words.next() {
            match word {
                "-X" => method = words.next().map(|name| name.parse().unwrap()),
                "--json" => body = words.next().map(str::to_owned),
                "-o" => drop(words.next()),
                url => target = Some(url.strip_prefix("$AUTHX").unwrap().to_owned()),
            }
        }
        let usual = if body.is_some() { Method::POST } else { Method::GET };
        let (line, method) = (line.to_owned(), method.unwrap_or(usual));
        Self { line, method, target: target.unwrap(), body }
    }

    async fn go(&self, world: &World, token: &str, samples: &Samples) {
        let target = self
            .target
            .replace("$APP", samples.id("application"))
            .replace("$KEY", samples.id("key"))
            .replace("$USER_ID", samples.id("user"));
        let begun = request(&self.method, &target, token);
        let request = match &self.body {
            Some(body) => begun.header(header::CONTENT_TYPE, JSON).body(Body::from(body.clone())),
            None => begun.body(Body::empty()),
        };
        let reply = world.send(request.unwrap()).await;
        assert!(reply.status.is_success(), "{}: {}", self.line, reply.text());
    }
}

/// The words of a line, as a shell parts them.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (vec![], String::new(), None);
    for c in line.chars() {
        match (quote, c) {
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (_, c) => word.push(c),
        }
    }
    words.push(word);
    words
}

/// Each call of the guide, one after the other as it is read, does what it says.
#[tokio::test]
async fn every_call_can_be_made() {
    let guide = guide();
    let calls: Vec<Call> = guide
        .lines()
        .filter(|line| line.starts_with("api ") && line.contains("$AUTHX"))
        .map(Call::parse)
        .collect();
    assert!(calls.len() > 15, "only {} calls were found", calls.len());
    on_each_engine(async |world| {
        let token = world.owner().await;
        let mut samples = Samples::of(world, world.tenant, 0).await;
        for (n, call) in calls.iter().enumerate() {
            // A package is there for Access Server; the agent's is shipped, and not in tests.
            if call.target.ends_with("/package") {
                samples = Samples::with(world, world.tenant, n + 1, "openvpn-access-server").await;
            }
            call.go(world, &token, &samples).await;
        }
    })
    .await;
}

#[test]
fn every_scope_is_described() {
    let guide = guide();
    let (_, rest) = guide.split_once("<!-- scopes -->").unwrap();
    let (table, _) = rest.split_once("<!-- /scopes -->").unwrap();
    let described: Vec<&str> = table.lines().skip(3).filter(|line| !line.is_empty()).collect();
    let known: Vec<String> = Permission::ALL
        .iter()
        .map(|scope| format!("| `{}` | {} |", scope.word(), scope.about()))
        .collect();
    assert_eq!(described, known);
}
