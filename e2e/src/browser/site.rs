//! A site with push that is not AuthX, to try the browsers with.

use super::{World, link::Link};
use serde_json::{Value, json};
use std::process::Command;

/// A running site. Its messages are encrypted and sent by the npm package `web-push`.
#[derive(Debug)]
pub struct Site {
    link: Link,
    proxy: String,
    port: u64,
}

impl Site {
    pub(super) async fn start(world: &World) -> Self {
        let mut command = Command::new("node");
        command.arg("site.mjs").env("NODE_EXTRA_CA_CERTS", world.authority.certificate());
        let link = Link::start(command, "site", &world.traces().join("site.log"));
        let identity = world.identity();
        let files = json!({ "key": identity.key, "certificate": identity.certificate });
        let port = link.must("start", files).await.as_u64().unwrap();
        Self { link, proxy: world.services.proxy().to_owned(), port }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("https://phone.mfa.test:{}/", self.port)
    }

    /// Lets the server be gone, or come back.
    pub async fn set_away(&self, is: bool) {
        self.link.must("away", json!({ "on": is })).await;
    }

    /// The endpoint that a browser has subscribed with.
    pub async fn endpoint(&self) -> String {
        let subscription = self.link.must("subscription", Value::Null).await;
        subscription["endpoint"].as_str().expect("a subscription").to_owned()
    }

    /// Sends a message, and gives the push service's status.
    pub async fn send(&self, text: &str) -> u64 {
        let status = self.link.must("send", json!({ "text": text, "proxy": self.proxy })).await;
        status.as_u64().unwrap()
    }

    /// Waits for what the service worker reports, which has to be signed by the phone's key.
    pub async fn report(&self, what: &str) -> Value {
        let report = self.link.must("report", json!({ "what": what })).await;
        assert_eq!(report["signed"], true, "{report}");
        report
    }
}
