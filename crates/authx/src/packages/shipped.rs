//! The Debian packages of the agent that this server was shipped with.

use super::PackageError;
use std::{fs, io, path::Path};

/// One of them, for one architecture.
pub(super) struct Deb {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Reads all that lie in the directory, by name. Where it holds several versions for one
/// architecture, somebody put one there, and all are handed out: the newest is installed.
pub(super) fn agents(directory: &Path) -> Result<Vec<Deb>, PackageError> {
    let read = |name: String| match fs::read(directory.join(&name)) {
        Ok(bytes) => Ok(Deb { name, bytes }),
        Err(error) => Err(unread(directory, error)),
    };
    names(directory)?.into_iter().map(read).collect()
}

/// The names of all that lie in the directory; at least one.
pub(super) fn names(directory: &Path) -> Result<Vec<String>, PackageError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(directory)),
        Err(error) => return Err(unread(directory, error)),
    };
    let mut names = vec![];
    for entry in entries {
        let entry = entry.map_err(|error| unread(directory, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_agent(&name) && entry.path().is_file() {
            names.push(name);
        }
    }
    names.sort();
    if names.is_empty() { Err(missing(directory)) } else { Ok(names) }
}

fn missing(directory: &Path) -> PackageError {
    PackageError::NotShipped(directory.display().to_string())
}

fn unread(directory: &Path, error: io::Error) -> PackageError {
    PackageError::Unreadable(directory.display().to_string(), error)
}

/// `authx-openvpn_VERSION_ARCHITECTURE.deb`; nothing else goes into a script or an archive.
fn is_agent(name: &str) -> bool {
    let middle = name.strip_prefix("authx-openvpn_").and_then(|rest| rest.strip_suffix(".deb"));
    let plain = |c: char| c.is_ascii_alphanumeric() || ".+~-_".contains(c);
    middle.is_some_and(|middle| middle.split('_').count() == 2 && middle.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_agents_packages_are_taken_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let refused = agents(&directory.path().join("none"));
        assert!(matches!(refused, Err(PackageError::NotShipped(_))));
        assert!(matches!(agents(directory.path()), Err(PackageError::NotShipped(_))));
        for name in [
            "authx-openvpn_0.1.0-1_arm64.deb",
            "authx-openvpn_0.1.0-1_amd64.deb",
            "authx-openvpn_0.1.0-1.deb",
            "authx-openvpn_0.1.0-1_$(id).deb",
            "authx_0.1.0-1_amd64.deb",
        ] {
            fs::write(directory.path().join(name), name).unwrap();
        }
        fs::create_dir(directory.path().join("authx-openvpn_2_amd64.deb")).unwrap();
        let found = agents(directory.path()).unwrap();
        let names: Vec<_> = found.iter().map(|deb| deb.name.as_str()).collect();
        assert_eq!(names, ["authx-openvpn_0.1.0-1_amd64.deb", "authx-openvpn_0.1.0-1_arm64.deb"]);
        assert_eq!(found[0].bytes, found[0].name.as_bytes());
    }
}
