//! Against a management interface played by the test.

use super::*;
use std::time::Duration;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    time::Instant,
};

const PEER: &str = "192.0.2.7:48105";
const GREETING: &str = ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info";
const DONE: &str = "SUCCESS: client-pending-auth command succeeded";
const IDS: Option<ClientIds> = Some(ClientIds { cid: 7, kid: 1 });

struct Server {
    listener: UnixListener,
    management: Management,
    notices: mpsc::Receiver<Notice>,
    _dir: TempDir,
}

struct Client(BufReader<UnixStream>);

impl Server {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("management.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let (sender, notices) = mpsc::channel(16);
        Self { listener, management: Management::start(path, sender), notices, _dir: dir }
    }

    async fn accept(&self) -> Client {
        Client(BufReader::new(self.listener.accept().await.unwrap().0))
    }

    /// A connection that was greeted.
    async fn connection(&mut self) -> Client {
        let mut client = self.accept().await;
        client.say(GREETING).await;
        assert_eq!(self.notices.recv().await, Some(Notice::Connected));
        client
    }

    async fn wake(&self) -> Result<(), ManagementError> {
        self.management.wake(PEER.parse().unwrap(), IDS).await
    }
}

impl Client {
    async fn say(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line
    }

    async fn sees_the_end(mut self) -> bool {
        let mut rest = Vec::new();
        while let Ok(length) = self.0.read_until(b'\n', &mut rest).await {
            if length == 0 {
                return true;
            }
        }
        true
    }
}

#[tokio::test]
async fn a_client_is_found_and_woken() {
    let mut server = Server::new();
    let mut client = server.connection().await;
    let play = async {
        assert_eq!(client.hear().await, "status 3\n");
        client.say("TITLE\tOpenVPN 2.6.14").await;
        client.say("HEADER\tCLIENT_LIST\tReal Address\tVirtual Address\tClient ID").await;
        client.say(&format!("CLIENT_LIST\t{PEER}\t\t7")).await;
        client.say("END").await;
        assert_eq!(client.hear().await, "client-pending-auth 7 1 \"\" 1800\n");
        client.say(">CLIENT:CR_RESPONSE,7,1,MTEx").await;
        client.say(">CLIENT:ENV,untrusted_port=48105").await;
        client.say(">CLIENT:ENV,untrusted_ip=192.0.2.7").await;
        client.say(">CLIENT:ENV,END").await;
        client.say(DONE).await;
    };
    let peer = PEER.parse().unwrap();
    let (woken, ()) = tokio::join!(server.management.wake(peer, None), play);
    assert_eq!(woken, Ok(()));
    let ids = ClientIds { cid: 7, kid: 1 };
    assert_eq!(server.notices.recv().await, Some(Notice::Response { ids, peer: Some(peer) }));
}

#[tokio::test]
async fn before_the_greeting_there_is_no_connection() {
    let mut server = Server::new();
    let mut client = server.accept().await;
    client.say("ENTER PASSWORD:").await;
    assert_eq!(server.wake().await, Err(ManagementError::NotConnected));
    client.say(GREETING).await;
    assert_eq!(server.notices.recv().await, Some(Notice::Connected));
    assert!(server.management.is_connected());
}

#[tokio::test]
async fn a_lost_connection_is_told_and_made_again() {
    let mut server = Server::new();
    let mut client = server.connection().await;
    let play = async {
        client.hear().await;
        drop(client);
    };
    let (woken, ()) = tokio::join!(server.wake(), play);
    assert_eq!(woken, Err(ManagementError::NotConnected));
    assert_eq!(server.notices.recv().await, Some(Notice::Lost));
    assert_eq!(server.wake().await, Err(ManagementError::NotConnected));
    let mut client = server.connection().await;
    let play = async {
        client.hear().await;
        client.say(DONE).await;
    };
    assert_eq!(tokio::join!(server.wake(), play).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_left() {
    let mut server = Server::new();
    let client = server.connection().await;
    let before = Instant::now();
    assert_eq!(server.wake().await, Err(ManagementError::Silent));
    assert!(before.elapsed() < Duration::from_secs(6));
    assert_eq!(server.notices.recv().await, Some(Notice::Lost));
    assert!(client.sees_the_end().await);
    server.connection().await;
}

#[tokio::test]
async fn whoever_talks_nonsense_is_left() {
    let endless = "x".repeat(100_000);
    for nonsense in [endless.as_str(), DONE] {
        let mut server = Server::new();
        let mut client = server.connection().await;
        // The other side may leave in the midst of it.
        drop(client.0.get_mut().write_all(format!("{nonsense}\n").as_bytes()).await);
        assert_eq!(server.notices.recv().await, Some(Notice::Lost));
        assert!(client.sees_the_end().await);
        server.connection().await;
    }
}

#[tokio::test]
async fn bytes_of_any_kind_do_no_harm() {
    let mut server = Server::new();
    let mut client = server.connection().await;
    for byte in 0..=u8::MAX {
        client.0.get_mut().write_all(&[b'>', byte, byte, b'\n']).await.unwrap();
    }
    let play = async {
        client.hear().await;
        client.say(DONE).await;
    };
    assert_eq!(tokio::join!(server.wake(), play).0, Ok(()));
}

/// The notices of an agent that does not look at them must not stop the commands.
#[tokio::test]
async fn notices_that_nobody_takes_are_dropped() {
    let mut server = Server::new();
    let mut client = server.connection().await;
    for cid in 0..1_000 {
        client.say(&format!(">CLIENT:CR_RESPONSE,{cid},1,")).await;
    }
    let play = async {
        client.hear().await;
        client.say(DONE).await;
    };
    assert_eq!(tokio::join!(server.wake(), play).0, Ok(()));
}

#[tokio::test]
async fn it_connects_when_openvpn_starts_later_and_stops_with_its_owner() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("management.sock");
    let (sender, mut notices) = mpsc::channel(16);
    let management = Management::start(path.clone(), sender);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(!management.is_connected());
    let listener = UnixListener::bind(&path).unwrap();
    let mut client = Client(BufReader::new(listener.accept().await.unwrap().0));
    client.say(GREETING).await;
    assert_eq!(notices.recv().await, Some(Notice::Connected));
    drop(management);
    assert!(client.sees_the_end().await);
    assert_eq!(notices.recv().await, None);
}
