//! Setting up: what is missing is made, what exists is left as it is.

mod certificate;
pub(crate) mod files;

use crate::admin::sign_up;
use crate::clock::Clock;
use crate::config::{AccountContact, Contact, Template, Tls, TlsTemplate};
use crate::config::{Config, ConfigError, Database, Origin, SecretFile, SecretFileError};
use crate::keys::{self, Keys, KeysError};
use crate::push::{self, PushError};
use crate::random::Random;
use crate::store::{Batch, Store, StoreError, meta, tenants};
use authx_core::Cx;
use authx_core::audit::AuditKey;
use authx_core::recovery::RecoveryKey;
use authx_core::seal::MasterKey;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where everything goes; made if missing.
    pub directory: PathBuf,
    /// See [`Config::public_url`].
    pub public_url: Origin,
    /// See [`Config::phone_url`]; `phone.` before the public host if not given.
    pub phone_url: Option<Origin>,
    /// As in the configuration; SQLite in the directory if not given.
    pub database: Option<String>,
    /// Who encrypts; what fits the public URL if not given.
    pub tls: Option<TlsWish>,
    /// See [`crate::config::Push::contact`]; push is off if not given.
    pub push_contact: Option<Contact>,
}

/// Who is to encrypt.
#[derive(Clone, Debug)]
pub enum TlsWish {
    /// The server, with a certificate that it gets by itself. The terms of the authority are
    /// agreed to.
    Acme {
        /// Where the authority may write to.
        contact: Option<AccountContact>,
        /// Where account and certificate are kept.
        state_directory: PathBuf,
    },
    /// The server, with files.
    Files,
    /// A proxy on this machine.
    Proxy,
}

/// A set-up that lacks only the recovery key's public half, which is stored when its owner has
/// seen the private one: a key that was never shown could open nothing.
#[derive(Debug)]
pub struct Prepared {
    /// The configuration's file.
    pub config_file: PathBuf,
    /// What is configured.
    pub config: Config,
    /// The files that were made, in that order; empty when all was there.
    pub made: Vec<PathBuf>,
    /// A new recovery key, to be shown once.
    pub recovery: Option<RecoveryKey>,
    /// Whether a certificate must still be put in place.
    pub lacks_certificate: bool,
    /// A link with which the first company is made, to be shown once.
    pub link: Option<sign_up::Link>,
    link_batch: Batch,
    store: Store,
}

/// Why the set-up stopped. Running it again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A certificate without its key.
    #[error("{} is there, but its key {} is not: put it back, or remove the certificate", certificate.display(), key.display())]
    CertificateAlone {
        /// What is there.
        certificate: PathBuf,
        /// What is not.
        key: PathBuf,
    },
    /// No certificate could be made.
    #[error("no certificate can be made")]
    Certificate(#[from] rcgen::Error),
    /// An existing configuration that cannot be read, or one that came of a strange wish.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file cannot be written.
    #[error("{} cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database knows a key that is gone.
    #[error(
        "{file} is gone, and the database cannot be used without it: put it back from your safe copy, or restore a backup"
    )]
    KeyLost {
        /// Where it should be.
        file: SecretFile,
    },
    /// A key that is there cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The public URL is an address, which has no name beside it.
    #[error("say --phone-url too: no other host name follows from {public_url}")]
    NoPhoneUrl {
        /// What was asked for.
        public_url: Origin,
    },
    /// Something else was set up here before.
    #[error("{} is set up for {found} already, not for {wished}; nothing was changed. Edit the file, or choose another directory", path.display())]
    Other {
        /// The configuration.
        path: PathBuf,
        /// What it says.
        found: Origin,
        /// What was asked for.
        wished: Origin,
    },
    /// Another contact for push services was configured before.
    #[error("{} has another push.contact already, or none; nothing was changed. Write {wished} into it", path.display())]
    OtherContact {
        /// The configuration.
        path: PathBuf,
        /// What was asked for.
        wished: Contact,
    },
    /// The key for Web Push.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The database's address cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The database cannot be made.
    #[error("the database cannot be set up")]
    Store(#[from] StoreError),
}

/// Makes what is missing.
///
/// # Errors
///
/// Every [`InitError`] says what to do; what was made until then stays and is not made again.
pub async fn prepare(
    wish: &Wish,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Prepared, InitError> {
    files::make_directory(&wish.directory)?;
    let config_file = wish.directory.join(CONFIG_NAME);
    let mut made = vec![];
    let config = configuration(wish, &config_file, &mut made)?;
    note_database(&config, &mut made);
    let store = Store::open(&config.database.url()?).await?;

    let mut fill = |out: &mut [u8]| random.fill(out);
    let mut cx = Cx { now: clock.now(), random: &mut fill };
    make_keys(&config, keys::is_marked(&store).await?, &mut cx, &mut made)?;
    let keys = Keys::load(&config)?;
    keys.mark(&mut cx, &store).await?;
    keys.check(&store).await?;
    push::key(&keys, &store, clock, random).await?;

    let lacks_certificate = !make_certificate(&config, &cx, &mut made)?;
    let known = meta::read(&store, RECOVERY).await?;
    let recovery = known.is_none().then(|| RecoveryKey::generate(&mut cx));
    let first = recovery.is_some() && tenants::tenants(&store).await?.is_empty();
    let (link, link_batch) = if first {
        let (link, batch) = sign_up::company_link(&mut cx);
        (Some(link), batch)
    } else {
        (None, Batch::default())
    };
    Ok(Prepared { config_file, config, made, recovery, lacks_certificate, link, link_batch, store })
}

impl Prepared {
    /// Stores the public half of the recovery key that was shown, and the link.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`]: another run was faster, and its key counts.
    pub async fn finish(self) -> Result<(), StoreError> {
        let Some(recovery) = self.recovery else { return Ok(()) };
        let public = recovery.public().to_string();
        let batch = Batch::default().insert_meta(RECOVERY, public).and(self.link_batch);
        self.store.commit(batch).await
    }
}

fn configuration(wish: &Wish, path: &Path, made: &mut Vec<PathBuf>) -> Result<Config, InitError> {
    if exists(path)? {
        let config = Config::load(path)?;
        let wished = [Some(&wish.public_url), wish.phone_url.as_ref()];
        for (found, wished) in [&config.public_url, &config.phone_url].into_iter().zip(wished) {
            if let Some(wished) = wished.filter(|wished| *wished != found) {
                let (found, wished) = (found.clone(), wished.clone());
                return Err(InitError::Other { path: path.to_owned(), found, wished });
            }
        }
        return match &wish.push_contact {
            Some(wished) if config.push.contact.as_ref() != Some(wished) => {
                let (path, wished) = (path.to_owned(), wished.clone());
                Err(InitError::OtherContact { path, wished })
            }
            Some(_) | None => Ok(config),
        };
    }
    let public_url = &wish.public_url;
    let phone_url = wish.phone_url.clone().or_else(|| public_url.phone());
    let Some(phone_url) = phone_url else {
        return Err(InitError::NoPhoneUrl { public_url: public_url.clone() });
    };
    let database = wish.database.as_deref().unwrap_or("sqlite:authx.db");
    let tls = wish.tls.as_ref().map(TlsWish::template);
    let push_contact = wish.push_contact.as_ref();
    let template = Template { public_url, phone_url: &phone_url, database, tls, push_contact };
    let text = template.text();
    let config = Config::parse(&text, &wish.directory)
        .map_err(|faults| ConfigError::Faults { path: path.to_owned(), faults })?;
    files::make(path, &text)?;
    made.push(path.to_owned());
    Ok(config)
}

impl TlsWish {
    fn template(&self) -> TlsTemplate<'_> {
        match self {
            Self::Acme { contact, state_directory } => {
                TlsTemplate::Acme { contact: contact.as_ref(), state_directory }
            }
            Self::Files => TlsTemplate::Files,
            Self::Proxy => TlsTemplate::Proxy,
        }
    }
}

fn make_keys(
    config: &Config,
    marked: bool,
    cx: &mut Cx<'_>,
    made: &mut Vec<PathBuf>,
) -> Result<(), InitError> {
    // Two draws that are used once at most cost less than a choice of functions.
    let keys = [
        (&config.master_key_file, MasterKey::generate(cx).to_text()),
        (&config.audit_key_file, AuditKey::generate(cx).to_text()),
    ];
    for (file, text) in keys {
        // A credential is systemd's to make; loading it says what is missing.
        let SecretFile::Path(path) = file else { continue };
        if exists(path)? {
            continue;
        }
        if marked {
            return Err(InitError::KeyLost { file: file.clone() });
        }
        files::make(path, &text)?;
        made.push(path.clone());
    }
    Ok(())
}

/// Whether there is a certificate, or need be none, when this is done.
fn make_certificate(
    config: &Config,
    cx: &Cx<'_>,
    made: &mut Vec<PathBuf>,
) -> Result<bool, InitError> {
    let Tls::Files { certificate_file, key_file } = &config.listen.tls else { return Ok(true) };
    let (certificate, key) = (exists(certificate_file)?, exists(key_file)?);
    if certificate && !key {
        let (certificate, key) = (certificate_file.clone(), key_file.clone());
        return Err(InitError::CertificateAlone { certificate, key });
    }
    if certificate || !config.public_url.is_loopback() {
        return Ok(certificate);
    }
    if !key {
        files::make(key_file, &certificate::new_key()?)?;
        made.push(key_file.clone());
    }
    let text = SecretFile::Path(key_file.clone()).read()?;
    let origins = [&config.public_url, &config.phone_url];
    files::make(certificate_file, &certificate::self_signed(&text, origins, cx.now)?)?;
    made.push(certificate_file.clone());
    Ok(true)
}

fn note_database(config: &Config, made: &mut Vec<PathBuf>) {
    if let Database::Url(url) = &config.database
        && let Some(path) = url.strip_prefix("sqlite:").map(PathBuf::from)
        && !path.exists()
    {
        made.push(path);
    }
}

fn exists(path: &Path) -> Result<bool, InitError> {
    fs::exists(path).map_err(|source| InitError::File { path: path.to_owned(), source })
}

/// What the configuration is called in its directory.
pub const CONFIG_NAME: &str = "authx.toml";
/// Where the recovery key's public half is kept, in `meta`.
pub const RECOVERY: &str = "recovery_public";

#[cfg(test)]
mod tests;
