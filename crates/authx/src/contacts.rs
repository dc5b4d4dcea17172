//! Who calls for which application, noted now and then for people who want to know whether a host
//! is there. No login waits for it, nothing is decided by it, and one that is lost is no harm.

use crate::{
    app::App,
    store::{Batch, StoreError, contacts::ContactRow},
};
use authx_core::{ApplicationId, KeyId, Millis, TenantId};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// What this node heard of, and has yet to write.
#[derive(Debug, Default)]
pub struct Contacts(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    /// When a server of a key was last taken up.
    taken: HashMap<(KeyId, String), Millis>,
    due: Vec<Contact>,
}

/// A signed request, as it is noted.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Whose application.
    pub tenant: TenantId,
    /// For which it was.
    pub application: ApplicationId,
    /// Who called.
    pub row: ContactRow,
}

impl Contacts {
    /// Takes a contact up, unless its server was within the last minute.
    pub fn note(&self, contact: Contact) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = contact.row.last;
        let server = (contact.row.key, contact.row.server.clone());
        if heard.taken.get(&server).is_some_and(|taken| now.since(*taken) < EVERY_MILLIS) {
            return;
        }
        if heard.taken.len() >= MOST_KNOWN {
            heard.taken.retain(|_, taken| now.since(*taken) < EVERY_MILLIS);
        }
        if heard.taken.len() < MOST_KNOWN && heard.due.len() < MOST_DUE {
            heard.taken.insert(server, now);
            heard.due.push(contact);
        }
    }

    fn take(&self) -> Vec<Contact> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).due)
    }
}

/// Writes what was taken up since the last time.
///
/// # Errors
///
/// [`StoreError`]; then that is lost, and taken up again in a minute.
pub async fn write(app: &App) -> Result<(), StoreError> {
    let due = app.contacts.take();
    if due.is_empty() {
        return Ok(());
    }
    let note = |batch: Batch, Contact { tenant, application, row }: &Contact| {
        batch.note_contact(*tenant, *application, row)
    };
    app.store.commit(due.iter().fold(Batch::default(), note)).await
}

const EVERY_MILLIS: u64 = 60_000;
const MOST_KNOWN: usize = 10_000;
const MOST_DUE: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(server: &str, at: u64) -> Contact {
        let row = ContactRow {
            key: KeyId::from_bytes([1; 16]),
            server: server.to_owned(),
            client: "test/1".to_owned(),
            address: None,
            ahead_secs: 0,
            first: Millis(at),
            last: Millis(at),
        };
        let (tenant, application) =
            (TenantId::from_bytes([2; 16]), ApplicationId::from_bytes([3; 16]));
        Contact { tenant, application, row }
    }

    #[test]
    fn each_server_counts_once_a_minute() {
        let contacts = Contacts::default();
        for (server, at) in [("a", 0), ("a", 59_999), ("b", 1), ("a", 60_000), ("a", 60_001)] {
            contacts.note(contact(server, at));
        }
        let taken: Vec<_> =
            contacts.take().iter().map(|it| (it.row.server.clone(), it.row.last.0)).collect();
        let expected = [("a", 0), ("b", 1), ("a", 60_000)];
        assert_eq!(taken, expected.map(|(server, at)| (server.to_owned(), at)));
        assert!(contacts.take().is_empty());
    }

    #[test]
    fn whoever_says_a_new_name_each_time_fills_nothing_up() {
        let contacts = Contacts::default();
        for number in 0..30_000 {
            contacts.note(contact(&number.to_string(), number));
        }
        let heard = contacts.0.lock().unwrap();
        assert!(heard.due.len() <= MOST_DUE && heard.taken.len() <= MOST_KNOWN);
    }
}
