//! How users of an OpenVPN server sign in: `[login]`, and `[server.NAME]` where one differs.

use super::CertificateField;
use authx_core::wire::text::Label;
use authx_program::config::{Reading, Section};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How the first factor is proved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FirstFactor {
    /// By a password that AuthX keeps.
    Authx,
    /// By the client certificate, which OpenVPN has verified.
    Certificate,
    /// By the host's own PAM stack.
    Pam,
}

/// What holds for one OpenVPN server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerSettings {
    /// How logs and AuthX call it.
    pub name: Label,
    /// How the first factor is proved.
    pub first_factor: FirstFactor,
    /// Where the certificate holds the user's name.
    pub certificate_field: CertificateField,
    /// OpenVPN's management socket, where the agent may use it.
    pub management: Option<PathBuf>,
    /// How long a prompt may stand; without, as long as the application's policy gives.
    pub pending_secs: Option<u64>,
    /// How long a login may take that no pending message was sent for.
    pub answer_within_secs: u64,
}

/// A table `[server.NAME]`.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// As OpenVPN is told it.
    pub(super) config: PathBuf,
    name: Label,
    rules: Rules,
    management: Option<PathBuf>,
}

/// The keys that both tables have.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    first_factor: FirstFactor,
    certificate_field: CertificateField,
    pending_secs: Option<u64>,
    answer_within_secs: u64,
}

impl Server {
    pub(super) fn read_all(
        reading: &mut Reading<'_>,
        root: &mut Section<'_>,
        login: &Rules,
    ) -> Vec<Self> {
        let sections = root.sections(reading, "server");
        let mut servers: Vec<Self> = vec![];
        for (name, mut section) in sections {
            let found = section.text(reading, "config");
            let example = "\"/etc/openvpn/server/office.conf\"";
            let found = section.demand(reading, "config", found, example);
            let rules = login.overridden(reading, &mut section);
            // Not relative to the agent's file: OpenVPN makes it.
            let management = section.text(reading, "management").and_then(|found| {
                let path = PathBuf::from(&found.value);
                if path.is_absolute() {
                    return Some(path);
                }
                let wrong = "must be the whole path of the unix socket that OpenVPN's line `management` names";
                section.fault(reading, "management", found.at, &wrong);
                None
            });
            if let Some(found) = found {
                let config = PathBuf::from(&found.value);
                if let Some(other) = servers.iter().find(|other| other.config == config) {
                    let other = other.name.as_str();
                    let wrong = format!("stands in [server.{other}] already");
                    section.fault(reading, "config", found.at.clone(), &wrong);
                }
                if config.file_name().is_none() {
                    section.fault(reading, "config", found.at, &"names no file");
                }
                servers.push(Self { config, name: Label::from(name), rules, management });
            }
            section.finish(reading);
        }
        servers
    }

    /// Whether both paths end alike where one of them is relative.
    pub(super) fn is_maybe(&self, asked: &Path) -> bool {
        asked.file_name().is_some()
            && (self.config.ends_with(asked) || asked.ends_with(&self.config))
    }

    pub(super) fn settings(&self) -> ServerSettings {
        let Self { config: _, name, rules, management } = self.clone();
        rules.settings(name, management)
    }
}

impl Rules {
    /// Reads the table `[login]`.
    pub(super) fn read(reading: &mut Reading<'_>, root: &mut Section<'_>) -> Self {
        let mut section = root.section(reading, "login");
        let rules = Self::default().overridden(reading, &mut section);
        section.finish(reading);
        rules
    }

    fn overridden(&self, reading: &mut Reading<'_>, section: &mut Section<'_>) -> Self {
        let pending = section.number(reading, "pending_secs", 30..901);
        let within = section.number(reading, "answer_within_secs", 10..51);
        let field = section.parsed(reading, "certificate_field");
        Self {
            first_factor: section.parsed(reading, "first_factor").unwrap_or(self.first_factor),
            certificate_field: field.unwrap_or_else(|| self.certificate_field.clone()),
            pending_secs: pending.map(u64::from).or(self.pending_secs),
            answer_within_secs: within.map_or(self.answer_within_secs, u64::from),
        }
    }

    /// What holds for a server without a table of its own, named after its configuration.
    pub(super) fn for_any(&self, config: &Path) -> ServerSettings {
        let name = config.file_stem().map_or("openvpn".into(), |stem| stem.to_string_lossy());
        self.clone().settings(Label::from(name.into_owned()), None)
    }

    fn settings(self, name: Label, management: Option<PathBuf>) -> ServerSettings {
        let Self { first_factor, certificate_field, pending_secs, answer_within_secs } = self;
        ServerSettings {
            name,
            first_factor,
            certificate_field,
            management,
            pending_secs,
            answer_within_secs,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            first_factor: FirstFactor::Authx,
            certificate_field: CertificateField::default(),
            pending_secs: None,
            // OpenVPN gives a sign-in without a pending message a minute at most, counted from the
            // first packet.
            answer_within_secs: 45,
        }
    }
}

impl FirstFactor {
    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authx => "authx",
            Self::Certificate => "certificate",
            Self::Pam => "pam",
        }
    }
}

impl FromStr for FirstFactor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        [Self::Authx, Self::Certificate, Self::Pam]
            .into_iter()
            .find(|factor| factor.as_str() == text)
            .ok_or("must be \"authx\", \"pam\" or \"certificate\"")
    }
}
