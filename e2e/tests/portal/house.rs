//! An AuthX that was just set up: `authx init`, and nobody in it.

use crate::desk::Desk;
use authx_e2e::{
    Server, Sites,
    browser::{self, Browser, Finger, Kind, NAMES, Phone, Shape},
    built, program, run,
};
use serde_json::Value;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};
use tempfile::TempDir;

/// The server and the world of its browsers. To be dropped after those.
pub(crate) struct House {
    pub(crate) authx: Server,
    pub(crate) sites: Sites,
    /// The link that `authx init` showed.
    pub(crate) link: String,
    pub(crate) world: browser::World,
    config: PathBuf,
    directory: TempDir,
}

impl House {
    /// A house for the test of this name. None where there are no browsers.
    pub(crate) async fn new(test: &str) -> Option<Self> {
        Self::with(test, &[]).await
    }

    /// The same, with a mail server that is never reached, and for more companies.
    pub(crate) async fn for_many(test: &str) -> Option<Self> {
        Self::with(test, &OPEN).await
    }

    /// The same, shipped with a package of the agent as AuthX's own brings it.
    pub(crate) async fn shipped(test: &str) -> Option<Self> {
        let shipped =
            ("# packages_directory = \"/usr/share/authx/packages\"", "packages_directory = \".\"");
        let house = Self::with(test, &[shipped]).await?;
        ship(house.directory.path());
        Some(house)
    }

    async fn with(test: &str, more: &[(&str, &str)]) -> Option<Self> {
        let world = browser::World::new(test).await?;
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let [public, phone] = NAMES.map(|name| format!("https://{name}:{port}"));
        let sites = Sites { public, phone };
        let link = init(directory.path(), &sites);
        let config = directory.path().join("authx.toml");
        configure(&config, port, &world, more);
        let authx = Server::start(&config).await;
        Some(Self { authx, sites, link, world, config, directory })
    }

    /// Somebody at a computer, with a finger on its sensor.
    pub(crate) async fn desk(&self, name: &str) -> Desk {
        let shape = Shape::computer();
        let browser = Browser::launch_as(&self.world, Kind::Chromium, name, &shape).await;
        browser.open("about:blank").await;
        browser.finger(Finger::Owner).await;
        Desk { browser, public: self.sites.public.clone() }
    }

    /// Somebody's phone.
    pub(crate) async fn phone(&self, name: &str) -> Phone {
        Phone::new(self.world.chromium(name).await, &self.sites.phone).await
    }

    /// A desk whose owner has made a company.
    pub(crate) async fn owner(&self) -> Desk {
        let desk = self.desk("desk").await;
        desk.open(&self.link).await;
        desk.set_up().await;
        desk
    }

    /// Where programs on the same machine find the server.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("api.sock")
    }

    /// The configuration's file.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// A command of the program that has to succeed, with its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = run(&self.config, &[arguments, &["--json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = fs::write(self.world.traces().join("authx.log"), self.authx.log());
        }
    }
}

/// `authx init`; gives the link that it shows.
fn init(directory: &Path, sites: &Sites) -> String {
    let mut command = Command::new(program());
    command.args(["init", "--json", "--tls", "files", "--push-contact", CONTACT]);
    command.args(["--public-url", &sites.public, "--phone-url", &sites.phone]);
    command.arg("--dir").arg(directory).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    shown["set_up_link"].as_str().unwrap().to_owned()
}

/// The programs that cargo built, in a Debian package.
fn ship(directory: &Path) {
    let staged = directory.join("staged");
    for (place, program) in [(AGENT, "authx-openvpn"), (PLUGIN, "libauthx_openvpn_plugin.so")] {
        let place = staged.join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let mut strip = Command::new("strip");
        done(strip.arg("--strip-unneeded").arg("-o").arg(place).arg(built(program)));
    }
    fs::create_dir(staged.join("DEBIAN")).unwrap();
    fs::write(staged.join("DEBIAN/control"), CONTROL).unwrap();
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zgzip", "-z1", "--build"]);
    done(build.arg(&staged).arg(directory.join(DEB)));
}

/// Runs a command that has to succeed.
pub(crate) fn done(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// What an operator writes into the configuration.
fn configure(config: &Path, port: u16, world: &browser::World, more: &[(&str, &str)]) {
    let identity = world.identity();
    let file = |name: &str, path: &Path| format!("{name} = \"{}\"", path.display());
    let changes = [
        (format!("\"[::]:{port}\""), format!("\"127.0.0.1:{port}\"")),
        (
            "certificate_file = \"certificate.pem\"".to_owned(),
            file("certificate_file", &identity.certificate),
        ),
        ("key_file = \"certificate.key\"".to_owned(), file("key_file", &identity.key)),
        (
            "# proxy = \"http://proxy.example.com:3128\"".to_owned(),
            format!("proxy = \"{}\"", world.services.proxy()),
        ),
        (
            "# ca_file = \"proxy-ca.pem\"".to_owned(),
            file("ca_file", &world.authority.certificate()),
        ),
        (
            "# unix_socket = \"/run/authx/api.sock\"".to_owned(),
            "unix_socket = \"api.sock\"".to_owned(),
        ),
        ("\"human\"".to_owned(), "\"json\"".to_owned()),
    ];
    let mut text = fs::read_to_string(config).unwrap();
    let more = more.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
    for (from, to) in changes.into_iter().chain(more) {
        assert!(text.contains(&from), "{from} in {text}");
        text = text.replace(&from, &to);
    }
    fs::write(config, text).unwrap();
}

/// The package that the server is shipped with.
pub(crate) const DEB: &str = "authx-openvpn_0.1.0-1_all.deb";
/// Where the agent is in it.
pub(crate) const AGENT: &str = "usr/bin/authx-openvpn";
/// Where OpenVPN's plugin is in it.
pub(crate) const PLUGIN: &str = "usr/lib/openvpn/authx-openvpn-plugin.so";

const CONTROL: &str = "\
Package: authx-openvpn
Version: 0.1.0-1
Architecture: all
Maintainer: AuthX
Description: the agent and the plugin of these tests
";

/// Whom push services write to: no reserved name, or Apple would refuse.
const CONTACT: &str = "mailto:it@your-company.com";

const OPEN: [(&str, &str); 4] = [
    ("sign_up = \"closed\"", "sign_up = \"invited\""),
    ("# server = \"smtp.your-company.com:587\"", "server = \"localhost:9\""),
    ("# from = \"AuthX <authx@your-company.com>\"", "from = \"AuthX <authx@example.com>\""),
    ("# security = \"starttls\"", "security = \"starttls\""),
];
