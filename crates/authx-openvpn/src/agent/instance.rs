//! One OpenVPN server, as its agent knows it.

use crate::{
    config::ServerSettings,
    management::{ClientIds, Management, Notice},
};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// One OpenVPN server.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) settings: ServerSettings,
    /// Its management socket, where one is configured.
    pub(super) management: Option<Management>,
    ids: Arc<Mutex<HashMap<SocketAddr, ClientIds>>>,
}

impl Instance {
    pub(super) fn new(settings: ServerSettings) -> Arc<Self> {
        let ids = Arc::new(Mutex::new(HashMap::new()));
        let management = settings.management.clone().map(|path| {
            let (sender, notices) = mpsc::channel(NOTICES);
            tokio::spawn(learn(Arc::clone(&ids), notices));
            Management::start(path, sender)
        });
        Arc::new(Self { settings, management, ids })
    }

    /// How OpenVPN calls the client at this address, if it said so lately.
    pub(super) fn ids(&self, peer: SocketAddr) -> Option<ClientIds> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).get(&peer).copied()
    }

    /// The sign-in from this address is over: the next one from there has other numbers.
    pub(super) fn forget(&self, peer: SocketAddr) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(&peer);
    }
}

/// Keeps what OpenVPN says of its clients' numbers, which begin anew with every OpenVPN.
async fn learn(
    ids: Arc<Mutex<HashMap<SocketAddr, ClientIds>>>,
    mut notices: mpsc::Receiver<Notice>,
) {
    while let Some(notice) = notices.recv().await {
        let mut ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            Notice::Response { ids: client, peer: Some(peer) } if ids.len() < MOST_IDS => {
                ids.insert(peer, client);
            }
            Notice::Response { .. } => {}
            Notice::Connected | Notice::Lost => ids.clear(),
        }
    }
}

const NOTICES: usize = 64;
/// More clients than this do not answer questions at the same time; without its numbers a client is
/// looked up.
const MOST_IDS: usize = 10_000;
