//! Two sides and a wire.

use super::{
    ClientOptions, OpenvpnClient, OpenvpnServer, ServerOptions, Side, certificates::Authority,
    namespace::Namespaces,
};
use rustix::fs::Mode;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU32, Ordering},
    },
};
use tempfile::TempDir;
use tokio::process::Command;

/// Servers on one side of a wire, clients on the other. All of it is removed with the last of them.
#[derive(Clone, Debug)]
pub struct World(Arc<Ground>);

#[derive(Debug)]
struct Ground {
    namespaces: Namespaces,
    directory: TempDir,
    authority: Authority,
    servers: AtomicU8,
    clients: AtomicU32,
}

impl World {
    /// A new one.
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("authx-vpn-").tempdir().unwrap();
        // OpenVPN goes through it after it has become somebody else.
        rustix::fs::chmod(directory.path(), Mode::from_raw_mode(0o755)).unwrap();
        Self(Arc::new(Ground {
            namespaces: Namespaces::make(),
            authority: Authority::make(directory.path()),
            directory,
            servers: AtomicU8::new(0),
            clients: AtomicU32::new(0),
        }))
    }

    /// Starts an OpenVPN server and waits until it serves.
    pub async fn openvpn(&self, options: ServerOptions) -> OpenvpnServer {
        OpenvpnServer::start(self, options).await
    }

    /// Starts a client of a server, which waits for [`OpenvpnClient::sign_in`].
    pub async fn client(&self, server: &OpenvpnServer, options: ClientOptions) -> OpenvpnClient {
        OpenvpnClient::start(self, server, options).await
    }

    /// A directory for whatever belongs to this world.
    pub fn directory(&self) -> &Path {
        self.0.directory.path()
    }

    /// A command on one of the sides.
    pub fn command(&self, side: Side, program: &str) -> Command {
        let enter = self.0.namespaces.enter(side);
        let mut words = enter.iter();
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg(program);
        command
    }

    pub(super) fn namespace_file(&self, side: Side) -> PathBuf {
        self.0.namespaces.file(side)
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.0.authority
    }

    /// Which server the next one is, from 0.
    pub(super) fn next_server(&self) -> u8 {
        self.0.servers.fetch_add(1, Ordering::Relaxed)
    }

    /// Which client the next one is, from 0.
    pub(super) fn next_client(&self) -> u32 {
        self.0.clients.fetch_add(1, Ordering::Relaxed)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
