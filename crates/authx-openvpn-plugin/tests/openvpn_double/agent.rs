//! An agent made of plain sockets, which does as each test says.

use rustix::cmsg_space;
use rustix::fd::OwnedFd;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, SocketAddrUnix,
    SocketFlags, SocketType, accept, bind, listen, recvmsg, send, socket_with,
};
use std::fs::{self, File, Permissions};
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

pub(crate) struct Agent {
    dir: PathBuf,
    listener: Arc<OwnedFd>,
}

impl Agent {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap().keep();
        Self::in_directory(dir)
    }

    fn in_directory(dir: PathBuf) -> Self {
        fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.join("instance.key"), format!("{}\n", "0123456789abcdef".repeat(4))).unwrap();
        fs::set_permissions(dir.join("instance.key"), Permissions::from_mode(0o600)).unwrap();
        let path = dir.join("agent.sock");
        let listener =
            socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None);
        let listener = Arc::new(listener.unwrap());
        bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        listen(&listener, 16).unwrap();
        Self { dir, listener }
    }

    pub(crate) fn path(&self) -> String {
        self.dir.join("agent.sock").display().to_string()
    }

    pub(crate) fn key_path(&self) -> PathBuf {
        self.dir.join("instance.key")
    }

    pub(crate) fn accepts(&self) -> Plugin {
        Plugin(Arc::new(accept(&self.listener).unwrap()))
    }

    /// The next plugin, after its hello.
    pub(crate) fn greeted(&self) -> Plugin {
        let plugin = self.accepts();
        assert!(matches!(plugin.hears(), Heard::Hello { version: 1, key, .. } if key == KEY));
        plugin
    }

    /// Answers the first sign-in of the plugin that comes after so many others.
    pub(crate) fn answers_next(&self, answer: impl FnOnce(&Login) + Send + 'static) -> Answered {
        self.answers_after(0, answer)
    }

    pub(crate) fn answers_after(
        &self,
        others: usize,
        answer: impl FnOnce(&Login) + Send + 'static,
    ) -> Answered {
        let agent = Self { dir: self.dir.clone(), listener: self.listener.clone() };
        Answered(thread::spawn(move || {
            for _ in 0..others {
                drop(agent.accepts());
            }
            agent.greeted().answer(answer)
        }))
    }

    /// Takes no plugin from now on, with the word that lies in the box.
    pub(crate) fn turns_all_away(&self, word: Arc<Mutex<String>>) {
        let agent = Self { dir: self.dir.clone(), listener: self.listener.clone() };
        thread::spawn(move || {
            loop {
                let plugin = agent.greeted();
                let text = word.lock().unwrap().clone();
                // It may have gone already.
                let _ = send(&plugin.0, &[b"X", text.as_bytes()].concat(), SendFlags::NOSIGNAL);
            }
        });
    }

    /// Its directory, with a socket that nobody listens on.
    pub(crate) fn dies(self) -> Home {
        Home(self.dir)
    }

    /// As when a service manager clears the directory between two runs.
    pub(crate) fn moves_house(self) -> Self {
        let dir = self.dies().0;
        fs::remove_dir_all(&dir).unwrap();
        fs::create_dir(&dir).unwrap();
        Self::in_directory(dir)
    }
}

pub(crate) struct Home(PathBuf);

impl Home {
    pub(crate) fn rises(self) -> Agent {
        fs::remove_file(self.0.join("agent.sock")).unwrap();
        Agent::in_directory(self.0)
    }
}

/// One plugin's connection.
#[derive(Clone)]
pub(crate) struct Plugin(Arc<OwnedFd>);

impl Plugin {
    pub(crate) fn hears(&self) -> Heard {
        let mut buffer = vec![0; 65_536];
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(8))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let into = &mut [IoSliceMut::new(&mut buffer)];
        let Ok(received) = recvmsg(&self.0, into, &mut control, RecvFlags::CMSG_CLOEXEC) else {
            return Heard::Closed;
        };
        let mut files = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                files.extend(rights.map(File::from));
            }
        }
        self.understand(&buffer[..received.bytes], files)
    }

    pub(crate) fn login(&self) -> Login {
        let Heard::Login(login) = self.hears() else { panic!("no sign-in came") };
        login
    }

    pub(crate) fn outcome(&self) -> (u64, bool) {
        let Heard::Outcome { seq, used } = self.hears() else { panic!("no outcome came") };
        (seq, used)
    }

    /// Answers the next sign-in, while the test signs in.
    pub(crate) fn answers(&self, answer: impl FnOnce(&Login) + Send + 'static) -> Answered {
        let plugin = self.clone();
        Answered(thread::spawn(move || plugin.answer(answer)))
    }

    fn answer(&self, answer: impl FnOnce(&Login)) -> Login {
        let mut login = self.login();
        answer(&login);
        if let Heard::Outcome { seq, used } = self.hears() {
            assert_eq!(seq, login.seq);
            login.used = Some(used);
        }
        login
    }

    fn understand(&self, message: &[u8], files: Vec<File>) -> Heard {
        let Some((&kind, rest)) = message.split_first() else { return Heard::Closed };
        if kind == b'H' {
            return Heard::Hello {
                version: u16::from_be_bytes(rest[..2].try_into().unwrap()),
                key: rest[2..34].try_into().unwrap(),
                who: String::from_utf8(rest[34..].to_vec()).unwrap(),
            };
        }
        let seq = u64::from_be_bytes(rest[..8].try_into().unwrap());
        let (attached, environment) = (rest[8], lines(&rest[9..]));
        match kind {
            b'L' => {
                let (link, used) = (self.clone(), None);
                Heard::Login(Login { seq, attached, environment, files, link, used })
            }
            b'C' => Heard::Response { environment },
            b'O' => Heard::Outcome { seq, used: attached == 1 },
            kind => panic!("the plugin said {kind}"),
        }
    }
}

pub(crate) enum Heard {
    Closed,
    Hello { version: u16, key: [u8; 32], who: String },
    Login(Login),
    Outcome { seq: u64, used: bool },
    Response { environment: Vec<String> },
}

pub(crate) struct Login {
    pub(crate) seq: u64,
    pub(crate) attached: u8,
    pub(crate) environment: Vec<String>,
    files: Vec<File>,
    link: Plugin,
    /// What the plugin said of the reply, once it did.
    pub(crate) used: Option<bool>,
}

impl Login {
    pub(crate) fn reply(&self, reply: &[u8]) {
        self.says(&[b"R", &self.seq.to_be_bytes()[..], reply].concat());
    }

    pub(crate) fn says(&self, bytes: &[u8]) {
        send(&self.link.0, bytes, SendFlags::NOSIGNAL).unwrap();
    }

    /// Writes into the file of that place.
    pub(crate) fn write(&self, place: usize, text: &str) {
        self.files[place].write_all_at(text.as_bytes(), 0).unwrap();
    }
}

pub(crate) struct Answered(JoinHandle<Login>);

impl Answered {
    pub(crate) fn join(self) -> Login {
        self.0.join().unwrap()
    }
}

fn lines(environment: &[u8]) -> Vec<String> {
    let lines = environment.split_inclusive(|&byte| byte == 0);
    lines.map(|line| String::from_utf8(line[..line.len() - 1].to_vec()).unwrap()).collect()
}

/// What `0123456789abcdef` four times says.
pub(crate) const KEY: [u8; 32] = {
    let eight = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    let mut key = [0; 32];
    let mut at = 0;
    while at < 32 {
        key[at] = eight[at % 8];
        at += 1;
    }
    key
};
