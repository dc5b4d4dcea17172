//! One browser with one profile: one phone.

use super::{NAMES, Target, World, artefacts, link::Link};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Which browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Debian's Chromium.
    Chromium,
    /// Debian's Firefox ESR.
    Firefox,
}

/// A running browser. What fails in it panics with what the page said. It ends when dropped.
#[derive(Debug)]
pub struct Browser {
    link: Option<Link>,
    kind: Kind,
    directory: PathBuf,
}

/// How its window and its sensors are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shape {
    /// Whether the system is dark.
    pub dark: bool,
    /// The width of the window, in CSS pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

/// Whose finger is on the sensor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finger {
    /// The owner's.
    Owner,
    /// Somebody else's: verification fails.
    Stranger,
    /// Nobody's: nothing happens.
    None,
}

impl Browser {
    pub(super) async fn launch(world: &World, kind: Kind, name: &str) -> Self {
        Self::launch_as(world, kind, name, &Shape::default()).await
    }

    /// A new phone of a certain shape, without a tab yet.
    pub async fn launch_as(world: &World, kind: Kind, name: &str, shape: &Shape) -> Self {
        let directory = world.directory().join(name);
        let (profile, home) = (directory.join("profile"), directory.join("home"));
        for directory in [&profile, &home] {
            fs::create_dir_all(directory).unwrap();
        }
        let database = match kind {
            Kind::Chromium => home.join(".pki/nssdb"),
            Kind::Firefox => profile.clone(),
        };
        world.authority.trust(&database);
        let mut command = Command::new("node");
        command.arg("driver.mjs");
        let link = Link::start(command, name, &world.traces().join(format!("{name}.log")));
        let (word, services) = (kind.word(), &world.services);
        let wish = json!({
            "browser": word,
            "profile": profile,
            "home": home,
            "camera": directory.join(CAMERA),
            "bus": world.notices.bus(),
            "names": NAMES,
            "switches": services.switches,
            "preferences": services.preferences,
            "dark": shape.dark,
            "width": shape.width,
            "height": shape.height,
            "traces": world.traces().join(name),
        });
        link.must("launch", wish).await;
        Self { link: Some(link), kind, directory }
    }

    /// Which browser it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Opens a tab, which everything is done in from now on.
    pub async fn open(&self, url: &str) {
        self.must("open", json!({ "url": url })).await;
    }

    /// Follows an address in the tab.
    pub async fn goto(&self, url: &str) {
        self.must("goto", json!({ "url": url })).await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.must("reload", Value::Null).await;
    }

    /// The address of the page.
    pub async fn url(&self) -> String {
        self.must("url", Value::Null).await.as_str().unwrap().to_owned()
    }

    /// Closes the tab. The browser goes on without one.
    pub async fn close_tab(&self) {
        self.must("close_tab", Value::Null).await;
    }

    /// Puts the tab before others, as the sensor wants it.
    pub async fn to_front(&self) {
        self.must("front", Value::Null).await;
    }

    /// Takes over the window that a clicked notice has opened at an address with this part.
    pub async fn adopt(&self, part: &str) {
        self.must("adopt", json!({ "part": part })).await;
    }

    /// Touches something, once it is there and lets itself be touched.
    pub async fn click(&self, target: &Target) {
        self.must("click", json!({ "target": target.json() })).await;
    }

    /// Types into an empty field.
    pub async fn fill(&self, target: &Target, value: &str) {
        self.must("fill", json!({ "target": target.json(), "value": value })).await;
    }

    /// Types where the focus is.
    pub async fn keys(&self, text: &str) {
        self.must("keys", json!({ "text": text })).await;
    }

    /// Presses a key, such as `Tab`.
    pub async fn press(&self, key: &str) {
        self.must("press", json!({ "key": key })).await;
    }

    /// What is written there.
    pub async fn text(&self, target: &Target) -> String {
        let text = self.must("text", json!({ "target": target.json() })).await;
        text.as_str().unwrap().to_owned()
    }

    /// What is written in all that fit.
    pub async fn texts(&self, target: &Target) -> Vec<String> {
        let texts = self.must("texts", json!({ "target": target.json() })).await;
        let texts = texts.as_array().unwrap().iter();
        texts.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// An attribute of it.
    pub async fn attribute(&self, target: &Target, name: &str) -> Option<String> {
        let wish = json!({ "target": target.json(), "name": name });
        self.must("attribute", wish).await.as_str().map(str::to_owned)
    }

    /// How many can be seen.
    pub async fn count(&self, target: &Target) -> u64 {
        self.must("count", json!({ "target": target.json() })).await.as_u64().unwrap()
    }

    /// Whether it can be seen now.
    pub async fn sees(&self, target: &Target) -> bool {
        self.count(target).await > 0
    }

    /// Whether it lets itself be touched.
    pub async fn is_enabled(&self, target: &Target) -> bool {
        self.must("enabled", json!({ "target": target.json() })).await == true
    }

    /// Waits until it can be seen.
    pub async fn wait(&self, target: &Target) {
        self.must("wait", json!({ "target": target.json() })).await;
    }

    /// The same, with another patience than twenty seconds.
    pub async fn wait_within(&self, target: &Target, secs: u64) {
        let wish = json!({ "target": target.json(), "patience": secs * 1_000 });
        self.must("wait", wish).await;
    }

    /// Waits until it cannot be seen.
    pub async fn wait_gone(&self, target: &Target) {
        self.must("wait_gone", json!({ "target": target.json() })).await;
    }

    /// Waits until the address has this part.
    pub async fn wait_url(&self, part: &str) {
        self.must("wait_url", json!({ "part": part })).await;
    }

    /// Runs the body of an async function of `arg` in the page: for what no user can do or see.
    pub async fn evaluate(&self, script: &str, arg: Value) -> Value {
        self.must("evaluate", json!({ "script": script, "arg": arg })).await
    }

    /// Keeps a picture of the window in `target/test/shots`.
    pub async fn shot(&self, name: &str) {
        let directory = artefacts().join("shots");
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join(format!("{name}.png"));
        self.must("screenshot", json!({ "path": path })).await;
    }

    /// What axe holds against the page, which should be nothing.
    pub async fn axe(&self) -> Vec<Value> {
        self.must("axe", Value::Null).await.as_array().unwrap().clone()
    }

    /// The page as a screen reader meets it.
    pub async fn aria(&self) -> String {
        self.must("aria", Value::Null).await.as_str().unwrap().to_owned()
    }

    /// Changes the system's brightness.
    pub async fn set_dark(&self, dark: bool) {
        self.must("media", json!({ "dark": dark })).await;
    }

    /// Changes the window's width.
    pub async fn set_width(&self, width: u32) {
        self.must("media", json!({ "width": width })).await;
    }

    /// Switches the network off or on, as airplane mode does.
    pub async fn set_offline(&self, offline: bool) {
        self.must("offline", json!({ "on": offline })).await;
    }

    /// Lets an origin show notices, and whatever else a user allows it.
    pub async fn grant(&self, origin: &str, permissions: &[&str]) {
        let origin = origin.trim_end_matches('/');
        self.must("grant", json!({ "origin": origin, "permissions": permissions })).await;
    }

    /// Puts a finger on the sensor; the first call makes the sensor of this tab.
    pub async fn finger(&self, finger: Finger) {
        let wish = json!({
            "verified": finger != Finger::Stranger,
            "present": finger != Finger::None,
        });
        self.must("authenticator", wish).await;
    }

    /// What the sensor of this tab has kept: a new tab has a sensor of its own.
    pub async fn credentials(&self) -> Value {
        self.must("credentials", Value::Null).await
    }

    /// Gives it to the sensor of this tab.
    pub async fn add_credentials(&self, credentials: &Value) {
        self.must("add_credentials", json!({ "credentials": credentials })).await;
    }

    /// What keeps the page from being installed.
    pub async fn installability(&self) -> Value {
        self.must("installability", Value::Null).await
    }

    /// Installs the page as an app, really.
    pub async fn install(&self) {
        self.must("install", Value::Null).await;
    }

    /// Opens the installed app in a window of its own, which everything is done in from now on.
    pub async fn launch_app(&self) {
        self.must("launch_app", Value::Null).await;
    }

    /// What the browser keeps for the page's origin: keys as what they are, bytes as their number.
    pub async fn databases(&self) -> Value {
        self.evaluate(DATABASES, Value::Null).await
    }

    /// How the page's service workers are.
    pub async fn workers(&self) -> Value {
        self.evaluate(WORKERS, Value::Null).await
    }

    /// How many bytes the page and all that it loaded are, as they came over the wire.
    pub async fn weight(&self) -> u64 {
        self.evaluate(WEIGHT, Value::Null).await.as_u64().unwrap()
    }

    /// Every request of the browser: `method`, `url`, `status` and `fromWorker`.
    pub async fn network(&self) -> Vec<Value> {
        self.must("network", Value::Null).await.as_array().unwrap().clone()
    }

    /// Ends the browser.
    pub async fn stop(&self) {
        self.must("stop", Value::Null).await;
    }

    /// Starts it again with the same profile, without a tab.
    pub async fn start(&self) {
        self.must("start", Value::Null).await;
    }

    /// Errors that pages have reported, and what they did against their policy.
    pub async fn complaints(&self) -> Vec<String> {
        let complaints = self.must("complaints", Value::Null).await;
        let complaints = complaints.as_array().unwrap().iter();
        complaints.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Fails if there are any.
    pub async fn is_clean(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }

    /// The file that its camera shows, for [`super::camera`].
    pub fn camera(&self) -> PathBuf {
        self.directory.join(CAMERA)
    }

    async fn must(&self, command: &str, wish: Value) -> Value {
        self.link.as_ref().expect("a browser that was not dropped").must(command, wish).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.link = None;
        // Browsers are in process groups of their own; if all went well none is left.
        for pid in processes_about(&self.directory) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

impl Default for Shape {
    fn default() -> Self {
        Self { dark: false, width: 390, height: 844 }
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }
}

/// Processes whose command names something in the directory.
fn processes_about(directory: &Path) -> Vec<Pid> {
    let name = directory.to_str().unwrap();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let about = entries.filter(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(name)
    });
    about.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)).collect()
}

const CAMERA: &str = "camera.y4m";

const DATABASES: &str = r"
    const plain = value => {
        if (value instanceof CryptoKey) {
            const { type, extractable, algorithm, usages } = value;
            return { CryptoKey: { type, extractable, algorithm: algorithm.name, usages } };
        }
        if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { bytes: value.byteLength };
        if (Array.isArray(value)) return value.map(plain);
        if (value instanceof Date) return value.toISOString();
        if (value && typeof value === 'object')
            return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
        return typeof value === 'bigint' ? String(value) : value;
    };
    const done = wish => new Promise((resolve, reject) => {
        wish.onsuccess = () => resolve(wish.result);
        wish.onerror = () => reject(wish.error);
    });
    const found = {};
    for (const { name } of await indexedDB.databases()) {
        const database = await done(indexedDB.open(name));
        found[name] = {};
        for (const store of database.objectStoreNames) {
            const values = await done(database.transaction(store).objectStore(store).getAll());
            found[name][store] = values.map(plain);
        }
        database.close();
    }
    const local = { ...localStorage };
    return { ...found, localStorage: local };
";

const WORKERS: &str = r"
    const registrations = await navigator.serviceWorker.getRegistrations();
    return registrations.map(({ scope, active, waiting, installing }) => ({
        scope, active: active?.state ?? null, waiting: waiting?.state ?? null,
        installing: installing?.state ?? null, script: active?.scriptURL ?? null,
        controls: navigator.serviceWorker.controller !== null,
    }));
";

const WEIGHT: &str = r"
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return all.reduce((sum, one) => sum + one.encodedBodySize, 0);
";
