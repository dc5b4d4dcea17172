//! A protected VPN: AuthX, the agent and OpenVPN with the plugin, all as processes.

use authx_e2e::{
    Engine, Handset, Installation, PASSWORD, Person, Server,
    vpn::{
        self, Agent, AgentOptions, ClientOptions, Crowd, LightOptions, OpenvpnClient,
        OpenvpnServer, Outcome, ServerOptions, World,
    },
};
use authx_program::config::Origin;
use std::{fs, net::TcpListener, time::Duration};

/// All of it. Everything ends when it is dropped.
pub(crate) struct House {
    pub(crate) openvpn: OpenvpnServer,
    pub(crate) agent: Agent,
    pub(crate) authx: Server,
    pub(crate) installation: Installation,
    pub(crate) world: World,
    /// Where phones find AuthX.
    pub(crate) phones: Option<Origin>,
}

/// What is built.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Plan {
    /// Whether the first Application URL leads nowhere.
    pub(crate) dead_url: bool,
    /// Whether the agent logs all that it can.
    pub(crate) logs_all: bool,
    /// Whether the agent may use OpenVPN's management socket.
    pub(crate) management: bool,
    /// The application's policy.
    pub(crate) policy: &'static str,
    /// Whether people have phones.
    pub(crate) phones: bool,
    /// Lines of the agent's `[login]`.
    pub(crate) login: Vec<String>,
    /// Lines of its `[pam]`.
    pub(crate) pam: Vec<String>,
    /// The OpenVPN server.
    pub(crate) openvpn: ServerOptions,
}

impl House {
    /// Builds it, where OpenVPN and the rights for it are there.
    pub(crate) async fn new(plan: Plan) -> Option<Self> {
        Box::pin(Self::build(plan)).await
    }

    async fn build(plan: Plan) -> Option<Self> {
        if !vpn::is_there() {
            return None;
        }
        let installation = Installation::new(Engine::Sqlite).await;
        let classes = if plan.phones { "phone_classes = [\"software\"]\n" } else { "" };
        let policy = format!("{classes}{}", plan.policy);
        if !policy.is_empty() {
            let file = installation.directory().join("policy.toml");
            fs::write(&file, policy).unwrap();
            let set = installation.run(&["policy", "set", file.to_str().unwrap()]);
            assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
        }
        let mut options = if plan.dead_url {
            let (url, authority) = installation.encrypt();
            let mut options = AgentOptions::of(&installation)
                .with("authx", &format!("certificate_authority = \"{}\"", authority.display()));
            options.lines.remove(0);
            options.urls = vec![format!("https://localhost:{}", dead_port()), url];
            options
        } else {
            installation.open_socket();
            AgentOptions::of(&installation)
        };
        let phones = plan.phones.then(|| installation.open_to_phones());
        let authx = Server::start(installation.config()).await;
        let world = World::new();
        for line in &plan.login {
            options = options.with("login", line);
        }
        for line in &plan.pam {
            options = options.with("pam", line);
        }
        if plan.logs_all {
            options = options.with("log", "level = \"trace\"");
        }
        if plan.management {
            options = options.managing(&world, 0);
        }
        let agent = Agent::start(&world, &options).await;
        let plugin = Some(agent.plugin());
        let openvpn = world.openvpn(ServerOptions { plugin, ..plan.openvpn }).await;
        if plan.management {
            // Until then a wrong code ends its connection.
            let log = agent.log();
            log.says(log.start(), "connected to OpenVPN's management interface").await;
        }
        Some(Self { openvpn, agent, authx, installation, world, phones })
    }

    pub(crate) async fn client(&self, options: ClientOptions) -> OpenvpnClient {
        self.world.client(&self.openvpn, options).await
    }

    pub(crate) async fn person(&self, name: &str) -> Person {
        self.installation.person(name).await
    }

    /// A phone of somebody, enrolled.
    pub(crate) async fn handset(&self, person: &Person, name: &str) -> Handset {
        let Some(phones) = &self.phones else { unreachable!("a plan without phones") };
        Handset::enrol(&self.installation, phones, person, name).await
    }

    /// A client that has signed in with password and code.
    pub(crate) async fn connected(&self, name: &str, options: ClientOptions) -> OpenvpnClient {
        let person = self.person(name).await;
        let mut client = self.client(options).await;
        let outcome = client.static_challenge(name, PASSWORD, &person.code()).await;
        assert!(outcome.is_connected(), "{outcome:?}\n{}\n{}", client.log(), self.agent.log());
        client
    }

    /// Clients that only sign in.
    pub(crate) fn crowd(&self) -> Crowd {
        Crowd::new(&self.world, &self.openvpn)
    }

    /// Waits until AuthX's database counts so many.
    pub(crate) async fn counts(&self, many: i64, sql: &'static str) {
        self.count_until(sql, |counted| counted == many).await;
    }

    /// Waits until AuthX's database counts so many or more.
    pub(crate) async fn counts_at_least(&self, many: i64, sql: &'static str) {
        self.count_until(sql, |counted| counted >= many).await;
    }

    async fn count_until(&self, sql: &'static str, enough: impl Fn(i64) -> bool) {
        let counted = async {
            while !enough(self.installation.count(sql).await) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, counted).await;
        assert!(in_time.is_ok(), "never enough of `{sql}`\n{}", self.told());
    }

    /// What everybody said, for a test that failed.
    pub(crate) fn told(&self) -> String {
        format!(
            "AGENT\n{}\nOPENVPN\n{}\nAUTHX\n{}",
            self.agent.log(),
            self.openvpn.log(),
            self.authx.log()
        )
    }
}

/// A plan with certificates as first factor, which costs a crowd nothing.
pub(crate) fn by_certificate() -> Plan {
    Plan {
        policy: "first_factors = [\"certificate\"]\n",
        login: vec!["first_factor = \"certificate\"".to_owned()],
        openvpn: ServerOptions { certificates: true, ..ServerOptions::default() },
        ..Plan::default()
    }
}

/// One of a crowd with a certificate, that can be asked.
pub(crate) fn certified(name: &str) -> LightOptions {
    LightOptions {
        certificate: Some(name.to_owned()),
        sso: Some("crtext".to_owned()),
        protocol: None,
    }
}

/// Where nobody listens.
fn dead_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A client that can be asked.
pub(crate) fn asked() -> ClientOptions {
    ClientOptions { sso: Some("crtext".to_owned()), ..ClientOptions::default() }
}

/// The text of a refusal without its support code.
pub(crate) fn refusal(outcome: &Outcome) -> &str {
    let Outcome::Refused { text } = outcome else { panic!("{outcome:?} is no refusal") };
    text.rsplit_once(" [").map_or(text, |(plain, _)| plain)
}

/// The text of a question.
pub(crate) fn question(outcome: &Outcome) -> &str {
    let Outcome::Asked { text } = outcome else { panic!("{outcome:?} is no question") };
    text
}

const PATIENCE: Duration = Duration::from_mins(1);
