use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new(conf: &[u8]) -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap() };
        fs::write(place.conf(), conf).unwrap();
        fs::write(place.path("authx-openvpn-plugin.so"), "").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn conf(&self) -> PathBuf {
        self.path("server.conf")
    }

    fn read(&self) -> Vec<u8> {
        fs::read(self.conf()).unwrap()
    }

    fn request(&self, action: Action) -> Request {
        Request {
            server_conf: self.conf(),
            action,
            plugin: Some(self.path("authx-openvpn-plugin.so")),
            socket: None,
            management: false,
            management_path: None,
            management_user: "root".into(),
            kept_plugins: vec![],
            accept_version: false,
            openvpn: self.openvpn("2.6.21"),
        }
    }

    /// What says that it is an OpenVPN of this version.
    fn openvpn(&self, version: &str) -> PathBuf {
        let program = self.path(&format!("openvpn-{version}"));
        if !program.exists() {
            symlink(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openvpn"), &program).unwrap();
        }
        program
    }

    fn run(&self, action: Action) -> Result<Report, SetupError> {
        run(&self.request(action))
    }

    fn outcome(&self, action: Action) -> Outcome {
        self.run(action).unwrap().outcome
    }
}

const SERVER: &[u8] = b"# gr\xfc\xdfe\nserver 10.8.0.0 255.255.255.0\nreneg-sec 0\nverb 3";

#[test]
fn what_is_written_is_backed_up_kept_and_taken_back() {
    let place = Place::new(SERVER);
    fs::set_permissions(place.conf(), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(place.outcome(Action::Show), Outcome::Shown);
    assert_eq!(place.read(), SERVER);
    let (backup, secret) =
        (place.path("server.conf.authx-backup-1"), place.path("server-auth-token.key"));
    let backup =
        fs::canonicalize(place.directory.path()).unwrap().join(backup.file_name().unwrap());
    let Outcome::Written { backup: made, made_secret } = place.outcome(Action::Write) else {
        panic!("nothing was written")
    };
    assert_eq!(made, backup);
    assert!(made_secret.is_some());
    assert_eq!(fs::read(&backup).unwrap(), SERVER);
    for file in [&place.conf(), &backup] {
        assert_eq!(fs::metadata(file).unwrap().mode() & 0o7777, 0o640);
    }
    assert_eq!(fs::metadata(secret).unwrap().mode() & 0o7777, 0o600);
    let written = place.read();
    assert!(
        written.starts_with(b"# gr\xfc\xdfe\nserver 10.8.0.0 255.255.255.0\n#authx# reneg-sec 0\n")
    );

    assert_eq!(place.outcome(Action::Write), Outcome::Unchanged);
    assert_eq!(place.read(), written);
    assert_eq!(place.outcome(Action::Undo), Outcome::Undone { same_as: Some(backup) });
    assert_eq!(place.read(), SERVER);
    assert_eq!(fs::metadata(place.conf()).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(place.outcome(Action::Undo), Outcome::NothingToUndo);
    assert!(!place.path("server.conf.authx-new").exists());
}

#[test]
fn another_run_keeps_what_an_earlier_one_was_told() {
    let place = Place::new(SERVER);
    let mut request = place.request(Action::Write);
    request.management = true;
    request.management_path = Some("/run/x/m.sock".into());
    request.socket = Some("/run/x/agent.sock".into());
    run(&request).unwrap();
    let written = place.read();
    let mut again = place.request(Action::Write);
    again.plugin = None;
    assert_eq!(run(&again).unwrap().outcome, Outcome::Unchanged);
    assert_eq!(place.read(), written);
}

#[test]
fn what_was_changed_meanwhile_stays_or_is_not_touched() {
    let place = Place::new(SERVER);
    place.run(Action::Write).unwrap();
    let mut text = place.read();
    text.extend_from_slice(b"mute 20\n");
    fs::write(place.conf(), &text).unwrap();
    assert_eq!(place.outcome(Action::Undo), Outcome::Undone { same_as: None });
    assert_eq!(place.read(), [SERVER, b"\nmute 20\n"].concat());

    place.run(Action::Write).unwrap();
    let edited = String::from_utf8_lossy(&place.read()).replace("43200", "86400");
    fs::write(place.conf(), &edited).unwrap();
    for action in [Action::Undo, Action::Write, Action::Show] {
        assert!(matches!(place.run(action), Err(SetupError::Unmark(..))), "{action:?}");
    }
    assert_eq!(place.read(), edited.as_bytes());
}

#[test]
fn with_something_in_the_way_nothing_is_written() {
    let place = Place::new(b"server 10.8.0.0 255.255.255.0\nplugin other.so\n");
    let before = place.read();
    assert_eq!(place.outcome(Action::Write), Outcome::Obstructed);
    assert_eq!(place.read(), before);
    assert!(!place.path("server-auth-token.key").exists());

    let mut request = place.request(Action::Write);
    request.kept_plugins = vec!["other.so".into()];
    assert!(matches!(run(&request).unwrap().outcome, Outcome::Written { .. }));
    request.plugin = Some(place.path("missing.so"));
    assert_eq!(run(&request).unwrap().outcome, Outcome::Obstructed);
}

#[test]
fn an_openvpn_with_a_hole_is_accepted_only_knowingly() {
    let place = Place::new(SERVER);
    let mut request = place.request(Action::Show);
    request.openvpn = place.openvpn("2.6.20");
    assert!(matches!(run(&request), Err(SetupError::Version(VersionFault::Hole(_)))));
    request.accept_version = true;
    assert_eq!(run(&request).unwrap().outcome, Outcome::Shown);
    request.openvpn = "/bin/true".into();
    assert!(matches!(run(&request), Err(SetupError::NoOpenvpn(_))));
}

#[test]
fn a_jail_without_a_place_for_temporary_files_is_in_the_way() {
    let place = Place::new(b"server 10.8.0.0 255.255.255.0\nchroot jail\n");
    let jail = place.path("jail");
    fs::write(place.conf(), format!("server 10.8.0.0 255.255.255.0\nchroot {}\n", jail.display()))
        .unwrap();
    assert_eq!(place.outcome(Action::Show), Outcome::Obstructed);
    fs::create_dir_all(jail.join("tmp")).unwrap();
    assert_eq!(place.outcome(Action::Show), Outcome::Shown);
}

#[test]
fn a_link_stays_a_link() {
    let place = Place::new(SERVER);
    fs::rename(place.conf(), place.path("real.conf")).unwrap();
    symlink("real.conf", place.conf()).unwrap();
    place.run(Action::Write).unwrap();
    assert!(fs::symlink_metadata(place.conf()).unwrap().is_symlink());
    assert!(place.path("real.conf.authx-backup-1").exists());
    place.run(Action::Undo).unwrap();
    assert_eq!(place.read(), SERVER);
}
