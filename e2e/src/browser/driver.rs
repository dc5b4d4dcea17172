//! One browser with one profile: one phone.

use super::{NAMES, Target, World, artefacts, camera, link::Link};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
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
    tab: Mutex<String>,
}

/// How its window and its sensors are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shape {
    /// Whether the system is dark.
    pub dark: bool,
    /// Whether it is a phone, which is touched; else a computer.
    pub mobile: bool,
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
        // Programs that make an entry for an installed app cut other names at the space.
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let directory = world.directory().join(name.chars().map(plain).collect::<String>());
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
        let services = &world.services;
        let wish = json!({
            "browser": kind.word(),
            "profile": profile,
            "home": home,
            "camera": directory.join(CAMERA),
            "bus": world.notices.bus(),
            "names": NAMES,
            "switches": services.switches,
            "preferences": services.preferences,
            "dark": shape.dark,
            "mobile": shape.mobile,
            "width": shape.width,
            "height": shape.height,
            "traces": world.traces().join(name),
        });
        link.must("launch", wish).await;
        Self { link: Some(link), kind, directory, tab: Mutex::new("main".to_owned()) }
    }

    /// Which browser it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Does everything in the tab of this name from now on; the first one is `main`.
    pub fn in_tab(&self, name: &str) {
        name.clone_into(&mut self.tab.lock().unwrap());
    }

    /// Keeps a picture of the window in `target/test/shots`.
    pub async fn shot(&self, name: &str) {
        self.must("screenshot", json!({ "path": picture(name) })).await;
    }

    /// The same of the whole page, a point a pixel.
    pub async fn whole_shot(&self, name: &str) {
        let wish = json!({ "path": picture(name), "full": true, "scale": "css" });
        self.must("screenshot", wish).await;
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

    /// Takes back what the user allowed, and refuses what is asked from now on.
    pub async fn refuse_all(&self) {
        self.must("clear_permissions", Value::Null).await;
    }

    /// Puts a finger on the sensor; the first call makes the sensor of this tab.
    pub async fn finger(&self, finger: Finger) {
        let wish = json!({
            "verified": finger != Finger::Stranger,
            "present": finger != Finger::None,
        });
        self.must("authenticator", wish).await;
    }

    /// From the next page on, no passkey is offered where a name is typed: only a button asks for
    /// one. Else whoever has a finger on the sensor is in before any button is pressed.
    pub async fn without_offers(&self) {
        self.must("without_offers", Value::Null).await;
    }

    /// Opens an empty page at that address, whose server is not asked and which has no policy: what
    /// a script does from there meets only the defence of the other side.
    pub async fn open_bare(&self, url: &str) {
        self.must("open_bare", json!({ "url": url })).await;
    }

    /// What the sensor of this tab has kept: a new tab has a sensor of its own.
    pub async fn credentials(&self) -> Value {
        self.must("credentials", Value::Null).await
    }

    /// Has the sensor of this tab forget everything.
    pub async fn clear_credentials(&self) {
        self.must("clear_credentials", Value::Null).await;
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

    /// Every request of the browser: `method`, `url`, `status` and `fromWorker`.
    pub async fn network(&self) -> Vec<Value> {
        self.must("network", Value::Null).await.as_array().unwrap().clone()
    }

    /// How many forms it has sent.
    pub async fn posts(&self) -> u64 {
        self.must("posts", Value::Null).await.as_u64().unwrap()
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

    /// Holds a QR code with this text before the camera.
    pub fn show_to_camera(&self, text: &str) {
        camera::show(&self.directory.join(CAMERA), text);
    }

    /// Holds the camera before something that another browser shows.
    pub async fn point_camera_at(&self, other: &Self, target: &Target) {
        let film = self.directory.join(CAMERA);
        other.must("film", json!({ "target": target.json(), "path": film })).await;
    }

    pub(super) async fn must(&self, command: &str, mut wish: Value) -> Value {
        if wish.is_null() {
            wish = json!({});
        }
        wish["tab"] = self.tab.lock().unwrap().as_str().into();
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
        Self { dark: false, mobile: true, width: 390, height: 844 }
    }
}

impl Shape {
    /// A computer's.
    pub fn computer() -> Self {
        Self { dark: false, mobile: false, width: 1_280, height: 900 }
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

fn picture(name: &str) -> PathBuf {
    let path = artefacts().join("shots").join(format!("{name}.png"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    path
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
