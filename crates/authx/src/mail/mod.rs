//! Mail of this installation: the sender that the configuration describes, and what sends the
//! outbox.

mod outbox;

pub use crate::senders::mail::{Address, InvalidAddress, Mail, MailError, Security, one_line};
pub use outbox::{forget_old, run, send_due};

use crate::{
    config::{self, SecretFileError},
    senders::mail::{Mailer, Settings, SetupError},
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::path::PathBuf;

/// What writes to people.
#[derive(Clone, Debug)]
pub struct Post {
    mailer: Mailer,
    help: String,
}

/// Why there is no mail although it is configured.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The extra authorities.
    #[error("{} holds no certificate in PEM, or cannot be read", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
    },
    /// The password.
    #[error(transparent)]
    Password(#[from] SecretFileError),
    /// The sender.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Why somebody cannot be written to.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MailRefused {
    /// What is on record is no address that mail goes to.
    #[error("what is on record as the mail address of “{0}” is none")]
    BadAddress(String),
    /// There is no address.
    #[error("no mail address of “{0}” is on record")]
    NoAddress(String),
    /// There is no table `[mail]`.
    #[error("mail is not set up: see [mail] in the configuration")]
    Off,
}

impl Post {
    /// As configured; `None` where mail is off.
    ///
    /// # Errors
    ///
    /// [`PostError`] names what in the configuration cannot be used.
    pub fn open(mail: Option<&config::Mail>) -> Result<Option<Self>, PostError> {
        let Some(mail) = mail else { return Ok(None) };
        let login = match &mail.login {
            Some(login) => Some((login.user.clone(), login.password_file.read()?)),
            None => None,
        };
        let settings = Settings {
            from: mail.from.clone(),
            host: mail.server.host.clone(),
            port: mail.server.port,
            security: mail.security,
            login,
            authorities: authorities(mail)?,
        };
        let help = mail.help.as_ref().map_or_else(String::new, |help| help.as_str().to_owned());
        Ok(Some(Self { mailer: Mailer::new(settings)?, help }))
    }

    /// The same with less patience: for tests that would else wait for as long as it has.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn impatient(self, patience: std::time::Duration) -> Self {
        Self { mailer: self.mailer.impatient(patience), ..self }
    }

    /// Whom people ask; empty if nobody is named.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// Connects, encrypts, signs in and hangs up: nothing is sent.
    ///
    /// # Errors
    ///
    /// [`MailError`] names the first step that failed.
    pub async fn reach(&self) -> Result<(), MailError> {
        let mut connection = self.mailer.connect().await?;
        connection.ask().await?;
        connection.close().await;
        Ok(())
    }

    /// Sends one mail, now.
    ///
    /// # Errors
    ///
    /// [`MailError`].
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        self.mailer.send(mail).await
    }
}

fn authorities(mail: &config::Mail) -> Result<Vec<CertificateDer<'static>>, PostError> {
    let Some(path) = &mail.ca_file else { return Ok(vec![]) };
    let failed = || PostError::Authorities { path: path.clone() };
    let found = CertificateDer::pem_file_iter(path).map_err(|_| failed())?;
    let found: Result<Vec<_>, _> = found.collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(failed)
}
