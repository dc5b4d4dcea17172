//! `authx init`.

use super::{Global, Output};
use crate::clock::SystemClock;
use crate::config::{AccountContact, Contact, Origin, Tls};
use crate::init::{Prepared, TlsWish, Wish, prepare};
use crate::random::OsRandom;
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Where configuration, keys and database go
    #[arg(long, value_name = "DIR", default_value = PACKAGED_DIRECTORY)]
    dir: PathBuf,
    /// Where people and programs find this server, as in <https://mfa.example.com>
    #[arg(long, value_name = "URL")]
    public_url: Origin,
    /// Where the authenticator is found [default: “phone.” before the public host]
    #[arg(long, value_name = "URL")]
    phone_url: Option<Origin>,
    /// sqlite:PATH or postgres://… [default: SQLite in DIR, or in /var/lib/authx for /etc/authx]
    #[arg(long, value_name = "ADDRESS")]
    database: Option<String>,
    /// Who encrypts [default: files; for an http URL proxy]
    #[arg(long, value_name = "WHO")]
    tls: Option<Who>,
    /// Agree to the terms of service of Let's Encrypt, <https://letsencrypt.org/repository/>
    #[arg(long, required_if_eq("tls", "acme"))]
    acme_terms_agreed: bool,
    /// Where Let's Encrypt may write to, as in mailto:it@example.com
    #[arg(long, value_name = "MAILTO")]
    acme_contact: Option<AccountContact>,
    /// Whom push services write to, as in <mailto:it@your-company.com>; without it nothing is pushed
    #[arg(long, value_name = "ADDRESS")]
    push_contact: Option<Contact>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    /// The server, with a certificate that it gets from Let's Encrypt and renews by itself
    Acme,
    /// The server, with a certificate that you put in place
    Files,
    /// A proxy on this machine
    Proxy,
}

#[derive(Serialize)]
struct Done {
    config: String,
    created: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_up_link: Option<String>,
    lacks_certificate: bool,
    orders_certificate: bool,
    lacks_push_contact: bool,
}

pub(super) async fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let wish = Wish {
        directory: arguments.dir.clone(),
        public_url: arguments.public_url.clone(),
        phone_url: arguments.phone_url.clone(),
        database: arguments.database.clone().or_else(|| packaged_database(&arguments.dir)),
        tls: arguments.tls.map(|who| arguments.tls(who)),
        push_contact: arguments.push_contact.clone(),
    };
    let prepared = prepare(&wish, &SystemClock, &OsRandom).await?;
    Done::of(&prepared).write(global.json)?;
    let stored = prepared.finish().await;
    stored.context("the recovery key that was shown is not in use; run `authx init` again")?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn tls(&self, who: Who) -> TlsWish {
        match who {
            Who::Acme => TlsWish::Acme {
                contact: self.acme_contact.clone(),
                state_directory: packaged_state(&self.dir).unwrap_or(Path::new("")).join("acme"),
            },
            Who::Files => TlsWish::Files,
            Who::Proxy => TlsWish::Proxy,
        }
    }
}

fn packaged_database(directory: &Path) -> Option<String> {
    let state = packaged_state(directory)?;
    Some(format!("sqlite:{}", state.join("authx.db").display()))
}

/// The unit of the package lets the server write into its state only, not beside its configuration.
fn packaged_state(directory: &Path) -> Option<&'static Path> {
    let state = Path::new(PACKAGED_STATE);
    let is_packaged = directory == Path::new(PACKAGED_DIRECTORY) && state.is_dir();
    is_packaged.then_some(state)
}

impl Done {
    fn of(prepared: &Prepared) -> Self {
        Self {
            config: prepared.config_file.display().to_string(),
            created: prepared.made.iter().map(|path| path.display().to_string()).collect(),
            recovery_key: prepared.recovery.as_ref().map(|key| key.to_text().to_string()),
            set_up_link: prepared
                .link
                .as_ref()
                .map(|link| super::portal::address(&prepared.config.public_url, &link.token)),
            lacks_certificate: prepared.lacks_certificate,
            orders_certificate: matches!(prepared.config.listen.tls, Tls::Acme(_)),
            lacks_push_contact: prepared.config.push.contact.is_none(),
        }
    }
}

impl Output for Done {
    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        for path in &self.created {
            let _ = writeln!(text, "made {path}");
        }
        if let Some(key) = &self.recovery_key {
            let _ = write!(text, "\nRecovery key, shown this once:\n\n    {key}\n\n{KEEP}\n\n");
        }
        if text.is_empty() {
            let _ = writeln!(text, "Everything was set up already; nothing was changed.");
        }
        if self.lacks_certificate {
            let _ = writeln!(text, "Put a certificate in place, as {} says.", self.config);
        }
        if self.orders_certificate {
            let _ = writeln!(text, "{ORDERS}");
        }
        if self.lacks_push_contact {
            let _ = writeln!(
                text,
                "Phones hear of a sign-in only while their app is open: set push.contact in {}.",
                self.config
            );
        }
        let _ = writeln!(text, "Start the server: authx serve --config {}", self.config);
        if let Some(link) = &self.set_up_link {
            let _ = write!(text, "{SET_UP}\n\n    {link}\n");
        }
        text
    }
}

const KEEP: &str = "\
It opens the backups of this server, and nothing else does. Print it or put it into a safe
place outside this machine, together with copies of the two keys.";

const SET_UP: &str = "\
Then make your company and its owner with this link, good once and for seven days; `authx portal
link` shows another one:";

const ORDERS: &str = "\
The server gets its certificate when it starts. For that, both names must lead to this machine
and port 443 must be open to everybody.";

const PACKAGED_DIRECTORY: &str = "/etc/authx";
const PACKAGED_STATE: &str = "/var/lib/authx";
