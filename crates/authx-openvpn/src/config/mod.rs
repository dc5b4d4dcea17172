//! The configuration file.

mod login;
mod word;

pub use authx_program::config::{ConfigError, Fault, Log, LogFormat, Origin, SecretFile};
pub use login::{FirstFactor, ServerSettings};
pub use word::{CertificateField, InvalidWord, PamService};

use authx_core::ApplicationId;
use authx_program::config::{self, Reading, Section};
use login::{Rules, Server};
use std::path::{Path, PathBuf};

/// Everything that is configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// How AuthX is reached.
    pub authx: AuthxConfig,
    /// Where the agent is found, and where it keeps what it has to know after a restart.
    pub agent: AgentConfig,
    /// What is logged, and how.
    pub log: Log,
    /// The host's own sign-in, where it is the first factor.
    pub pam: PamConfig,
    login: Rules,
    servers: Vec<Server>,
}

/// The table `[authx]`: how AuthX is reached.
#[derive(Clone, Debug)]
pub struct AuthxConfig {
    /// Which application asks.
    pub application_id: ApplicationId,
    /// Where the Application Key is.
    pub application_key_file: SecretFile,
    /// The Application URLs, in the order in which they are tried; at least one.
    pub application_urls: Vec<Origin>,
    /// AuthX's own socket where it runs on this host; tried before every URL.
    pub unix_socket: Option<PathBuf>,
    /// Certificates (PEM) that are trusted beside those of the system.
    pub certificate_authority: Option<PathBuf>,
}

/// The table `[agent]`.
#[derive(Clone, Debug)]
pub struct AgentConfig {
    /// Where OpenVPN's plugin finds the agent.
    pub socket: PathBuf,
    /// Where sessions and the newest seal are kept.
    pub state_dir: PathBuf,
}

/// The table `[pam]`.
#[derive(Clone, Debug)]
pub struct PamConfig {
    /// Which file of `/etc/pam.d` decides.
    pub service: PamService,
    /// Where the process that asks PAM listens; the agent starts one itself where this is absent.
    pub socket: Option<PathBuf>,
    /// How long PAM may take.
    pub timeout_secs: u64,
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Faults`] with everything that is wrong in it, or [`ConfigError::Unreadable`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        // OpenVPN is told the socket's whole path, and `doctor` compares.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        config::load(&path, "`authx-openvpn config example` shows one", Self::read)
    }

    /// Reads a text whose relative paths are relative to `directory`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in the order of the lines.
    pub fn parse(text: &str, directory: &Path) -> Result<Self, Vec<Fault>> {
        config::parse(text, |reading, root| Self::read(reading, root, directory))
    }

    /// What holds for the OpenVPN process that names its configuration so (its environment variable
    /// `config`, as on its command line): a `[server.NAME]` of that path, else of that file name
    /// where one of the two is relative, else `[login]` alone.
    pub fn server(&self, config_variable: &str) -> ServerSettings {
        let asked = Path::new(config_variable.strip_prefix("./").unwrap_or(config_variable));
        let whole = self.servers.iter().find(|server| server.config == asked);
        let ends = || self.servers.iter().find(|server| server.is_maybe(asked));
        match whole.or_else(ends) {
            Some(server) => server.settings(),
            None => self.login.for_any(asked),
        }
    }

    /// Every `[server.NAME]`, with the configuration that it is for.
    pub fn servers(&self) -> impl Iterator<Item = (&Path, ServerSettings)> {
        self.servers.iter().map(|server| (&*server.config, server.settings()))
    }

    /// What holds for servers without a table of their own.
    pub fn any_server(&self) -> ServerSettings {
        self.login.for_any(Path::new(""))
    }

    fn read(reading: &mut Reading<'_>, mut root: Section<'_>, directory: &Path) -> Option<Self> {
        let authx = AuthxConfig::read(reading, &mut root, directory);
        let agent = AgentConfig::read(reading, &mut root, directory);
        let log = Log::read(reading, &mut root);
        let pam = PamConfig::read(reading, &mut root, directory);
        let login = Rules::read(reading, &mut root);
        let servers = Server::read_all(reading, &mut root, &login);
        root.finish(reading);
        Some(Self { authx: authx?, agent, log, pam, login, servers })
    }
}

impl AuthxConfig {
    fn read(reading: &mut Reading<'_>, root: &mut Section<'_>, directory: &Path) -> Option<Self> {
        let mut section = root.section(reading, "authx");
        let id = section.parsed(reading, "application_id");
        let id = section.demand(reading, "application_id", id, "\"app_…\"");
        let key = SecretFile::demanded(reading, &mut section, "application_key_file", directory);
        let urls: Vec<Origin> = section.one_or_more(reading, "application_url");
        let urls = Some(urls).filter(|urls| !urls.is_empty());
        let urls = section.demand(reading, "application_url", urls, "\"https://mfa.example.com\"");
        let unix_socket = section.path(reading, "unix_socket", directory);
        let certificate_authority = section.path(reading, "certificate_authority", directory);
        section.finish(reading);
        Some(Self {
            application_id: id?,
            application_key_file: key?,
            application_urls: urls?,
            unix_socket,
            certificate_authority,
        })
    }
}

impl AgentConfig {
    fn read(reading: &mut Reading<'_>, root: &mut Section<'_>, directory: &Path) -> Self {
        let mut section = root.section(reading, "agent");
        let socket = section.path(reading, "socket", directory);
        let state_dir = section.path(reading, "state_dir", directory);
        section.finish(reading);
        Self {
            socket: socket.unwrap_or_else(|| DEFAULT_SOCKET.into()),
            state_dir: state_dir.unwrap_or_else(|| DEFAULT_STATE_DIR.into()),
        }
    }
}

impl PamConfig {
    fn read(reading: &mut Reading<'_>, root: &mut Section<'_>, directory: &Path) -> Self {
        let mut section = root.section(reading, "pam");
        let service = section.parsed(reading, "service").unwrap_or_default();
        let socket = section.path(reading, "socket", directory);
        let timeout = section.number(reading, "timeout_secs", 1..46);
        section.finish(reading);
        Self { service, socket, timeout_secs: timeout.map_or(DEFAULT_PAM_SECS, u64::from) }
    }
}

/// A file with every key, each with a comment: the one that the package installs.
pub const EXAMPLE: &str = include_str!("../../../../packaging/authx-openvpn/agent.toml");

/// Where the file is when nothing else is said.
pub const DEFAULT_PATH: &str = "/etc/authx-openvpn/agent.toml";

const DEFAULT_PAM_SECS: u64 = 10;
const DEFAULT_SOCKET: &str = "/run/authx-openvpn/agent.sock";
const DEFAULT_STATE_DIR: &str = "/var/lib/authx-openvpn";

#[cfg(test)]
mod tests;
