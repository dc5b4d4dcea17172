use super::*;
use proptest::prelude::*;

pub(super) fn template() -> String {
    let public_url = "https://mfa.example.com".parse().unwrap();
    let phone_url = "https://phone.mfa.example.com".parse().unwrap();
    let contact = "mailto:ops@authx-test.dev".parse().unwrap();
    let template = Template {
        public_url: &public_url,
        phone_url: &phone_url,
        database: "sqlite:authx.db",
        tls: None,
        push_contact: Some(&contact),
    };
    template.text()
}

pub(super) fn faults(text: &str) -> Vec<String> {
    let faults = Config::parse(text, Path::new("/etc/authx")).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

pub(super) fn changed(from: &str, to: &str) -> String {
    let text = template();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn what_init_writes_is_read_back() {
    let config = Config::parse(&template(), Path::new("/etc/authx")).unwrap();
    assert_eq!(config.public_url.to_string(), "https://mfa.example.com");
    assert_eq!(config.database, Database::Url("sqlite:/etc/authx/authx.db".to_owned()));
    assert_eq!(config.master_key_file, SecretFile::Path("/etc/authx/master.key".into()));
    assert_eq!(config.listen.address, Some("[::]:443".parse().unwrap()));
    assert_eq!(config.limits, Limits { body_bytes: 65_536, connections: 50_000 });
    assert!(config.clock.require_synchronised);
}

#[test]
fn what_init_writes_for_this_machine_is_read_back() {
    let phone_url = "https://phone.localhost".parse().unwrap();
    for (public, tls) in [("https://localhost:8443", "files"), ("http://localhost:8080", "proxy")] {
        let public_url = public.parse().unwrap();
        let database = "postgres://a\"b@db/authx";
        let template = Template {
            public_url: &public_url,
            phone_url: &phone_url,
            database,
            tls: None,
            push_contact: None,
        };
        let config = Config::parse(&template.text(), Path::new("")).unwrap();
        assert_eq!(matches!(config.listen.tls, Tls::Files { .. }), tls == "files");
        assert_eq!(config.database, Database::Url(database.to_owned()));
        assert!(!config.clock.require_synchronised);
    }
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let text = changed("public_url =", "publc_url =");
    assert_eq!(
        faults(&text),
        [
            "line 5: publc_url: unknown key; did you mean “public_url”?",
            "public_url: is missing; write it as in public_url = \"https://mfa.example.com\"",
        ]
    );
    let text = changed("[limits]", "[limits]\nmax_connections = 3\nzzz = 1");
    let found = faults(&text);
    assert!(found[0].ends_with("limits.max_connections: unknown key; did you mean “connections”?"));
    assert!(found[1].ends_with("limits.zzz: unknown key; known are body_bytes, connections"));
    let text = changed("[clock]", "[cloc]");
    assert!(faults(&text)[0].ends_with("cloc: unknown key; did you mean “clock”?"));
}

#[test]
fn a_wrong_type_says_which_is_right() {
    for (from, to, complaint) in [
        ("body_bytes = 65536", "body_bytes = \"64k\"", "must be a whole number; it is a text"),
        ("body_bytes = 65536", "body_bytes = 1", "must lie between 4096 and 16777216"),
        ("body_bytes = 65536", "body_bytes = -1", "must lie between 4096 and 16777216"),
        ("body_bytes = 65536", "body_bytes = 99999999999999999999", "must lie between"),
        ("level = \"info\"", "level = 3", "must be a text in quotes; it is a number"),
        ("level = \"info\"", "level = \"a=b=c\"", "log.level"),
        ("format = \"human\"", "format = \"xml\"", "must be \"human\" or \"json\""),
        ("trusted_proxies = []", "trusted_proxies = \"::1\"", "must be a list of texts"),
        ("trusted_proxies = []", "trusted_proxies = [\"10.0.0.0/40\"]", "is not an address"),
        ("trusted_proxies = []", "trusted_proxies = [1]", "must be texts in quotes"),
        ("require_synchronised = true", "require_synchronised = 1", "must be true or false"),
        ("[log]", "[[log]]", "must be a table, written [log]; it is a list"),
        ("\"sqlite:authx.db\"", "\"mysql://x\"", "must be sqlite:PATH or postgres://"),
        ("\"[::]:443\"", "\"443\"", "listen.address: invalid socket address"),
        ("tls = \"files\"", "tls = \"acme2\"", "must be \"files\", \"acme\" or \"proxy\""),
        ("tls = \"files\"", "tls = \"proxy\"", "is not used with tls"),
        ("key_file = \"cert", "# key_file = \"cert", "listen.key_file: is missing"),
        ("https://phone.", "https://", "must have another host than public_url"),
    ] {
        let found = faults(&changed(from, to)).join("\n");
        assert!(found.contains(complaint), "{to}: {found}");
    }
}

#[test]
fn an_own_certificate_wants_names_and_an_agreement() {
    let public_url = "https://mfa.example.com".parse().unwrap();
    let phone_url = "https://phone.mfa.example.com".parse().unwrap();
    let contact = "mailto:it@example.com".parse().unwrap();
    let state_directory = Path::new("/var/lib/authx/acme");
    let tls = TlsTemplate::Acme { contact: Some(&contact), state_directory };
    let template = Template {
        public_url: &public_url,
        phone_url: &phone_url,
        database: "sqlite:/var/lib/authx/authx.db",
        tls: Some(tls),
        push_contact: None,
    };
    let text = template.text();
    let read = |text: &str| Config::parse(text, Path::new("/etc/authx")).unwrap().listen.tls;
    let Tls::Acme(acme) = read(&text) else { panic!("{text}") };
    assert_eq!(acme.names, ["mfa.example.com", "phone.mfa.example.com"]);
    assert_eq!(acme.directory, DirectoryUrl::default());
    assert_eq!(acme.contact, Some(contact));
    let beside = text.replace("state_directory =", "# state_directory =");
    assert_eq!(read(&beside), Tls::Acme(acme), "beside the database");
    for (from, to, complaint) in [
        ("terms_agreed = true", "terms_agreed = false", "acme.terms_agreed: must be true"),
        ("terms_agreed = true", "", "acme.terms_agreed: must be true"),
        ("\"mailto:it@example.com\"", "\"it@example.com\"", "must be one address of mail"),
        ("mailto:it@example.com", "mailto:a@b.example,c@d.example", "must be one address of mail"),
        ("mailto:it@example.com", "mailto:a@b.example?cc=c@d.example", "must be one address"),
        (
            "terms_agreed = true",
            "terms_agreed = true\ndirectory = \"http://ca\"",
            "must be the https",
        ),
        ("https://mfa.example.com", "https://192.0.2.1", "public_url: must have a name"),
        ("https://mfa.example.com", "https://localhost", "public_url: must have a name"),
        ("https://phone.mfa.example.com", "https://[2001:db8::1]", "phone_url: must have a name"),
        ("https://phone.mfa.example.com", "http://phone.localhost", "phone_url: says http"),
        ("# certificate_file", "certificate_file", "is not used with tls = \"acme\""),
        ("address =", "unix_socket = \"s\"\n# address =", "listen.address: is missing"),
        ("tls = \"acme\"", "tls = \"proxy\"", "is not used with listen.tls = \"proxy\""),
        ("state_directory", "state_dir", "did you mean “state_directory”?"),
    ] {
        assert!(text.contains(from), "{from}");
        let found = faults(&text.replace(from, to)).join("\n");
        assert!(found.contains(complaint), "{to}: {found}");
    }
    let postgres = beside.replace("sqlite:/var/lib/authx/authx.db", "postgres://db/authx");
    assert!(faults(&postgres)[0].contains("acme.state_directory: is missing"));
}

#[test]
fn clear_text_stays_on_this_machine() {
    let proxy = template()
        .replace("tls = \"files\"", "tls = \"proxy\"")
        .replace("certificate_file", "# certificate_file")
        .replace("key_file = \"certificate", "# key_file = \"certificate");
    assert!(faults(&proxy)[0].contains("clear text"));
    let named = proxy.replace("trusted_proxies = []", "trusted_proxies = [\"10.0.0.9\", \"unix\"]");
    assert_eq!(faults(&named), [""; 0]);
    assert_eq!(faults(&proxy.replace("[::]:443", "127.0.0.1:8080")), [""; 0]);
}

#[test]
fn what_is_not_toml_says_where() {
    assert!(faults("public_url = \n")[0].starts_with("line 1: not TOML"));
    assert_eq!(faults("").len(), 7);
}

#[test]
fn a_password_is_not_shown() {
    let text = changed("sqlite:authx.db", "postgres://authx:hunter2@db/authx");
    let config = Config::parse(&text, Path::new("")).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,200}") {
        let _ = Config::parse(&text, Path::new(""));
    }

    #[test]
    fn no_bytes_within_a_file_break_it(at in 0usize..2_000, noise in any::<Vec<u8>>()) {
        let mut bytes = template().into_bytes();
        let at = at.min(bytes.len());
        bytes.splice(at..(at + noise.len()).min(template().len()).max(at), noise);
        let _ = Config::parse(&String::from_utf8_lossy(&bytes), Path::new(""));
    }
}
