//! What is compared: OpenVPN servers that differ in who decides.

use crate::{
    phones::{Owner, owners},
    ways::Way,
};
use authx_e2e::{
    Engine, Installation, PASSWORD, Person, Server, built,
    vpn::{Agent, AgentOptions, Crowd, OpenvpnServer, PamService, ServerOptions, World},
};
use authx_program::config::Origin;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// All of it. Everything ends when it is dropped.
pub(crate) struct Ground {
    pub(crate) sides: Vec<Side>,
    pub(crate) authx: Server,
    pub(crate) world: World,
    installation: Installation,
    secrets: PathBuf,
    met: usize,
    people: Vec<Person>,
    phones: Origin,
    owners: Vec<Owner>,
    _services: [PamService; 3],
}

/// One server.
pub(crate) struct Side {
    pub(crate) who: Who,
    pub(crate) first: First,
    pub(crate) wake: bool,
    pub(crate) openvpn: OpenvpnServer,
    pub(crate) agent: Option<Agent>,
    pub(crate) crowd: Crowd,
}

/// Who decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    /// A plugin that lets everybody in.
    Anybody,
    /// AuthX.
    Authx,
    /// OpenVPN's plugin for PAM, with `google-authenticator` and no password.
    Google,
}

/// What stands before the code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum First {
    Certificate,
    /// The host's own, which here takes any password.
    Pam,
    /// The same, seconds later: a verdict long after the client's last packet.
    SlowPam,
    /// AuthX's own, which costs an Argon2id.
    Password,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let installation = Installation::new(Engine::Sqlite).await;
        let file = installation.directory().join("policy.toml");
        fs::write(&file, POLICY).unwrap();
        let set = installation.run(&["policy", "set", file.to_str().unwrap()]);
        assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
        installation.open_socket();
        let phones = installation.open_to_phones();
        let authx = Server::start(installation.config()).await;
        let world = World::new();
        let secrets = world.directory().join("secrets");
        fs::create_dir(&secrets).unwrap();
        let google = PamService::new(&google(&secrets));
        let anybody = PamService::new(ANY_PASSWORD);
        let slow = format!("auth optional pam_exec.so quiet /bin/sleep 2.6\n{ANY_PASSWORD}");
        let slow = PamService::new(&slow);
        let mut sides = vec![];
        for first in [First::Pam, First::Certificate] {
            let plugin = built("examples/libalways_allow.so").display().to_string();
            sides.push(Side::start(&world, Who::Anybody, first, plugin, None).await);
        }
        let plugin = format!("{AUTH_PAM} {}", google.name());
        sides.push(Side::start(&world, Who::Google, First::Pam, plugin, None).await);
        for first in [First::Certificate, First::Pam, First::Password, First::SlowPam] {
            for wake in [false, true] {
                let service = if first == First::SlowPam { &slow } else { &anybody };
                let number = u8::try_from(sides.len()).unwrap();
                let mut options = AgentOptions::of(&installation).first_factor(first.word());
                options = options.with("pam", &format!("service = \"{}\"", service.name()));
                if wake {
                    options = options.managing(&world, number);
                }
                let agent = Agent::start(&world, &options).await;
                agent.log().says(agent.log().start(), "AuthX is reached").await;
                let plugin = agent.plugin();
                let side = Side::start(&world, Who::Authx, first, plugin, Some(agent)).await;
                sides.push(Side { wake, ..side });
            }
        }
        let services = [google, anybody, slow];
        let (met, people, owners) = (0, vec![], vec![]);
        Self {
            sides,
            authx,
            world,
            installation,
            secrets,
            met,
            people,
            phones,
            owners,
            _services: services,
        }
    }

    /// Somebody who never signed in before, known to whoever decides there.
    pub(crate) async fn person(&mut self, side: usize) -> Person {
        let Side { who, first, .. } = &self.sides[side];
        let (who, first) = (*who, *first);
        if who == Who::Authx && first == First::Password {
            self.met += 1;
            return self.installation.person(&format!("typist{}", self.met)).await;
        }
        if self.people.is_empty() {
            self.met += 1;
            let prefix = format!("crowd{}-", self.met);
            self.people = self.installation.people(&prefix, 500).await;
        }
        let person = self.people.pop().unwrap();
        if who == Who::Google {
            let secret = person.phone.secret_text();
            let file = self.secrets.join(&person.name);
            fs::write(&file, format!("{secret}\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        person
    }

    /// Somebody with a phone who never signed in before, known to AuthX alone.
    pub(crate) async fn owner(&mut self) -> Owner {
        if self.owners.is_empty() {
            self.met += 1;
            let prefix = format!("owners{}-", self.met);
            self.owners = owners(&self.installation, &self.phones, &prefix, 500).await;
        }
        self.owners.pop().unwrap()
    }

    /// How many phones are asked something now.
    pub(crate) async fn ringing(&self) -> i64 {
        self.installation.count("SELECT COUNT(*) FROM phone_request WHERE state = 'open'").await
    }
}

impl Side {
    async fn start(
        world: &World,
        who: Who,
        first: First,
        plugin: String,
        agent: Option<Agent>,
    ) -> Self {
        let options = ServerOptions {
            plugin: Some(plugin),
            certificates: first == First::Certificate,
            ..ServerOptions::default()
        };
        let openvpn = world.openvpn(options).await;
        if let Some(agent) = &agent {
            agent.log().says(agent.log().start(), "OpenVPN is connected").await;
        }
        let crowd = Crowd::new(world, &openvpn);
        Self { who, first, wake: false, openvpn, agent, crowd }
    }

    /// The ways to sign in that it has.
    pub(crate) fn ways(&self) -> &'static [Way] {
        if self.first == First::SlowPam {
            return &[Way::Scrv1];
        }
        match (self.who, self.wake) {
            (Who::Anybody | Who::Google, _) => &[Way::Append],
            (Who::Authx, false) if self.first == First::Pam => {
                &[Way::Scrv1, Way::Append, Way::CrText, Way::Crv1, Way::Push]
            }
            (Who::Authx, false) => &[Way::Scrv1, Way::Append, Way::CrText, Way::Crv1],
            (Who::Authx, true) if self.first == First::Pam => {
                &[Way::Scrv1, Way::Append, Way::CrText, Way::CrTextLater, Way::Crv1, Way::Push]
            }
            (Who::Authx, true) => {
                &[Way::Scrv1, Way::Append, Way::CrText, Way::CrTextLater, Way::Crv1]
            }
        }
    }

    /// Whether sign-ins a second are counted: not where each takes a second or more by design.
    pub(crate) fn is_rated(&self) -> bool {
        self.who != Who::Authx || self.wake && self.first != First::SlowPam
    }

    /// What is typed before the code.
    pub(crate) fn password(&self) -> &'static str {
        match (self.who, self.first) {
            (Who::Google, _) | (_, First::Certificate) => "",
            (Who::Anybody | Who::Authx, _) => PASSWORD,
        }
    }

    /// What was said there, for a measurement that failed.
    pub(crate) fn told(&self) -> String {
        let agent = self.agent.as_ref().map(|agent| agent.log().to_string()).unwrap_or_default();
        format!("AGENT\n{agent}\nOPENVPN\n{}", self.openvpn.log())
    }

    /// As it stands in the report.
    pub(crate) fn name(&self) -> String {
        let first = match (self.who, self.first) {
            (Who::Authx, First::Password) => "AuthX password",
            (Who::Authx, First::Pam) => "AuthX pam",
            (Who::Authx, First::SlowPam) => "AuthX slow pam",
            (Who::Authx, First::Certificate) => "AuthX certificate",
            (Who::Google, _) => "auth-pam + google-auth.",
            (Who::Anybody, First::Certificate) => "always allow, certificate",
            (Who::Anybody, _) => "always allow, password",
        };
        format!("{first}{}", if self.wake { ", wake" } else { "" })
    }
}

impl First {
    fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Pam | Self::SlowPam => "pam",
            Self::Password => "authx",
        }
    }
}

/// The same duties as ours: a code of each user's own, each once. No password: libpam hands all of
/// what was typed to the module, which takes the code off its end.
fn google(secrets: &Path) -> String {
    format!(
        "auth requisite pam_google_authenticator.so secret={}/${{USER}} user=root forward_pass\n\
         auth required pam_permit.so\n\
         account required pam_permit.so",
        secrets.display()
    )
}

/// Asks for a password, knows none of the users, and does not mind.
const ANY_PASSWORD: &str = "auth [default=ignore] pam_unix.so nodelay\n\
    auth required pam_permit.so\n\
    account required pam_permit.so";
const POLICY: &str = "first_factors = [\"pam\", \"password\", \"certificate\"]\n\
    dynamic_challenge = \"on\"\n";
const AUTH_PAM: &str = "/usr/lib/openvpn/openvpn-plugin-auth-pam.so";
