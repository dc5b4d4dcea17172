//! The socket that plugins connect to.

use super::connection::Connection;
use super::instance_key::InstanceKey;
use listenfd::ListenFd;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, getsockname, listen,
    socket_with, sockopt,
};
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::time::timeout;

/// A listening `SOCK_SEQPACKET` socket.
#[derive(Debug)]
pub struct Listener {
    /// Not of streams, but tokio has no other type for it.
    socket: UnixListener,
    path: PathBuf,
    /// Made here, and not handed over by systemd, which keeps it for the next agent.
    own: bool,
}

impl Listener {
    /// Makes the socket, its directory and the instance key beside it. Whoever may connect is
    /// decided by the key, not by the file's mode: OpenVPN has dropped its rights by then.
    ///
    /// # Errors
    /// Another agent listens there, or one of the three cannot be made.
    pub fn bind(path: &Path) -> io::Result<Self> {
        let dir = path.parent().unwrap_or(Path::new("/"));
        DirBuilder::new().recursive(true).mode(0o755).create(dir)?;
        InstanceKey::load_or_make(dir)?;
        let address = SocketAddrUnix::new(path)?;
        make_way(path, &address)?;
        let socket = fresh_socket()?;
        bind(&socket, &address)?;
        fs::set_permissions(path, Permissions::from_mode(0o666))?;
        listen(&socket, BACKLOG)?;
        Self::of(socket, path.to_path_buf(), true)
    }

    /// Takes the socket that systemd holds; none when this process was not started by one.
    ///
    /// To be called once, before further threads run: it takes the variables out of the
    /// environment, so that no child takes them for its own.
    ///
    /// # Errors
    /// There is a socket, but not a listening `SOCK_SEQPACKET` socket with a name.
    pub fn inherited() -> io::Result<Option<Self>> {
        // The crate takes a missing LISTEN_PID for this process; systemd always names one.
        let ours =
            std::env::var("LISTEN_PID").is_ok_and(|pid| pid.parse() == Ok(std::process::id()));
        if !ours {
            return Ok(None);
        }
        let (family, kind) = (AddressFamily::UNIX.as_raw(), SocketType::SEQPACKET.as_raw());
        let kind = i32::try_from(kind).map_err(io::Error::other)?;
        let mut inherited = ListenFd::from_env();
        let socket: Option<OwnedFd> =
            inherited.take_custom(0, i32::from(family), kind, "unix SOCK_SEQPACKET socket")?;
        let Some(socket) = socket else { return Ok(None) };
        if inherited.len() > 1 {
            return Err(unfit("more than one socket was handed over"));
        }
        if !sockopt::socket_acceptconn(&socket)? {
            return Err(unfit("the socket that was handed over does not listen"));
        }
        let path = bound_to(&socket)?;
        rustix::io::ioctl_fionbio(&socket, true)?;
        Ok(Some(Self::of(socket, path, false)?))
    }

    /// Waits for the next plugin.
    ///
    /// # Errors
    /// The system gives no connection. Most often descriptors are short: wait a moment, try again.
    pub async fn accept(&self) -> io::Result<Connection> {
        let (socket, _) = self.socket.accept().await?;
        Ok(Connection::of(socket))
    }

    /// Lets nobody in any more, and gives whoever connected before: none once there is nobody left.
    /// A socket that systemd holds keeps them for the next agent.
    pub async fn last(&self) -> Option<Connection> {
        if !self.own {
            return None;
        }
        // Gone already on the second call. Who comes now finds nothing, and is refused at once.
        let _ = fs::remove_file(&self.path);
        timeout(LAST, self.accept()).await.ok()?.ok()
    }

    /// The directory of the socket, where the instance key lies.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    fn of(socket: OwnedFd, path: PathBuf, own: bool) -> io::Result<Self> {
        Ok(Self { socket: UnixListener::from_std(socket.into())?, path, own })
    }
}

/// Removes what a dead agent left, but no living one's socket and nothing else.
fn make_way(path: &Path, address: &SocketAddrUnix) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{} exists and is not a socket", path.display()),
            ));
        }
        Ok(_) => {}
    }
    match connect(fresh_socket()?, address) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        Err(error) => Err(error.into()),
        Ok(()) => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("another agent listens on {}", path.display()),
        )),
    }
}

fn fresh_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?)
}

fn bound_to(socket: &OwnedFd) -> io::Result<PathBuf> {
    let address = SocketAddrUnix::try_from(getsockname(socket)?)?;
    let path =
        address.path().ok_or_else(|| unfit("the socket that was handed over has no path"))?;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(path.to_bytes())))
}

fn unfit(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// One waiting connection for each OpenVPN process; the system cuts it to its own limit.
const BACKLOG: i32 = 128;
/// Nobody waits for these: they have connected already.
const LAST: Duration = Duration::from_millis(10);
