//! NOTIFY and LISTEN: the one connection that tells other nodes what changed here, and hears what
//! changed there.
//!
//! Never in the transaction that makes the change. PostgreSQL lets those that notify commit only
//! one after the other, of all nodes together (its async.c takes a lock on the whole cluster before
//! the commit and keeps it until after), so everybody would wait for everybody's fsync: measured on
//! PostgreSQL 15 with two nodes, a fifth to a half fewer commits. A transaction that does nothing
//! else writes nothing durable and is over in a tenth of a millisecond.

use super::{
    super::{
        StoreError,
        wakes::{Heard, Wake},
    },
    connector::Connector,
};
use authx_core::{LoginId, PhoneId};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{
        broadcast,
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::{sleep, timeout},
};
use tokio_postgres::{Client, Notification, Statement};

/// Where words are left for the connection, and where it leaves those of others.
#[derive(Debug)]
pub(super) struct Post {
    words: mpsc::Sender<Word>,
    overflown: Arc<AtomicBool>,
    heard: broadcast::Sender<Heard>,
}

#[derive(Debug)]
enum Word {
    Changed(Wake),
    /// Everything before it has gone out.
    Told(oneshot::Sender<()>),
}

impl Post {
    /// Makes a connection and keeps one until this is dropped.
    pub(super) fn open(connector: Connector) -> Self {
        let (words, inbox) = mpsc::channel(MOST_WORDS);
        let (heard, _) = broadcast::channel(MOST_UNHEARD);
        let overflown = Arc::new(AtomicBool::new(false));
        let outgoing = Outgoing::default();
        let desk =
            Desk { inbox, outgoing, overflown: overflown.clone(), heard: heard.clone(), lost: 0 };
        tokio::spawn(desk.keep_open(connector));
        Self { words, overflown, heard }
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Heard> {
        self.heard.subscribe()
    }

    pub(super) fn announce(&self, wake: Wake) {
        if let Err(TrySendError::Full(_)) = self.words.try_send(Word::Changed(wake)) {
            self.overflown.store(true, Ordering::Release);
        }
    }

    pub(super) async fn told(&self) {
        let (told, all) = oneshot::channel();
        if self.words.send(Word::Told(told)).await.is_ok() {
            let _told_or_lost = all.await;
        }
    }
}

/// What has not gone out yet.
#[derive(Debug, Default)]
struct Outgoing {
    changed: HashSet<Wake>,
    everything: bool,
    told: Vec<oneshot::Sender<()>>,
}

impl Outgoing {
    fn add(&mut self, word: Word) {
        match word {
            Word::Changed(wake) => _ = self.changed.insert(wake),
            Word::Told(told) => self.told.push(told),
        }
    }

    /// As messages, each of which fits a notification.
    fn payloads(&self) -> Vec<String> {
        if self.everything {
            return vec![EVERYTHING.to_owned()];
        }
        let words: Vec<String> = self.changed.iter().map(|&wake| word(wake)).collect();
        words.chunks(MOST_A_PAYLOAD).map(|words| words.join(" ")).collect()
    }

    fn gone(&mut self) {
        self.changed.clear();
        self.everything = false;
        for told in self.told.drain(..) {
            // Who asked may have gone away.
            let _ = told.send(());
        }
    }
}

/// The connection's end of a [`Post`].
struct Desk {
    inbox: mpsc::Receiver<Word>,
    outgoing: Outgoing,
    overflown: Arc<AtomicBool>,
    heard: broadcast::Sender<Heard>,
    /// How often in a row there was no connection to be had.
    lost: u32,
}

impl Desk {
    async fn keep_open(mut self, connector: Connector) {
        while let Err(error) = self.work(&connector).await {
            if self.inbox.is_closed() {
                return;
            }
            if self.lost == 0 {
                tracing::warn!(%error, "what other nodes change is not heard; connecting again");
            }
            let pause = FIRST_PAUSE * 2_u32.pow(self.lost.min(6));
            self.lost = self.lost.saturating_add(1);
            sleep(pause.min(LONGEST_PAUSE)).await;
        }
    }

    /// Works on one connection until it breaks, or until nobody is left to work for.
    async fn work(&mut self, connector: &Connector) -> Result<(), StoreError> {
        let (client, mut notes) = connector.listening().await?;
        client.batch_execute(LISTEN).await?;
        let own: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?;
        let say = client.prepare(SAY).await?;
        if self.lost > 0 {
            tracing::info!("what other nodes change is heard again");
        }
        self.lost = 0;
        // Whatever was said while there was no connection is not said again.
        self.tell(Heard::Everything);
        loop {
            self.send(&client, &say).await?;
            tokio::select! {
                word = self.inbox.recv() => match word {
                    Some(word) => self.outgoing.add(word),
                    None => return Ok(()),
                },
                note = notes.recv() => match note {
                    Some(note) if note.process_id() != own => self.hear(&note),
                    Some(_) => {}
                    None => return Err(StoreError::unavailable("the connection broke")),
                },
                // A connection that only listens would not notice that the other end is gone.
                () = sleep(PING) => answered(client.batch_execute("SELECT 1")).await?,
            }
        }
    }

    /// Sends all that came up meanwhile. What a broken connection may have swallowed stays, and is
    /// said again.
    async fn send(&mut self, client: &Client, say: &Statement) -> Result<(), StoreError> {
        while let Ok(word) = self.inbox.try_recv() {
            self.outgoing.add(word);
        }
        self.outgoing.everything |= self.overflown.swap(false, Ordering::AcqRel);
        let payloads = self.outgoing.payloads();
        if !payloads.is_empty() {
            answered(client.execute(say, &[&payloads])).await?;
        }
        self.outgoing.gone();
        Ok(())
    }

    fn hear(&self, note: &Notification) {
        if note.payload() == EVERYTHING {
            return self.tell(Heard::Everything);
        }
        for wake in note.payload().split(' ').filter_map(understood) {
            self.tell(Heard::One(wake));
        }
    }

    fn tell(&self, heard: Heard) {
        // Nobody may be listening.
        let _ = self.heard.send(heard);
    }
}

/// The answer, unless the other end has gone silent.
async fn answered<T>(
    asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<(), StoreError> {
    timeout(SILENCE, asked).await.map_err(StoreError::unavailable)??;
    Ok(())
}

fn word(wake: Wake) -> String {
    let (kind, id) = match wake {
        Wake::Login(id) => ('l', *id.as_bytes()),
        Wake::Phone(id) => ('p', *id.as_bytes()),
    };
    format!("{kind}{:032x}", u128::from_be_bytes(id))
}

/// `None` for what a newer version says.
fn understood(word: &str) -> Option<Wake> {
    let (kind, id) = word.split_at_checked(1)?;
    let id = u128::from_str_radix(id, 16).ok()?.to_be_bytes();
    match kind {
        "l" => Some(Wake::Login(LoginId::from_bytes(id))),
        "p" => Some(Wake::Phone(PhoneId::from_bytes(id))),
        _ => None,
    }
}

/// Under a name of its own, so that an operator sees what it is.
const LISTEN: &str = "SET application_name = 'authx_wake'; LISTEN authx_wake";
const SAY: &str = "SELECT pg_notify('authx_wake', payload) FROM unnest($1::text[]) AS payload";
const EVERYTHING: &str = "*";
/// A payload is shorter than 8,000 bytes (PostgreSQL documentation, NOTIFY); a word and the space
/// behind it take 34.
const MOST_A_PAYLOAD: usize = 200;
/// Beyond that, as after a long time without the database, “everything” says it shorter.
const MOST_WORDS: usize = 8_192;
const MOST_UNHEARD: usize = 4_096;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const PING: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_and_fit() {
        let ids = (0..1_000_u128).map(|n| (u128::MAX - n).to_be_bytes());
        let wakes: HashSet<Wake> = ids
            .flat_map(|id| {
                [Wake::Login(LoginId::from_bytes(id)), Wake::Phone(PhoneId::from_bytes(id))]
            })
            .collect();
        let mut outgoing = Outgoing { changed: wakes.clone(), ..Outgoing::default() };
        let payloads = outgoing.payloads();
        assert_eq!(payloads.len(), 10);
        assert!(payloads.iter().all(|payload| payload.len() < 8_000));
        let heard = payloads.iter().flat_map(|payload| payload.split(' '));
        assert_eq!(heard.filter_map(understood).collect::<HashSet<_>>(), wakes);
        outgoing.everything = true;
        assert_eq!(outgoing.payloads(), [EVERYTHING]);
        outgoing.gone();
        assert!(outgoing.payloads().is_empty());
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        for word in ["", "l", "lx", "q00", "é0"] {
            assert!(understood(word).is_none(), "{word}");
        }
    }
}
