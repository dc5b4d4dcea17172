//! The bytes of the protocol, as values and back.

use thiserror::Error;

/// A message from a plugin as it lies in the buffer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Frame<'a> {
    Hello { version: u16, key: [u8; 32], who: &'a str },
    Login { seq: u64, attached: Attached, environment: &'a [u8] },
    Outcome { seq: u64, used: bool },
    Response { seq: u64, attached: Attached, environment: &'a [u8] },
}

impl<'a> Frame<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, FrameError> {
        let (&kind, rest) = message.split_first().ok_or(FrameError::Short)?;
        match kind {
            b'H' => Self::hello(rest),
            b'L' => {
                let (seq, flags, environment) = numbered(rest)?;
                let attached = Attached::of(flags)?;
                Ok(Self::Login { seq, attached, environment: variables(environment)? })
            }
            b'C' => {
                let (seq, flags, environment) = numbered(rest)?;
                let attached = Attached::of(flags)?;
                Ok(Self::Response { seq, attached, environment: variables(environment)? })
            }
            b'O' => match numbered(rest)? {
                (seq, used @ (0 | 1), []) => Ok(Self::Outcome { seq, used: used == 1 }),
                (_, 0 | 1, _) => Err(FrameError::Long),
                (_, flags, _) => Err(FrameError::Flags(flags)),
            },
            kind => Err(FrameError::Kind(kind)),
        }
    }

    /// Other versions may say more after the key, or nothing that this one can read; only the
    /// place of version and key is fixed for ever.
    fn hello(rest: &'a [u8]) -> Result<Self, FrameError> {
        let (version, rest) = rest.split_first_chunk().ok_or(FrameError::Short)?;
        let (key, who) = rest.split_first_chunk().ok_or(FrameError::Short)?;
        let who = str::from_utf8(who).map_err(|_| FrameError::Text)?;
        Ok(Self::Hello { version: u16::from_be_bytes(*version), key: *key, who })
    }
}

/// Which files come with a login or an answer, in this order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Attached {
    pub(super) control: bool,
    pub(super) reason: bool,
    pub(super) pending: bool,
}

impl Attached {
    fn of(flags: u8) -> Result<Self, FrameError> {
        if flags & !0b111 != 0 {
            return Err(FrameError::Flags(flags));
        }
        let has = |bit: u8| flags & bit != 0;
        Ok(Self { control: has(1), reason: has(2), pending: has(4) })
    }

    pub(super) fn count(self) -> usize {
        [self.control, self.reason, self.pending].into_iter().map(usize::from).sum()
    }
}

fn numbered(rest: &[u8]) -> Result<(u64, u8, &[u8]), FrameError> {
    let (seq, rest) = rest.split_first_chunk().ok_or(FrameError::Short)?;
    let (&flags, rest) = rest.split_first().ok_or(FrameError::Short)?;
    Ok((u64::from_be_bytes(*seq), flags, rest))
}

/// Each variable ends with a zero byte: what does not was cut off somewhere.
fn variables(environment: &[u8]) -> Result<&[u8], FrameError> {
    match environment.last() {
        None | Some(0) => Ok(environment),
        Some(_) => Err(FrameError::Short),
    }
}

/// What the agent says to a plugin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ToShim {
    /// The connection is of no use; the agent closes it after this.
    Rejected {
        /// Why, for the plugin.
        why: Rejection,
        /// Why, for OpenVPN's log.
        text: String,
    },
    /// The answer to a login, if it comes while the plugin waits.
    Reply {
        /// The number that the login came with.
        seq: u64,
        /// What OpenVPN is to do.
        reply: InCall,
    },
}

impl ToShim {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Rejected { why, text } => [b"X", &[why.byte()][..], text.as_bytes()].concat(),
            Self::Reply { seq, reply } => {
                let text = reply.pending().as_bytes();
                [b"R", &seq.to_be_bytes()[..], &[reply.byte()], text].concat()
            }
        }
    }
}

/// An answer inside OpenVPN's call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InCall {
    /// The login is let in.
    Allow,
    /// The verdict comes later, through the control file.
    Defer {
        /// What the plugin writes into the pending file, which OpenVPN reads right after the call.
        pending: Option<String>,
    },
    /// The login is refused. The reason has to stand in its file before this is said.
    Refuse,
}

impl InCall {
    fn byte(&self) -> u8 {
        match self {
            Self::Allow => b'a',
            Self::Defer { .. } => b'd',
            Self::Refuse => b'r',
        }
    }

    fn pending(&self) -> &str {
        match self {
            Self::Defer { pending: Some(text) } => text,
            Self::Allow | Self::Defer { pending: None } | Self::Refuse => "",
        }
    }
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rejection {
    /// It does not know the instance key.
    Key,
    /// More connections than the agent holds.
    TooMany,
    /// It speaks another version of the protocol.
    Version,
}

impl Rejection {
    fn byte(self) -> u8 {
        match self {
            Self::Version => 1,
            Self::Key => 2,
            Self::TooMany => 3,
        }
    }
}

/// A message that no plugin sends.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum FrameError {
    /// A bit or value that this version does not have.
    #[error("unknown flags {0:#04x}")]
    Flags(u8),
    /// A kind that this version does not have.
    #[error("unknown kind of message {0:#04x}")]
    Kind(u8),
    /// Bytes behind the end.
    #[error("bytes behind the end of the message")]
    Long,
    /// It ends too early.
    #[error("the message ends too early")]
    Short,
    /// What should be text is none.
    #[error("the name is not UTF-8")]
    Text,
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use serde_json::Value;

    const VECTORS: &str = include_str!("../../../authx-openvpn-plugin/vectors/messages.json");

    #[test]
    fn understands_the_known_messages() {
        for known in list("from_shim") {
            let bytes = HEXLOWER.decode(text(&known, "hex").as_bytes()).unwrap();
            let environment: Vec<u8> = known["environment"]
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|line| [line.as_str().unwrap().as_bytes(), b"\0"].concat())
                .collect();
            let (seq, environment) = (seq(&known), environment.as_slice());
            let expected = match text(&known, "kind") {
                "hello" => Frame::Hello {
                    version: known["version"].as_u64().unwrap().try_into().unwrap(),
                    key: HEXLOWER
                        .decode(text(&known, "key").as_bytes())
                        .unwrap()
                        .try_into()
                        .unwrap(),
                    who: text(&known, "who"),
                },
                "login" => {
                    let bits = known["attached"].as_u64().unwrap().try_into().unwrap();
                    Frame::Login { seq, attached: Attached::of(bits).unwrap(), environment }
                }
                "outcome" => Frame::Outcome { seq, used: known["used"].as_bool().unwrap() },
                "response" => {
                    let bits = known["attached"].as_u64().unwrap().try_into().unwrap();
                    Frame::Response { seq, attached: Attached::of(bits).unwrap(), environment }
                }
                kind => panic!("{kind}"),
            };
            assert_eq!(Frame::parse(&bytes), Ok(expected));
        }
    }

    #[test]
    fn says_the_known_messages() {
        for known in list("from_agent") {
            let seq = seq(&known);
            let said = match text(&known, "kind") {
                "allow" => ToShim::Reply { seq, reply: InCall::Allow },
                "refuse" => ToShim::Reply { seq, reply: InCall::Refuse },
                "defer" => {
                    let pending = Some(text(&known, "pending").to_owned());
                    ToShim::Reply { seq, reply: InCall::Defer { pending } }
                }
                "rejected" => ToShim::Rejected {
                    why: match known["why"].as_u64().unwrap() {
                        1 => Rejection::Version,
                        2 => Rejection::Key,
                        _ => Rejection::TooMany,
                    },
                    text: text(&known, "text").to_owned(),
                },
                kind => panic!("{kind}"),
            };
            assert_eq!(HEXLOWER.encode(&said.to_bytes()), text(&known, "hex"));
        }
    }

    fn list(name: &str) -> Vec<Value> {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        vectors[name].as_array().unwrap().clone()
    }

    fn text<'a>(known: &'a Value, name: &str) -> &'a str {
        known[name].as_str().unwrap()
    }

    fn seq(known: &Value) -> u64 {
        known["seq"].as_str().map_or(0, |seq| seq.parse().unwrap())
    }
}
