//! What happens in OpenVPN's calls.

use crate::agent_link::{self, Received};
use crate::environment::Environment;
use crate::ffi::{self, Opening};
use crate::files::Files;
use crate::home::{Home, HomeError};
use crate::log::{self, Level, Line, Text};
use crate::message::{self, FromAgent, MAX_MESSAGE, Reply};
use crate::moment::Moment;
use crate::refusal::{AgentSays, CannotOpen, Refusal};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use std::ffi::{CStr, c_int};
use std::fmt::Write;
use zeroize::Zeroize;

/// All that is kept from call to call.
pub(crate) struct Shim {
    open: bool,
    home: Option<Home>,
    /// The connection with the agent, while there is one.
    link: Option<OwnedFd>,
    seq: u64,
    /// After a time-out hardly anybody waits until then: a slow agent must not cost each sign-in,
    /// and with it every tunnel, 20 milliseconds.
    quiet_until: Option<Moment>,
    openvpn: Line,
    out: Vec<u8>,
    back: Vec<u8>,
}

/// What OpenVPN is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Allowed,
    Deferred,
    Refused,
}

impl Shim {
    pub(crate) const fn new() -> Self {
        Self {
            open: false,
            home: None,
            link: None,
            seq: 0,
            quiet_until: None,
            openvpn: Line::new(),
            out: Vec::new(),
            back: Vec::new(),
        }
    }

    /// Makes ready, and tells which calls are wanted.
    pub(crate) fn open(&mut self, opening: &Opening<'_>) -> Result<c_int, CannotOpen> {
        log::into(opening.log);
        let opened = self.make_ready(opening);
        match &opened {
            Ok(_) => self.call_first(),
            Err(why) => log::say(Level::Error, format_args!("{why}")),
        }
        opened
    }

    /// Before OpenVPN opens the plugin again, or ends.
    pub(crate) fn close(&mut self) {
        self.hang_up();
        self.quiet_until = None;
        self.open = false;
    }

    /// Lets go of the connection: the agent then writes what it has decided into the files.
    pub(crate) fn hang_up(&mut self) {
        self.link = None;
    }

    /// A sign-in.
    pub(crate) fn login(&mut self, environment: Environment<'_>) -> Verdict {
        let files = Files::open(environment);
        self.ask(environment, &files).unwrap_or_else(|refusal| {
            log::say(Level::Error, format_args!("sign-in refused: {refusal}"));
            files.explain(refusal.reason(environment.knows_temporary_failure()));
            Verdict::Refused
        })
    }

    /// A client's answer to a prompt. An agent that does not know the sign-in, because it is not the
    /// one that began it, refuses it through the files that come along; without any agent this does.
    pub(crate) fn response(&mut self, environment: Environment<'_>) {
        let files = Files::open(environment);
        self.seq = self.seq.wrapping_add(1);
        if let Err(refusal) = self.deliver(Call::Response, environment, &files) {
            log::say(Level::Warning, format_args!("a client's answer is lost: {refusal}"));
            files.refuse(refusal.reason(environment.knows_temporary_failure()));
        }
    }

    fn make_ready(&mut self, opening: &Opening<'_>) -> Result<c_int, CannotOpen> {
        if self.open {
            return Err(CannotOpen::Twice);
        }
        let verify = ffi::mask(ffi::AUTH_USER_PASS_VERIFY);
        if opening.type_mask & verify == 0 {
            return Err(CannotOpen::NoSignIns);
        }
        reserve(&mut self.out)?;
        reserve(&mut self.back)?;
        self.back.resize(MAX_MESSAGE, 0);
        let argument = opening.argument.ok_or(CannotOpen::Home(HomeError::Argument))?;
        self.settle(argument)?;
        self.openvpn = Line::new();
        let version = opening.openvpn_version.map_or(&b"unknown"[..], CStr::to_bytes);
        let version = version.get(..version.len().min(VERSION_TEXT)).unwrap_or_default();
        // Fits, since it was cut.
        let _ = write!(self.openvpn, "{}", Text(version));
        self.open = true;
        Ok(verify | opening.type_mask & ffi::mask(ffi::CLIENT_CRRESPONSE))
    }

    /// Opens directory and key; keeps what it has where they cannot be opened any more.
    fn settle(&mut self, argument: &CStr) -> Result<(), CannotOpen> {
        match (Home::open(argument), &self.home) {
            (Ok(home), _) => self.home = Some(home),
            (Err(error), Some(kept)) if kept.is_at(argument) => {
                log::say(Level::Note, format_args!("going on with what was opened first: {error}"));
            }
            (Err(error), _) => return Err(CannotOpen::Home(error)),
        }
        Ok(())
    }

    /// Connects at the start already, so that whoever looks into the log sees whether it works.
    fn call_first(&mut self) {
        match self.connect() {
            Ok(()) => log::say(Level::Note, format_args!("connected with the agent")),
            Err(why) => log::say(
                Level::Warning,
                format_args!("{why}; sign-ins are refused until this is put right"),
            ),
        }
    }

    fn ask(&mut self, environment: Environment<'_>, files: &Files) -> Result<Verdict, Refusal> {
        if let Err(error) = &files.control {
            return Err(Refusal::NoControlFile(*error));
        }
        let quiet = self.quiet_until.is_some_and(|quiet| Moment::now() < quiet);
        let until = Moment::now().plus_millis(if quiet { QUIET_WAIT_MILLIS } else { WAIT_MILLIS });
        self.seq = self.seq.wrapping_add(1);
        self.deliver(Call::Login, environment, files)?;
        let verdict = match self.wait(until, files)? {
            Waited::Done(verdict) => verdict,
            Waited::Broken => {
                // The agent ended meanwhile. Its successor may already be listening.
                self.hang_up();
                self.deliver(Call::Login, environment, files)?;
                match self.wait(until, files)? {
                    Waited::Done(verdict) => verdict,
                    Waited::Broken => return Err(self.lost()),
                }
            }
        };
        Ok(verdict)
    }

    /// Sends it, over a new connection where the last one is no longer any good.
    fn deliver(
        &mut self,
        call: Call,
        environment: Environment<'_>,
        files: &Files,
    ) -> Result<(), Refusal> {
        self.clear_up();
        if self.link.is_some() {
            match self.send(call, environment, files) {
                Err(Refusal::Send(error)) if is_end(error) => self.hang_up(),
                sent => return sent,
            }
        }
        self.connect()?;
        match self.send(call, environment, files) {
            Err(Refusal::Send(error)) if is_end(error) => match self.clear_up() {
                Left::Rejected => Err(Refusal::Rejected),
                Left::Nothing => Err(Refusal::NoAgent(error)),
            },
            sent => sent,
        }
    }

    fn send(
        &mut self,
        call: Call,
        environment: Environment<'_>,
        files: &Files,
    ) -> Result<(), Refusal> {
        let Some(link) = &self.link else { return Err(Refusal::NoAgent(Errno::NOTCONN)) };
        let write = match call {
            Call::Login => message::login,
            Call::Response => message::response,
        };
        let sent = write(&mut self.out, self.seq, files.attached(), environment)
            .map_err(Refusal::from)
            .and_then(|()| Ok(agent_link::send(link, &self.out, files.in_order())?));
        wipe(&mut self.out);
        sent
    }

    fn connect(&mut self) -> Result<(), Refusal> {
        self.link = None;
        let Some(home) = &self.home else { return Err(Refusal::NoAgent(Errno::NOENT)) };
        let link = home.connect().map_err(Refusal::NoAgent)?;
        let hello = message::hello(&mut self.out, home.key(), self.openvpn.as_bytes());
        let sent = hello
            .map_err(Refusal::from)
            .and_then(|()| Ok(agent_link::send(&link, &self.out, std::iter::empty())?));
        wipe(&mut self.out);
        sent?;
        self.link = Some(link);
        Ok(())
    }

    /// Reads what came after its call had ended. What the agent said too late it also learns by
    /// the outcome; but it may have closed the connection, or said why it will not have it.
    fn clear_up(&mut self) -> Left {
        while let Some(link) = &self.link {
            match agent_link::receive(link, &mut self.back, None) {
                Received::Nothing => break,
                Received::Closed => self.hang_up(),
                Received::Message(length) => {
                    if let Some(FromAgent::Rejected { text }) =
                        self.back.get(..length).and_then(FromAgent::parse)
                    {
                        log::say(Level::Error, format_args!("{}", AgentSays(text)));
                        self.hang_up();
                        return Left::Rejected;
                    }
                }
            }
        }
        Left::Nothing
    }

    /// Waits for the answer to the sign-in that was sent last.
    fn wait(&mut self, until: Moment, files: &Files) -> Result<Waited, Refusal> {
        loop {
            let Some(link) = &self.link else { return Ok(Waited::Broken) };
            let length = match agent_link::receive(link, &mut self.back, Some(until)) {
                Received::Closed => return Ok(Waited::Broken),
                Received::Nothing => {
                    if self.quiet_until.is_none_or(|quiet| quiet <= Moment::now()) {
                        self.quiet_until = Some(Moment::now().plus_millis(QUIET_MILLIS));
                    }
                    return Ok(Waited::Done(self.end_call(false, Verdict::Deferred)));
                }
                Received::Message(length) => length,
            };
            let (used, verdict) = match self.back.get(..length).and_then(FromAgent::parse) {
                Some(FromAgent::Reply { seq, .. }) if seq != self.seq => continue,
                Some(FromAgent::Reply { reply: Reply::Allow, .. }) => (true, Verdict::Allowed),
                Some(FromAgent::Reply { reply: Reply::Refuse, .. }) => (true, Verdict::Refused),
                Some(FromAgent::Reply { reply: Reply::Defer { pending }, .. }) => {
                    (pending.is_empty() || files.ask(pending), Verdict::Deferred)
                }
                Some(FromAgent::Rejected { text }) => {
                    log::say(Level::Error, format_args!("{}", AgentSays(text)));
                    self.hang_up();
                    return Err(Refusal::Rejected);
                }
                None => {
                    self.hang_up();
                    return Err(Refusal::NotUnderstood);
                }
            };
            return Ok(Waited::Done(self.end_call(used, verdict)));
        }
    }

    /// Tells the agent what became of the call. If that cannot be said, the connection is let go:
    /// its end tells the agent the same as "too late".
    fn end_call(&mut self, used: bool, verdict: Verdict) -> Verdict {
        let Some(link) = &self.link else { return verdict };
        let told = message::outcome(&mut self.out, self.seq, used).is_ok()
            && agent_link::send(link, &self.out, std::iter::empty()).is_ok();
        if !told {
            self.hang_up();
        }
        verdict
    }

    fn lost(&mut self) -> Refusal {
        self.hang_up();
        Refusal::NoAgent(Errno::CONNRESET)
    }
}

/// What is sent with the files of a sign-in.
#[derive(Clone, Copy)]
enum Call {
    Login,
    Response,
}

/// What lay on the connection.
enum Left {
    Nothing,
    Rejected,
}

/// What waiting for an answer came to.
enum Waited {
    Broken,
    Done(Verdict),
}

fn is_end(error: Errno) -> bool {
    matches!(error, Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN)
}

fn reserve(buffer: &mut Vec<u8>) -> Result<(), CannotOpen> {
    buffer.clear();
    buffer.try_reserve_exact(MAX_MESSAGE).map_err(|_| CannotOpen::Memory)
}

/// Passwords have been in it.
fn wipe(buffer: &mut Vec<u8>) {
    buffer.as_mut_slice().zeroize();
    buffer.clear();
}

/// How long a call may take. A healthy agent needs a fraction of a millisecond.
const WAIT_MILLIS: i64 = 20;
const QUIET_MILLIS: i64 = 1_000;
/// Enough for an agent that is well again, which can then still show its question.
const QUIET_WAIT_MILLIS: i64 = 2;
const VERSION_TEXT: usize = 100;
