//! AuthX served to browsers, with or without a VPN that it protects.

use authx_core::UserId;
use authx_e2e::{
    Engine, Installation, Server, Sites,
    browser::{self, Browser, Phone},
    vpn::{
        self, Agent, AgentOptions, ClientOptions, OpenvpnClient, OpenvpnServer, Outcome,
        ServerOptions,
    },
};
use serde_json::Value;
use std::{fs, path::PathBuf, thread};

/// AuthX and the world of its browsers. To be dropped after those.
pub(crate) struct House {
    pub(crate) authx: Server,
    pub(crate) installation: Installation,
    pub(crate) sites: Sites,
    pub(crate) world: browser::World,
}

/// What somebody is invited with.
pub(crate) struct Invitation {
    pub(crate) link: String,
}

/// A VPN in front of a house's AuthX.
pub(crate) struct Vpn {
    pub(crate) openvpn: OpenvpnServer,
    pub(crate) agent: Agent,
    pub(crate) world: vpn::World,
    traces: PathBuf,
}

/// A sign-in that waits for the user's answer.
pub(crate) struct Prompt {
    pub(crate) client: OpenvpnClient,
    /// What it shows.
    pub(crate) text: String,
    /// The number for the phone in it.
    pub(crate) number: String,
}

impl House {
    /// A house for the test of this name, with lines of the tenant's policy. None where there are
    /// no browsers.
    pub(crate) async fn new(test: &str, policy: &str) -> Option<Self> {
        let world = browser::World::new(test).await?;
        let installation = Installation::new(Engine::Sqlite).await;
        installation.open_socket();
        let sites = installation.serve_browsers(&world);
        set_policy(&installation, policy);
        let authx = Server::start(installation.config()).await;
        Some(Self { authx, installation, sites, world })
    }

    /// Somebody with a password and nothing else.
    pub(crate) async fn newcomer(&self, name: &str) -> UserId {
        self.installation.newcomer(name).await
    }

    /// `authx user invite`.
    pub(crate) fn invite(&self, user: &str) -> Invitation {
        let made = self.json(&["user", "invite", user, "--json"]);
        Invitation { link: made["link"].as_str().unwrap().to_owned() }
    }

    /// `authx user phones`.
    pub(crate) fn phones(&self, user: &str) -> Vec<Value> {
        self.json(&["user", "phones", user, "--json"]).as_array().unwrap().clone()
    }

    /// A command of the program that has to succeed, with its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.installation.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A phone with Chromium.
    pub(crate) async fn phone(&self, name: &str) -> Phone {
        self.phone_of(self.world.chromium(name).await).await
    }

    /// A phone with some browser.
    pub(crate) async fn phone_of(&self, browser: Browser) -> Phone {
        Phone::new(browser, &self.sites.phone).await
    }

    /// A phone of somebody new, enrolled by an invitation.
    pub(crate) async fn enrolled(&self, user: &str, name: &str) -> Phone {
        self.newcomer(user).await;
        let phone = self.phone(name).await;
        self.enrol(&phone, user, name).await;
        phone
    }

    /// Enrols a phone.
    pub(crate) async fn enrol(&self, phone: &Phone, user: &str, name: &str) {
        phone.open_link(&self.invite(user).link).await;
        phone.begin(authx_e2e::PASSWORD, name).await;
        phone.finish().await;
    }

    /// A VPN that this AuthX protects. None where OpenVPN or the rights for it are missing.
    pub(crate) async fn vpn(&self) -> Option<Vpn> {
        if !vpn::is_there() {
            return None;
        }
        let world = vpn::World::new();
        let mut options = AgentOptions::of(&self.installation).managing(&world, 0);
        // The name that signatures cover; the way there is the socket.
        options.urls = vec![self.sites.public.clone()];
        let agent = Agent::start(&world, &options).await;
        let plugin = Some(agent.plugin());
        let openvpn = world.openvpn(ServerOptions { plugin, ..ServerOptions::default() }).await;
        let log = agent.log();
        log.says(log.start(), "connected to OpenVPN's management interface").await;
        Some(Vpn { openvpn, agent, world, traces: self.world.traces().to_owned() })
    }
}

impl Vpn {
    /// Types user and password into a client that can be asked, and reads its prompt.
    pub(crate) async fn prompt(&self, user: &str) -> Prompt {
        let options = ClientOptions { sso: Some("crtext".to_owned()), ..ClientOptions::default() };
        let mut client = self.world.client(&self.openvpn, options).await;
        let outcome = client.sign_in(user, authx_e2e::PASSWORD).await;
        let Outcome::Asked { text } = outcome else { panic!("{outcome:?}") };
        let number = number(&text);
        Prompt { client, text, number }
    }
}

impl Prompt {
    /// Answers, and waits for the end; gives it with what was shown meanwhile.
    pub(crate) async fn settle(&mut self, answer: &str) -> (Outcome, Vec<String>) {
        let mut shown = vec![];
        let mut outcome = self.client.answer(answer).await;
        // News of the phone, not a question anew.
        while let Outcome::Asked { text } = &outcome {
            assert!(!text.contains("left."), "{text}");
            shown.push(text.clone());
            outcome = self.client.next().await;
        }
        (outcome, shown)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = fs::write(self.world.traces().join("authx.log"), self.authx.log());
        }
    }
}

impl Drop for Vpn {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = fs::write(self.traces.join("agent.log"), self.agent.log().to_string());
            let _ = fs::write(self.traces.join("openvpn.log"), self.openvpn.log().to_string());
        }
    }
}

/// The six digits behind "the number is".
fn number(text: &str) -> String {
    let (_, rest) = text.split_once("number is").unwrap_or_else(|| panic!("no number: {text}"));
    let digits = rest.chars().filter(char::is_ascii_digit).collect::<String>();
    assert_eq!(digits.len(), 6, "{text}");
    digits
}

fn set_policy(installation: &Installation, policy: &str) {
    let file = installation.directory().join("policy.toml");
    fs::write(&file, policy).unwrap();
    let set = installation.run(&["policy", "set", file.to_str().unwrap()]);
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
}
