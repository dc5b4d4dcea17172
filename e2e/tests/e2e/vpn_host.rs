//! The agent's client against the real server: over TLS, over its socket, while it starts again.

use authx_core::{
    LoginId,
    wire::login::{AnswerLogin, BeginLogin, LoginState, LoginView, Standing},
};
use authx_e2e::{Caller, Engine, Installation, PASSWORD, Server, new_id, proved, typed};
use authx_openvpn::{
    authx::{Authx, CallError, Trouble},
    config::{AuthxConfig, SecretFile},
    witness::Witnesses,
};
use serde_json::json;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// A VPN host's files.
struct Host {
    config: AuthxConfig,
    state: TempDir,
}

impl Host {
    fn new(caller: &Caller, url: &str) -> Self {
        let state = tempfile::tempdir().unwrap();
        let config = AuthxConfig {
            application_id: caller.id,
            application_key_file: key_file(state.path(), &caller.key_text),
            application_urls: vec![url.parse().unwrap()],
            unix_socket: None,
            certificate_authority: None,
        };
        Self { config, state }
    }

    fn trusting(mut self, certificate: PathBuf) -> Self {
        self.config.certificate_authority = Some(certificate);
        self
    }

    fn authx(&self) -> Authx {
        let witnesses = Witnesses::open(self.state.path()).unwrap();
        Authx::new(&self.config).unwrap().with_witnesses(witnesses)
    }
}

fn key_file(directory: &Path, text: &str) -> SecretFile {
    let file = directory.join("application.key");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    SecretFile::Path(file)
}

fn begin(body: serde_json::Value) -> BeginLogin {
    serde_json::from_value(body).unwrap()
}

fn answer(seq: u32, text: &str) -> AnswerLogin {
    serde_json::from_value(json!({ "seq": seq, "text": text })).unwrap()
}

/// A login from its question to its end, and one that is given up.
async fn signs_in(authx: &Authx, installation: &Installation, name: &str) -> LoginId {
    let person = installation.person(name).await;
    let id = new_id();
    let asked = authx.begin(id, &begin(typed(name, PASSWORD, None))).await.unwrap();
    assert_eq!(asked.state, LoginState::AwaitingInput);
    let waiting = tokio::spawn({
        let authx = authx.clone();
        async move { authx.wait(id, asked.version, 30).await }
    });
    // Time for the wait to get there, else it would find the end and not wait for it.
    sleep(Duration::from_millis(200)).await;
    let answered = authx.answer(id, &answer(1, &person.code())).await.unwrap();
    assert_eq!(answered.state, LoginState::Allowed);
    // The record may have gone on between the two.
    let seal = answered.seal.clone();
    let waited = waiting.await.unwrap().unwrap();
    assert_eq!(LoginView { seal, ..waited }, answered);

    let other = new_id();
    authx.begin(other, &begin(typed(name, PASSWORD, None))).await.unwrap();
    assert_eq!(authx.cancel(other).await.unwrap().state, LoginState::Cancelled);
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_signs_in_over_tls_and_over_the_socket() {
    let installation = Installation::new(Engine::Sqlite).await;
    installation.open_socket();
    let (url, certificate) = installation.encrypt();
    let server = Server::start(installation.config()).await;
    let far = Host::new(&installation.vpn, &url).trusting(certificate);
    let authx = far.authx();
    let checked = authx.check().await.unwrap();
    assert_eq!((checked.application, checked.name.as_str()), (installation.vpn.id, "vpn"));
    signs_in(&authx, &installation, "alice").await;

    let mut near = Host::new(&installation.vpn, "https://localhost:1");
    near.config.unix_socket = Some(installation.socket());
    let refused = near.authx().check().await.unwrap_err();
    assert!(matches!(refused, CallError::Unsigned401 { .. }), "another URL: {refused}");
    near.config.application_urls = vec![url.parse().unwrap()];
    signs_in(&near.authx(), &installation, "bob").await;

    // Seals come with the record, a moment after the entry; the file is written beside the call.
    let witness = far.state.path().join("witness");
    let began = Instant::now();
    while !witness.exists() && began.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(200)).await;
        authx.check().await.unwrap();
    }
    server.stop().await;
    let verify = ["audit", "verify", "--witness", witness.to_str().unwrap()];
    let output = installation.run(&verify);
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_allowed_is_renewed_and_nothing_else() {
    let installation = Installation::new(Engine::Sqlite).await;
    let (url, certificate) = installation.encrypt();
    let server = Server::start(installation.config()).await;
    let authx = Host::new(&installation.vpn, &url).trusting(certificate).authx();
    let login = signs_in(&authx, &installation, "alice").await;
    assert_eq!(authx.renew(login).await.unwrap().standing, Standing::Good);
    let unknown = authx.renew(new_id()).await.unwrap_err();
    assert_eq!((unknown.code(), unknown.is_outage()), (Some("not_found"), false));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_between_host_and_server_is_named() {
    let installation = Installation::new(Engine::Sqlite).await;
    let (url, certificate) = installation.encrypt();
    let server = Server::start(installation.config()).await;
    let says = async |host: &Host| host.authx().check().await.unwrap_err();

    let stranger = Host::new(&installation.vpn, &url);
    let error = says(&stranger).await;
    assert!(error.to_string().contains("authx.certificate_authority"), "{error}");
    let renamed = url.replace("localhost", "127.0.0.1");
    let elsewhere = Host::new(&installation.vpn, &renamed).trusting(certificate.clone());
    let error = says(&elsewhere).await;
    assert!(error.to_string().contains("for another name"), "{error}");

    let mut caller = installation.vpn.clone();
    caller.key_text =
        authx_core::secret_text::format(authx_core::secret_text::APPLICATION_KEY, &[9; 32])
            .to_string();
    let revoked = Host::new(&caller, &url).trusting(certificate.clone());
    let error = says(&revoked).await;
    assert!(matches!(error, CallError::Unsigned401 { .. }) && !error.is_outage(), "{error}");

    server.stop().await;
    let error = says(&Host::new(&installation.vpn, &url).trusting(certificate)).await;
    let CallError::Unreachable(failures) = &error else { panic!("{error}") };
    assert!(matches!(failures[0].trouble, Trouble::Connect { .. }), "{error}");
}

/// More than a proxy or this server takes at once on one connection, over a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_is_not_noticed_by_those_who_wait() {
    let installation = Installation::new(Engine::Sqlite).await;
    let (url, certificate) = installation.encrypt();
    let people = installation.people("user", 120).await;
    let server = Server::start(installation.config()).await;
    let authx = Host::new(&installation.vpn, &url).trusting(certificate).authx();
    let mut waiting = tokio::task::JoinSet::new();
    for person in people {
        let mut body = proved(&person.name, "");
        body.as_object_mut().unwrap().remove("answer");
        body["can"] = json!({ "text": true });
        let (authx, id) = (authx.clone(), new_id());
        let asked = authx.begin(id, &begin(body)).await.unwrap();
        assert_eq!(asked.state, LoginState::AwaitingInput);
        waiting.spawn(async move { authx.wait(id, asked.version, 30).await });
    }
    sleep(Duration::from_millis(500)).await;
    // All wait, and there is room for one more.
    authx.check().await.unwrap();
    server.kill();
    let server = Server::start(installation.config()).await;
    while let Some(waited) = waiting.join_next().await {
        assert_eq!(waited.unwrap().unwrap().state, LoginState::AwaitingInput);
    }
    server.stop().await;
}
