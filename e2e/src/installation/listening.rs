//! Where the servers of an installation listen, and for whom.

use super::{Installation, edit};
use crate::browser;
use authx_program::config::Origin;
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// The two sites of a server, as origins.
#[derive(Clone, Debug)]
pub struct Sites {
    /// Portal and API.
    pub public: String,
    /// The authenticator.
    pub phone: String,
}

impl Installation {
    /// Lets servers listen on a unix socket too, which stays where it is over restarts.
    pub fn open_socket(&self) {
        edit(&self.config, "# unix_socket = \"/run/authx/api.sock\"", "unix_socket = \"api.sock\"");
    }

    /// That socket.
    pub fn socket(&self) -> PathBuf {
        self.directory().join("api.sock")
    }

    /// Lets servers listen with TLS, which needs a port that is known before. Gives the Application
    /// URL, and the certificate that is its own authority.
    pub fn encrypt(&self) -> (String, PathBuf) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = self.directory().join("certificate.pem");
        fs::write(&certificate, made.cert.pem()).unwrap();
        let key = self.directory().join("certificate.key");
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
        let url = format!("https://localhost:{port}");
        edit(&self.config, "public_url = \"http://localhost\"", &format!("public_url = \"{url}\""));
        edit(&self.config, "http://phone.localhost", &format!("https://phone.localhost:{port}"));
        edit(&self.config, "\"127.0.0.1:0\"", &format!("\"127.0.0.1:{port}\""));
        edit(&self.config, "tls = \"proxy\"", "tls = \"files\"");
        edit(&self.config, "# certificate_file", "certificate_file");
        edit(&self.config, "# key_file", "key_file");
        (url, certificate)
    }

    /// Lets phones find servers, which needs a port that is known before. Gives their address.
    pub fn open_to_phones(&self) -> Origin {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://phone.localhost:{port}");
        edit(&self.config, "http://phone.localhost", &url);
        edit(&self.config, "\"127.0.0.1:0\"", &format!("\"127.0.0.1:{port}\""));
        // A push service that there is not: phones are found when they ask.
        edit(&self.config, "# contact = ", "contact = ");
        edit(&self.config, "# hosts = []", "hosts = [\"push.invalid\"]");
        url.parse().unwrap()
    }

    /// Lets servers be the two sites of [`browser::NAMES`] with TLS, certified for a world's
    /// browsers, and send push messages to its services.
    pub fn serve_browsers(&self, world: &browser::World) -> Sites {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let [public, phone] = browser::NAMES.map(|name| format!("https://{name}:{port}"));
        let identity = world.identity();
        let line = |name: &str, value: &str| format!("{name} = \"{value}\"");
        let file = |name: &str, path: &Path| line(name, path.to_str().unwrap());
        let changes = [
            ("public_url = \"http://localhost\"", line("public_url", &public)),
            ("phone_url = \"http://phone.localhost\"", line("phone_url", &phone)),
            ("\"127.0.0.1:0\"", format!("\"127.0.0.1:{port}\"")),
            ("tls = \"proxy\"", line("tls", "files")),
            (
                "# certificate_file = \"certificate.pem\"",
                file("certificate_file", &identity.certificate),
            ),
            ("# key_file = \"certificate.key\"", file("key_file", &identity.key)),
            ("# contact = \"mailto:it@your-company.com\"", line("contact", CONTACT)),
            ("# proxy = \"http://proxy.example.com:3128\"", line("proxy", world.services.proxy())),
            ("# ca_file = \"proxy-ca.pem\"", file("ca_file", &world.authority.certificate())),
        ];
        for (from, to) in changes {
            edit(&self.config, from, &to);
        }
        Sites { public, phone }
    }
}

/// Whom push services write to: no reserved name, or Apple would refuse.
const CONTACT: &str = "mailto:it@your-company.com";
