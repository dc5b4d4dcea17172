//! What closes a stretch of the record.

use super::{Witness, merkle::Tree};
use crate::{Millis, cipher, fields::Fields, id::TenantId};
use aws_lc_rs::hmac;

/// One link of a tenant's chain of seals.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seal {
    /// Whose record it closes.
    pub tenant: TenantId,
    /// Its place in the chain, from 1.
    pub number: u64,
    /// The highest ordinal it covers; it begins after that of the seal before.
    pub upto: u64,
    /// All events of the tenant so far, those of earlier seals included.
    pub count: u64,
    /// The Merkle tree hash (RFC 6962 §2.1) over the MACs of its events in the order of their
    /// ordinals.
    pub root: [u8; 32],
    /// The MAC of the seal before; zeros in the first.
    pub previous: [u8; 32],
    /// When it was made.
    pub at: Millis,
    /// HMAC-SHA-256 over all of the above.
    pub mac: [u8; 32],
}

impl Seal {
    /// The name of this seal, to be told to others.
    pub fn witness(&self) -> Witness {
        Witness { tenant: self.tenant, number: self.number, mac: self.mac }
    }

    pub(super) fn after(
        key: &hmac::Key,
        tenant: TenantId,
        previous: Option<&Self>,
        upto: u64,
        macs: &[[u8; 32]],
        at: Millis,
    ) -> Self {
        let mut tree = Tree::default();
        for mac in macs {
            tree.push(mac);
        }
        let new = u64::try_from(macs.len()).unwrap_or(u64::MAX);
        let mut seal = Self {
            tenant,
            number: previous.map_or(0, |seal| seal.number).saturating_add(1),
            upto,
            count: previous.map_or(0, |seal| seal.count).saturating_add(new),
            root: tree.root(),
            previous: previous.map_or([0; 32], |seal| seal.mac),
            at,
            mac: [0; 32],
        };
        seal.mac = cipher::mac(key, &[&seal.authenticated()]);
        seal
    }

    pub(super) fn authenticated(&self) -> Vec<u8> {
        Fields::new("authx seal 1")
            .bytes(self.tenant.as_bytes())
            .number(self.number)
            .number(self.upto)
            .number(self.count)
            .bytes(&self.root)
            .bytes(&self.previous)
            .number(self.at.0)
            .finish()
    }
}
