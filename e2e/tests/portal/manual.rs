//! The user's manual, from an empty server to a sign-in at a real OpenVPN server.

use crate::{desk::Desk, house::House};
use authx_core::wire::signature::AppKey;
use authx_e2e::{
    Caller, PASSWORD,
    browser::{Answer, Phone, Target, label, role, text},
    built,
    vpn::{
        self, Agent, AgentOptions, ClientOptions, OpenvpnClient, OpenvpnServer, Outcome,
        ServerOptions,
    },
};
use std::process::{Command, Stdio};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_empty_server_to_a_tunnel() {
    let Some(house) = House::new("from_an_empty_server").await else { return };
    let desk = house.desk("desk").await;

    // `authx init` has shown a link. It makes the company and its owner.
    desk.open(&house.link).await;
    desk.set_up().await;
    desk.reads("Nobody has signed in yet").await;

    let host = protect(&desk).await;

    let Some(vpn) = Vpn::new(&house, host).await else { return };
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

/// Applications, *Protect an application*, OpenVPN; gives what is to be copied to the VPN's host.
async fn protect(desk: &Desk) -> Caller {
    let browser = &desk.browser;
    desk.go("Applications").await;
    desk.reads("Protect your first VPN").await;
    desk.follow("Protect an application").await;
    desk.at("Protect an application").await;
    browser.click(&label("OpenVPN Community")).await;
    browser.fill(&label("Name").exactly(), "Berlin VPN").await;
    desk.fill("Name of its first key", "vpn1.example.com").await;
    browser.whole_shot("portal-pages/manual-protect").await;
    desk.press("Protect it").await;
    desk.at("Three values for your server").await;
    desk.reads("Waiting for the first request").await;

    let id = desk.value_of("Application ID").await.parse().unwrap();
    let key_text = desk.once(0).await;
    assert_eq!(desk.value_of("Application URL").await, desk.public);
    Caller { id, key: AppKey::parse(&key_text).unwrap(), key_text }
}

/// A real OpenVPN server, whose host was set up with what the page showed.
struct Vpn {
    openvpn: OpenvpnServer,
    agent: Agent,
    world: vpn::World,
}

impl Vpn {
    /// None where OpenVPN or the rights for it are missing.
    async fn new(house: &House, host: Caller) -> Option<Self> {
        if !vpn::is_there() {
            return None;
        }
        let world = vpn::World::new();
        // The name that signatures cover; the way there is the socket.
        let urls = vec![house.sites.public.clone()];
        let socket = format!("unix_socket = \"{}\"", house.socket().display());
        let options = AgentOptions { caller: host, urls, lines: vec![] };
        let options = options.with("authx", &socket).managing(&world, 0);
        let agent = Agent::start(&world, &options).await;
        let plugin = Some(agent.plugin());
        let openvpn = world.openvpn(ServerOptions { plugin, ..ServerOptions::default() }).await;
        let log = agent.log();
        log.says(log.start(), "connected to OpenVPN's management interface").await;
        Some(Self { openvpn, agent, world })
    }

    /// `authx-openvpn doctor`, the last step of the installation: it sends a signed request.
    fn examine(&self) {
        let mut command = Command::new(built("authx-openvpn"));
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

    // AuthX keeps the VPN's passwords here: the user chooses one by a link of the command line.
    let phone = house.phone("phone").await;
    let link = house.json(&["portal", "link", "--user", "alice"]);
    choose_password(&phone, link["link"].as_str().unwrap()).await;

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
