//! The host's own PAM stack as first factor, in a process of its own.
//!
//! PAM modules are other people's code: they crash, leak, and wait for servers that are away. So
//! each check is one process ([`check`]), which systemd starts as root for a connection to a socket
//! or, where no socket is configured, the agent starts from its own program file.

pub mod check;
mod dialogue;
mod message;
mod process;
mod queue;
mod service;

use message::{Request, RequestError};
use process::Running;
use queue::Queue;
use service::Service;
pub use service::ServiceError;
use std::{
    io,
    net::IpAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    task,
    time::{Instant, timeout_at},
};

/// Checks passwords by PAM. Cloning shares the queue.
#[derive(Clone, Debug)]
pub struct Pam {
    service: Service,
    way: Way,
    patience: Duration,
    queue: Arc<Queue>,
}

impl Pam {
    /// `service` is the name of a file in `/etc/pam.d`. Without a `socket` each check is a process
    /// that this program starts, with this program's rights. No check takes longer than `patience`,
    /// its time in the queue included; eight run at once, four of them for one client's address.
    ///
    /// # Errors
    ///
    /// When `service` cannot be the name of such a file.
    pub fn new(
        service: &str,
        socket: Option<PathBuf>,
        patience: Duration,
    ) -> Result<Self, ServiceError> {
        let way = socket.map_or_else(|| Way::Process(PathBuf::from(THIS_PROGRAM)), Way::Socket);
        let queue = Arc::new(Queue::new(PLACES));
        Ok(Self { service: Service::parse(service)?, way, patience, queue })
    }

    /// Starts checks from another program file than this one. Where a socket is configured, it is
    /// used no more.
    #[must_use]
    pub fn with_program(self, program: PathBuf) -> Self {
        Self { way: Way::Process(program), ..self }
    }

    /// Lets another number of checks run at once; half of them for one client's address.
    #[must_use]
    pub fn with_places(self, places: usize) -> Self {
        Self { queue: Arc::new(Queue::new(places)), ..self }
    }

    /// Whether `password` is that of `user` on this host, and their account may be used now.
    /// Dropping the future ends the check.
    pub async fn prove(&self, user: &str, password: &str, rhost: IpAddr) -> Proof {
        let deadline = Instant::now() + self.patience;
        let Ok(Ok(_place)) = timeout_at(deadline, self.queue.place(rhost)).await else {
            let detail = "the checks before this one took all of its time".to_owned();
            return Proof::Unavailable { detail };
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let request = match Request::new(&self.service, user, password, rhost, left) {
            Ok(request) => request,
            Err(error) => return Proof::Refused { detail: error.to_string() },
        };
        match timeout_at(deadline, self.way.ask(&request)).await {
            Ok(Ok(proof)) => proof,
            Ok(Err(error)) => Proof::Unavailable { detail: error.to_string() },
            Err(_) => {
                let (service, secs) = (&self.service, self.patience.as_secs_f32());
                let detail =
                    format!("a module of service {service} gave no answer within {secs} s");
                Proof::Unavailable { detail }
            }
        }
    }
}

/// What PAM made of a user and a password. Details are for the log, never for the user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Proof {
    /// The password is right, and the account may be used.
    Proved,
    /// Wrong password, unknown user, expired account.
    Refused {
        /// What PAM said.
        detail: String,
    },
    /// Nothing is known about the password.
    Unavailable {
        /// What is wrong, for the operator to repair.
        detail: String,
    },
}

/// How a check is started.
#[derive(Clone, Debug)]
enum Way {
    Process(PathBuf),
    Socket(PathBuf),
}

impl Way {
    async fn ask(&self, request: &Request) -> Result<Proof, AskError> {
        match self {
            Self::Process(program) => ask_process(program, request).await,
            Self::Socket(path) => {
                let connected = UnixStream::connect(path).await;
                let stream = connected.map_err(|cause| AskError::Connect(path.clone(), cause))?;
                let proof = exchange(stream, request).await;
                proof.map_err(AskError::Exchange)?.ok_or(AskError::Ended(None))
            }
        }
    }
}

async fn ask_process(program: &Path, request: &Request) -> Result<Proof, AskError> {
    let program = program.to_owned();
    let started = task::spawn_blocking(move || Running::start(&program)).await;
    let (running, ours) =
        started.map_err(io::Error::from).and_then(|started| started).map_err(AskError::Start)?;
    let ours = UnixStream::from_std(ours).map_err(AskError::Start)?;
    match exchange(ours, request).await {
        Ok(Some(proof)) => Ok(proof),
        Ok(None) => Err(AskError::Ended(running.end().await)),
        Err(cause) => Err(AskError::Exchange(cause)),
    }
}

/// Sends the question and reads the answer; `None` when there is none that can be understood.
async fn exchange(mut stream: UnixStream, request: &Request) -> io::Result<Option<Proof>> {
    match stream.write_all(&request.to_bytes()).await {
        // A check that is full or breaks off may have said why.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    let mut answer = Vec::new();
    match stream.take(message::MAX_ANSWER_BYTES).read_to_end(&mut answer).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        other => drop(other?),
    }
    Ok(Proof::parse(&answer))
}

/// Why a check gave no answer.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("no connection to {}: {_1}; is authx-openvpn-pam.socket started?", _0.display())]
    Connect(PathBuf, #[source] io::Error),
    #[error("the check ended without an answer{}", _0.map(|status| format!(" ({status})")).unwrap_or_default())]
    Ended(Option<ExitStatus>),
    #[error("the check could not be asked: {_0}")]
    Exchange(#[source] io::Error),
    #[error("the check could not be started: {_0}")]
    Start(#[source] io::Error),
}

/// The file this process runs, also after an upgrade has put another in its place.
const THIS_PROGRAM: &str = "/proc/self/exe";
/// Checks at once. `pam_unix` sleeps two seconds after a wrong password, so it is more than cores.
const PLACES: usize = 8;

#[cfg(test)]
mod tests;
