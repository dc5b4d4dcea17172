//! One connection to a mail server, and what is said on it.

use super::{Mail, MailError, Mailbox, failure::Step, failure::clean, message::written};
use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Certificate, TlsParameters, TlsVersion},
    commands::{Data, Mail as From, Noop, Rcpt},
    extension::{ClientId, Extension, MailParameter},
    response::Response,
};
use rustls::pki_types::CertificateDer;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How the way to the mail server is kept from others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Security {
    /// Not at all.
    None,
    /// It begins in clear, and nothing is said before it is encrypted (RFC 3207).
    StartTls,
    /// Encrypted from the first byte (RFC 8314).
    Tls,
}

/// Where mail goes, and as whom.
pub struct Settings {
    /// Under which name everything is sent.
    pub from: Mailbox,
    /// The server's name, which its certificate has to hold.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// How the way there is kept from others.
    pub security: Security,
    /// Who the server lets in.
    pub login: Option<(String, Zeroizing<String>)>,
    /// Authorities beside the system's.
    pub authorities: Vec<CertificateDer<'static>>,
}

/// How long the server may take for one command and its answer. RFC 5321 §4.5.3.2 would allow
/// minutes; a server next door that takes as long is as good as gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("TLS for mail cannot be set up: {0}")]
pub struct SetupError(String);

/// What sends mail. Clones are the same.
#[derive(Clone)]
pub struct Mailer {
    inner: Arc<Inner>,
    patience: Duration,
}

struct Inner {
    settings: Settings,
    tls: TlsParameters,
}

/// A connection on which mails can be sent, one after the other. It is of no use after an error.
pub struct Connection {
    mailer: Mailer,
    smtp: AsyncSmtpConnection,
}

impl Mailer {
    /// For these settings.
    ///
    /// # Errors
    ///
    /// [`SetupError`]: an authority's certificate cannot be used.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let failed = |error: lettre::transport::smtp::Error| SetupError(error.to_string());
        let mut tls =
            TlsParameters::builder(settings.host.clone()).set_min_tls_version(TlsVersion::Tlsv12);
        for authority in &settings.authorities {
            let certificate = Certificate::from_der(authority.to_vec()).map_err(failed)?;
            tls = tls.add_root_certificate(certificate);
        }
        let tls = tls.build_rustls().map_err(failed)?;
        Ok(Self { inner: Arc::new(Inner { settings, tls }), patience: PATIENCE })
    }

    /// The same with less patience: for tests that would else wait for as long as it has.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn impatient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Connects, encrypts and signs in, as the settings demand.
    ///
    /// # Errors
    ///
    /// [`MailError`] names the first step that failed; none of them is final.
    pub async fn connect(&self) -> Result<Connection, MailError> {
        let Inner { settings, tls } = self.inner.as_ref();
        let patience = self.patience;
        let hello = ClientId::default();
        let at = (settings.host.as_str(), settings.port);
        let wrapped = (settings.security == Security::Tls).then(|| tls.clone());
        let connecting =
            AsyncSmtpConnection::connect_tokio1(at, Some(patience), &hello, wrapped, None);
        let mut smtp = within(patience, Step::Connect, connecting).await?;
        if settings.security == Security::StartTls {
            if !smtp.can_starttls() {
                within(patience, Step::Connect, smtp.quit()).await.ok();
                return Err(MailError::NoStartTls);
            }
            within(patience, Step::Tls, smtp.starttls(tls.clone(), &hello)).await?;
        }
        if let Some((user, password)) = &settings.login {
            let credentials = Credentials::new(user.clone(), password.to_string());
            let signing_in = smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            expect(&[235], &within(patience, Step::Login, signing_in).await?)?;
        }
        Ok(Connection { mailer: self.clone(), smtp })
    }

    /// Connects, sends one mail and hangs up.
    ///
    /// # Errors
    ///
    /// As [`Self::connect`] and [`Connection::send`].
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let mut connection = self.connect().await?;
        connection.send(mail).await?;
        connection.close().await;
        Ok(())
    }
}

impl Connection {
    /// Whether the server still answers.
    ///
    /// # Errors
    ///
    /// [`MailError`]: it does not.
    pub async fn ask(&mut self) -> Result<(), MailError> {
        let patience = self.mailer.patience;
        expect(&[250], &within(patience, Step::Connect, self.smtp.command(Noop)).await?)
    }

    /// Sends one mail: once this returns, the server has taken it over.
    ///
    /// Each answer has to have the very number that belongs there. An answer that somebody put in
    /// front of the encryption, which moves all later ones by one, is noticed by that.
    ///
    /// # Errors
    ///
    /// [`MailError`]; unless it is [final](MailError::is_final), later may be better. After
    /// [`MailError::Slow`] and [`MailError::Unreachable`] the mail may have been taken all the same.
    pub async fn send(&mut self, mail: &Mail<'_>) -> Result<(), MailError> {
        let (envelope, bytes) = written(&self.mailer.inner.settings.from, mail)?;
        let (smtp, patience) = (&mut self.smtp, self.mailer.patience);
        let mut options = vec![];
        if envelope.to().iter().any(|to| !AsRef::<str>::as_ref(to).is_ascii()) {
            if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                let why = "the mail server takes no address with letters beyond a to z (SMTPUTF8)";
                return Err(MailError::Unwritable { why: why.to_owned() });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        let from = From::new(envelope.from().cloned(), options);
        expect(&[250], &within(patience, Step::Sender, smtp.command(from)).await?)?;
        for to in envelope.to() {
            let to = Rcpt::new(to.clone(), vec![]);
            expect(&[250, 251], &within(patience, Step::Recipient, smtp.command(to)).await?)?;
        }
        expect(&[354], &within(patience, Step::Content, smtp.command(Data)).await?)?;
        expect(&[250], &within(patience, Step::Content, smtp.message(&bytes)).await?)
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        // The mail is sent whether or not the server answers this.
        let _ = timeout(GOODBYE, self.smtp.quit()).await;
    }
}

async fn within<T>(
    patience: Duration,
    step: Step,
    doing: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, MailError> {
    match timeout(patience, Box::pin(doing)).await {
        Ok(done) => done.map_err(|error| MailError::of(step, &error)),
        Err(_) => Err(MailError::Slow),
    }
}

fn expect(codes: &[u16], response: &Response) -> Result<(), MailError> {
    if codes.iter().any(|&code| response.has_code(code)) {
        return Ok(());
    }
    let said = format!("{} {}", response.code(), response.first_line().unwrap_or_default());
    Err(MailError::Confused { reply: clean(&said) })
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Settings { host, port, security, .. } = &self.inner.settings;
        write!(f, "Mailer({host}:{port}, {security:?})")
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({:?})", self.mailer)
    }
}

const GOODBYE: Duration = Duration::from_secs(2);
