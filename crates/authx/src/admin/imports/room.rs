//! How many files are held at once: a file stands in memory while it is read, checked and stored,
//! and again while it is taken in.

use super::ImportError;
use authx_core::TenantId;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The files that a node holds.
#[derive(Debug, Default)]
pub struct Room(Mutex<BTreeMap<TenantId, usize>>);

/// Room for one file of a company, until this is dropped.
#[derive(Debug)]
pub struct Held<'a> {
    room: &'a Room,
    tenant: TenantId,
}

impl Room {
    /// Room for one more file of a company: a few of one, so that none keeps the others out.
    ///
    /// # Errors
    ///
    /// [`ImportError::Others`].
    pub fn hold(&self, tenant: TenantId) -> Result<Held<'_>, ImportError> {
        let mut held = self.lock();
        let own = held.get(&tenant).copied().unwrap_or_default();
        if own >= MOST_OF_ONE || held.values().sum::<usize>() >= MOST {
            return Err(ImportError::Others);
        }
        held.insert(tenant, own + 1);
        Ok(Held { room: self, tenant })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut held = self.room.lock();
        if let Some(own) = held.get_mut(&self.tenant) {
            *own = own.saturating_sub(1);
        }
        held.retain(|_, own| *own > 0);
    }
}

/// Files of one company.
const MOST_OF_ONE: usize = 2;
/// Files of all.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_company_keeps_the_others_out() {
        let room = Room::default();
        let company = |n: u8| TenantId::from_bytes([n; 16]);
        let mut held: Vec<Held<'_>> = vec![];
        for n in [1, 1, 2, 2] {
            held.push(room.hold(company(n)).unwrap());
            assert!(n != 1 || held.len() != 2 || room.hold(company(1)).is_err());
        }
        assert!(room.hold(company(3)).is_err());
        held.pop();
        assert!(room.hold(company(1)).is_err());
        held.push(room.hold(company(3)).unwrap());
        held.clear();
        assert!(room.lock().is_empty());
    }
}
