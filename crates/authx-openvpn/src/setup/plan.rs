//! Which lines have to change, and why: from what is set to a list of changes.

use super::document::{Document, quoted, split};
use super::marks::{self, SILENCED};
use super::notes;
use super::obstacles;
use super::settings::{HAND_WINDOW_SECS, Place, RENEG_SECS, Setting, Settings};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What the configuration shall say afterwards.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// The plugin's file.
    pub plugin: PathBuf,
    /// The agent's socket.
    pub socket: PathBuf,
    /// The key of OpenVPN's tokens, where none is named yet.
    pub token_secret: PathBuf,
    /// OpenVPN's management socket, if the agent shall have one.
    pub management: Option<Management>,
    /// Other plugins that may stay: whoever runs this knows that they never answer a sign-in.
    pub kept_plugins: Vec<String>,
    /// Whether this OpenVPN is 2.6 or newer.
    pub since_2_6: bool,
}

/// A management socket for the agent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Management {
    /// Where OpenVPN makes it.
    pub path: PathBuf,
    /// Who alone may connect.
    pub user: String,
}

/// What would be done to a configuration.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Plan {
    /// What changes, from top to bottom.
    pub changes: Vec<Change>,
    /// Why nothing may be changed; nothing is written as long as there is one.
    pub obstacles: Vec<Remark>,
    /// What else is worth knowing.
    pub notes: Vec<Remark>,
    /// The management socket that the agent may use: `management` in its configuration.
    pub management: Option<PathBuf>,
    /// The PAM service that a taken over plugin asked: `[pam] service` in the agent's configuration.
    pub pam_service: Option<String>,
}

/// One change. Without `old` it is a new line; without `new` a line goes out of force.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Change {
    /// Which line goes out of force, counted from one.
    pub line: Option<usize>,
    /// What it said.
    pub old: Option<String>,
    /// What is said instead.
    pub new: Option<String>,
    /// Why.
    pub reason: String,
}

/// Something to know, and where it stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Remark {
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What.
    pub text: String,
}

impl Remark {
    pub(super) fn at(setting: &Setting, text: impl Into<String>) -> Self {
        Self { place: Some(setting.place.clone()), text: text.into() }
    }

    pub(super) fn general(text: impl Into<String>) -> Self {
        Self { place: None, text: text.into() }
    }
}

impl Plan {
    /// Plans for a configuration without marks of AuthX (see [`marks::unmark`]).
    pub fn make(document: &Document, settings: &Settings, wanted: &Wanted) -> Self {
        let mut plan = Self {
            changes: Vec::new(),
            obstacles: obstacles::find(settings, wanted),
            notes: Vec::new(),
            management: None,
            pam_service: None,
        };
        plan.take_over_pam(settings);
        plan.plugin(settings, wanted);
        plan.reneg_sec(settings);
        plan.tokens(settings, wanted);
        plan.initial_connections(settings, wanted);
        plan.management(settings, wanted);
        plan.notes = notes::find(settings, wanted);
        plan.changes.sort_by_key(|change| change.line.unwrap_or(usize::MAX));
        plan.obstacles.extend(plan.changes.iter().filter_map(|change| too_long(change, document)));
        plan
    }

    /// The configuration with the changes in it.
    pub fn apply(&self, document: &Document) -> String {
        let silenced: Vec<_> = self.changes.iter().filter_map(|change| change.line).collect();
        let added: Vec<_> = self.changes.iter().filter_map(|change| change.new.clone()).collect();
        marks::mark(document, &silenced, &added)
    }

    fn take_over_pam(&mut self, settings: &Settings) {
        for setting in settings.named("plugin").filter(|setting| is_pam(setting)) {
            let words = plugin_arguments(setting);
            let service = words.first().cloned();
            let named = service.as_deref().unwrap_or("openvpn");
            let reason = format!(
                "OpenVPN asks every plugin, also after one has refused: with this one beside AuthX a \
                 wrong password would still ring phones. The agent asks PAM itself; say in its \
                 configuration: first_factor = \"pam\" and [pam] service = \"{named}\""
            );
            self.pam_service = service.or(self.pam_service.take());
            self.silence(setting, reason);
        }
    }

    fn plugin(&mut self, settings: &Settings, wanted: &Wanted) {
        let (plugin, socket) = (wanted.plugin.to_string_lossy(), wanted.socket.to_string_lossy());
        let line = format!("plugin {} {}", quoted(&plugin), quoted(&socket));
        let ours: Vec<_> = settings.named("plugin").filter(|setting| is_authx(setting)).collect();
        if let [only] = ours.as_slice()
            && only.argument(1) == Some(&plugin)
            && plugin_arguments(only) == [socket.as_ref()]
        {
            return;
        }
        for setting in ours {
            self.silence(setting, "names another file or another socket".to_owned());
        }
        let reason = "hands each sign-in to the agent, over this socket. It decides nothing itself";
        self.add(line, reason);
    }

    fn reneg_sec(&mut self, settings: &Settings) {
        let Some(setting) = settings.last("reneg-sec").filter(|setting| setting.number(1) == 0)
        else {
            return;
        };
        let hand_window = settings.secs("hand-window", HAND_WINDOW_SECS);
        let reason = format!(
            "with 0 users have only the {hand_window} s of hand-window to answer, and auth-gen-token \
             does not start. With {RENEG_SECS} they have 30 minutes; AuthX asks nobody again when keys \
             are renewed"
        );
        self.replace(settings, setting, format!("reneg-sec {RENEG_SECS}"), reason);
    }

    fn tokens(&mut self, settings: &Settings, wanted: &Wanted) {
        let floor = 2 * settings.secs("hand-window", HAND_WINDOW_SECS);
        let last = settings.last("auth-gen-token");
        let lifetime = last.map(|setting| setting.number(1)).filter(|&secs| secs > 0);
        let renewal = last.map(|setting| setting.number(2)).filter(|&secs| secs >= floor);
        let lifetime = lifetime.unwrap_or(LIFETIME_SECS);
        let renewal = renewal.unwrap_or(RENEWAL_SECS.max(floor));
        let line = if wanted.since_2_6 {
            format!("auth-gen-token {lifetime} {renewal} external-auth")
        } else {
            format!("auth-gen-token {lifetime} external-auth")
        };
        let reason = format!(
            "a user who signed in once is not asked again when keys are renewed or the line breaks, \
             for {} at most; external-auth lets the agent end it earlier",
            duration(lifetime)
        );
        match last {
            Some(setting) if setting.words.join(" ") == line => {}
            Some(setting) => self.replace(settings, setting, line, reason),
            None => self.add(line, reason),
        }
        if settings.last("auth-gen-token-secret").is_none() {
            let reason = "keeps those tokens good when OpenVPN restarts; --write makes the file, \
                          readable by root only, where it is missing";
            self.add(secret_line(&wanted.token_secret), reason);
        }
    }

    fn initial_connections(&mut self, settings: &Settings, wanted: &Wanted) {
        if wanted.since_2_6 && settings.last("connect-freq-initial").is_none() {
            let reason = "OpenVPN takes 100 new connections in ten seconds: after an outage, when all \
                          come back at once, that is a long queue";
            self.add("connect-freq-initial 1000 10".to_owned(), reason);
        }
    }

    fn management(&mut self, settings: &Settings, wanted: &Wanted) {
        let Some(Management { path, user }) = &wanted.management else { return };
        if settings.last("management").is_some() {
            return;
        }
        self.management = Some(path.clone());
        let reason = "lets the agent wake OpenVPN: a right answer becomes a tunnel in half a second \
                      instead of 1–3 s, a wrong code is asked for again in the same connection, and \
                      an ended session is cut";
        self.add(format!("management {} unix", quoted(&path.to_string_lossy())), reason);
        let reason = "nobody else may connect there: it shows what users answer";
        self.add(format!("management-client-user {}", quoted(user)), reason);
    }

    fn add(&mut self, line: String, reason: impl Into<String>) {
        let reason = reason.into();
        self.changes.push(Change { line: None, old: None, new: Some(line), reason });
    }

    /// Puts out of force what can be: a line of an included file is not ours to change.
    fn silence(&mut self, setting: &Setting, reason: String) {
        if setting.is_own() {
            let (line, old) = (Some(setting.place.line), Some(written(setting)));
            self.changes.push(Change { line, old, new: None, reason });
        }
    }

    /// A new line at the end counts in any case, as OpenVPN takes the last one: also where an
    /// included file says otherwise.
    fn replace(&mut self, settings: &Settings, last: &Setting, new: String, reason: String) {
        let name = last.words.first().map_or("", String::as_str);
        let own = settings.named(name).filter(|setting| setting.is_own());
        let mut old: Vec<_> = own
            .map(|setting| Change {
                line: Some(setting.place.line),
                old: Some(written(setting)),
                new: None,
                reason: String::new(),
            })
            .collect();
        match old.last_mut() {
            Some(change) => {
                change.new = Some(new);
                change.reason = reason;
            }
            None => self.add(new, format!("{reason}. It replaces {}", last.place)),
        }
        for change in &mut old {
            if change.reason.is_empty() {
                "replaced by the last one, below".clone_into(&mut change.reason);
            }
        }
        self.changes.extend(old);
    }
}

pub(super) fn secret_line(file: &Path) -> String {
    format!("auth-gen-token-secret {}", quoted(&file.to_string_lossy()))
}

/// What a plugin is given: OpenVPN splits a single argument once more (openvpn:
/// `src/openvpn/helper.c`, `make_extended_arg_array`).
pub(super) fn plugin_arguments(setting: &Setting) -> Vec<String> {
    match setting.words.get(2..) {
        Some([only]) => split(only).unwrap_or_else(|_| vec![only.clone()]),
        rest => rest.unwrap_or_default().to_vec(),
    }
}

/// The name of a plugin's file, without its directory.
pub(super) fn plugin_file(setting: &Setting) -> &str {
    setting.argument(1).and_then(|path| path.rsplit('/').next()).unwrap_or_default()
}

pub(super) fn is_authx(setting: &Setting) -> bool {
    plugin_file(setting) == PLUGIN_FILE
}

pub(super) fn is_pam(setting: &Setting) -> bool {
    let file = plugin_file(setting);
    file.contains("auth-pam") && file.contains(".so")
}

fn written(setting: &Setting) -> String {
    setting.words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn too_long(change: &Change, document: &Document) -> Option<Remark> {
    let silenced = change.line.and_then(|line| document.lines.get(line - 1));
    let length = silenced.map_or(0, |line| line.raw.len() + SILENCED.len());
    let added = change.new.as_ref().map_or(0, |line| line.len() + 2);
    let line = change.line.map_or_else(|| "a new line".to_owned(), |line| format!("line {line}"));
    (length.max(added) > LINE_BYTES).then(|| {
        Remark::general(format!("{line} would be longer than the {LINE_BYTES} bytes OpenVPN reads"))
    })
}

fn duration(secs: u64) -> String {
    match (secs / 3_600, secs % 3_600) {
        (hours, 0) if hours > 0 => format!("{hours} h"),
        _ => format!("{secs} s"),
    }
}

/// The plugin's file, in the directory of OpenVPN's plugins.
pub const PLUGIN_FILE: &str = "authx-openvpn-plugin.so";
/// A working day and a bit: nobody is asked twice on one.
const LIFETIME_SECS: u64 = 43_200;
const RENEWAL_SECS: u64 = 3_600;
/// `OPTION_LINE_SIZE` of OpenVPN, which refuses a line of that length.
const LINE_BYTES: usize = 255;
