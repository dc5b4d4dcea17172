//! Whether the server listens, or could.

use super::Check;
use crate::config::Listen;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

pub(super) fn check(listen: &Listen) -> Vec<Check> {
    let tcp = listen.address.map(tcp);
    let unix = listen.unix_socket.as_deref().map(unix);
    [tcp, unix].into_iter().flatten().collect()
}

fn tcp(address: SocketAddr) -> Check {
    if TcpStream::connect_timeout(&reachable(address), PATIENCE).is_ok() {
        return Check::ok(NAME, format!("a server listens on {address}"));
    }
    let Err(error) = TcpListener::bind(address) else {
        return Check::warn(NAME, format!("no server listens on {address}"), START);
    };
    let found = format!("{address} cannot be listened on: {error}");
    let advice = if error.kind() == ErrorKind::PermissionDenied {
        "let systemd start the server, or give it CAP_NET_BIND_SERVICE"
    } else if error.kind() == ErrorKind::AddrInUse {
        "find out who has the port, as with `ss -lntp`"
    } else {
        "correct listen.address: it must be one of this machine's"
    };
    Check::fail(NAME, found, advice)
}

fn unix(path: &Path) -> Check {
    let name = path.display();
    match (UnixStream::connect(path), path.parent().is_some_and(Path::is_dir)) {
        (Ok(_), _) => Check::ok(NAME, format!("a server listens on {name}")),
        (Err(_), true) => Check::warn(NAME, format!("no server listens on {name}"), START),
        (Err(_), false) => {
            let found = format!("the directory of {name} is not there");
            Check::fail(NAME, found, "make it, or let the unit do so (RuntimeDirectory=authx)")
        }
    }
}

/// Listening on all addresses is reached on the loopback one.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

const NAME: &str = "address";
const START: &str = "start it: authx serve";
const PATIENCE: Duration = Duration::from_secs(2);
