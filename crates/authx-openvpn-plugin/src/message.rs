//! The bytes of the protocol. The agent's side of it is `authx_openvpn::shim_socket`.

use crate::environment::Environment;
use crate::log::{Line, Text};
use std::fmt::Write;

/// The version of the protocol that is spoken here.
pub(crate) const VERSION: u16 = 1;
/// The longest message, in bytes, either way.
pub(crate) const MAX_MESSAGE: usize = 65_536;

/// The first message of a connection.
pub(crate) fn hello(out: &mut Vec<u8>, key: &[u8; 32], openvpn: &[u8]) -> Result<(), TooLong> {
    let mut who = Line::new();
    let plugin = env!("CARGO_PKG_VERSION");
    write!(who, "authx-openvpn-plugin/{plugin} openvpn/{}", Text(openvpn)).map_err(|_| TooLong)?;
    fresh(out, b'H')?;
    for part in [&VERSION.to_be_bytes()[..], key, who.as_bytes()] {
        push(out, part)?;
    }
    Ok(())
}

/// A sign-in.
pub(crate) fn login(
    out: &mut Vec<u8>,
    seq: u64,
    attached: u8,
    environment: Environment<'_>,
) -> Result<(), TooLong> {
    fresh(out, b'L')?;
    numbered(out, seq, attached)?;
    environment.variables().try_for_each(|variable| push(out, variable.to_bytes_with_nul()))
}

/// A client's answer to a prompt.
pub(crate) fn response(
    out: &mut Vec<u8>,
    seq: u64,
    environment: Environment<'_>,
) -> Result<(), TooLong> {
    fresh(out, b'C')?;
    numbered(out, seq, 0)?;
    environment.variables().try_for_each(|variable| push(out, variable.to_bytes_with_nul()))
}

/// What became of a sign-in's call.
pub(crate) fn outcome(out: &mut Vec<u8>, seq: u64, used: bool) -> Result<(), TooLong> {
    fresh(out, b'O')?;
    numbered(out, seq, u8::from(used))
}

/// What the agent says.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum FromAgent<'a> {
    Rejected { text: &'a [u8] },
    Reply { seq: u64, reply: Reply<'a> },
}

/// The agent's answer to a sign-in.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Reply<'a> {
    Allow,
    Defer { pending: &'a [u8] },
    Refuse,
}

impl<'a> FromAgent<'a> {
    /// None: nothing that this version knows.
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = message.split_first()?;
        match kind {
            b'R' => {
                let (seq, rest) = rest.split_first_chunk()?;
                let reply = match rest.split_first()? {
                    (b'a', []) => Reply::Allow,
                    (b'r', []) => Reply::Refuse,
                    (b'd', pending) => Reply::Defer { pending },
                    _ => return None,
                };
                Some(Self::Reply { seq: u64::from_be_bytes(*seq), reply })
            }
            b'X' => rest.split_first().map(|(_, text)| Self::Rejected { text }),
            _ => None,
        }
    }
}

/// More than a message holds.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct TooLong;

fn fresh(out: &mut Vec<u8>, kind: u8) -> Result<(), TooLong> {
    out.clear();
    push(out, &[kind])
}

fn numbered(out: &mut Vec<u8>, seq: u64, flags: u8) -> Result<(), TooLong> {
    push(out, &seq.to_be_bytes())?;
    push(out, &[flags])
}

/// Never lets the buffer grow: it was reserved at the start.
fn push(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), TooLong> {
    if bytes.len() > MAX_MESSAGE.min(out.capacity()).saturating_sub(out.len()) {
        return Err(TooLong);
    }
    out.extend_from_slice(bytes);
    Ok(())
}
