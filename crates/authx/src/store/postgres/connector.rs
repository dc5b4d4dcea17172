//! How a connection is made: address, TLS, and what is set on each.

use super::{super::StoreError, form::Form};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{collections::HashMap, future::poll_fn, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, Notification, Socket, Statement,
    config::{Host, SslMode},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the network may say nothing to what was sent before the connection counts as broken.
const SILENCE: Duration = Duration::from_secs(10);

/// Set on each connection. A commit that is not on disk would be a lie, whatever the server's
/// default; JIT and a plan for each set of values cost more than any of our statements.
const SETTINGS: &str = "SET statement_timeout = '10s';
    SET idle_in_transaction_session_timeout = '30s';
    SET jit = off;
    SET plan_cache_mode = force_generic_plan;
    SET client_min_messages = warning;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off'";

/// How long another process may take to end.
pub(super) const ENDING: Duration = Duration::from_secs(2);
pub(super) const BETWEEN: Duration = Duration::from_millis(100);

const UNHURRIED: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// Any number that nobody else uses for an advisory lock: “AuthX” in ASCII, and one; held shared by
/// every connection.
const JOIN: &str = "SELECT pg_try_advisory_lock_shared(280267647065)";
const EXCLUDE: &str = "SELECT pg_try_advisory_lock(280267647065)";
/// Why there is no connection to be had.
pub(super) const CLOSED: &str = "a backup is being restored into it";

/// Makes connections to one database.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

/// What others say, in order.
pub(super) type Notifications = mpsc::UnboundedReceiver<Notification>;
type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// One connection and the statements prepared on it.
pub(super) struct Session {
    pub(super) client: Client,
    statements: HashMap<(&'static str, Form), Statement>,
}

impl Connector {
    /// Understands `postgres://user:password@host:port/database?…` with libpq's words, of which
    /// `sslrootcert=FILE` names the certificates to trust instead of the system's.
    ///
    /// TLS is used, and the certificate verified, unless the server is on this machine (a unix
    /// socket, `localhost`, a loopback address) or `sslmode=disable`; `sslmode=require` makes it
    /// used here too.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let (url, root) = without_root(url);
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            // The parser's own words never repeat the address.
            StoreError::Address { reason: error.to_string() }
        })?;
        if config.get_ssl_mode() == SslMode::Prefer {
            let mode = if is_local(&config) { SslMode::Disable } else { SslMode::Require };
            config.ssl_mode(mode);
        }
        config.connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(SILENCE);
        if config.get_application_name().is_none() {
            config.application_name("authx");
        }
        let trusted = if config.get_ssl_mode() == SslMode::Disable {
            RootCertStore::empty()
        } else {
            roots(root.as_deref())?
        };
        Ok(Self { config, tls: MakeRustlsConnect::new(tls(trusted)?) })
    }

    /// A new connection, ready for use.
    pub(super) async fn session(&self) -> Result<Session, StoreError> {
        let session = self.connected().await?;
        if !join(&session.client).await? {
            return Err(StoreError::unavailable(CLOSED));
        }
        Ok(session)
    }

    /// A new connection for work that takes as long as it takes, with the database to itself:
    /// while it lives, there is no other connection of AuthX.
    pub(super) async fn alone(&self) -> Result<Session, StoreError> {
        let session = self.connected().await?;
        session.client.batch_execute(UNHURRIED).await?;
        let locked = session.client.query_one(EXCLUDE, &[]).await?;
        if locked.try_get(0)? { Ok(session) } else { Err(StoreError::InUse) }
    }

    /// A new connection that hears notifications, which end when it breaks.
    pub(super) async fn listening(&self) -> Result<(Client, Notifications), StoreError> {
        let (client, mut connection) = self.reached().await?;
        let (sender, notifications) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notification(notification) = message
                    && sender.send(notification).is_err()
                {
                    return;
                }
            }
        });
        set_up(&client).await?;
        if !join(&client).await? {
            return Err(StoreError::unavailable(CLOSED));
        }
        Ok((client, notifications))
    }

    async fn reached(&self) -> Result<(Client, Connection<Socket, Stream>), StoreError> {
        let connecting = self.config.connect(self.tls.clone());
        let connected = tokio::time::timeout(2 * CONNECT_TIMEOUT, connecting).await;
        Ok(connected.map_err(StoreError::unavailable)??)
    }

    async fn connected(&self) -> Result<Session, StoreError> {
        let (client, connection) = self.reached().await?;
        // Ends by itself when the client is dropped or the server goes away; whoever uses the
        // client then learns why.
        tokio::spawn(connection);
        set_up(&client).await?;
        Ok(Session { client, statements: HashMap::new() })
    }

    /// A new connection for work that takes as long as it takes.
    pub(super) async fn unhurried(&self) -> Result<Session, StoreError> {
        let session = self.session().await?;
        session.client.batch_execute(UNHURRIED).await?;
        Ok(session)
    }
}

impl Session {
    /// Prepares a statement, in one of its forms, once.
    pub(super) async fn prepare(
        &mut self,
        sql: &'static str,
        form: Form,
    ) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(&(sql, form)) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&form.of(sql)).await?;
        self.statements.insert((sql, form), statement.clone());
        Ok(statement)
    }
}

/// Makes a connection one of many, for as long as it lives; false while another one has the
/// database to itself. A lock of the server's goes with its connection, whatever ends it, but a
/// moment after.
pub(super) async fn join(client: &Client) -> Result<bool, tokio_postgres::Error> {
    let mut waited = Duration::ZERO;
    loop {
        let joined = client.query_one(JOIN, &[]).await?.try_get(0)?;
        if joined || waited >= ENDING {
            return Ok(joined);
        }
        tokio::time::sleep(BETWEEN).await;
        waited += BETWEEN;
    }
}

/// Sets what every connection needs.
pub(super) async fn set_up(client: &Client) -> Result<(), tokio_postgres::Error> {
    client.batch_execute(SETTINGS).await
}

/// Takes `sslrootcert`, which the driver does not know, out of an address.
fn without_root(url: &str) -> (String, Option<String>) {
    let Some((address, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let mut root = None;
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| match pair.strip_prefix("sslrootcert=") {
            Some(file) => {
                root = Some(file.to_owned());
                false
            }
            None => true,
        })
        .collect();
    (format!("{address}?{}", kept.join("&")), root)
}

fn tls(trusted: RootCertStore) -> Result<ClientConfig, StoreError> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(StoreError::invalid)?;
    Ok(config.with_root_certificates(trusted).with_no_client_auth())
}

fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        Host::Unix(_) => true,
    })
}

fn roots(file: Option<&str>) -> Result<RootCertStore, StoreError> {
    const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";
    let file = file.unwrap_or(SYSTEM);
    let unreadable = |cause: &dyn std::fmt::Display| StoreError::Address {
        reason: format!("no certificates to trust in {file}: {cause}"),
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| unreadable(&e))? {
        let certificate = certificate.map_err(|e| unreadable(&e))?;
        roots.add(certificate).map_err(|e| unreadable(&e))?;
    }
    if roots.is_empty() {
        return Err(unreadable(&"it holds none"));
    }
    Ok(roots)
}
