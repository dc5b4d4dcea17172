//! The files through which OpenVPN takes a late verdict, as descriptors that the plugin opened.
//!
//! They are written through the descriptors, never by name: the plugin may live in another root,
//! another mount namespace and under another user.

use super::frames::Attached;
use rustix::fd::OwnedFd;
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, ftruncate};
use rustix::io::pwrite;
use std::io;
use thiserror::Error;

/// The files of one login.
#[derive(Debug)]
pub struct Files {
    control: OwnedFd,
    reason: Option<OwnedFd>,
    pending: bool,
}

impl Files {
    pub(super) fn take(attached: Attached, came: Vec<OwnedFd>) -> Result<Self, FilesError> {
        if came.len() != attached.count() {
            return Err(FilesError::Number { announced: attached.count(), came: came.len() });
        }
        let examined = came.iter().map(examine).collect::<Result<Vec<_>, _>>()?;
        let mut came = came.into_iter().zip(examined);
        let mut next = |attached: bool| attached.then(|| came.next()).flatten();
        let (control, named) = next(attached.control).ok_or(FilesError::Missing)?;
        if !named {
            return Err(FilesError::Gone);
        }
        let reason = next(attached.reason).map(|(reason, _)| reason);
        // OpenVPN removes the pending file as soon as the call is over: who reads the message
        // later than that finds one without a name.
        let pending = next(attached.pending).is_some_and(|(_, named)| named);
        Ok(Self { control, reason, pending })
    }

    /// Whether the plugin can hand a pending text to OpenVPN (2.6 and later).
    pub fn can_ask(&self) -> bool {
        self.pending
    }

    /// Whether OpenVPN has given the login up: it removes the control file then.
    pub fn is_gone(&self) -> bool {
        fstat(&self.control).is_ok_and(|stat| stat.st_nlink == 0)
    }

    /// Lets the login in.
    ///
    /// # Errors
    /// The file cannot be written: OpenVPN goes on waiting, and refuses at its limit.
    pub fn allow(&self) -> io::Result<()> {
        write_all(&self.control, b"1")
    }

    /// Refuses the login: the reason first, since OpenVPN reads it when it sees the verdict.
    ///
    /// # Errors
    /// The verdict cannot be written. A reason that cannot be written keeps no verdict back.
    pub fn refuse(&self, text: &str) -> io::Result<()> {
        let explained = self.explain(text);
        write_all(&self.control, b"0").and(explained)
    }

    /// Writes the reason alone, for a refusal inside OpenVPN's call.
    ///
    /// # Errors
    /// The file cannot be written: the user learns of the refusal, not of its reason.
    pub fn explain(&self, text: &str) -> io::Result<()> {
        let Some(reason) = &self.reason else { return Ok(()) };
        // A reason is read whole: the rest of a longer one before it must not follow.
        ftruncate(reason, 0)?;
        write_all(reason, showable(text).as_bytes())
    }
}

/// A writer on anything but a fresh regular file could be made to block, or to write into a file
/// that the plugin's side has no right to. Says whether the file has a name still.
fn examine(descriptor: &OwnedFd) -> Result<bool, FilesError> {
    let stat = fstat(descriptor).map_err(FilesError::unreadable)?;
    let flags = fcntl_getfl(descriptor).map_err(FilesError::unreadable)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(FilesError::Kind);
    }
    let access = flags & OFlags::RWMODE;
    if flags.contains(OFlags::PATH) || (access != OFlags::WRONLY && access != OFlags::RDWR) {
        return Err(FilesError::Unwritable);
    }
    if stat.st_size != 0 {
        return Err(FilesError::Used);
    }
    if stat.st_nlink > 1 {
        return Err(FilesError::Links);
    }
    Ok(stat.st_nlink == 1)
}

fn write_all(file: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    let mut at = 0;
    while !bytes.is_empty() {
        match pwrite(file, bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                at = at.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A control character makes clients drop the whole message (measured with 2.6.14: it then waits
/// a minute and signs in again).
fn showable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_REASON));
    for character in text.chars() {
        let character = if character.is_control() { ' ' } else { character };
        if shown.len() + character.len_utf8() > MAX_REASON {
            break;
        }
        shown.push(character);
    }
    shown
}

/// OpenVPN sends 1,024 bytes at most, `AUTH_FAILED,` and a zero byte included
/// (openvpn:src/openvpn/push.c, `send_auth_failed`).
const MAX_REASON: usize = 1_011;

/// Descriptors that no verdict can be written to.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum FilesError {
    /// OpenVPN has given the login up and removed the control file.
    #[error("the login is over already")]
    Gone,
    /// A device, pipe, directory or socket.
    #[error("not a regular file")]
    Kind,
    /// It has further names.
    #[error("the file has more than one name")]
    Links,
    /// The system dropped some: too many came, or this process may hold no more.
    #[error("descriptors were lost on the way (too many, or none left in this process)")]
    Lost,
    /// There is no control file.
    #[error("the control file is missing")]
    Missing,
    /// Not as many as the message says.
    #[error("{announced} descriptors announced, {came} came")]
    Number {
        /// As the message says.
        announced: usize,
        /// As they arrived.
        came: usize,
    },
    /// The system says nothing of it.
    #[error("the file cannot be examined: {0}")]
    Unreadable(io::ErrorKind),
    /// Opened for reading only.
    #[error("the file is not open for writing")]
    Unwritable,
    /// There is something in it.
    #[error("the file is not empty")]
    Used,
}

impl FilesError {
    fn unreadable(error: rustix::io::Errno) -> Self {
        Self::Unreadable(error.kind())
    }
}
