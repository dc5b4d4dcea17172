//! A connection with the agent, on which nothing waits longer than it was told to.

use crate::moment::Moment;
use rustix::cmsg_space;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recv, sendmsg};
use std::io::IoSlice;
use std::mem::MaybeUninit;

/// What can become of a try to read.
pub(crate) enum Received {
    /// The connection is of no more use.
    Closed,
    /// So many bytes lie in the buffer.
    Message(usize),
    /// There is nothing, and the time is over.
    Nothing,
}

/// Sends a whole message with descriptors, at once or not at all.
pub(crate) fn send<'a>(
    link: &OwnedFd,
    message: &[u8],
    files: impl Iterator<Item = BorrowedFd<'a>>,
) -> Result<(), Errno> {
    // Places that stay free hold the link itself, and are not sent.
    let mut places = [link.as_fd(); MAX_FILES];
    let mut count = 0;
    for (place, file) in places.iter_mut().zip(files) {
        *place = file;
        count += 1;
    }
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if let Some(files @ [_, ..]) = places.get(..count) {
        // The space is made for as many as there can be.
        control.push(SendAncillaryMessage::ScmRights(files));
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    again(|| sendmsg(link, &[IoSlice::new(message)], &mut control, flags))?;
    Ok(())
}

/// Reads the next message, waiting until then; not at all without a moment. A message that is longer
/// than the buffer has its full length, so that nobody takes its beginning for the whole.
pub(crate) fn receive(link: &OwnedFd, buffer: &mut [u8], until: Option<Moment>) -> Received {
    let mut reset = false;
    loop {
        let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
        match again(|| recv(link, &mut *buffer, flags)) {
            Ok((_, 0)) => return Received::Closed,
            Ok((_, length)) => return Received::Message(length),
            Err(Errno::AGAIN) => {}
            // The agent closed without reading on. What it said before can still be read.
            Err(Errno::CONNRESET) if !reset => {
                reset = true;
                continue;
            }
            Err(_) => return Received::Closed,
        }
        let Some(until) = until else { return Received::Nothing };
        match poll(&mut [PollFd::new(link, PollFlags::IN)], Some(&until.left())) {
            // A signal for OpenVPN, which looks at it after the call.
            Err(Errno::INTR) => {}
            Ok(0) | Err(_) => return Received::Nothing,
            Ok(_) => {}
        }
    }
}

fn again<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            done => return done,
        }
    }
}

/// Control, reason, pending.
const MAX_FILES: usize = 3;
