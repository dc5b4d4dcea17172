//! The package for a host that runs OpenVPN: the agent as this server was shipped with it, its
//! configuration, and one script that does the rest.

use super::{
    Package, PackageError, Settings,
    archive::{self, File},
    shipped,
};
use zeroize::Zeroizing;

pub(super) fn make(settings: Settings<'_>) -> Result<Package, PackageError> {
    let agents = shipped::agents(settings.shipped)?;
    let configuration = configuration(&settings)?;
    let readme = readme(&settings);
    let key = settings.key.map(|key| Zeroizing::new(format!("{key}\n")));
    let text = |name: &'static str, text, mode| File { name: name.into(), bytes: text, mode };
    let mut files = vec![
        text("README.txt", readme.as_bytes(), 0o644),
        text("agent.toml", configuration.as_bytes(), 0o644),
        text("install.sh", INSTALLER.as_bytes(), 0o755),
    ];
    files.extend(key.iter().map(|key| text("application.key", key.as_bytes(), 0o600)));
    files.extend(agents.iter().map(|deb| File {
        name: deb.name.as_str().into(),
        bytes: &deb.bytes,
        mode: 0o644,
    }));
    let sums = archive::sums(&files);
    files.push(text("SHA256SUMS", sums.as_bytes(), 0o644));
    archive::pack(FOLDER, &files)
}

/// The configuration that the agent's package brings, with the two lines that it cannot know.
fn configuration(settings: &Settings<'_>) -> Result<String, PackageError> {
    let id = format!("application_id = \"{}\"", settings.application);
    let url = format!("application_url = \"{}\"", settings.url);
    let lines = [
        ("application_id", "# application_id = ", id),
        ("application_url", "# application_url = ", url),
    ];
    for (name, start, _) in &lines {
        if CONFIGURATION.lines().filter(|line| line.starts_with(start)).count() != 1 {
            return Err(PackageError::Damaged(name));
        }
    }
    let filled = CONFIGURATION.lines().map(|line| {
        let filled = lines.iter().find(|(_, start, _)| line.starts_with(start));
        filled.map_or(line, |(_, _, filled)| filled)
    });
    Ok(filled.fold(String::new(), |text, line| text + line + "\n"))
}

fn readme(settings: &Settings<'_>) -> String {
    let key = if settings.key.is_some() { WITH_KEY } else { WITHOUT_KEY };
    let (id, url) = (settings.application.to_string(), settings.url.to_string());
    README.replace("@KEY@", key).replace("@ID@", &id).replace("@URL@", &url)
}

const FOLDER: &str = "authx-openvpn";
const CONFIGURATION: &str = include_str!("../../../../packaging/authx-openvpn/agent.toml");
const INSTALLER: &str = include_str!("community/install.sh");
const README: &str = include_str!("community/README.txt");
const WITH_KEY: &str =
    "The Application Key is in application.key. Whoever has this package can act for
this application: remove it once it is installed.";
const WITHOUT_KEY: &str =
    "The Application Key is not in this package. install.sh asks for it; or put
it into a file application.key beside install.sh before.";

#[cfg(test)]
mod tests {
    use super::*;
    use authx_core::ApplicationId;
    use std::{
        fs,
        io::{Cursor, Read as _},
        process::Command,
    };
    use zip::ZipArchive;

    const KEY: &str = "axk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABBBBBB";

    fn package(key: Option<&str>) -> Package {
        let url = "https://mfa.example.com:8443".parse().unwrap();
        let directory = tempfile::tempdir().unwrap();
        for architecture in ["arm64", "amd64"] {
            let name = format!("authx-openvpn_0.1.0-1_{architecture}.deb");
            fs::write(directory.path().join(name), [0xff, 0, 1]).unwrap();
        }
        let application = ApplicationId::from_bytes([7; 16]);
        let shipped = directory.path();
        make(Settings { application, url: &url, key, domain_suffix: None, shipped }).unwrap()
    }

    fn file(package: &Package, name: &str) -> Option<(u32, Vec<u8>)> {
        let mut archive = ZipArchive::new(Cursor::new(&package.bytes[..])).unwrap();
        let mut file = archive.by_name(&format!("authx-openvpn/{name}")).ok()?;
        let mut bytes = vec![];
        file.read_to_end(&mut bytes).unwrap();
        Some((file.unix_mode().unwrap(), bytes))
    }

    #[test]
    fn all_that_a_host_needs_lies_in_one_folder() {
        let package = package(None);
        let names: Vec<_> = package.files.iter().map(|file| file.name.as_str()).collect();
        let expected = [
            "README.txt",
            "agent.toml",
            "install.sh",
            "authx-openvpn_0.1.0-1_amd64.deb",
            "authx-openvpn_0.1.0-1_arm64.deb",
            "SHA256SUMS",
        ];
        assert_eq!(names, expected);
        assert_eq!(file(&package, "install.sh").unwrap().0, 0o100_755);
        let deb = file(&package, "authx-openvpn_0.1.0-1_amd64.deb").unwrap();
        assert_eq!(deb, (0o100_644, vec![0xff, 0, 1]));
        let readme = String::from_utf8(file(&package, "README.txt").unwrap().1).unwrap();
        assert!(readme.contains("app_") && !readme.contains('@'), "{readme}");
        assert!(readme.lines().all(|line| line.chars().count() <= 80), "{readme}");
    }

    #[test]
    fn the_configuration_is_the_packages_own_with_two_lines_filled() {
        let text = String::from_utf8(file(&package(None), "agent.toml").unwrap().1).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let id = ApplicationId::from_bytes([7; 16]).to_string();
        assert_eq!(table["authx"]["application_id"].as_str(), Some(&*id));
        let url = "https://mfa.example.com:8443";
        assert_eq!(table["authx"]["application_url"].as_str(), Some(url));
        assert_eq!(text.lines().count(), CONFIGURATION.lines().count());
    }

    #[test]
    fn a_key_is_in_it_only_when_asked_for_and_for_its_owner_only() {
        let (without, with) = (package(None), package(Some(KEY)));
        assert!(file(&without, "application.key").is_none());
        let (mode, bytes) = file(&with, "application.key").unwrap();
        assert_eq!((mode, bytes), (0o100_600, format!("{KEY}\n").into_bytes()));
        let holds = |package: &Package| package.bytes.windows(8).any(|part| part == b"axk_AAAA");
        assert!(holds(&with) && !holds(&without));
        assert_eq!(with.sha256, package(Some(KEY)).sha256);
    }

    #[test]
    fn the_sums_are_those_of_the_files() {
        let package = package(Some(KEY));
        let directory = tempfile::tempdir().unwrap();
        for packed in &package.files {
            let (_, bytes) = file(&package, &packed.name).unwrap();
            fs::write(directory.path().join(&packed.name), bytes).unwrap();
        }
        let mut check = Command::new("sha256sum");
        check.args(["--strict", "--check", "SHA256SUMS"]).current_dir(directory.path());
        assert!(check.output().unwrap().status.success());
        let mut syntax = Command::new("sh");
        syntax.args(["-n", "install.sh"]).current_dir(directory.path());
        assert!(syntax.output().unwrap().status.success());
    }
}
