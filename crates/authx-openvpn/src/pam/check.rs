//! One check: the process that loads the modules.
//!
//! It is root's where it is started by systemd, so it keeps to one question from a socket that only
//! the agent may open, and goes when the agent has gone.

use super::{
    Proof, Request, RequestError,
    dialogue::{Dialogue, Heard},
    process::kill_family,
};
use nonstick::{
    AuthnFlags, ConversationAdapter as _, ErrorCode, PamShared as _, Result as PamResult,
    Transaction as _, TransactionBuilder,
    items::{Items as _, ItemsMut as _},
};
use rustix::{
    process::{Resource, Rlimit, getpid, setrlimit},
    stdio::{dup2_stdin, dup2_stdout},
};
use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs::OpenOptions,
    io::{self, Read as _, Write as _},
    os::{fd::AsFd as _, unix::net::UnixStream},
    thread,
    time::Duration,
};

/// Reads one question from the socket that is standard input, asks PAM, and answers.
///
/// # Errors
///
/// When standard input is no socket, or breaks.
pub fn run() -> io::Result<()> {
    let mut socket = take_socket()?;
    // A crash must not write the password to a disk.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    socket.set_read_timeout(Some(QUESTION_PATIENCE))?;
    let proof = match Request::read(&socket) {
        Ok(request) => {
            go_with_the_agent(socket.try_clone()?, request.patience)?;
            judge(&request)
        }
        Err(error) => of_no_question(&error),
    };
    socket.write_all(proof.to_line().as_bytes())
}

/// Takes the socket out of the modules' way, who may read standard input or print.
fn take_socket() -> io::Result<UnixStream> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    socket.local_addr().map_err(|cause| {
        let text = format!("standard input is no socket of the agent's or of systemd's: {cause}");
        io::Error::new(cause.kind(), text)
    })?;
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&nothing)?;
    Ok(socket)
}

/// Ends this process and what modules started, whatever they are waiting for, when the agent hangs
/// up or its time is over.
fn go_with_the_agent(mut socket: UnixStream, patience: Duration) -> io::Result<()> {
    socket.set_read_timeout(Some(patience))?;
    let watch = move || {
        // The agent says nothing more: this ends with its connection or with the time.
        let _ = socket.read(&mut [0]);
        kill_family(getpid());
    };
    thread::Builder::new().name("watch".into()).spawn(watch).map(drop)
}

fn of_no_question(error: &RequestError) -> Proof {
    let detail = error.to_string();
    match error {
        RequestError::NoPassword | RequestError::Password | RequestError::User => {
            Proof::Refused { detail }
        }
        RequestError::Address(_)
        | RequestError::Encoding(_)
        | RequestError::Malformed
        | RequestError::Patience(_)
        | RequestError::Read(_)
        | RequestError::Service(_)
        | RequestError::TooLong
        | RequestError::Version => Proof::Unavailable { detail },
    }
}

fn judge(request: &Request) -> Proof {
    let Request { service, user, password, .. } = request;
    if !service.is_configured() {
        return Proof::Unavailable { detail: format!("there is no /etc/pam.d/{service}") };
    }
    let dialogue = Dialogue::new(user, password);
    let asked = ask(request, &dialogue);
    let heard = dialogue.into_heard();
    match asked {
        Ok(_) if heard.password_prompt.is_none() => Proof::Refused {
            // pam_rootok lets everybody in who is root, and this process is.
            detail: format!("service {service} lets users in without asking for a password"),
        },
        Ok(Some(now)) if !same_person(user, &now) => {
            Proof::Refused { detail: format!("a module of service {service} made it user {now:?}") }
        }
        Ok(_) => Proof::Proved,
        Err(failure) => failure.told(request, &heard),
    }
}

/// Lets PAM judge. Gives the name that the modules left behind.
fn ask(request: &Request, dialogue: &Dialogue<'_>) -> Result<Option<String>, Failure> {
    let at = |phase| move |code| Failure { phase, code };
    let mut pam = TransactionBuilder::new_with_service(request.service.as_str())
        .username(&request.user)
        .build(dialogue.into_conversation())
        .map_err(at("start"))?;
    let rhost = request.rhost.to_canonical().to_string();
    let mut set = || -> PamResult<()> {
        let mut items = pam.items_mut();
        items.set_remote_host(Some(OsStr::new(&rhost)))?;
        items.set_tty_name(Some(OsStr::new("openvpn")))
    };
    set().map_err(at("start"))?;
    pam.authenticate(AuthnFlags::DISALLOW_NULL_AUTHTOK).map_err(at("auth"))?;
    pam.account_management(AuthnFlags::DISALLOW_NULL_AUTHTOK).map_err(at("account"))?;
    let now = pam.items().user().map_err(at("account"))?;
    Ok(now.map(|name| name.to_string_lossy().into_owned()))
}

/// Where and how PAM said no.
struct Failure {
    phase: &'static str,
    code: ErrorCode,
}

impl Failure {
    fn told(&self, request: &Request, heard: &Heard) -> Proof {
        let Self { phase, code } = self;
        let mut detail = format!("{phase} of service {}: {code}", request.service);
        if let Some(question) = &heard.unanswered {
            let advice = "only one password can be typed: take that module out of the service, \
                          AuthX asks for the second factor";
            let _ = write!(detail, "; a module asked {question:?}, and {advice}");
        }
        for text in &heard.said {
            let _ = write!(detail, "; {text:?}");
        }
        if self.is_verdict() || heard.unanswered.is_some() {
            Proof::Refused { detail }
        } else {
            Proof::Unavailable { detail }
        }
    }

    /// Whether it is about the user, and not about the host.
    fn is_verdict(&self) -> bool {
        matches!(
            self.code,
            ErrorCode::AccountExpired
                | ErrorCode::AuthTokExpired
                | ErrorCode::AuthenticationError
                | ErrorCode::CredentialsError
                | ErrorCode::CredentialsExpired
                | ErrorCode::MaxTries
                | ErrorCode::NewAuthTokRequired
                | ErrorCode::PermissionDenied
                | ErrorCode::UserUnknown
        )
    }
}

/// Whether a module only wrote a name in another way, as winbind does: `alice@example.com`,
/// `EXAMPLE\alice`, `Alice`. Another name is another person, who did not type this password.
fn same_person(typed: &str, now: &str) -> bool {
    fn bare(name: &str) -> String {
        let name = name.rsplit_once('\\').map_or(name, |(_, name)| name);
        name.rsplit_once('@').map_or(name, |(name, _)| name).to_lowercase()
    }
    bare(typed) == bare(now)
}

/// How long the agent may take to ask, once connected.
const QUESTION_PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_written_in_another_way_but_not_become_another() {
        for now in ["alice", "Alice", "EXAMPLE\\alice", "alice@example.com"] {
            assert!(same_person("alice", now), "{now}");
            assert!(same_person("EXAMPLE\\alice", now), "{now}");
        }
        assert!(!same_person("alice", "bob"));
        assert!(!same_person("alice", "root"));
        assert!(!same_person("alice@example.com", "guest"));
    }
}
