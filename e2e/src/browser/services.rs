//! The push services that browsers and senders speak to.

use super::{Authority, link::Link};
use serde_json::{Value, json};
use std::{path::Path, process::Command};

/// Google's and Mozilla's services, and a proxy through which a sender reaches them by name.
#[derive(Debug)]
pub struct Services {
    link: Link,
    /// Switches that lead Chromium here.
    pub(super) switches: Vec<String>,
    /// Preferences that lead Firefox here.
    pub(super) preferences: Value,
    proxy: String,
}

/// A message that a sender has posted.
#[derive(Clone, Debug)]
pub struct Post {
    /// The service's host.
    pub host: String,
    /// `TTL`, in seconds.
    pub ttl_secs: Option<u64>,
    /// `Urgency`.
    pub urgency: Option<String>,
    /// `Topic`.
    pub topic: Option<String>,
    /// What the sender's VAPID token claims.
    pub claims: Value,
    /// The length of the body.
    pub bytes: u64,
    /// How it was answered.
    pub status: u64,
    /// Why it was refused, if it was.
    pub reason: Option<String>,
}

impl Services {
    pub(super) async fn start(authority: &Authority, traces: &Path) -> Self {
        let mut command = Command::new("node");
        command.arg("services.mjs");
        let link = Link::start(command, "push services", &traces.join("services.log"));
        let identity = authority.certify(&HOSTS);
        let files = json!({ "key": identity.key, "certificate": identity.certificate });
        let told = link.must("start", files).await;
        let switches = told["switches"].as_array().unwrap().iter();
        Self {
            switches: switches.filter_map(Value::as_str).map(str::to_owned).collect(),
            preferences: told["preferences"].clone(),
            proxy: told["proxy"].as_str().unwrap().to_owned(),
            link,
        }
    }

    /// The address of the HTTP proxy through which a sender reaches the services, and nothing else.
    pub fn proxy(&self) -> &str {
        &self.proxy
    }

    /// Every post so far, answered well or not.
    pub async fn posts(&self) -> Vec<Post> {
        let posts = self.link.must("posts", Value::Null).await;
        posts.as_array().unwrap().iter().map(Post::read).collect()
    }

    /// Waits until there have been so many posts, and gives all.
    pub async fn wait_posts(&self, many: usize) -> Vec<Post> {
        let wish = json!({ "many": many, "patience": PATIENCE_MILLIS });
        let posts = self.link.must("wait_posts", wish).await;
        posts.as_array().unwrap().iter().map(Post::read).collect()
    }

    /// Everything that happened, for a test that failed.
    pub async fn log(&self) -> Value {
        self.link.must("log", Value::Null).await
    }

    /// The hosts that senders wanted to reach through the proxy, in order.
    pub async fn wanted_hosts(&self) -> Vec<String> {
        let connections = self.link.must("connections", Value::Null).await;
        let hosts = connections.as_array().unwrap().iter();
        hosts.filter_map(|one| one["host"].as_str()).map(str::to_owned).collect()
    }

    /// How many subscriptions work.
    pub async fn subscriptions(&self) -> usize {
        self.link.must("endpoints", Value::Null).await.as_array().unwrap().len()
    }

    /// Lets an endpoint answer 410 from now on; all that there are without one.
    pub async fn expire(&self, endpoint: Option<&str>) {
        self.link.must("expire", json!({ "endpoint": endpoint })).await;
    }

    /// Lets Mozilla's service lose all that it knew: Firefox then fires `pushsubscriptionchange`.
    pub async fn forget(&self) {
        self.link.must("forget", Value::Null).await;
    }

    /// Accepts messages from now on and keeps them.
    pub async fn hold(&self) {
        self.link.must("hold", json!({ "on": true })).await;
    }

    /// Delivers what was kept, and all that comes.
    pub async fn deliver(&self) {
        self.link.must("hold", json!({ "on": false })).await;
    }

    /// Answers as many posts as said with this status.
    pub async fn fail(&self, status: u16, times: usize) {
        self.link.must("fail", json!({ "status": status, "times": times })).await;
    }

    /// Answers the next post with 429 and says after how many seconds to come again.
    pub async fn slow_down(&self, after_secs: u64) {
        self.link.must("fail", json!({ "status": 429, "retry_after": after_secs })).await;
    }

    /// Whether the services cannot be reached through the proxy.
    pub async fn set_outage(&self, is: bool) {
        self.link.must("outage", json!({ "on": is })).await;
    }
}

impl Post {
    fn read(post: &Value) -> Self {
        let text = |name: &str| post[name].as_str().map(str::to_owned);
        Self {
            host: text("host").unwrap(),
            ttl_secs: post["ttl"].as_u64(),
            urgency: text("urgency"),
            topic: text("topic"),
            claims: post["claims"].clone(),
            bytes: post["bytes"].as_u64().unwrap(),
            status: post["status"].as_u64().unwrap(),
            reason: text("reason"),
        }
    }
}

/// The host in the endpoints of Debian's Chromium.
pub const CHROMIUM_HOST: &str = "jmt17.google.com";
/// The host in Firefox's endpoints.
pub const FIREFOX_HOST: &str = "updates.push.services.mozilla.com";
const HOSTS: [&str; 3] = [CHROMIUM_HOST, FIREFOX_HOST, "127.0.0.1"];
const PATIENCE_MILLIS: u64 = 60_000;
