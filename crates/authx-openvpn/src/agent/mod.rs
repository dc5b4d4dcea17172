//! Puts all together: connections from OpenVPN, conversations, and what follows from them.

mod application;
mod connection;
mod hold;
mod instance;
mod sign_in;

use crate::{
    authx::{Authx, AuthxError},
    config::{Config, ServerSettings},
    conversation::Setting,
    management::Management,
    pam::{Pam, ServiceError},
    sessions::{Sessions, SessionsError},
    shim_socket::{InstanceKey, Listener},
    witness::Witnesses,
};
use application::Application;
use hold::Hold;
use instance::Instance;
use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet, time::timeout};

/// Why the agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The way to AuthX cannot be set up.
    #[error(transparent)]
    Authx(#[from] AuthxError),
    /// The PAM service cannot be the name of one.
    #[error(transparent)]
    Pam(#[from] ServiceError),
    /// The table of sessions cannot be used.
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    /// The socket for OpenVPN cannot be used.
    #[error("the socket {path} cannot be used: {source}")]
    Socket {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The newest seal cannot be kept.
    #[error("the newest seal cannot be kept in {path}: {source}")]
    Witness {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What all connections share.
#[derive(Debug)]
pub struct Agent {
    config: Config,
    authx: Authx,
    pam: Pam,
    sessions: Sessions,
    application: Application,
    hold: Hold,
    instances: Mutex<HashMap<String, Arc<Instance>>>,
    stopping: watch::Receiver<bool>,
}

/// Serves OpenVPN until `stopping` turns true; then tells everyone who still waits, and ends.
///
/// # Errors
///
/// [`AgentError`], before anybody was served.
pub async fn run(config: Config, stopping: watch::Receiver<bool>) -> Result<(), AgentError> {
    let socket = config.agent.socket.clone();
    let unusable = |source| AgentError::Socket { path: socket.clone(), source };
    let inherited = Listener::inherited().map_err(unusable)?;
    let listener = match inherited {
        Some(listener) => listener,
        None => Listener::bind(&socket).map_err(unusable)?,
    };
    let key = Arc::new(InstanceKey::load_or_make(listener.directory()).map_err(unusable)?);
    let state_dir = &config.agent.state_dir;
    let unwritable = |source| AgentError::Witness { path: state_dir.clone(), source };
    let witnesses = Witnesses::open(state_dir).map_err(unwritable)?;
    let crate::config::PamConfig { service, socket: pam_socket, timeout_secs } = &config.pam;
    let patience = Duration::from_secs(*timeout_secs);
    let agent = Arc::new(Agent {
        authx: Authx::new(&config.authx)?.with_witnesses(witnesses),
        pam: Pam::new(service.as_str(), pam_socket.clone(), patience)?,
        sessions: Sessions::open(state_dir)?,
        application: Application::default(),
        hold: Hold::default(),
        instances: Mutex::default(),
        stopping: stopping.clone(),
        config,
    });
    agent.meet_instances();
    tracing::info!(socket = %socket.display(), version = env!("CARGO_PKG_VERSION"), "serving");
    ready();
    let asking = tokio::spawn(application::keep_asking(Arc::clone(&agent)));
    serve(&agent, &listener, &key, stopping).await;
    asking.abort();
    Ok(())
}

async fn serve(
    agent: &Arc<Agent>,
    listener: &Listener,
    key: &Arc<InstanceKey>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok(connection) => {
                    let (agent, key) = (Arc::clone(agent), Arc::clone(key));
                    connections.spawn(connection::serve(agent, connection, key));
                }
                Err(error) => {
                    tracing::warn!(%error, "OpenVPN's connection cannot be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    while let Some(connection) = listener.last().await {
        connections.spawn(connection::serve(Arc::clone(agent), connection, Arc::clone(key)));
    }
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(PATIENCE, ended).await.is_err() {
        tracing::warn!("some sign-ins did not end in time");
    }
}

impl Agent {
    /// Connects to the management sockets that are configured, whether or not OpenVPN has come.
    fn meet_instances(self: &Arc<Self>) {
        for (_, settings) in self.config.servers() {
            self.instance(settings);
        }
    }

    /// The OpenVPN server of these settings.
    fn instance(&self, settings: ServerSettings) -> Arc<Instance> {
        let mut instances = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        let name = settings.name.as_str().to_owned();
        Arc::clone(instances.entry(name).or_insert_with(|| Instance::new(settings)))
    }

    /// The OpenVPN server that was started with this configuration file.
    fn instance_of(&self, config_variable: &str) -> Arc<Instance> {
        self.instance(self.config.server(config_variable))
    }

    fn setting(&self, instance: &Instance) -> Setting {
        let settings = &instance.settings;
        let asks = self.application.asks();
        let pending_secs = settings.pending_secs;
        Setting {
            server: settings.name.as_str().to_owned(),
            first_factor: settings.first_factor,
            certificate_field: settings.certificate_field.as_str().to_owned(),
            pending_secs: pending_secs.unwrap_or_else(|| Setting::patience_secs(asks.as_ref())),
            answer_within_secs: settings.answer_within_secs,
            several: instance.management.as_ref().is_some_and(Management::is_connected),
            may_hold: self.hold.may(),
            asks,
        }
    }
}

fn ready() {
    // Without systemd there is nobody to tell.
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Everybody on the host can connect; who does not greet is gone after two seconds.
const MOST_CONNECTIONS: usize = 256;
/// Longer than a call to AuthX may take, so that what was begun is cancelled.
const PATIENCE: Duration = Duration::from_secs(10);
