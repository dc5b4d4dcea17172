//! Puts AuthX into a server's configuration, and takes it out again.
//!
//! Every line stays as it is; what goes out of force keeps its place behind a mark, what is new
//! stands in one block at the end. So a second run finds the first one's work, and `undo` gives back
//! what was, byte by byte.

mod document;
mod file;
mod host;
mod marks;
mod notes;
mod obstacles;
mod plan;
mod settings;
mod text;
mod version;

pub use document::{Directive, Document, DocumentError, Line};
pub use file::{FileError, Source};
pub use host::{installed, plugin_path};
pub use marks::{UnmarkError, unmark};
pub use plan::{Change, Management, PLUGIN_FILE, Plan, Remark, Wanted};
pub use settings::{HAND_WINDOW_SECS, Place, RENEG_SECS, Setting, Settings};
pub use version::{HOLE, Installed, Version, VersionFault};

use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The server's configuration.
    pub server_conf: PathBuf,
    /// Show, write or take back.
    pub action: Action,
    /// The plugin's file; without it the one that is named already, or the distribution's.
    pub plugin: Option<PathBuf>,
    /// The agent's socket; without it the one that is named already, or [`SOCKET`].
    pub socket: Option<PathBuf>,
    /// Whether the agent shall have a management socket.
    pub management: bool,
    /// Where; without it in [`MANAGEMENT`].
    pub management_path: Option<PathBuf>,
    /// Who may use it.
    pub management_user: String,
    /// Plugins that may stay.
    pub kept_plugins: Vec<String>,
    /// Whether a known hole is accepted.
    pub accept_version: bool,
    /// The program `openvpn`.
    pub openvpn: PathBuf,
}

/// What to do with the configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Say what would change.
    Show,
    /// Take back what was changed.
    Undo,
    /// Change it.
    Write,
}

/// What was found and done.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The configuration, links followed.
    pub file: PathBuf,
    /// This machine's OpenVPN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openvpn: Option<Installed>,
    /// What changes; none when it is only taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How it ended.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There was nothing of AuthX in it.
    NothingToUndo,
    /// Something is in the way; nothing was written.
    Obstructed,
    /// Nothing was to be written.
    Shown,
    /// It is as it should be.
    Unchanged,
    /// The changes are taken back.
    Undone {
        /// The backup that says exactly what the file says now.
        same_as: Option<PathBuf>,
    },
    /// The changes are made.
    Written {
        /// The file as it was.
        backup: PathBuf,
        /// The key of OpenVPN's tokens, if it was missing.
        made_secret: Option<PathBuf>,
    },
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// OpenVPN would not start with it.
    #[error("{}: OpenVPN does not understand this configuration itself", .0.display())]
    Document(PathBuf, #[source] DocumentError),
    /// Not read or not written.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no OpenVPN.
    #[error("{} tells no version: name the program by --openvpn", .0.display())]
    NoOpenvpn(PathBuf),
    /// The key was not made; the configuration is as before.
    #[error("the key of OpenVPN's tokens, {}, cannot be made; nothing was written", .0.display())]
    Secret(PathBuf, #[source] io::Error),
    /// What an earlier run wrote was changed.
    #[error("{}: nothing was changed", .0.display())]
    Unmark(PathBuf, #[source] UnmarkError),
    /// This OpenVPN should not serve.
    #[error(transparent)]
    Version(#[from] VersionFault),
}

/// Does what is asked for.
///
/// # Errors
///
/// [`SetupError`]; the configuration is then as it was.
pub fn run(request: &Request) -> Result<Report, SetupError> {
    let source = Source::read(&request.server_conf)?;
    let current = parse(&source, &source.text)?;
    let bare = unmark(&current).map_err(|error| SetupError::Unmark(source.path.clone(), error))?;
    if request.action == Action::Undo {
        return undo(&source, bare);
    }
    let openvpn = openvpn(request)?;
    if !request.accept_version {
        openvpn.judge()?;
    }
    let document = parse(&source, bare.as_deref().unwrap_or(&source.text))?;
    let wanted = wanted(request, &source.path, openvpn.version, &collect(&source, &current));
    let settings = collect(&source, &document);
    let mut plan = Plan::make(&document, &settings, &wanted);
    host::look(&mut plan, &settings, &wanted);
    let outcome = if plan.obstacles.is_empty() {
        carry_out(request, &source, &plan.apply(&document), &wanted)?
    } else {
        Outcome::Obstructed
    };
    Ok(Report { file: source.path, openvpn: Some(openvpn), plan: Some(plan), outcome })
}

/// What is still to be changed in a configuration as it stands, and what is in the way.
///
/// # Errors
///
/// [`SetupError`].
pub fn remaining(request: &Request) -> Result<Plan, SetupError> {
    let source = Source::read(&request.server_conf)?;
    let document = parse(&source, &source.text)?;
    let settings = collect(&source, &document);
    let wanted = wanted(request, &source.path, openvpn(request)?.version, &settings);
    let mut plan = Plan::make(&document, &settings, &wanted);
    host::look(&mut plan, &settings, &wanted);
    Ok(plan)
}

fn parse(source: &Source, text: &str) -> Result<Document, SetupError> {
    Document::parse(text).map_err(|error| SetupError::Document(source.path.clone(), error))
}

fn collect(source: &Source, document: &Document) -> Settings {
    Settings::collect(document, source.directory(), &|path| file::text(path))
}

fn openvpn(request: &Request) -> Result<Installed, SetupError> {
    installed(&request.openvpn).ok_or_else(|| SetupError::NoOpenvpn(request.openvpn.clone()))
}

fn carry_out(
    request: &Request,
    source: &Source,
    text: &str,
    wanted: &Wanted,
) -> Result<Outcome, SetupError> {
    if request.action == Action::Show {
        return Ok(if text == source.text { Outcome::Unchanged } else { Outcome::Shown });
    }
    let secret = wanted.token_secret.clone();
    let line = plan::secret_line(&secret);
    let is_ours = text.lines().any(|written| written == line);
    let is_made = is_ours
        && host::make_token_secret(&request.openvpn, &secret)
            .map_err(|error| SetupError::Secret(secret.clone(), error))?;
    let made_secret = is_made.then_some(secret);
    if text == source.text {
        return Ok(Outcome::Unchanged);
    }
    let backup = source.back_up()?;
    source.replace(text)?;
    Ok(Outcome::Written { backup, made_secret })
}

fn undo(source: &Source, bare: Option<String>) -> Result<Report, SetupError> {
    let outcome = match bare {
        None => Outcome::NothingToUndo,
        Some(text) => {
            source.replace(&text)?;
            Outcome::Undone { same_as: source.backup_of(&text) }
        }
    };
    Ok(Report { file: source.path.clone(), openvpn: None, plan: None, outcome })
}

/// What was named in an earlier run stays so unless another one is named now.
fn wanted(request: &Request, path: &Path, version: Version, current: &Settings) -> Wanted {
    let named = current.named("plugin").find(|plugin| plan::is_authx(plugin));
    let earlier = |at| named.and_then(|plugin| plugin.argument(at)).map(PathBuf::from);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let management_path = request
        .management_path
        .clone()
        .unwrap_or_else(|| Path::new(MANAGEMENT).join(format!("{stem}.sock")));
    let management = request
        .management
        .then(|| Management { path: management_path, user: request.management_user.clone() });
    Wanted {
        plugin: request.plugin.clone().or_else(|| earlier(1)).unwrap_or_else(plugin_path),
        socket: request.socket.clone().or_else(|| earlier(2)).unwrap_or_else(|| SOCKET.into()),
        token_secret: path.with_file_name(format!("{stem}-auth-token.key")),
        management: management.or_else(|| earlier_management(current)),
        kept_plugins: request.kept_plugins.clone(),
        since_2_6: version.can_ask(),
    }
}

/// Kept where an earlier run made it; one of the operator's own is none of ours.
fn earlier_management(current: &Settings) -> Option<Management> {
    let socket = current.last("management").filter(|m| m.argument(2) == Some("unix"))?;
    let path = socket.argument(1)?.into();
    let user = current.last("management-client-user")?.argument(1)?.to_owned();
    Some(Management { path, user })
}

/// Where the agent listens.
pub const SOCKET: &str = "/run/authx-openvpn/agent.sock";
/// Where management sockets for the agent are made.
pub const MANAGEMENT: &str = "/run/authx-openvpn";

#[cfg(test)]
mod tests;
