//! A real ACME server.

use super::{free_port, until};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Where an authority runs, and whom its own address is vouched for by. The authority can be
/// stopped and started again, and has then forgotten everything.
pub(crate) struct Place {
    directory: TempDir,
    port: u16,
    management: u16,
    dns: u16,
}

/// The authority with its DNS. Both end when dropped.
pub(crate) struct Pebble<'a> {
    place: &'a Place,
    _processes: [Ended; 2],
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Errors mean that it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Place {
    /// For an authority that looks who answers at `port`; none where the program is missing.
    pub(crate) fn new(port: u16) -> Option<Self> {
        for program in ["pebble", "pebble-challtestsrv"] {
            if Command::new(program).arg("-h").output().is_err() {
                // Past the test's own output, which is shown only when it fails.
                let mut stderr = std::io::stderr();
                writeln!(
                    stderr,
                    "SKIPPED: tls = \"acme\" without {program}: apt-get install pebble"
                )
                .unwrap();
                return None;
            }
        }
        let directory = tempfile::tempdir().unwrap();
        let place =
            Self { directory, port: free_port(), management: free_port(), dns: free_port() };
        place.certify();
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{}", place.port),
            "managementListenAddress": format!("127.0.0.1:{}", place.management),
            "certificate": place.path("pebble.pem"),
            "privateKey": place.path("pebble.key"),
            "httpPort": free_port(),
            "tlsPort": port,
        } });
        fs::write(place.path("pebble.json"), config.to_string()).unwrap();
        Some(place)
    }

    /// A certificate for the authority's own address.
    fn certify(&self) {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        fs::write(self.ca_file(), authority.pem()).unwrap();
        fs::write(self.path("pebble.pem"), certificate.pem()).unwrap();
        fs::write(self.path("pebble.key"), key.serialize_pem()).unwrap();
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn start(&self) -> Pebble<'_> {
        let dns = format!("127.0.0.1:{}", self.dns);
        let names = Command::new("pebble-challtestsrv")
            .args(["-dns01", &dns, "-http01", "", "-https01", "", "-tlsalpn01", ""])
            .args(["-defaultIPv6", "", "-management", &format!("127.0.0.1:{}", free_port())])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let log = fs::File::create(self.path("pebble.log")).unwrap();
        let pebble = Command::new("pebble")
            .args(["-dnsserver", &dns, "-config"])
            .arg(self.path("pebble.json"))
            .env("PEBBLE_VA_NOSLEEP", "1")
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        let processes = [Ended(names.unwrap()), Ended(pebble.unwrap())];
        let pebble = Pebble { place: self, _processes: processes };
        until("pebble answers", async || pebble.ask("/roots/0").await.is_some()).await;
        pebble
    }

    /// What is configured as `acme.directory`.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// What is configured as `acme.ca_file`.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Pebble<'_> {
    /// The root of what it issues, PEM.
    pub(crate) async fn root(&self) -> String {
        self.ask("/roots/0").await.unwrap()
    }

    /// What it did.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.place.path("pebble.log")).unwrap()
    }

    async fn ask(&self, path: &str) -> Option<String> {
        let ca = fs::read(self.place.ca_file()).unwrap();
        let ca = reqwest::Certificate::from_pem(&ca).unwrap();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
        let url = format!("https://localhost:{}{path}", self.place.management);
        client.get(url).send().await.ok()?.text().await.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(self.path("pebble.log")).unwrap_or_default());
        }
    }
}
