//! The user's manual, from an empty server to a sign-in at a real OpenVPN server.

use crate::{
    desk::Desk,
    house::{AGENT, DEB, House, PLUGIN, done},
};
use authx_core::wire::signature::AppKey;
use authx_e2e::{
    PASSWORD,
    browser::{Answer, Phone, Target, label, role, text},
    vpn::{
        self, Agent, ClientOptions, OpenvpnClient, OpenvpnServer, Outcome, ServerOptions, managed,
    },
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use zip::ZipArchive;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_empty_server_to_a_tunnel() {
    let Some(house) = House::shipped("from_an_empty_server").await else { return };
    let desk = house.desk("desk").await;

    // `authx init` has shown a link. It makes the company and its owner.
    desk.open(&house.link).await;
    desk.set_up().await;
    desk.reads("Nobody has signed in yet").await;

    let values = protect(&desk).await;
    let host = tempfile::tempdir().unwrap();
    let package = download(&desk, &values, host.path()).await;
    desk.follow("Overview").await;
    desk.reads("Waiting for the first request").await;

    let Some(vpn) = Vpn::new(&house, &package).await else { return };
    goes_green(&desk, &vpn).await;

    let phone = invite(&house, &desk).await;

    // The user connects, types `push`, and approves with the number that the prompt shows.
    let (mut client, number) = vpn.prompt("alice").await;
    let approve = async {
        phone.wait_request("Berlin VPN").await;
        phone.answer(&Answer::Approve { number: Some(&number) }).await;
        phone.ended("Approved").await;
    };
    let (outcome, ()) = tokio::join!(settle(&mut client, "push"), approve);
    assert!(outcome.is_connected(), "{outcome:?}\n{}", vpn.agent.log());
    assert!(client.reaches_the_server().await);

    stands_in_the_logins(&desk).await;
    desk.browser.is_clean().await;
    phone.browser().is_clean().await;
}

/// What is copied from an application's page.
struct Values {
    id: String,
    url: String,
}

/// Applications, *Protect an application*, OpenVPN; Application ID, Key and URL.
async fn protect(desk: &Desk) -> Values {
    let browser = &desk.browser;
    desk.go("Applications").await;
    desk.reads("Protect your first VPN").await;
    desk.follow("Protect an application").await;
    desk.at("Protect an application").await;
    browser.click(&label("OpenVPN Community")).await;
    browser.fill(&label("Name").exactly(), "Berlin VPN").await;
    desk.fill("Name of its first key", "by hand").await;
    browser.whole_shot("portal-pages/manual-protect").await;
    desk.press("Protect it").await;
    desk.at("Three values for your server").await;
    desk.reads("Waiting for the first request").await;

    assert!(AppKey::parse(&desk.once(0).await).is_ok());
    let url = desk.value_of("Application URL").await;
    assert_eq!(url, desk.public);
    Values { id: desk.value_of("Application ID").await, url }
}

/// Downloads the package with a key for the host, unpacks it there and compares the sums; gives the
/// folder.
async fn download(desk: &Desk, values: &Values, host: &Path) -> PathBuf {
    let browser = &desk.browser;
    desk.follow("Install on the server").await;
    desk.at("Install on the OpenVPN Community host").await;
    browser.click(&text("Each file")).await;
    let names = browser.texts(&Target::css("details dt")).await;
    let sums = browser.texts(&Target::css("details dd code")).await;
    browser.whole_shot("portal-pages/manual-install").await;

    desk.follow("with a new key in it").await;
    desk.at("Package with a new key").await;
    let card = Target::css(".card:has(h2:text-is(\"Package with a new key\"))");
    browser.fill(&label("Name of the key").within(&card), "vpn1.example.com").await;
    let button = role("button", "Download with a new key");
    let archive = browser.download(&button, host).await;
    assert_eq!(archive.file_name().unwrap(), "berlin-vpn.zip");

    ZipArchive::new(File::open(archive).unwrap()).unwrap().extract(host).unwrap();
    let folder = host.join("authx-openvpn");
    let sum = |arguments: &[&str]| {
        Command::new("sha256sum").args(arguments).current_dir(&folder).output()
    };
    assert!(sum(&["--check", "--strict", "SHA256SUMS"]).unwrap().status.success());
    for file in ["agent.toml", "install.sh", DEB] {
        let place = names.iter().position(|name| name == file).unwrap();
        let said = String::from_utf8(sum(&[file]).unwrap().stdout).unwrap();
        assert!(said.starts_with(&sums[place]), "{file}: {said}");
    }
    let configuration = fs::read_to_string(folder.join("agent.toml")).unwrap();
    for filled in [
        format!("application_id = \"{}\"", values.id),
        format!("application_url = \"{}\"", values.url),
    ] {
        assert!(configuration.contains(&format!("\n{filled}\n")), "{configuration}");
    }
    folder
}

/// A real OpenVPN server, whose host was set up with the package.
struct Vpn {
    openvpn: OpenvpnServer,
    agent: Agent,
    program: PathBuf,
    world: vpn::World,
}

impl Vpn {
    /// None where OpenVPN or the rights for it are missing.
    async fn new(house: &House, package: &Path) -> Option<Self> {
        if !vpn::is_there() {
            return None;
        }
        let world = vpn::World::new();
        let root = package.join("root");
        done(Command::new("dpkg-deb").arg("--extract").arg(package.join(DEB)).arg(&root));
        fit(&package.join("agent.toml"), house, &world);
        let program = root.join(AGENT);
        let agent = Agent::installed(package.to_owned(), program.clone()).await;
        let plugin = Some(format!("{} {}", root.join(PLUGIN).display(), agent.socket().display()));
        let openvpn = world.openvpn(ServerOptions { plugin, ..ServerOptions::default() }).await;
        let log = agent.log();
        log.says(log.start(), "connected to OpenVPN's management interface").await;
        Some(Self { openvpn, agent, program, world })
    }

    /// `authx-openvpn doctor`, the last step of the installation: it sends a signed request.
    fn examine(&self) {
        let mut command = Command::new(&self.program);
        command.arg("doctor").arg("--config").arg(self.agent.config());
        // What it thinks of this machine as a VPN's host is not the matter here.
        let _ = command.stdin(Stdio::null()).output().unwrap();
    }

    /// Types user and password into a client, and reads the number at its prompt.
    async fn prompt(&self, user: &str) -> (OpenvpnClient, String) {
        let options = ClientOptions { sso: Some("crtext".to_owned()), ..ClientOptions::default() };
        let mut client = self.world.client(&self.openvpn, options).await;
        let outcome = client.sign_in(user, PASSWORD).await;
        let Outcome::Asked { text } = outcome else { panic!("{outcome:?}\n{}", self.agent.log()) };
        let (_, rest) = text.split_once("number is").unwrap_or_else(|| panic!("{text}"));
        (client, rest.chars().filter(char::is_ascii_digit).collect())
    }
}

/// Lets the configuration find what is elsewhere than on a host of its own: AuthX, whose name is
/// known to browsers only, sockets and state. ID, URL and key stay as they were downloaded.
fn fit(configuration: &Path, house: &House, world: &vpn::World) {
    let mut text = fs::read_to_string(configuration).unwrap();
    let authx = format!("unix_socket = \"{}\"", house.socket().display());
    for (sample, line) in [
        ("# unix_socket = \"/run/authx/api.sock\"", authx.as_str()),
        ("# socket = \"/run/authx-openvpn/agent.sock\"", "socket = \"run/agent.sock\""),
        ("# state_dir = \"/var/lib/authx-openvpn\"", "state_dir = \"state\""),
    ] {
        assert!(text.contains(sample), "{sample} in {text}");
        text = text.replace(sample, line);
    }
    let [config, management] = managed(world, 0);
    fs::write(configuration, format!("{text}\n[server.berlin]\n{config}\n{management}\n")).unwrap();
}

/// The open page of the application notices the first signed request by itself.
async fn goes_green(desk: &Desk, vpn: &Vpn) {
    let browser = &desk.browser;
    vpn.examine();
    browser.wait_gone(&text("Waiting for the first request")).await;
    browser.wait(&Target::css("#state .badge.good")).await;
    browser.wait(&role("heading", "In use")).await;
    browser.whole_shot("portal-pages/manual-in-use").await;
}

/// A user is made, gets a password and an invitation, and enrols a phone.
async fn invite(house: &House, desk: &Desk) -> Phone {
    desk.go("Users").await;
    desk.follow("Add a user").await;
    desk.at("Add a user").await;
    desk.fill("User name", "alice").await;
    desk.fill("Display name", "Alice Adams").await;
    desk.press("Add the user").await;
    desk.at("Alice Adams").await;
    desk.reads("An invitation is next.").await;

    // AuthX keeps the VPN's passwords here: the user chooses one by a link from the same page.
    let phone = house.phone("phone").await;
    desk.press("Show a portal link once").await;
    desk.at("Link to the portal").await;
    choose_password(&phone, &desk.once(0).await).await;
    desk.follow("Alice Adams").await;
    desk.at("Alice Adams").await;

    desk.press("Show the link once").await;
    desk.at("Invitation").await;
    phone.open_link(&desk.once(0).await).await;
    phone.begin(PASSWORD, "Alice's phone").await;
    phone.finish().await;
    desk.go("Users").await;
    desk.follow("Alice Adams").await;
    desk.reads("Alice's phone").await;
    desk.browser.whole_shot("portal-pages/manual-user").await;
    phone
}

async fn choose_password(phone: &Phone, link: &str) {
    let browser = phone.browser();
    browser.open(link).await;
    browser.click(&role("button", "Continue")).await;
    browser.wait(&role("heading", "Choose a password")).await;
    browser.fill(&label("Password"), PASSWORD).await;
    browser.click(&role("button", "Set the password")).await;
    browser.wait(&role("heading", "Add your second factor")).await;
}

async fn settle(client: &mut OpenvpnClient, answer: &str) -> Outcome {
    let mut outcome = client.answer(answer).await;
    // News of the phone, not a question anew.
    while let Outcome::Asked { .. } = &outcome {
        outcome = client.next().await;
    }
    outcome
}

async fn stands_in_the_logins(desk: &Desk) {
    let browser = &desk.browser;
    desk.go("Logins").await;
    let row = Target::css("#rows tbody tr").nth(0);
    browser.wait(&role("link", "alice").within(&row)).await;
    // The list renews itself while it is looked at.
    for said in ["Granted", "Berlin VPN"] {
        browser.wait(&text(said).within(&row)).await;
    }
    browser.click(&role("link", "alice").within(&row)).await;
    browser.wait(&Target::css("ol.trace")).await;
    let steps = browser.texts(&Target::css("ol.trace > li")).await;
    assert!(steps.len() >= 3, "{steps:?}");
    browser.whole_shot("portal-pages/manual-login").await;
    desk.go("Dashboard").await;
    browser.whole_shot("portal-pages/manual-dashboard").await;
}
