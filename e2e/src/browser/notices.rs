//! The desktop's notification service.

use super::link::Link;
use serde_json::{Value, json};
use std::{path::Path, process::Command, time::Duration};
use tokio::time::{sleep, timeout};

/// Shows the notices of a world's browsers to the test.
#[derive(Debug)]
pub struct Notices {
    link: Link,
    bus: String,
}

/// A notice as it was shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// Its number; what replaces it has the same.
    pub number: u64,
    /// Whether it took the place of an earlier one.
    pub replaces: bool,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// The labels of its buttons, as browsers order them.
    pub buttons: Vec<String>,
}

impl Notices {
    pub(super) async fn start(traces: &Path) -> Self {
        let mut command = Command::new("dbus-run-session");
        // Debian's own, which has the modules.
        command.args(["--", "/usr/bin/python3", "notices.py"]);
        let link = Link::start(command, "notices", &traces.join("notices.log"));
        let bus = link.must("bus", Value::Null).await.as_str().unwrap().to_owned();
        Self { link, bus }
    }

    /// Where browsers find it.
    pub(super) fn bus(&self) -> &str {
        &self.bus
    }

    /// Every notice that was shown, also in the place of another.
    pub async fn shown(&self) -> Vec<Notice> {
        let calls = self.link.must("shown", Value::Null).await;
        calls.as_array().unwrap().iter().map(Notice::read).collect()
    }

    /// The numbers of those that are shown now.
    pub async fn open(&self) -> Vec<u64> {
        let open = self.link.must("open", Value::Null).await;
        open.as_array().unwrap().iter().filter_map(Value::as_u64).collect()
    }

    /// Waits until so many have been shown, and gives the last one.
    pub async fn wait(&self, many: usize) -> Notice {
        let enough = async {
            loop {
                let shown = self.shown().await;
                if let Some(last) = shown.last().filter(|_| shown.len() >= many) {
                    return last.clone();
                }
                sleep(Duration::from_millis(30)).await;
            }
        };
        let waited = timeout(PATIENCE, enough).await;
        waited.unwrap_or_else(|_| panic!("not {many} notices in {PATIENCE:?}"))
    }

    /// Touches the newest notice.
    pub async fn click(&self) {
        self.link.must("click", Value::Null).await;
    }

    /// Touches a button of the newest notice.
    pub async fn click_button(&self, label: &str) {
        self.link.must("click", json!({ "button": label })).await;
    }

    /// Wipes the newest notice away.
    pub async fn dismiss(&self) {
        self.link.must("dismiss", Value::Null).await;
    }
}

impl Notice {
    fn read(call: &Value) -> Self {
        let text = |name: &str| call[name].as_str().unwrap().to_owned();
        let buttons = call["buttons"].as_object().unwrap().values();
        Self {
            number: call["id"].as_u64().unwrap(),
            replaces: call["replaces"] == true,
            title: text("title"),
            body: text("body"),
            buttons: buttons.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }
}

const PATIENCE: Duration = Duration::from_mins(1);
