use super::*;
use crate::shim_socket::{Listener, Rejection, ToShim};
use authx_core::secret_text;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

struct Host {
    directory: tempfile::TempDir,
}

impl Host {
    /// A host on which all is well but that AuthX is nowhere.
    fn new(application_url: &str) -> Self {
        let host = Self { directory: tempfile::tempdir().unwrap() };
        host.chmod("", 0o755);
        fs::create_dir(host.path("state")).unwrap();
        let config = format!(
            "[authx]\napplication_id = \"app_01k9zc3q8m4e2v7x5t0b6n1h9d\"\n\
             application_key_file = \"application.key\"\napplication_url = \"{application_url}\"\n\
             [agent]\nsocket = \"agent.sock\"\nstate_dir = \"state\"\n"
        );
        fs::write(host.path("agent.toml"), config).unwrap();
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    async fn examine(&self) -> Vec<Check> {
        let config = self.path("agent.toml");
        examine(&Scope {
            config,
            server_confs: vec![],
            openvpn: "/bin/true".into(),
            kept_plugins: vec![],
        })
        .await
    }

    async fn state(&self, subject: Subject) -> Option<State> {
        let checks = self.examine().await;
        checks.iter().filter(|check| check.subject == subject).map(|check| check.state).max()
    }
}

#[test]
fn every_subject_has_an_exit_code_of_its_own_and_a_row_in_the_guide() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operator/openvpn-setup.md");
    let guide = fs::read_to_string(guide).unwrap();
    let codes: BTreeSet<_> = Subject::ALL.iter().map(|subject| subject.exit_code()).collect();
    assert_eq!(codes.len(), Subject::ALL.len());
    assert!(codes.iter().all(|code| (10..64).contains(code)), "1 and 2 are taken");
    for subject in Subject::ALL {
        let row = format!("| {} | {subject} |", subject.exit_code());
        assert!(guide.contains(&row), "no row `{row}`");
    }
}

#[test]
fn the_lowest_code_stands_for_all() {
    let ok = Check::ok(Subject::Configuration, "");
    let warn = Check::warn(Subject::Clock, "", "");
    assert_eq!(exit_code(&[ok.clone(), warn.clone()]), 0);
    let (late, early) = (Check::failed(Subject::Agent, ""), Check::failed(Subject::Tls, ""));
    assert_eq!(exit_code(&[ok, warn, late, early]), Subject::Tls.exit_code());
}

#[tokio::test]
async fn what_is_wrong_with_files_is_told() {
    let host = Host::new("https://127.0.0.1:1");
    assert_eq!(host.state(Subject::KeyFile).await, Some(State::Fail), "there is none");
    assert_eq!(host.state(Subject::StateDir).await, Some(State::Ok));
    host.chmod("state", 0o777);
    assert_eq!(host.state(Subject::StateDir).await, Some(State::Fail));
    assert_eq!(host.state(Subject::OpenvpnVersion).await, Some(State::Fail));
    fs::write(host.path("agent.toml"), "nothing = 1").unwrap();
    let checks = host.examine().await;
    assert_eq!(exit_code(&checks), Subject::Configuration.exit_code());
}

#[tokio::test]
async fn an_agent_is_greeted_as_a_plugin_does() {
    let host = Host::new("https://127.0.0.1:1");
    assert_eq!(host.state(Subject::Agent).await, Some(State::Fail), "there is no socket");
    let listener = Listener::bind(&host.path("agent.sock")).unwrap();
    assert_eq!(host.state(Subject::Agent).await, Some(State::Ok));
    assert_eq!(host.state(Subject::InstanceKey).await, Some(State::Ok));
    assert_eq!(host.state(Subject::SocketDirectory).await, Some(State::Ok));
    let unwelcoming = tokio::spawn(async move {
        loop {
            let connection = listener.accept().await.unwrap();
            let _hello = connection.receive().await;
            // Those of before are gone, which is none of this test's business.
            let text = "another key".to_owned();
            let _ = connection.send(&ToShim::Rejected { why: Rejection::Key, text });
        }
    });
    let checks = host.examine().await;
    let agent = checks.iter().find(|check| check.subject == Subject::Agent).unwrap();
    assert_eq!((agent.state, &*agent.found), (State::Fail, "turns plugins away: another key"));
    unwelcoming.abort();

    host.chmod("instance.key", 0o644);
    assert_eq!(host.state(Subject::InstanceKey).await, Some(State::Fail));
    for mode in [0o750, 0o777] {
        host.chmod("", mode);
        assert_eq!(host.state(Subject::SocketDirectory).await, Some(State::Fail), "{mode:o}");
    }
}

#[tokio::test]
async fn the_way_to_authx_is_told_step_by_step() {
    for (url, subject) in
        [("https://127.0.0.1:1", Subject::Connection), ("https://authx.invalid", Subject::Name)]
    {
        let host = Host::new(url);
        let key = secret_text::format(secret_text::APPLICATION_KEY, &[7; 32]);
        fs::write(host.path("application.key"), key.as_str()).unwrap();
        host.chmod("application.key", 0o600);
        let checks = host.examine().await;
        let failed = checks.iter().find(|check| check.subject == subject);
        assert_eq!(failed.map(|check| check.state), Some(State::Fail), "{checks:#?}");
    }
}
