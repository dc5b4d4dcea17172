//! One plugin's connection.

use super::MAX_MESSAGE;
use super::files::{Files, FilesError};
use super::frames::{Frame, FrameError, ToShim};
use rustix::cmsg_space;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendFlags, Shutdown,
    recvmsg, send, shutdown,
};
use rustix::process::{Pid, test_kill_process};
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};
use thiserror::Error;
use tokio::io::Interest;
use tokio::net::UnixStream;
use zeroize::{Zeroize, Zeroizing};

/// A connection with one OpenVPN process.
#[derive(Debug)]
pub struct Connection {
    /// Not a stream, but tokio has no other type for it; only its readiness is used.
    socket: UnixStream,
    /// Kept from message to message, and wiped where one has been: passwords come through here.
    buffer: Mutex<Vec<u8>>,
}

impl Connection {
    pub(super) fn of(socket: UnixStream) -> Self {
        Self { socket, buffer: Mutex::new(vec![0; MAX_MESSAGE]) }
    }

    /// Waits for the next message; none when OpenVPN has closed the connection or ended.
    /// May be dropped and called again without losing a message.
    ///
    /// # Errors
    /// What came is not of this protocol: close the connection.
    pub async fn receive(&self) -> Result<Option<FromShim>, ReceiveError> {
        match self.socket.async_io(Interest::READABLE, || self.take()).await {
            // Ended without reading what was sent to it last.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            received => received?,
        }
    }

    /// Sends without waiting.
    ///
    /// # Errors
    /// The connection is gone, or the plugin has left many messages unread (`WouldBlock`). Either
    /// way the message does not arrive: write the verdict into the control file.
    pub fn send(&self, message: &ToShim) -> io::Result<()> {
        let bytes = Zeroizing::new(message.to_bytes());
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        // A message of a sequenced-packet socket goes whole or not at all.
        send(&self.socket, &bytes, flags)?;
        Ok(())
    }

    /// Whether the process at the other end has ended.
    pub fn peer_has_ended(&self) -> bool {
        let pid = self.socket.peer_cred().ok().and_then(|peer| peer.pid()).and_then(Pid::from_raw);
        // No right to send a signal means that there is somebody to send it to.
        pid.is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH))
    }

    /// Takes nothing that is not on its way already: the plugin goes to the next agent with what
    /// comes after.
    pub fn close_inbox(&self) {
        // Fails where the other end has gone.
        let _ = shutdown(&self.socket, Shutdown::Read);
    }

    fn take(&self) -> io::Result<Result<Option<FromShim>, ReceiveError>> {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_FILES))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let into = &mut [IoSliceMut::new(&mut buffer)];
        let received = recvmsg(&self.socket, into, &mut control, RecvFlags::CMSG_CLOEXEC)?;
        let descriptors = descriptors(&mut control);
        let Some(message) = buffer.get_mut(..received.bytes) else {
            return Ok(Err(ReceiveError::TooLong));
        };
        let understood = understand(message, received.flags, descriptors);
        message.zeroize();
        Ok(understood)
    }
}

fn descriptors(control: &mut RecvAncillaryBuffer<'_>) -> Vec<OwnedFd> {
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    descriptors
}

fn understand(
    message: &[u8],
    flags: ReturnFlags,
    descriptors: Vec<OwnedFd>,
) -> Result<Option<FromShim>, ReceiveError> {
    // Nobody sends an empty message: this is the end of the connection.
    if message.is_empty() && descriptors.is_empty() {
        return Ok(None);
    }
    if flags.contains(ReturnFlags::TRUNC) {
        return Err(ReceiveError::TooLong);
    }
    let frame = Frame::parse(message)?;
    let lost = flags.contains(ReturnFlags::CTRUNC);
    let with_files = matches!(frame, Frame::Login { .. } | Frame::Response { .. });
    if !with_files && (lost || !descriptors.is_empty()) {
        return Err(ReceiveError::Descriptors);
    }
    let files = |attached| {
        if lost { Err(FilesError::Lost) } else { Files::take(attached, descriptors) }
    };
    Ok(Some(match frame {
        Frame::Hello { version, key, who } => FromShim::Hello { version, key, who: who.to_owned() },
        Frame::Login { seq, attached, environment } => FromShim::Login {
            seq,
            environment: Zeroizing::new(environment.to_vec()),
            files: files(attached),
        },
        Frame::Outcome { seq, used } => FromShim::Outcome { seq, used },
        Frame::Response { seq, attached, environment } => FromShim::Response {
            seq,
            environment: Zeroizing::new(environment.to_vec()),
            files: files(attached),
        },
    }))
}

/// What a plugin says.
#[derive(Debug)]
pub enum FromShim {
    /// The first message of a connection.
    Hello {
        /// The version of the protocol that it speaks.
        version: u16,
        /// The instance key that it read.
        key: [u8; 32],
        /// Its own version and OpenVPN's.
        who: String,
    },
    /// OpenVPN asks whether to let someone in.
    Login {
        /// Its number in this connection.
        seq: u64,
        /// `NAME=VALUE`, each with a zero byte behind it.
        environment: Zeroizing<Vec<u8>>,
        /// Where a late verdict is written; without them it has to be refused inside the call.
        files: Result<Files, FilesError>,
    },
    /// What became of a login's call. With `used` unset the login waits for its control file.
    Outcome {
        /// The number of the login.
        seq: u64,
        /// Whether OpenVPN did as the reply said.
        used: bool,
    },
    /// A client answers a prompt.
    Response {
        /// Its number in this connection.
        seq: u64,
        /// As with a login.
        environment: Zeroizing<Vec<u8>>,
        /// The login's files once more, fit for a verdict only while there is none.
        files: Result<Files, FilesError>,
    },
}

/// Nothing more can be had from this connection.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// Descriptors came with a message that has none.
    #[error("descriptors came with a message that has none")]
    Descriptors,
    /// The bytes make no message.
    #[error("not a message of the plugin: {0}")]
    Frame(#[from] FrameError),
    /// The system could not read.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// More than [`MAX_MESSAGE`] bytes.
    #[error("a message of more than {MAX_MESSAGE} bytes")]
    TooLong,
}

/// Control, reason, pending.
const MAX_FILES: usize = 3;
