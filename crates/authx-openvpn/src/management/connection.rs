//! The task that owns the connection to OpenVPN, and makes it again when it is lost.

use super::{
    ManagementError, Notice,
    exchange::{Broken, Exchange, Moment},
    request::Request,
};
use crate::cx;
use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::Interest,
    net::UnixStream,
    sync::mpsc,
    time::{Instant, sleep_until, timeout_at},
};

/// See the module.
pub(super) struct Connection {
    pub(super) path: PathBuf,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) notices: mpsc::Sender<Notice>,
    pub(super) connected: Arc<AtomicBool>,
}

/// How a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("OpenVPN closed the connection; is this user the one in management-client-user?")]
    Closed,
    #[error("{0}")]
    Failed(#[from] io::Error),
    #[error("nobody needs it any more")]
    Stopped,
}

impl Connection {
    /// Runs until nobody can send a request any more.
    pub(super) async fn run(mut self) {
        let mut pause = SHORTEST_PAUSE;
        let mut told = false;
        loop {
            let was = self.once().await;
            if matches!(was.ended, Ended::Stopped) {
                return;
            }
            if was.greeted {
                self.connected.store(false, Ordering::Relaxed);
                self.tell(Notice::Lost);
                (pause, told) = (SHORTEST_PAUSE, false);
            }
            if !told {
                let (path, error) = (self.path.display(), was.ended);
                tracing::warn!(%path, %error, "no connection to OpenVPN's management interface");
                told = true;
            }
            if self.rest(pause).await.is_none() {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn once(&mut self) -> Was {
        let deadline = Instant::now() + CONNECTING;
        let stream = match timeout_at(deadline, UnixStream::connect(&self.path)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Was { greeted: false, ended: error.into() },
            Err(_) => return Was { greeted: false, ended: Broken::Silent.into() },
        };
        let mut exchange = Exchange::new(Instant::now());
        let ended = self.serve(&stream, &mut exchange).await;
        let greeted = exchange.is_greeted();
        let silent = matches!(ended, Ended::Broken(Broken::Silent));
        exchange.close(if silent {
            &ManagementError::Silent
        } else {
            &ManagementError::NotConnected
        });
        Was { greeted, ended }
    }

    async fn serve(&mut self, stream: &UnixStream, exchange: &mut Exchange) -> Ended {
        let mut lines = Lines::default();
        loop {
            let interest = if exchange.out().is_empty() {
                Interest::READABLE
            } else {
                Interest::READABLE | Interest::WRITABLE
            };
            let done = tokio::select! {
                ready = stream.ready(interest) => match ready {
                    Ok(ready) => {
                        let read = if ready.is_readable() { lines.read(stream, exchange) } else { Ok(()) };
                        read.and_then(|()| write(stream, exchange.out()))
                    }
                    Err(error) => Err(error.into()),
                },
                request = self.requests.recv() => match request {
                    None => Err(Ended::Stopped),
                    Some(request) if exchange.is_greeted() => {
                        exchange.request(request, moment());
                        write(stream, exchange.out())
                    }
                    Some(request) => {
                        request.finish(Err(ManagementError::NotConnected));
                        Ok(())
                    }
                },
                () = sleep_until(exchange.next_time()) => {
                    exchange.on_time(moment()).map_err(Ended::from)
                }
            };
            self.report(exchange);
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    fn report(&self, exchange: &mut Exchange) {
        if exchange.is_greeted() && !self.connected.swap(true, Ordering::Relaxed) {
            tracing::info!(path = %self.path.display(), "connected to OpenVPN's management interface");
            self.tell(Notice::Connected);
        }
        for notice in exchange.notices() {
            self.tell(notice);
        }
    }

    /// Never waits: OpenVPN keeps in memory what is not read from it.
    fn tell(&self, notice: Notice) {
        if let Err(mpsc::error::TrySendError::Full(notice)) = self.notices.try_send(notice) {
            tracing::warn!(?notice, "a notice of OpenVPN was dropped, too many wait");
        }
    }

    /// Waits, and says no to whoever asks meanwhile. `None` when nobody can ask any more.
    async fn rest(&mut self, pause: Duration) -> Option<()> {
        let until = Instant::now() + pause;
        while let Ok(request) = timeout_at(until, self.requests.recv()).await {
            request?.finish(Err(ManagementError::NotConnected));
        }
        Some(())
    }
}

struct Was {
    greeted: bool,
    ended: Ended,
}

/// Bytes of a line that is not complete yet.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn read(&mut self, stream: &UnixStream, exchange: &mut Exchange) -> Result<(), Ended> {
        let mut buffer = [0; 16_384];
        let length = match stream.try_read(&mut buffer) {
            Ok(0) => return Err(Ended::Closed),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let now = moment();
        for part in buffer.get(..length).unwrap_or_default().split_inclusive(|&byte| byte == b'\n')
        {
            self.0.extend_from_slice(part);
            if self.0.len() > LONGEST_LINE {
                return Err(Broken::Garbled.into());
            }
            if let Some(line) = self.0.strip_suffix(b"\n") {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                exchange.line(&String::from_utf8_lossy(line), now)?;
                self.0.clear();
            }
        }
        Ok(())
    }
}

fn write(stream: &UnixStream, out: &mut Vec<u8>) -> Result<(), Ended> {
    if out.is_empty() {
        return Ok(());
    }
    match stream.try_write(out) {
        Ok(length) => {
            out.drain(..length);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn moment() -> Moment {
    Moment { instant: Instant::now(), wall: cx::now() }
}

/// OpenVPN's own lines have at most 1,280 bytes (`ERR_BUF_SIZE`), with some builds 10,240.
const LONGEST_LINE: usize = 16_384;
const CONNECTING: Duration = Duration::from_secs(2);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
