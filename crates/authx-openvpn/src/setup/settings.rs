//! What a configuration sets, all in all: its own lines and those of the files it includes, in the
//! order in which OpenVPN reads them.

use super::document::{Document, DocumentError};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Everything that is set.
#[derive(Clone, Debug)]
pub struct Settings {
    all: Vec<Setting>,
    /// Included files that could not be looked at, each with the reason.
    pub unread: Vec<(Place, String)>,
}

/// One setting and where it stands.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The name, then its arguments.
    pub words: Vec<String>,
    /// Whether the value stands in the file itself.
    pub inline: bool,
    /// Where it stands.
    pub place: Place,
}

/// A line of a file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Place {
    /// The included file; `None` for the configuration itself.
    pub file: Option<PathBuf>,
    /// Counted from one.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}:{}", file.display(), self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

impl Setting {
    /// The argument at a position, counted from one.
    pub fn argument(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(String::as_str)
    }

    /// Whether it stands in the configuration itself, where it may be changed.
    pub fn is_own(&self) -> bool {
        self.place.file.is_none()
    }

    /// A number as OpenVPN reads it: what is none counts as 0.
    pub fn number(&self, at: usize) -> u64 {
        let digits = |text: &str| {
            text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        };
        self.argument(at).and_then(digits).unwrap_or(0)
    }
}

impl Settings {
    /// Collects what `document` and the files it includes set. `read` gives the text of a file;
    /// relative names begin at `directory`, where OpenVPN is started, or where `cd` leads.
    pub fn collect(
        document: &Document,
        directory: &Path,
        read: &dyn Fn(&Path) -> Result<String, String>,
    ) -> Self {
        let mut collected = Self { all: Vec::new(), unread: Vec::new() };
        let mut directory = directory.to_owned();
        collected.add(document, None, &mut directory, read, 0);
        collected
    }

    fn add(
        &mut self,
        document: &Document,
        file: Option<&Path>,
        directory: &mut PathBuf,
        read: &dyn Fn(&Path) -> Result<String, String>,
        depth: usize,
    ) {
        for (line, directive) in document.directives() {
            let place = Place { file: file.map(Path::to_owned), line };
            let (words, inline) = (directive.words.clone(), directive.inline);
            match words.as_slice() {
                [name, to] if name == "cd" => *directory = directory.join(to),
                [name, included] if name == "config" => {
                    let path = directory.join(included);
                    match open(&path, depth, read) {
                        Ok(inner) => self.add(&inner, Some(&path), directory, read, depth + 1),
                        Err(why) => {
                            self.unread.push((place, format!("{}: {why}", path.display())));
                        }
                    }
                    continue;
                }
                _ => {}
            }
            self.all.push(Setting { words, inline, place });
        }
    }

    /// All that have a name, in order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Setting> {
        self.all.iter().filter(move |setting| setting.words.first().is_some_and(|n| n == name))
    }

    /// The one that counts, for what may stand once: the last.
    pub fn last<'a>(&'a self, name: &'a str) -> Option<&'a Setting> {
        self.named(name).last()
    }

    /// The seconds that a setting gives, or that OpenVPN takes without it.
    pub fn secs(&self, name: &str, otherwise: u64) -> u64 {
        self.last(name).map_or(otherwise, |setting| setting.number(1))
    }

    /// How long a user may take to answer once OpenVPN was told that somebody is asked: the
    /// longer of half of `reneg-sec` and `hand-window` (openvpn: `src/openvpn/push.c`).
    pub fn answer_secs(&self) -> u64 {
        (self.secs("reneg-sec", RENEG_SECS) / 2).max(self.secs("hand-window", HAND_WINDOW_SECS))
    }

    /// Whether clients need no certificate.
    pub fn certificate_is_optional(&self) -> bool {
        let verify = self.last("verify-client-cert").and_then(|setting| setting.argument(1));
        matches!(verify, Some("none" | "optional"))
    }
}

fn open(
    path: &Path,
    depth: usize,
    read: &dyn Fn(&Path) -> Result<String, String>,
) -> Result<Document, String> {
    if depth >= INCLUDES {
        return Err("includes itself, or lies too deep".to_owned());
    }
    let text = read(path)?;
    Document::parse(&text).map_err(|error: DocumentError| error.to_string())
}

/// What OpenVPN takes for `reneg-sec` when nothing is said.
pub const RENEG_SECS: u64 = 3_600;
/// What OpenVPN takes for `hand-window` when nothing is said.
pub const HAND_WINDOW_SECS: u64 = 60;
/// OpenVPN's own limit is ten files, the first among them.
const INCLUDES: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(main: &str) -> Settings {
        let read = |path: &Path| match path.to_str() {
            Some("/etc/openvpn/more.conf") => Ok("reneg-sec 0\nconfig deep.conf\n".to_owned()),
            Some("/etc/openvpn/deep.conf") => Ok("hand-window 90\n".to_owned()),
            Some("/srv/self.conf") => Ok("config self.conf".to_owned()),
            _ => Err("is not there".to_owned()),
        };
        Settings::collect(&Document::parse(main).unwrap(), Path::new("/etc/openvpn"), &read)
    }

    #[test]
    fn included_files_count_where_they_are_named() {
        let settings = collect("reneg-sec 7200\nconfig more.conf\nport 1\n");
        assert_eq!(settings.secs("reneg-sec", RENEG_SECS), 0);
        assert_eq!(
            settings.last("hand-window").unwrap().place.to_string(),
            "/etc/openvpn/deep.conf:1"
        );
        assert_eq!(settings.answer_secs(), 90);
        assert_eq!(collect("config more.conf\nreneg-sec 600").answer_secs(), 300);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let settings = collect("config none.conf\ncd /srv\nconfig self.conf\n");
        let unread: Vec<_> =
            settings.unread.iter().map(|(at, why)| format!("{at}: {why}")).collect();
        assert_eq!(unread.first().unwrap(), "line 1: /etc/openvpn/none.conf: is not there");
        assert!(
            unread.last().unwrap().ends_with("/srv/self.conf: includes itself, or lies too deep")
        );
    }
}
