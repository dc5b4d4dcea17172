//! The files that OpenVPN made for one sign-in.

use crate::environment::Environment;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, fstat, ftruncate, open};
use rustix::io::{Errno, pwrite};

/// Opened here, since only OpenVPN's own process is sure to reach them (chroot, `PrivateTmp`).
pub(crate) struct Files {
    pub(crate) control: Result<OwnedFd, Errno>,
    reason: Option<OwnedFd>,
    pending: Option<OwnedFd>,
}

impl Files {
    pub(crate) fn open(environment: Environment<'_>) -> Self {
        Self {
            control: open_fresh(environment, "auth_control_file"),
            reason: open_fresh(environment, "auth_failed_reason_file").ok(),
            pending: open_fresh(environment, "auth_pending_file").ok(),
        }
    }

    /// The bits that tell which files come with the message.
    pub(crate) fn attached(&self) -> u8 {
        u8::from(self.control.is_ok())
            | u8::from(self.reason.is_some()) << 1
            | u8::from(self.pending.is_some()) << 2
    }

    /// The files in the order of their bits.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let (control, reason, pending) = (&self.control, &self.reason, &self.pending);
        control.iter().chain(reason).chain(pending).map(AsFd::as_fd)
    }

    /// Tells the user why. Whether it works makes no difference to the refusal.
    pub(crate) fn explain(&self, text: &str) {
        if let Some(reason) = &self.reason {
            let _ = pwrite(reason, text.as_bytes(), 0);
        }
    }

    /// Refuses a sign-in that is still undecided.
    pub(crate) fn refuse(&self, text: &str) {
        let Ok(control) = &self.control else { return };
        if fstat(control).is_ok_and(|stat| stat.st_size == 0) {
            self.explain(text);
            // Where it fails OpenVPN goes on waiting, and refuses at its limit.
            let _ = pwrite(control, b"0", 0);
        }
    }

    /// Hands OpenVPN what to show while the sign-in is open: whole, or not at all.
    pub(crate) fn ask(&self, text: &[u8]) -> bool {
        let Some(pending) = &self.pending else { return false };
        let whole = pwrite(pending, text, 0).is_ok_and(|written| written == text.len());
        if !whole {
            // OpenVPN refuses a sign-in whose text is incomplete.
            let _ = ftruncate(pending, 0);
        }
        whole
    }
}

/// Not through links, not waiting for the other end of a pipe, and never making a file: what
/// OpenVPN has removed stays away.
fn open_fresh(environment: Environment<'_>, name: &str) -> Result<OwnedFd, Errno> {
    let path = environment.value(name).filter(|path| !path.is_empty()).ok_or(Errno::NOENT)?;
    let flags =
        OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = open(path, flags, Mode::empty())?;
    let kind = FileType::from_raw_mode(fstat(&file)?.st_mode);
    if kind == FileType::RegularFile { Ok(file) } else { Err(Errno::INVAL) }
}
