//! A protected VPN: AuthX, the agent and OpenVPN with the plugin, all as processes.

use authx_e2e::{
    Engine, Installation, PASSWORD, Person, Server,
    vpn::{
        self, Agent, AgentOptions, ClientOptions, OpenvpnClient, OpenvpnServer, Outcome,
        ServerOptions, World,
    },
};
use std::fs;

/// All of it. Everything ends when it is dropped.
pub(crate) struct House {
    pub(crate) openvpn: OpenvpnServer,
    pub(crate) agent: Agent,
    pub(crate) authx: Server,
    pub(crate) installation: Installation,
    pub(crate) world: World,
}

/// What is built.
#[derive(Default)]
pub(crate) struct Plan {
    /// Whether the agent may use OpenVPN's management socket.
    pub(crate) management: bool,
    /// The application's policy.
    pub(crate) policy: &'static str,
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
        if !vpn::is_there() {
            return None;
        }
        let installation = Installation::new(Engine::Sqlite).await;
        if !plan.policy.is_empty() {
            let file = installation.directory().join("policy.toml");
            fs::write(&file, plan.policy).unwrap();
            let set = installation.run(&["policy", "set", file.to_str().unwrap()]);
            assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
        }
        installation.open_socket();
        let authx = Server::start(installation.config()).await;
        let world = World::new();
        let mut options = AgentOptions::of(&installation);
        for line in &plan.login {
            options = options.with("login", line);
        }
        for line in &plan.pam {
            options = options.with("pam", line);
        }
        if plan.management {
            options = options.managing(&world, 0);
        }
        let agent = Agent::start(&world, &options).await;
        let plugin = Some(agent.plugin());
        let openvpn = world.openvpn(ServerOptions { plugin, ..plan.openvpn }).await;
        Some(Self { openvpn, agent, authx, installation, world })
    }

    pub(crate) async fn client(&self, options: ClientOptions) -> OpenvpnClient {
        self.world.client(&self.openvpn, options).await
    }

    pub(crate) async fn person(&self, name: &str) -> Person {
        self.installation.person(name).await
    }

    /// A client that has signed in with password and code.
    pub(crate) async fn connected(&self, name: &str, options: ClientOptions) -> OpenvpnClient {
        let person = self.person(name).await;
        let mut client = self.client(options).await;
        let outcome = client.static_challenge(name, PASSWORD, &person.code()).await;
        assert!(outcome.is_connected(), "{outcome:?}\n{}\n{}", client.log(), self.agent.log());
        client
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

/// A client that can be asked.
pub(crate) fn asked() -> ClientOptions {
    ClientOptions { sso: Some("crtext".to_owned()), ..ClientOptions::default() }
}

/// The text of a refusal without its support code.
pub(crate) fn refusal(outcome: &Outcome) -> &str {
    let Outcome::Refused { text } = outcome else { panic!("{outcome:?} is no refusal") };
    text.rsplit_once(" [").map_or(text, |(plain, _)| plain)
}
