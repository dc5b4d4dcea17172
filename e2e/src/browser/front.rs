//! What stands before AuthX while its program is changed under open pages.

use super::{World, link::Link};
use serde_json::{Value, json};
use std::process::Command;

/// A proxy that serves AuthX, and a later build of the authenticator once that is deployed. The
/// files of the build before are gone then, as with a program that was replaced.
#[derive(Debug)]
pub struct Front {
    link: Link,
}

impl Front {
    pub(super) async fn start(world: &World, port: u16, to: u16) -> Self {
        let mut command = Command::new("node");
        command.arg("front.mjs").env("NODE_EXTRA_CA_CERTS", world.authority.certificate());
        let link = Link::start(command, "front", &world.traces().join("front.log"));
        let identity = world.identity();
        let wish = json!({
            "key": identity.key, "certificate": identity.certificate, "port": port, "to": to,
        });
        link.must("start", wish).await;
        Self { link }
    }

    /// Builds the authenticator of this tree, a little changed, as another version. Gives the
    /// paths of its files.
    pub async fn build(&self, world: &World, version: &str) -> Vec<String> {
        let directory = world.directory().join("next");
        let wish = json!({ "directory": directory, "version": version });
        words(&self.link.must("build", wish).await)
    }

    /// Serves that build from now on, without a file if one is named.
    pub async fn deploy(&self, without: Option<&str>) {
        self.link.must("deploy", json!({ "without": without })).await;
    }

    /// The paths of files that were asked for and not there.
    pub async fn missing(&self) -> Vec<String> {
        words(&self.link.must("missing", Value::Null).await)
    }
}

fn words(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}
