//! Somebody else on the VPN host, who can open the agent's socket as everybody can.

use crate::house::{House, Plan};
use authx_e2e::{PASSWORD, vpn::ClientOptions};
use rustix::{
    fd::OwnedFd,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect,
        recv, send, socket_with,
    },
};
use std::path::Path;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_key_gets_nowhere_and_keeps_nobody_out() {
    let Some(house) = House::new(Plan::default()).await else { return };
    let alice = house.person("alice").await;
    let mark = house.agent.log().mark();
    let wrong_key = [b"H\0\x01".as_slice(), &[7; 32], b"authx-openvpn-plugin/9 openvpn/9"].concat();
    let guess = b"L\0\0\0\0\0\0\0\x01\x01username=alice\0password=guess\0".to_vec();
    let strangers: Vec<_> = (0..30_u32)
        .map(|number| {
            let stranger = connected(&house.agent.socket());
            let messages = match number % 3 {
                0 => vec![noise(number), guess.clone()],
                1 => vec![wrong_key.clone(), guess.clone()],
                _ => vec![guess.clone(), noise(number)],
            };
            for message in messages {
                // It may have been turned away already.
                let _ = send(&stranger, &message, SendFlags::NOSIGNAL);
            }
            stranger
        })
        .collect();
    let mut client = house.client(ClientOptions::default()).await;
    let outcome = client.static_challenge("alice", PASSWORD, &alice.code()).await;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", house.told());
    for stranger in strangers {
        assert_eq!(heard(&stranger).as_deref().unwrap_or(b"X"), b"X", "turned away, or nothing");
    }
    let log = house.agent.log().since(mark);
    assert_eq!(log.matches("sign-in user=").count(), 1, "{log}");
}

fn connected(path: &Path) -> OwnedFd {
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None).unwrap();
    connect(&socket, &SocketAddrUnix::new(path).unwrap()).unwrap();
    socket
}

/// The kind of the message that came before the connection was closed.
fn heard(stranger: &OwnedFd) -> Option<Vec<u8>> {
    let mut buffer = [0; 512];
    let (_, length) = recv(stranger, &mut buffer, RecvFlags::empty()).ok()?;
    (length > 0).then(|| buffer[..1].to_vec())
}

fn noise(seed: u32) -> Vec<u8> {
    (1..200_u32).flat_map(|n| (n * 97 + seed).wrapping_mul(2_654_435_761).to_be_bytes()).collect()
}
