//! A real mail server.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

/// The server in its directory; it can be stopped and started again. It ends when dropped.
pub(crate) struct Server {
    directory: TempDir,
    programs: &'static Path,
    submission: u16,
    tls: u16,
    process: Option<Child>,
}

/// What the server answers once it has seen a whole mail.
#[derive(Clone, Copy)]
pub(crate) enum Mood {
    /// 250.
    Content,
    /// 451.
    Greylisting,
    /// 554.
    Refusing,
    /// Nothing for three seconds.
    Slow,
}

/// Where the server's programs are; none where they are missing.
pub(crate) fn programs() -> Option<&'static Path> {
    static PROGRAMS: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/mail-server");
        let output = Command::new(script).output().ok().filter(|it| it.status.success());
        if output.is_none() {
            // Past the test's own output, which is shown only when it fails.
            let mut stderr = std::io::stderr();
            writeln!(stderr, "SKIPPED: mail without chasquid: scripts/mail-server").unwrap();
        }
        Some(PathBuf::from(String::from_utf8(output?.stdout).ok()?.trim()))
    };
    PROGRAMS.get_or_init(find).as_deref()
}

impl Server {
    /// With an account `authx` that may send, and mailboxes of anna and bob.
    pub(crate) fn new(programs: &'static Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server =
            Self { directory, programs, submission: free_port(), tls: free_port(), process: None };
        for made in ["config/certs/localhost", "config/domains/example.com", "config/hooks", "mail"]
        {
            fs::create_dir_all(server.path(made)).unwrap();
        }
        server.certify();
        let (own, mail) = (server.path("").display().to_string(), server.path("mail"));
        server.program(
            "deliver",
            "mkdir -p \"$1/$2\"\nnew=\"$1/$2/$(date +%s%N).$$\"\ncat >\"$new.part\"\nmv \"$new.part\" \"$new\"\n",
        );
        server.program(
            "config/hooks/post-data",
            &format!(
                "cat >/dev/null\ncase $(cat '{own}/mood') in\n\
                 greylisting) echo 'come back later'; exit 75 ;;\n\
                 refusing) echo 'not with me'; exit 20 ;;\n\
                 slow) sleep 3 ;;\nesac\n"
            ),
        );
        let config = format!(
            "hostname: \"localhost\"\nsubmission_address: \"127.0.0.1:{}\"\n\
             submission_over_tls_address: \"127.0.0.1:{}\"\n\
             mail_delivery_agent_bin: \"{own}deliver\"\n\
             mail_delivery_agent_args: \"{}\"\nmail_delivery_agent_args: \"%to_user%\"\n\
             data_dir: \"{own}data\"\nmail_log_path: \"<stderr>\"\n",
            server.submission,
            server.tls,
            mail.display(),
        );
        fs::write(server.path("config/chasquid.conf"), config).unwrap();
        server.add_users();
        server.is(Mood::Content);
        server
    }

    /// The password is hashed for long, so once for all servers.
    fn add_users(&self) {
        static USERS: OnceLock<Vec<u8>> = OnceLock::new();
        let file = self.path("config/domains/example.com/users");
        let add = |user: &str| {
            let added = Command::new(self.programs.join("chasquid-util"))
                .arg(format!("-C={}", self.path("config").display()))
                .args(["user-add", &format!("{user}@example.com")])
                .arg(format!("--password={PASSWORD}"))
                .output()
                .unwrap();
            assert!(added.status.success(), "{added:?}");
        };
        let users = USERS.get_or_init(|| {
            for name in ["authx", "anna", "bob"] {
                add(name);
            }
            fs::read(&file).unwrap()
        });
        fs::write(&file, users).unwrap();
    }

    /// A certificate for `localhost`, and whom it is vouched for by.
    fn certify(&self) {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        fs::write(self.ca_file(), authority.pem()).unwrap();
        let certs = self.path("config/certs/localhost");
        fs::write(certs.join("fullchain.pem"), certificate.pem()).unwrap();
        fs::write(certs.join("privkey.pem"), key.serialize_pem()).unwrap();
    }

    fn program(&self, name: &str, text: &str) {
        fs::write(self.path(name), format!("#!/bin/sh\nset -e\n{text}")).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn start(&mut self) {
        let log = fs::File::create(self.path("log")).unwrap();
        let process = Command::new(self.programs.join("chasquid"))
            .arg(format!("-config_dir={}", self.path("config").display()))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.process = Some(process.unwrap());
        for port in [self.submission, self.tls] {
            until("the mail server answers", async || {
                TcpStream::connect(("127.0.0.1", port)).await.is_ok()
            })
            .await;
        }
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn is(&self, mood: Mood) {
        let word = match mood {
            Mood::Content => "content",
            Mood::Greylisting => "greylisting",
            Mood::Refusing => "refusing",
            Mood::Slow => "slow",
        };
        fs::write(self.path("mood"), word).unwrap();
    }

    /// Where it listens with STARTTLS.
    pub(crate) fn submission(&self) -> u16 {
        self.submission
    }

    /// Where it listens with TLS from the first byte.
    pub(crate) fn tls(&self) -> u16 {
        self.tls
    }

    /// What is configured as `mail.ca_file`.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The mails that have arrived for somebody, once there are so many; parsed by Python.
    pub(crate) async fn mails(&self, user: &str, count: usize) -> Vec<Value> {
        let mailbox = self.path("mail").join(user);
        let files = || {
            let found = fs::read_dir(&mailbox).into_iter().flatten();
            let paths = found.map(|entry| entry.unwrap().path());
            let mut whole: Vec<_> =
                paths.filter(|path| path.extension().is_none_or(|end| end != "part")).collect();
            whole.sort();
            whole
        };
        until(&format!("{count} mails for {user}"), async || files().len() >= count).await;
        let output = Command::new("python3").args(["-c", PARSE]).args(files()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mails: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(mails.len(), count, "{mails:#?}");
        mails
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(self.path("log")).unwrap_or_default());
        }
        self.stop();
    }
}

/// A port that is free, most likely also a moment later.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < Duration::from_mins(1), "{what}");
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) const PASSWORD: &str = "three wet stones";

const PARSE: &str = r#"
import email, email.policy, json, sys
mails = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        mail = email.message_from_binary_file(file, policy=email.policy.default)
    assert not mail.defects and not any(part.defects for part in mail.walk()), path
    to = mail["To"].addresses[0]
    mails.append({
        "headers": [name for name in mail.keys() if name not in ("Received", "Return-Path")],
        "from": str(mail["From"]), "name": to.display_name, "to": to.addr_spec,
        "subject": mail["Subject"], "id": mail["Message-ID"], "auto": mail["Auto-Submitted"],
        "date": mail["Date"].datetime.timestamp(),
        "types": [part.get_content_type() for part in mail.walk()],
        "text": mail.get_body(("plain",)).get_content(),
        "html": mail.get_body(("html",)).get_content(),
    })
json.dump(mails, sys.stdout)
"#;
