//! The directory of the agent's socket, and the key that lies in it.

use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, read};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::fchdir;
use std::ffi::CStr;
use std::fmt::{self, Display, Formatter};
use zeroize::Zeroize;

/// Both are opened once, as root, and kept: later OpenVPN may be another user in another root.
pub(crate) struct Home {
    path: SocketPath,
    directory: OwnedFd,
    key: [u8; 32],
}

impl Home {
    pub(crate) fn open(argument: &CStr) -> Result<Self, HomeError> {
        let path = SocketPath::parse(argument.to_bytes()).ok_or(HomeError::Argument)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory =
            openat(CWD, path.directory(), flags, Mode::empty()).map_err(HomeError::Directory)?;
        let key = read_key(&directory)?;
        Ok(Self { path, directory, key })
    }

    pub(crate) fn is_at(&self, argument: &CStr) -> bool {
        self.path.whole() == argument.to_bytes()
    }

    pub(crate) fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Connects without waiting.
    pub(crate) fn connect(&self) -> Result<OwnedFd, Errno> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        match self.connect_from_within(&socket) {
            // The directory was made anew since, or there is no way back from it: by its path,
            // which is the same place unless OpenVPN lives in another root.
            Err(Errno::NOENT | Errno::ACCESS) => {
                connect(&socket, &SocketAddrUnix::new(self.path.whole())?)?;
            }
            connected => connected?,
        }
        Ok(socket)
    }

    /// An address has no place for a directory's descriptor; so OpenVPN's one thread goes there
    /// and back. The way back is tried first: after OpenVPN gave up being root it may be closed.
    fn connect_from_within(&self, socket: &OwnedFd) -> Result<(), Errno> {
        let address = SocketAddrUnix::new(self.path.file())?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let here = openat(CWD, c".", flags, Mode::empty())?;
        fchdir(&here)?;
        fchdir(&self.directory)?;
        let connected = connect(socket, &address);
        fchdir(&here)?;
        connected
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

fn read_key(directory: &OwnedFd) -> Result<[u8; 32], HomeError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = openat(directory, c"instance.key", flags, Mode::empty()).map_err(HomeError::Key)?;
    let mut text = [0; KEY_TEXT + 1];
    let mut used = 0;
    while let Some(rest) = text.get_mut(used..).filter(|rest| !rest.is_empty()) {
        match read(&file, rest).map_err(HomeError::Key)? {
            0 => break,
            more => used += more,
        }
    }
    let key = text.get(..used).and_then(parse_key).ok_or(HomeError::NoKey);
    text.zeroize();
    key
}

/// 64 hexadecimal digits, and a line's end.
fn parse_key(text: &[u8]) -> Option<[u8; 32]> {
    let (digits, rest) = text.split_first_chunk::<64>()?;
    if !matches!(rest, [] | [b'\n']) {
        return None;
    }
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(digits.as_chunks::<2>().0) {
        for &digit in pair {
            *byte = *byte << 4 | u8::try_from(char::from(digit).to_digit(16)?).ok()?;
        }
    }
    Some(key)
}

/// The one argument, taken apart.
struct SocketPath {
    bytes: [u8; PATH],
    used: usize,
    slash: usize,
}

impl SocketPath {
    fn parse(path: &[u8]) -> Option<Self> {
        let slash = path.iter().rposition(|&byte| byte == b'/')?;
        let mut bytes = [0; PATH];
        bytes.get_mut(..path.len())?.copy_from_slice(path);
        let whole = path.starts_with(b"/") && slash + 1 < path.len();
        whole.then_some(Self { bytes, used: path.len(), slash })
    }

    fn whole(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    fn directory(&self) -> &[u8] {
        self.whole().get(..self.slash.max(1)).unwrap_or_default()
    }

    fn file(&self) -> &[u8] {
        self.whole().get(self.slash + 1..).unwrap_or_default()
    }
}

/// Why the plugin cannot begin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HomeError {
    Argument,
    Directory(Errno),
    Key(Errno),
    NoKey,
}

impl Display for HomeError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument => f.write_str(
                "the plugin line needs exactly one argument: the absolute path of the agent's \
                 socket (at most 107 bytes), as in: plugin /path/authx-openvpn-plugin.so \
                 /run/authx-openvpn/agent.sock",
            ),
            Self::Directory(error) => {
                write!(f, "the directory of the agent's socket cannot be opened ({error})")
            }
            Self::Key(error) => {
                write!(f, "instance.key beside the agent's socket cannot be read ({error})")
            }
            Self::NoKey => f.write_str("instance.key beside the agent's socket is not a key"),
        }
    }
}

/// A socket's address holds 108 bytes, a zero byte included.
const PATH: usize = 107;
const KEY_TEXT: usize = 65;
