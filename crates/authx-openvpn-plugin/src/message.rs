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
    attached: u8,
    environment: Environment<'_>,
) -> Result<(), TooLong> {
    fresh(out, b'C')?;
    numbered(out, seq, attached)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use serde_json::Value;
    use std::ffi::{CString, c_char};

    const VECTORS: &str = include_str!("../vectors/messages.json");

    #[test]
    fn says_the_known_messages() {
        for known in list("from_shim") {
            let mut out = Vec::with_capacity(MAX_MESSAGE);
            let text = |name: &str| known[name].as_str().unwrap().to_owned();
            let seq = known["seq"].as_str().map_or(0, |seq| seq.parse().unwrap());
            let said = match known["kind"].as_str().unwrap() {
                "hello" => {
                    let key = HEXLOWER.decode(text("key").as_bytes()).unwrap();
                    let openvpn = text("who").split_once("openvpn/").unwrap().1.to_owned();
                    hello(&mut out, &key.try_into().unwrap(), openvpn.as_bytes())
                }
                "login" => {
                    let attached = known["attached"].as_u64().unwrap().try_into().unwrap();
                    with(&known, |environment| login(&mut out, seq, attached, environment))
                }
                "response" => {
                    let attached = known["attached"].as_u64().unwrap().try_into().unwrap();
                    with(&known, |environment| response(&mut out, seq, attached, environment))
                }
                "outcome" => outcome(&mut out, seq, known["used"].as_bool().unwrap()),
                kind => panic!("{kind}"),
            };
            said.unwrap();
            let mut expected = HEXLOWER.decode(text("hex").as_bytes()).unwrap();
            if expected[0] == b'H' {
                // The known message was said by the first release.
                let who =
                    text("who").replace("/0.1.0 ", &format!("/{} ", env!("CARGO_PKG_VERSION")));
                expected.splice(35.., who.into_bytes());
            }
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn understands_the_known_messages() {
        for known in list("from_agent") {
            let bytes = HEXLOWER.decode(known["hex"].as_str().unwrap().as_bytes()).unwrap();
            let seq = known["seq"].as_str().map_or(0, |seq| seq.parse().unwrap());
            let text = |name: &str| known[name].as_str().unwrap().as_bytes();
            let expected = match known["kind"].as_str().unwrap() {
                "allow" => FromAgent::Reply { seq, reply: Reply::Allow },
                "refuse" => FromAgent::Reply { seq, reply: Reply::Refuse },
                "defer" => {
                    FromAgent::Reply { seq, reply: Reply::Defer { pending: text("pending") } }
                }
                "rejected" => FromAgent::Rejected { text: text("text") },
                kind => panic!("{kind}"),
            };
            assert_eq!(FromAgent::parse(&bytes), Some(expected));
        }
    }

    #[test]
    fn understands_nothing_else() {
        let short = b"R\0\0\0\0\0\0\0";
        for unknown in [
            &b""[..],
            b"X",
            b"R",
            short,
            b"R\0\0\0\0\0\0\0\x01",
            b"R\0\0\0\0\0\0\0\x01z",
            b"R\0\0\0\0\0\0\0\x01a and more",
            b"L\0\0\0\0\0\0\0\x01\x07",
        ] {
            assert_eq!(FromAgent::parse(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn a_message_never_outgrows_its_buffer() {
        let mut out = Vec::with_capacity(MAX_MESSAGE);
        let room = MAX_MESSAGE - 10;
        for (length, said) in [(room, Ok(())), (room + 1, Err(TooLong))] {
            let list = [CString::new(vec![b'x'; length - 1]).unwrap()];
            let pointers = list_of(&list);
            // SAFETY: the list and its strings outlive the call, and it ends with a null pointer.
            let environment = unsafe { Environment::from_raw(pointers.as_ptr()) };
            assert_eq!(login(&mut out, 1, 0, environment), said);
            assert_eq!(out.capacity(), MAX_MESSAGE);
        }
    }

    fn list(name: &str) -> Vec<Value> {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        vectors[name].as_array().unwrap().clone()
    }

    fn with<T>(known: &Value, rule: impl FnOnce(Environment<'_>) -> T) -> T {
        let variables = known["environment"].as_array().unwrap().iter();
        let list: Vec<_> =
            variables.map(|line| CString::new(line.as_str().unwrap()).unwrap()).collect();
        let pointers = list_of(&list);
        // SAFETY: the list and its strings outlive the call, and it ends with a null pointer.
        rule(unsafe { Environment::from_raw(pointers.as_ptr()) })
    }

    fn list_of(list: &[CString]) -> Vec<*const c_char> {
        list.iter().map(|line| line.as_ptr()).chain([std::ptr::null()]).collect()
    }
}
