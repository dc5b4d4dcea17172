//! What is said on one connection to OpenVPN, without the connection: requests and lines come in,
//! bytes, notices and answers go out.
//!
//! OpenVPN answers commands in their order, each by one line, `status` by a table; notifications
//! may stand between (not within) those lines. Sending several commands before the first answer is
//! safe: it reads nothing while it has something to write (manage.c, `man_update_io_state`).

#[cfg(test)]
mod tests;

use super::{
    ClientIds, ManagementError, Notice, command,
    line::{Line, Notification, Peer},
    request::{Request, What},
    status::{Columns, Outcome, Search},
};
use authx_core::Millis;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Now, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// For waiting.
    pub(super) instant: Instant,
    /// For what OpenVPN does once a second.
    pub(super) wall: Millis,
}

/// Why a connection is of no use any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Broken {
    #[error("something answers there that is not OpenVPN's management interface")]
    Garbled,
    #[error("OpenVPN does not answer; perhaps another program holds its management interface")]
    Silent,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Exchange {
    greeted: bool,
    greeting_due: Instant,
    out: Vec<u8>,
    notices: Vec<Notice>,
    /// Commands without an answer yet, oldest first.
    sent: VecDeque<(Instant, Sent)>,
    /// Requests whose client has to be looked up.
    searching: Vec<Request>,
    next_status: Instant,
    repeats: Vec<Repeat>,
    /// Clients whose tunnel came up a moment ago.
    established: VecDeque<(Instant, u64)>,
    /// A client that answered, and whose address is being read.
    response: Option<(ClientIds, Peer)>,
}

#[derive(Debug)]
enum Sent {
    Again(u64),
    Command { ids: ClientIds, guessed: bool, request: Request },
    Status { columns: Option<Columns>, wanted: Vec<(Search, Request)> },
}

/// A client to be woken once more, should its tunnel not stand by then.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    ids: ClientIds,
    at: Instant,
    pauses: &'static [u64],
}

impl Exchange {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            greeted: false,
            greeting_due: now + GREETING,
            out: Vec::new(),
            notices: Vec::new(),
            sent: VecDeque::new(),
            searching: Vec::new(),
            next_status: now,
            repeats: Vec::new(),
            established: VecDeque::new(),
            response: None,
        }
    }

    /// Whether OpenVPN has turned to this connection. Before that it takes no requests.
    pub(super) fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// What is to be written; the caller removes what it wrote.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// What OpenVPN told since the last call.
    pub(super) fn notices(&mut self) -> impl Iterator<Item = Notice> {
        self.notices.drain(..)
    }

    /// When [`Self::on_time`] is to be called at the latest.
    pub(super) fn next_time(&self) -> Instant {
        let greeting = (!self.greeted).then_some(self.greeting_due);
        let answer = self.sent.front().map(|(due, _)| *due);
        let status = self.wants_status().then_some(self.next_status);
        let repeats = self.repeats.iter().map(|repeat| repeat.at);
        let all = repeats.chain(greeting).chain(answer).chain(status);
        all.min().unwrap_or_else(|| self.greeting_due + A_LONG_TIME)
    }

    /// Takes what is to be done.
    pub(super) fn request(&mut self, request: Request, now: Moment) {
        match request.ids {
            Some(ids) => self.send(ids, false, request, now.instant),
            None => self.searching.push(request),
        }
        self.ask_for_status(now.instant);
    }

    /// Does what is due.
    ///
    /// # Errors
    ///
    /// [`Broken::Silent`]: OpenVPN did not answer in time, so later answers cannot be told apart.
    pub(super) fn on_time(&mut self, now: Moment) -> Result<(), Broken> {
        let overdue = self.sent.front().is_some_and(|(due, _)| *due <= now.instant);
        if overdue || (!self.greeted && self.greeting_due <= now.instant) {
            return Err(Broken::Silent);
        }
        self.ask_for_status(now.instant);
        self.repeat(now.instant);
        Ok(())
    }

    /// Takes a line.
    ///
    /// # Errors
    ///
    /// [`Broken::Garbled`]: OpenVPN would not have said that.
    pub(super) fn line(&mut self, text: &str, now: Moment) -> Result<(), Broken> {
        match Line::parse(text) {
            Line::Done => self.answered(None, now),
            Line::Failed(why) => self.answered(Some(why), now),
            Line::End => {
                self.table_ended(now);
                Ok(())
            }
            Line::Row(row) => {
                self.row(row);
                Ok(())
            }
            Line::Greeting => {
                self.greeted = true;
                Ok(())
            }
            Line::Notification(notification) => {
                self.notification(notification, now.instant);
                Ok(())
            }
        }
    }

    /// Tells all who wait that nothing more will come.
    pub(super) fn close(self, error: &ManagementError) {
        let sent = self.sent.into_iter().flat_map(|(_, sent)| match sent {
            Sent::Again(_) => Vec::new(),
            Sent::Command { request, .. } => vec![request],
            Sent::Status { wanted, .. } => wanted.into_iter().map(|(_, request)| request).collect(),
        });
        for request in sent.chain(self.searching) {
            request.finish(Err(error.clone()));
        }
    }

    fn notification(&mut self, notification: Notification<'_>, now: Instant) {
        if let Notification::Env { name, value } = notification {
            if let Some((_, peer)) = &mut self.response {
                peer.take(name, value);
            }
            return;
        }
        if let Some((ids, peer)) = self.response.take() {
            self.notices.push(Notice::Response { ids, peer: peer.address() });
        }
        match notification {
            Notification::Response { cid, kid } => {
                self.response = Some((ClientIds { cid, kid }, Peer::default()));
            }
            Notification::Established { cid } => self.tunnel_stands(cid, now),
            Notification::Env { .. } | Notification::EnvEnd | Notification::Other => {}
        }
    }

    fn tunnel_stands(&mut self, cid: u64, now: Instant) {
        self.repeats.retain(|repeat| repeat.ids.cid != cid);
        self.established.retain(|(at, _)| now.duration_since(*at) < REMEMBERED);
        self.established.push_back((now, cid));
    }

    fn answered(&mut self, failed: Option<&str>, now: Moment) -> Result<(), Broken> {
        let (_, sent) = self.sent.pop_front().ok_or(Broken::Garbled)?;
        match (sent, failed) {
            (Sent::Again(_), None) => {}
            (Sent::Again(cid), Some(_)) => self.repeats.retain(|repeat| repeat.ids.cid != cid),
            (Sent::Command { ids, request, .. }, None) => {
                if request.what == What::Wake {
                    self.wake_again(ids, now);
                }
                request.finish(Ok(()));
            }
            (Sent::Command { ids, guessed, request }, Some(why)) => {
                let unknown = why.starts_with("client-") && why.contains("command failed");
                if !unknown {
                    request.finish(Err(ManagementError::Refused(why.to_owned())));
                } else if guessed && ids.kid < LAST_KEY && request.what.needs_key() {
                    let ids = ClientIds { kid: ids.kid + 1, ..ids };
                    self.send(ids, true, request, now.instant);
                } else {
                    request.finish(Err(ManagementError::UnknownClient));
                }
            }
            (Sent::Status { wanted, .. }, Some(why)) => {
                for (_, request) in wanted {
                    request.finish(Err(ManagementError::Refused(why.to_owned())));
                }
            }
            (Sent::Status { columns, wanted }, None) => {
                self.sent.push_front((now.instant, Sent::Status { columns, wanted }));
                return Err(Broken::Garbled);
            }
        }
        Ok(())
    }

    fn row(&mut self, row: &str) {
        let Some((_, Sent::Status { columns, wanted })) = self.sent.front_mut() else { return };
        if let Some(header) = Columns::of(row) {
            *columns = Some(header);
        } else if let Some(client) = columns.and_then(|columns| columns.client(row)) {
            for (search, _) in wanted {
                search.look(&client);
            }
        }
    }

    fn table_ended(&mut self, now: Moment) {
        match self.sent.pop_front() {
            Some((_, Sent::Status { wanted, .. })) => {
                for (search, request) in wanted {
                    self.found(search, request, now.instant);
                }
                self.ask_for_status(now.instant);
            }
            Some(other) => self.sent.push_front(other),
            None => {}
        }
    }

    fn found(&mut self, search: Search, request: Request, now: Instant) {
        match search.outcome(request.what != What::Kill) {
            // A first login has key 1 (0 was the unused session of the instance's beginning). One
            // that comes from the address and port of an earlier one has a later key, and so has
            // the unused session that stands beside it: the lowest that is known is the right one.
            Outcome::Client(cid) => self.send(ClientIds { cid, kid: 1 }, true, request, now),
            Outcome::Ambiguous => request.finish(Err(ManagementError::Ambiguous)),
            Outcome::Nobody => request.finish(Err(ManagementError::UnknownClient)),
        }
    }

    fn send(&mut self, ids: ClientIds, guessed: bool, request: Request, now: Instant) {
        if request.is_given_up() {
            return;
        }
        let line = match &request.what {
            What::Ask { extra, secs } => command::pending_auth(ids, extra, *secs),
            What::Kill => command::kill(ids.cid),
            What::Wake => command::pending_auth(ids, "", WAKE_SECS),
        };
        self.write(&line, Sent::Command { ids, guessed, request }, now);
    }

    fn write(&mut self, line: &str, sent: Sent, now: Instant) {
        self.out.extend_from_slice(line.as_bytes());
        self.sent.push_back((now + ANSWER, sent));
    }

    fn wants_status(&self) -> bool {
        let asked = self.sent.iter().any(|(_, sent)| matches!(sent, Sent::Status { .. }));
        !self.searching.is_empty() && !asked
    }

    /// One table serves all who wait, because it costs OpenVPN's only thread a walk over all its
    /// clients.
    fn ask_for_status(&mut self, now: Instant) {
        if !self.wants_status() || now < self.next_status {
            return;
        }
        self.next_status = now + BETWEEN_TABLES;
        let wanted: Vec<_> = self
            .searching
            .drain(..)
            .filter(|request| !request.is_given_up())
            .map(|request| (Search::of(request.peer), request))
            .collect();
        if !wanted.is_empty() {
            self.write(command::STATUS, Sent::Status { columns: None, wanted }, now);
        }
    }

    /// OpenVPN reads the control file at most once in each second of its clock, and every few
    /// seconds only once a login has waited long (`ssl_verify.c`, `cache_intervals`): a wake in the
    /// same second as the last look has no effect, the one after its end has.
    fn wake_again(&mut self, ids: ClientIds, now: Moment) {
        if self.established.iter().any(|(_, cid)| *cid == ids.cid) {
            return;
        }
        self.repeats.retain(|repeat| repeat.ids.cid != ids.cid);
        let into_second = Duration::from_millis(now.wall.0 % 1_000);
        let at = now.instant + Duration::from_secs(1).saturating_sub(into_second) + INTO_SECOND;
        self.repeats.push(Repeat { ids, at, pauses: &PAUSES });
    }

    fn repeat(&mut self, now: Instant) {
        let (due, later) = self.repeats.drain(..).partition::<Vec<_>, _>(|one| one.at <= now);
        self.repeats = later;
        for Repeat { ids, at, pauses } in due {
            let line = command::pending_auth(ids, "", WAKE_SECS);
            self.write(&line, Sent::Again(ids.cid), now);
            if let Some((pause, pauses)) = pauses.split_first() {
                // Whole seconds, so that it stays where it is within OpenVPN's second.
                let late = now.duration_since(at).as_secs();
                let at = at + Duration::from_secs((*pause).max(late + 1));
                self.repeats.push(Repeat { ids, at, pauses });
            }
        }
    }
}

/// How long OpenVPN may take for an answer. It is single-threaded, and may be busy with a script.
const ANSWER: Duration = Duration::from_secs(5);
/// How long to wait for OpenVPN to turn to this connection; it serves one at a time.
const GREETING: Duration = Duration::from_secs(30);
const A_LONG_TIME: Duration = Duration::from_hours(24);
const BETWEEN_TABLES: Duration = Duration::from_millis(50);
const REMEMBERED: Duration = Duration::from_secs(10);
/// The time a woken login gets, should OpenVPN not see the verdict at once. A client counts it from
/// the beginning of its connection, and one that has waited longer leaves (push.c,
/// `receive_auth_pending`; seen with 2.6.14): as much as OpenVPN allows by default, which cuts it.
const WAKE_SECS: u64 = 1_800;
/// Keys that are tried when the right one is not known.
const LAST_KEY: u64 = 16;
/// How far into its second OpenVPN surely has seen it begin.
const INTO_SECOND: Duration = Duration::from_millis(10);
/// Seconds between the first repetition of a wake and the following ones: as long as OpenVPN may
/// take for its next look at a login that has waited for a minute.
const PAUSES: [u64; 5] = [1, 1, 2, 2, 2];
