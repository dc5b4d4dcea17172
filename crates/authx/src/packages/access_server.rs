//! The package for OpenVPN Access Server: its script with two files beside it, and their installer.

use super::{
    Package, PackageError, Settings,
    archive::{self, File},
    python,
};

pub(super) fn make(settings: Settings<'_>) -> Result<Package, PackageError> {
    let Settings { application, url, key, domain_suffix, .. } = settings;
    let (application, url) = (application.to_string(), url.to_string());
    let mut constants = vec![("APPLICATION_ID", &*application), ("APPLICATION_URL", &*url)];
    constants.extend(key.map(|key| ("DEFAULT_SECRET_KEY", key)));
    constants.extend(domain_suffix.map(|suffix| ("DOMAIN_SUFFIX", suffix)));
    let constants = python::fill(CONSTANTS, &constants)?;
    let secret = if key.is_some() { 0o600 } else { 0o644 };
    archive::pack(
        FOLDER,
        &[
            file("certify_constants.py", &constants, secret),
            file("certify_post_auth_script.py", SCRIPT, 0o644),
            file("certify_web_api.py", WEB_API, 0o644),
            file("install.py", INSTALLER, 0o755),
        ],
    )
}

fn file<'a>(name: &'static str, text: &'a str, mode: u32) -> File<'a> {
    File { name: name.into(), bytes: text.as_bytes(), mode }
}

const FOLDER: &str = "authx-openvpn-access-server";

macro_rules! integration {
    ($name:literal) => {
        include_str!(concat!("../../../../integrations/openvpn-access-server/", $name))
    };
}
const CONSTANTS: &str = integration!("certify_constants.py");
const INSTALLER: &str = integration!("install.py");
const SCRIPT: &str = integration!("certify_post_auth_script.py");
const WEB_API: &str = integration!("certify_web_api.py");

#[cfg(test)]
mod tests {
    use super::*;
    use authx_core::ApplicationId;
    use authx_program::config::Origin;
    use std::{
        io::{Cursor, Read as _},
        path::Path,
    };
    use zip::ZipArchive;

    const KEY: &str = "axk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABBBBBB";

    fn settings<'a>(
        url: &'a Origin,
        key: Option<&'a str>,
        domain_suffix: Option<&'a str>,
    ) -> Settings<'a> {
        let application = ApplicationId::from_bytes([7; 16]);
        Settings { application, url, key, domain_suffix, shipped: Path::new("/nowhere") }
    }

    fn package(key: Option<&str>) -> Package {
        let url = "https://mfa.example.com:8443".parse().unwrap();
        make(settings(&url, key, None)).unwrap()
    }

    /// Names, modes and texts, in their order.
    fn unpacked(package: &Package) -> Vec<(String, u32, String)> {
        let mut archive = ZipArchive::new(Cursor::new(&package.bytes[..])).unwrap();
        let mut read = |index| {
            let mut file = archive.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), file.unix_mode().unwrap(), text)
        };
        (0..package.files.len()).map(&mut read).collect()
    }

    #[test]
    fn four_files_lie_in_one_folder() {
        let files = unpacked(&package(None));
        let shown: Vec<_> = files.iter().map(|(name, mode, _)| (name.as_str(), *mode)).collect();
        let expected = [
            ("authx-openvpn-access-server/certify_constants.py", 0o100_644),
            ("authx-openvpn-access-server/certify_post_auth_script.py", 0o100_644),
            ("authx-openvpn-access-server/certify_web_api.py", 0o100_644),
            ("authx-openvpn-access-server/install.py", 0o100_755),
        ];
        assert_eq!(shown, expected);
        assert_eq!((files[1].2.as_str(), files[2].2.as_str()), (SCRIPT, WEB_API));
        assert_eq!(files[3].2, INSTALLER);
    }

    #[test]
    fn a_key_is_in_it_only_when_asked_for_and_then_for_its_owner_only() {
        let (without, with) = (unpacked(&package(None)), unpacked(&package(Some(KEY))));
        assert!(without.iter().all(|(_, _, text)| !text.contains("axk_A")));
        let line = format!("\nDEFAULT_SECRET_KEY = \"{KEY}\"\n");
        assert!(with[0].2.contains(&line));
        assert_eq!(with[0].1, 0o100_600);
        assert_eq!(with[1..], without[1..]);
    }

    #[test]
    fn the_applications_domain_is_filled_in() {
        let url = "https://mfa.example.com".parse().unwrap();
        let made = make(settings(&url, None, Some("corp.example"))).unwrap();
        assert!(unpacked(&made)[0].2.contains("\nDOMAIN_SUFFIX = \"corp.example\"\n"));
        assert!(unpacked(&package(None))[0].2.contains("\nDOMAIN_SUFFIX = \"\"\n"));
    }

    #[test]
    fn the_same_settings_give_the_same_bytes_and_others_another_time() {
        assert_eq!(package(Some(KEY)).bytes, package(Some(KEY)).bytes);
        assert_ne!(package(Some(KEY)).sha256, package(None).sha256);
        let time = |package: &Package| {
            let mut archive = ZipArchive::new(Cursor::new(&package.bytes[..])).unwrap();
            archive.by_index(0).unwrap().last_modified().unwrap()
        };
        assert_ne!(time(&package(Some(KEY))), time(&package(None)));
    }

    /// Python 2 reads them without a line that names their encoding.
    #[test]
    fn every_file_is_plain_ascii() {
        for text in [CONSTANTS, INSTALLER, SCRIPT, WEB_API] {
            assert!(text.is_ascii() && !text.contains('\r'));
        }
    }
}
