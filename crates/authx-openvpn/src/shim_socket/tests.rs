//! The socket as a plugin sees it, and as strangers try it.

use super::*;
use proptest::prelude::{any, prop, proptest};
use rustix::cmsg_space;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix,
    SocketType, connect, recv, sendmsg, socket,
};
use std::fs::{self, File};
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

#[tokio::test]
async fn a_login_comes_with_its_files() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    let files = world.openvpn_files();
    plugin.says(&login(7, 0b111, b"username=alice\0password=x\0"), &files.all());
    let (seq, environment, received) = login_of(&connection).await;
    assert_eq!((seq, environment.as_slice()), (7, &b"username=alice\0password=x\0"[..]));
    let received = received.unwrap();
    assert!(received.can_ask() && !received.is_gone());
    received.refuse("Wrong code.\nTry\u{7}again. [K7QF2M]").unwrap();
    assert_eq!(files.texts(), ["0", "Wrong code. Try again. [K7QF2M]", ""]);
    fs::remove_file(world.at("acf")).unwrap();
    assert!(received.is_gone());
    // A verdict after the end is written to nowhere.
    received.allow().unwrap();
}

#[tokio::test]
async fn replies_arrive_whole_and_in_order() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    let pending = Some("60\ncrtext\nCR_TEXT:R,E:Code".to_owned());
    connection.send(&ToShim::Reply { seq: 1, reply: InCall::Defer { pending } }).unwrap();
    connection.send(&ToShim::Reply { seq: 2, reply: InCall::Refuse }).unwrap();
    assert_eq!(plugin.hears(), b"R\0\0\0\0\0\0\0\x01d60\ncrtext\nCR_TEXT:R,E:Code");
    assert_eq!(plugin.hears(), b"R\0\0\0\0\0\0\0\x02r");
}

#[tokio::test]
async fn an_outcome_comes_without_files_and_an_answer_with_those_of_its_login() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    plugin.says(b"C\0\0\0\0\0\0\0\x02\0crresponse=MTIz\0", &[]);
    plugin.says(b"O\0\0\0\0\0\0\0\x01\0", &[]);
    let Some(FromShim::Response { seq: 2, environment, files }) =
        connection.receive().await.unwrap()
    else {
        panic!("no answer");
    };
    assert_eq!(environment.as_slice(), b"crresponse=MTIz\0");
    assert_eq!(files.unwrap_err(), FilesError::Missing);
    let outcome = connection.receive().await.unwrap();
    assert!(matches!(outcome, Some(FromShim::Outcome { seq: 1, used: false })));
    drop(plugin);
    assert!(connection.receive().await.unwrap().is_none());
}

#[tokio::test]
async fn only_fresh_regular_files_are_taken() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    let files = world.openvpn_files();
    let reading = File::open(world.at("acf")).unwrap();
    let other = || File::create(world.at("other")).unwrap();
    let device = File::options().write(true).open("/dev/null").unwrap();
    let directory = File::open(&world.dir).unwrap();
    let (_end, pipe) = rustix::pipe::pipe().unwrap();
    let path =
        rustix::fs::open(world.at("acf"), rustix::fs::OFlags::PATH, rustix::fs::Mode::empty());
    let (linked, full) = (other(), File::create(world.at("full")).unwrap());
    fs::write(world.at("full"), "1").unwrap();
    fs::hard_link(world.at("other"), world.at("link")).unwrap();
    let cases = [
        (reading.as_fd(), FilesError::Unwritable),
        (path.as_ref().unwrap().as_fd(), FilesError::Unwritable),
        (device.as_fd(), FilesError::Kind),
        (directory.as_fd(), FilesError::Kind),
        (pipe.as_fd(), FilesError::Kind),
        (plugin.0.as_fd(), FilesError::Kind),
        (linked.as_fd(), FilesError::Links),
        (full.as_fd(), FilesError::Used),
    ];
    for (unfit, expected) in cases {
        // The third file is the plugin's to write.
        for place in 0..2 {
            let mut all = files.all();
            all[place] = unfit;
            plugin.says(&login(1, 0b111, b""), &all);
            assert_eq!(login_of(&connection).await.2.unwrap_err(), expected, "place {place}");
        }
    }
}

/// OpenVPN removes the file for a question as soon as its call has ended. With a plugin that does not
/// wait, as in the second after a time-out, that is often before the agent has its turn.
#[tokio::test]
async fn a_login_that_was_already_deferred_is_taken() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    let files = world.openvpn_files();
    fs::remove_file(world.at("apf")).unwrap();
    plugin.says(&login(1, 0b111, b""), &files.all());
    let received = login_of(&connection).await.2.unwrap();
    received.allow().unwrap();
    assert_eq!(fs::read_to_string(world.at("acf")).unwrap(), "1");
}

#[tokio::test]
async fn a_file_that_openvpn_has_removed_ends_a_login_only_where_it_is_the_verdicts() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    let files = world.openvpn_files();
    let gone = File::create(world.at("gone")).unwrap();
    fs::remove_file(world.at("gone")).unwrap();
    let [control, reason, pending] = files.all();
    // As it is once the call is over.
    plugin.says(&login(1, 0b111, b""), &[control, reason, gone.as_fd()]);
    let late = login_of(&connection).await.2.unwrap();
    assert!(!late.can_ask() && !late.is_gone());
    plugin.says(&login(2, 0b111, b""), &[gone.as_fd(), reason, pending]);
    assert_eq!(login_of(&connection).await.2.unwrap_err(), FilesError::Gone);
}

#[tokio::test]
async fn the_number_of_descriptors_must_be_as_said() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    let files = world.openvpn_files();
    let [control, reason, _] = files.all();
    let cases = [
        (0b000, vec![], FilesError::Missing),
        (0b010, vec![reason], FilesError::Missing),
        (0b001, vec![], FilesError::Number { announced: 1, came: 0 }),
        (0b001, vec![control, reason], FilesError::Number { announced: 1, came: 2 }),
        (0b111, vec![control; 4], FilesError::Number { announced: 3, came: 4 }),
        (0b111, vec![control; 200], FilesError::Lost),
    ];
    for (flags, came, expected) in cases {
        plugin.says(&login(1, flags, b""), &came);
        assert_eq!(login_of(&connection).await.2.unwrap_err(), expected, "{expected:?}");
    }
    // The connection is still of use, and nothing of what came was kept.
    plugin.says(&login(2, 0b001, b""), &[control]);
    let taken = login_of(&connection).await.2.unwrap();
    assert!(!taken.can_ask());
    taken.explain("nobody reads this").unwrap();
    let open = fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(open < 200, "{open} descriptors are open");
}

#[tokio::test]
async fn what_is_no_message_ends_the_connection() {
    let world = World::new();
    let files = world.openvpn_files();
    let [control, ..] = files.all();
    let long = login(1, 0, &vec![0; MAX_MESSAGE]);
    let longest = login(1, 0, &vec![0; MAX_MESSAGE - 10]);
    for (bytes, with, fits) in [
        (&b"?"[..], vec![], false),
        (b"L\0\0\0\0\0\0\0\x01", vec![], false),
        (b"L\0\0\0\0\0\0\0\x01\x08", vec![], false),
        (b"L\0\0\0\0\0\0\0\x01\0username=cut", vec![], false),
        (b"O\0\0\0\0\0\0\0\x01\x02", vec![], false),
        (b"O\0\0\0\0\0\0\0\x01\x01", vec![control], false),
        (b"C\0\0\0\0\0\0\0\x01\x08", vec![], false),
        (&long, vec![], false),
        (&longest, vec![], true),
    ] {
        let (plugin, connection) = world.connected().await;
        plugin.says(bytes, &with);
        assert_eq!(connection.receive().await.is_ok(), fits);
    }
}

#[tokio::test]
async fn a_stranger_is_told_and_turned_away() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    plugin.says(&hello(1, &[0; 32]), &[]);
    assert!(matches!(welcome(&connection, &world.key()).await, Err(Unwelcome::Key)));
    assert!(plugin.hears().starts_with(b"X\x02the instance key is not this agent's"));

    let (plugin, connection) = world.connected().await;
    plugin.says(&hello(2, &world.key_bytes()), &[]);
    let refused = welcome(&connection, &world.key()).await;
    assert!(matches!(refused, Err(Unwelcome::Version { theirs: 2, .. })));
    assert!(plugin.hears().starts_with(b"X\x01"));

    let (plugin, connection) = world.connected().await;
    plugin.says(&login(1, 0, b"username=mallory\0"), &[]);
    assert!(matches!(welcome(&connection, &world.key()).await, Err(Unwelcome::NoHello)));

    let (plugin, connection) = world.connected().await;
    plugin.says(&hello(1, &world.key_bytes()), &[]);
    assert_eq!(welcome(&connection, &world.key()).await.unwrap(), "a plugin");
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_not_waited_for() {
    let world = World::new();
    let (_plugin, connection) = world.connected().await;
    assert!(matches!(welcome(&connection, &world.key()).await, Err(Unwelcome::Silent)));
}

#[tokio::test]
async fn a_plugin_that_reads_nothing_holds_nobody_up() {
    let world = World::new();
    let (_plugin, connection) = world.connected().await;
    let full = (0..100_000)
        .find_map(|seq| connection.send(&ToShim::Reply { seq, reply: InCall::Allow }).err());
    assert_eq!(full.unwrap().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_living_agents_socket_is_not_taken_away() {
    let world = World::new();
    let path = world.at("agent.sock");
    let again = Listener::bind(&path).unwrap_err();
    assert_eq!(again.kind(), std::io::ErrorKind::AddrInUse);
    drop(world.listener);
    let listener = Listener::bind(&path).unwrap();
    assert_eq!(listener.directory(), world.dir.path());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o666);
    drop(listener);
    fs::remove_file(&path).unwrap();
    fs::write(&path, "precious").unwrap();
    assert_eq!(Listener::bind(&path).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn the_instance_key_is_made_once_and_kept_from_others() {
    let dir = TempDir::new().unwrap();
    let key = InstanceKey::load_or_make(dir.path()).unwrap();
    let path = dir.path().join("instance.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(key.is(&read_key(&path)) && !key.is(&[0; 32]));
    assert!(InstanceKey::load_or_make(dir.path()).unwrap().is(&read_key(&path)));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(InstanceKey::load_or_make(dir.path()).is_err());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for damaged in ["", "00", &"0".repeat(66), &"g".repeat(64)] {
        fs::write(&path, damaged).unwrap();
        assert!(InstanceKey::load_or_make(dir.path()).is_err(), "{damaged}");
    }
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
    assert!(InstanceKey::load_or_make(dir.path()).is_err());
}

#[tokio::test]
async fn a_long_reason_is_cut_between_characters() {
    let world = World::new();
    let (plugin, connection) = world.connected().await;
    let files = world.openvpn_files();
    plugin.says(&login(1, 0b011, b""), &files.all()[..2]);
    let taken = login_of(&connection).await.2.unwrap();
    taken.explain(&"ü".repeat(2_000)).unwrap();
    assert_eq!(files.texts()[1], "ü".repeat(505));
    taken.explain("short").unwrap();
    assert_eq!(files.texts(), ["", "short", ""]);
}

/// In processes of their own: what is handed over stands in the environment, by number.
#[test]
fn the_socket_that_systemd_holds_is_taken() {
    const CASE: &str = "AUTHX_TEST_INHERITED";
    if let Ok(case) = std::env::var(CASE) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let taken = Listener::inherited();
        match case.as_str() {
            "fit" => {
                let listener = taken.unwrap().unwrap();
                assert!(listener.directory().starts_with("/"));
                let connection = runtime.block_on(listener.accept()).unwrap();
                let first = runtime.block_on(connection.receive()).unwrap();
                assert!(matches!(first, Some(FromShim::Hello { .. })));
            }
            "foreign" => assert!(taken.unwrap().is_none()),
            _ => assert!(taken.is_err()),
        }
        return;
    }
    let dir = TempDir::new().unwrap();
    for (case, kind, listens, pid) in [
        ("fit", SocketType::SEQPACKET, true, "$$"),
        ("deaf", SocketType::SEQPACKET, false, "$$"),
        ("stream", SocketType::STREAM, true, "$$"),
        ("foreign", SocketType::SEQPACKET, true, "1"),
    ] {
        let address = SocketAddrUnix::new(dir.path().join(case)).unwrap();
        let held = socket(AddressFamily::UNIX, kind, None).unwrap();
        rustix::net::bind(&held, &address).unwrap();
        let plugin = Plugin(socket(AddressFamily::UNIX, kind, None).unwrap());
        if listens {
            rustix::net::listen(&held, 1).unwrap();
            connect(&plugin.0, &address).unwrap();
            plugin.says(&hello(1, &[0; 32]), &[]);
        }
        let test = "shim_socket::tests::the_socket_that_systemd_holds_is_taken";
        let script = format!("exec 3<&0; LISTEN_FDS=1 LISTEN_PID={pid} exec \"$0\" --exact {test}");
        let child = std::process::Command::new("sh")
            .args(["-c", &script])
            .arg(std::env::current_exe().unwrap())
            .env(CASE, case)
            .stdin(std::process::Stdio::from(held))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && said.contains("1 passed"), "{case}: {said}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_none(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = frames::Frame::parse(&bytes);
    }

    #[test]
    fn cut_messages_are_none(at in 0_usize..100, kind in 0_usize..3) {
        let whole = [hello(1, &[7; 32]), login(1, 0, b"a=b\0"), b"O\0\0\0\0\0\0\0\x01\x01".to_vec()];
        let cut = &whole[kind][..at.min(whole[kind].len() - 1)];
        let fixed = [35, 10, 10][kind];
        if cut.len() < fixed || kind == 1 && cut.len() > fixed {
            assert!(frames::Frame::parse(cut).is_err());
        }
    }
}

/// An agent's socket, and the plugins that come to it.
struct World {
    dir: TempDir,
    listener: Listener,
}

impl World {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let listener = Listener::bind(&dir.path().join("agent.sock")).unwrap();
        Self { dir, listener }
    }

    async fn connected(&self) -> (Plugin, Connection) {
        let plugin = socket(AddressFamily::UNIX, SocketType::SEQPACKET, None).unwrap();
        connect(&plugin, &SocketAddrUnix::new(self.at("agent.sock")).unwrap()).unwrap();
        (Plugin(plugin), self.listener.accept().await.unwrap())
    }

    fn openvpn_files(&self) -> OpenVpnFiles {
        let made = ["acf", "afr", "apf"].map(|name| File::create(self.at(name)).unwrap());
        OpenVpnFiles { made, paths: ["acf", "afr", "apf"].map(|name| self.at(name)) }
    }

    fn key(&self) -> InstanceKey {
        InstanceKey::load_or_make(self.listener.directory()).unwrap()
    }

    fn key_bytes(&self) -> [u8; 32] {
        read_key(&self.at("instance.key"))
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }
}

struct OpenVpnFiles {
    made: [File; 3],
    paths: [std::path::PathBuf; 3],
}

impl OpenVpnFiles {
    fn all(&self) -> [BorrowedFd<'_>; 3] {
        self.made.each_ref().map(AsFd::as_fd)
    }

    fn texts(&self) -> [String; 3] {
        self.paths.each_ref().map(|path| fs::read_to_string(path).unwrap())
    }
}

struct Plugin(OwnedFd);

impl Plugin {
    fn says(&self, bytes: &[u8], files: &[BorrowedFd<'_>]) {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(200))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !files.is_empty() {
            assert!(control.push(SendAncillaryMessage::ScmRights(files)));
        }
        sendmsg(&self.0, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL).unwrap();
    }

    fn hears(&self) -> Vec<u8> {
        let mut buffer = vec![0; MAX_MESSAGE];
        let (_, length) = recv(&self.0, &mut buffer[..], RecvFlags::empty()).unwrap();
        buffer.truncate(length);
        buffer
    }
}

async fn login_of(connection: &Connection) -> (u64, Vec<u8>, Result<Files, FilesError>) {
    match connection.receive().await.unwrap() {
        Some(FromShim::Login { seq, environment, files }) => (seq, environment.to_vec(), files),
        other => panic!("{other:?}"),
    }
}

fn hello(version: u16, key: &[u8; 32]) -> Vec<u8> {
    [b"H", &version.to_be_bytes()[..], key, b"a plugin"].concat()
}

fn login(seq: u64, flags: u8, environment: &[u8]) -> Vec<u8> {
    [b"L", &seq.to_be_bytes()[..], &[flags], environment].concat()
}

fn read_key(path: &Path) -> [u8; 32] {
    let text = fs::read_to_string(path).unwrap();
    data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap().try_into().unwrap()
}
