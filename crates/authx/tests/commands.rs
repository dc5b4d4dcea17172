//! The administrative commands as operators and scripts meet them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use authx_core::otp::Totp;
use aws_lc_rs::digest;
use serde_json::Value;
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// An installation without a server: commands need none.
struct Installation(TempDir);

impl Installation {
    fn new() -> Self {
        let installation = Self(tempfile::tempdir().unwrap());
        let directory = installation.0.path().to_str().unwrap();
        let url = "https://localhost:8443";
        let output = Command::new(AUTHX)
            .args(["init", "--dir", directory, "--public-url", url])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        installation
    }

    fn run(&self, arguments: &[&str], typed: &str) -> Output {
        let mut child = Command::new(AUTHX)
            .arg("--config")
            .arg(self.0.path().join("authx.toml"))
            .args(arguments)
            .env_remove("SUDO_USER")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that asks for nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// What a command that succeeds says.
    fn say(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.say(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// What Python reads in the settings of a package, which another program unpacks; its own code
    /// finds nothing wrong with those that are complete.
    fn constants(&self, package: &Path) -> Value {
        let unpacked = self.0.path().join("unpacked");
        let _ = std::fs::remove_dir_all(&unpacked);
        let python = |arguments: &[&str], at: &Path| {
            let run = Command::new("python3").args(arguments).current_dir(at).output().unwrap();
            assert!(run.status.success(), "{arguments:?}: {}", text(&run.stderr));
            text(&run.stdout)
        };
        let to = unpacked.to_str().unwrap();
        python(&["-m", "zipfile", "-e", package.to_str().unwrap(), to], self.0.path());
        let folder = unpacked.join("authx-openvpn-access-server");
        serde_json::from_str(&python(&["-B", "-c", READ_CONSTANTS], &folder)).unwrap()
    }

    /// What a command that fails says; its exit code is 1, and nothing is on standard output.
    fn complaint(&self, arguments: &[&str], typed: &str) -> String {
        let output = self.run(arguments, typed);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        text(&output.stderr)
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn hash(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Ids and secrets are new each time, and hashes with them.
fn still(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '\n', '"']) {
        let end = word.len() - word.chars().last().map_or(0, char::len_utf8);
        let (bare, rest) = word.split_at(end);
        let known = ["app_", "axk_", "key_", "ten_", "usr_"];
        match known.iter().find(|prefix| bare.starts_with(**prefix) && bare.len() > 20) {
            Some(prefix) => out.extend([prefix, "…", rest]),
            None if bare.len() == 64 => out.extend(["…", rest]),
            None => out.push_str(word),
        }
    }
    out
}

#[test]
fn from_nothing_to_a_user_with_an_app() {
    let here = Installation::new();
    let nothing = here.complaint(&["user", "list"], "");
    insta::assert_snapshot!(nothing, @"authx: there is no tenant yet; make one with `authx tenant create NAME`");
    insta::assert_snapshot!(still(&here.say(&["tenant", "create", "demo"])), @"Tenant “demo” is made: ten_…");

    let made = here.ask(&["application", "create", "--tenant", "demo", "--name", "office-vpn"]);
    assert!(made["application_id"].as_str().unwrap().starts_with("app_"));
    assert!(made["application_key"].as_str().unwrap().starts_with("axk_"));
    assert_eq!(made["application_url"], "https://localhost:8443");

    here.say(&["user", "create", "alice", "--alias", r"CORP\alice"]);
    let set = here.run(&["user", "set-password", "alice"], "nine purple owls\n");
    assert_eq!(set.status.code(), Some(0));
    let offered = here.ask(&["user", "code", "alice"]);
    let totp = Totp::from_uri(offered["uri"].as_str().unwrap()).unwrap();
    assert_eq!(offered["secret"], totp.secret_text());
    let wrong = here.complaint(&["user", "code", "alice", "--confirm", "x"], "");
    assert!(wrong.starts_with("authx: wrong code: "), "{wrong}");
    here.say(&["user", "code", "alice", "--confirm", &code(&totp)]);
    let codes = here.ask(&["user", "recovery", "alice"]);
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);

    let users = here.ask(&["user", "list"]);
    assert_eq!(users[0]["factors"], serde_json::json!(["code", "recovery"]));
    assert_eq!(users[0]["aliases"], serde_json::json!([r"corp\alice"]));
    assert_eq!(users[0]["has_password"], true);
}

#[test]
fn a_phone_is_invited_listed_and_taken_away() {
    let here = Installation::new();
    here.say(&["tenant", "create", "demo"]);
    here.say(&["user", "create", "alice"]);
    let invited = here.ask(&["user", "invite", "alice"]);
    let link = invited["link"].as_str().unwrap();
    assert!(link.starts_with("https://phone.localhost:8443/#axi_"), "{link}");
    assert_eq!(invited["proof"], "code", "alice has no password");
    assert_eq!(invited["separate_code"].as_str().unwrap().len(), 9);
    let set = here.run(&["user", "set-password", "alice"], "nine purple owls\n");
    assert_eq!(set.status.code(), Some(0));
    let shown = here.say(&["user", "invite", "alice"]);
    assert!(shown.contains("An earlier invitation no longer counts."), "{shown}");
    assert!(shown.contains("The page asks for the user's password."), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    assert_eq!(here.ask(&["user", "invite", "alice", "--separate-code"])["proof"], "code");

    insta::assert_snapshot!(here.say(&["user", "phones", "alice"]), @"“alice” has no phone; invite: authx user invite alice");
    assert_eq!(here.ask(&["user", "phones", "alice"]), serde_json::json!([]));
    let unknown = here.complaint(&["phone", "remove", "alice/1"], "");
    insta::assert_snapshot!(unknown, @"authx: there is no phone “alice/1”; `authx user phones NAME` shows those there are");
    let open = here.ask(&["user", "enrolment", "open", "alice", "--hours", "2"]);
    assert!(open["open_until"].is_string());
    insta::assert_snapshot!(here.say(&["user", "enrolment", "close", "alice"]), @"“alice” cannot enrol at the VPN prompt.");
}

#[test]
fn what_an_operator_reads() {
    let here = Installation::new();
    here.say(&["tenant", "create", "demo"]);
    insta::assert_snapshot!(
        "application_create",
        still(&here.say(&["application", "create", "office"]))
    );
    let of_type = ["--type", "openvpn-access-server"];
    let create = [&["application", "create", "AS 1"], &of_type[..]].concat();
    insta::assert_snapshot!("application_create_access_server", still(&here.say(&create)));
    insta::assert_snapshot!(
        "key_add",
        still(&here.say(&["application", "key", "add", "office", "berlin"]))
    );
    insta::assert_snapshot!(
        "key_revoke",
        still(&here.say(&["application", "key", "revoke", "office", "first"]))
    );
    let keys = here.say(&["application", "key", "list", "office"]);
    assert_eq!(keys.lines().count(), 3);
    insta::assert_snapshot!("user_create", still(&here.say(&["user", "create", "alice"])));
    insta::assert_snapshot!("user_disable", here.say(&["user", "disable", "ALICE"]));
    insta::assert_snapshot!("user_enable", here.say(&["user", "enable", "alice"]));
    let code = here.say(&["user", "code", "alice"]);
    assert!(code.contains('▀') && code.contains("otpauth://totp/demo:alice?secret="), "{code}");
    insta::assert_snapshot!("user_delete", here.say(&["user", "delete", "alice"]));
    insta::assert_snapshot!("user_list_empty", here.say(&["user", "list"]));
    let log = here.say(&["log", "--newest", "3"]);
    let kinds: Vec<&str> = log.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(kinds, ["user_enabled", "code_offered", "user_deleted"]);
    let verified = here.say(&["audit", "verify"]);
    assert!(verified.ends_with("The record is intact.\n"), "{verified}");
}

#[test]
fn a_package_for_access_server_is_filled_in() {
    let here = Installation::new();
    here.say(&["tenant", "create", "demo"]);
    let of_type = ["--type", "openvpn-access-server"];
    let create = [&["application", "create", "office"], &of_type[..]].concat();
    let id = here.ask(&create)["application_id"].clone();
    let file = here.0.path().join("as.zip");
    let to = ["--to", file.to_str().unwrap()];
    let package = [&["application", "package", "office"], &to[..]].concat();

    let made = here.ask(&package);
    assert_eq!(made["application_id"], id);
    assert_eq!(mode(&file), 0o644);
    let constants = here.constants(&file);
    assert_eq!(constants["APPLICATION_ID"], id);
    assert_eq!(constants["APPLICATION_URL"], "https://localhost:8443");
    assert_eq!(constants["DEFAULT_SECRET_KEY"], "");
    let again = here.complaint(&package, "");
    assert!(again.contains("as.zip is there already"), "{again}");
    assert_eq!(here.ask(&[&package[..], &["--force"]].concat())["sha256"], made["sha256"]);

    let with_key = [&package[..], &["--with-new-key", "as 1"]].concat();
    here.complaint(&with_key, "");
    assert_eq!(here.ask(&["application", "key", "list", "office"]).as_array().unwrap().len(), 1);
    let said = here.say(&[&with_key[..], &["--force"]].concat());
    insta::assert_snapshot!("application_package", still(&said.replace(to[1], "/…/as.zip")));
    assert_eq!(mode(&file), 0o600);
    let constants = here.constants(&file);
    let key = constants["DEFAULT_SECRET_KEY"].as_str().unwrap();
    assert!(key.starts_with("axk_") && !said.contains(key), "{key}");
    let keys = here.ask(&["application", "key", "list", "office"]);
    assert_eq!(keys[1]["name"], "as 1");
    let log = here.say(&["log", "--newest", "1"]);
    assert!(log.contains("key_added") && !log.contains(key), "{log}");

    let piped = here.run(&["application", "package", "office", "--to", "-"], "").stdout;
    assert!(piped.starts_with(b"PK") && hash(&piped) == made["sha256"].as_str().unwrap());
}

#[test]
fn policies_travel_as_documents() {
    let here = Installation::new();
    here.say(&["tenant", "create", "demo"]);
    here.say(&["application", "create", "vpn"]);
    let set = here.run(&["policy", "set"], "[limits]\nlock_after = 9\n");
    assert_eq!(set.status.code(), Some(0), "{}", text(&set.stderr));
    let shown = here.say(&["policy", "show", "--application", "vpn"]);
    insta::assert_snapshot!("policy_show", shown);
    let again = here.run(&["policy", "set", "--application", "vpn"], &shown);
    assert_eq!(again.status.code(), Some(0), "what is shown can be set: {}", text(&again.stderr));
    let shown = here.ask(&["policy", "show", "--application", "vpn"]);
    assert_eq!(shown["origins"]["limits.lock_after"], "application");
    assert_eq!(here.say(&["policy", "show", "--own"]), "[limits]\nlock_after = 9\n");

    let wrong = here.complaint(&["policy", "set"], "[limits]\nlock_afer = 9\n");
    insta::assert_snapshot!(wrong, @"authx: nothing was changed: `limits`: unknown word `lock_afer`; did you mean `lock_after`?");
    let wrong = here.complaint(&["policy", "set"], "factors = [\"recover\"]");
    insta::assert_snapshot!(wrong, @"authx: nothing was changed: `factors`: unknown word `recover`; did you mean `recovery`?");
    let wrong = here.complaint(&["policy", "set"], "[limits]\nlock_after = 99\n");
    assert!(wrong.contains("`limits.lock_after` is 5 to 50"), "{wrong}");
}

#[test]
fn errors_say_what_to_do_and_usage_is_another_exit_code() {
    let here = Installation::new();
    here.say(&["tenant", "create", "demo"]);
    here.say(&["user", "create", "alice"]);
    here.say(&["application", "create", "office"]);
    for (arguments, typed, told) in [
        (vec!["tenant", "create", "DEMO"], "", "there is already a tenant “DEMO”"),
        (vec!["user", "create", "Alice"], "", "“Alice” is already a name of user “alice”"),
        (vec!["user", "enable", "bob"], "", "there is no user “bob”"),
        (vec!["user", "set-password", "alice"], "", "no password was given"),
        (vec!["user", "set-password", "alice"], "short\n", "too short"),
        (vec!["user", "set-password", "alice"], "password123\n", "lists attackers try first"),
        (vec!["user", "code", "alice", "--confirm", "123456"], "", "no secret waits"),
        (vec!["user", "code", "alice", "--uri", "otpauth://hotp/x"], "", "otpauth://totp/"),
        (vec!["application", "delete", "vpn"], "", "there is no application “vpn”"),
        (vec!["application", "package", "vpn", "--to", "x"], "", "no application “vpn”"),
        (
            vec!["application", "package", "office", "--to", "x"],
            "",
            "was not shipped with a package",
        ),
        (vec!["log", "--code", "0OI"], "", "six characters"),
        (vec!["audit", "verify", "--witness", "/nowhere"], "", "/nowhere cannot be read"),
        (vec!["user", "list", "--tenant", "nobody"], "", "there is no tenant “nobody”"),
    ] {
        let complaint = here.complaint(&arguments, typed);
        assert!(complaint.contains(told), "{arguments:?}: {complaint}");
    }
    here.say(&["tenant", "create", "other"]);
    let several = here.complaint(&["user", "list"], "");
    assert!(several.contains("--tenant: demo, other"), "{several}");
    let long = "x".repeat(129);
    for usage in [
        vec!["user"],
        vec!["user", "create"],
        vec!["user", "create", &long],
        vec!["application", "create"],
        vec!["application", "package", "office"],
    ] {
        assert_eq!(here.run(&usage, "").status.code(), Some(2), "{usage:?}");
    }
}

#[test]
fn help_names_every_command() {
    for (name, arguments) in [
        ("help", vec!["--help"]),
        ("help_application", vec!["application", "--help"]),
        ("help_application_package", vec!["application", "package", "--help"]),
        ("help_user", vec!["user", "--help"]),
        ("help_user_code", vec!["user", "code", "--help"]),
        ("help_user_invite", vec!["user", "invite", "--help"]),
        ("help_phone", vec!["phone", "--help"]),
        ("help_policy", vec!["policy", "--help"]),
        ("help_log", vec!["log", "--help"]),
    ] {
        let output = Command::new(AUTHX)
            .args(arguments)
            .env_remove("AUTHX_CONFIG")
            .env_remove("COLUMNS")
            .output();
        insta::assert_snapshot!(name, text(&output.unwrap().stdout));
    }
}

#[expect(clippy::disallowed_methods, reason = "the program under test has the real clock")]
fn code(totp: &Totp) -> String {
    totp.code(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 30)
}

const READ_CONSTANTS: &str = "
import certify_constants, certify_web_api, json
found = dict((k, v) for k, v in vars(certify_constants).items() if k.isupper())
if found['DEFAULT_SECRET_KEY']:
    settings = certify_web_api.Settings.of(certify_constants)
    assert settings.application_id == found['APPLICATION_ID']
print(json.dumps(found))
";
const AUTHX: &str = env!("CARGO_BIN_EXE_authx");
