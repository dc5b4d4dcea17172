//! How long entries are kept, and how they go so that the record can still be verified.
//!
//! Entries go by whole seals. What goes of a run of seals is told by a [`Removal`], which stands in
//! the record as an entry of its own: how many went, how many stay, and the Merkle root of those
//! that stay. Seals stay as they are. Before anything goes, [`Remover`] reads what is there and
//! compares it with its seals: what was tampered with is never tidied away.

use super::{AuditKey, EventKind, Row, Seal, merkle::Tree};
use crate::{Millis, id::TenantId};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What becomes of an entry in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// What administrators and users changed.
    Action,
    /// Stays as long as the record: without it the rest could not be verified or explained.
    Kept,
    /// A step of a login, or of what it allowed.
    Login,
}

/// Kinds of entries, each in or out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Classes {
    /// Steps of logins.
    pub logins: bool,
    /// What was changed.
    pub actions: bool,
}

/// How long a tenant's record is kept. `None` is for ever.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Retention {
    /// Days for logins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logins_days: Option<u32>,
    /// Days for what was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions_days: Option<u32>,
    /// Nothing goes, whatever its age.
    #[serde(default)]
    pub hold: bool,
}

/// What an entry of the kind [`EventKind::EntriesRemoved`] says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Removal {
    /// The first seal of which entries went.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// How many entries under these seals stay.
    pub kept: u64,
    /// How many went, now and by removals that this one replaces.
    pub removed: u64,
    /// The Merkle tree hash over the MACs of those that stay, in the order of their ordinals.
    pub root: [u8; 32],
    /// Which kinds went.
    pub classes: Classes,
}

/// What is there is not what was sealed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("seal {seal}: what stands in the record is not what was sealed; nothing more is removed")]
pub struct Unsound {
    /// The seal up to which was read.
    pub seal: u64,
}

/// What may go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// The ordinals of the rows.
    pub rows: Vec<i64>,
    /// What the record says of it.
    pub removal: Removal,
}

/// Reads a run of seals with their rows, and works out what may go.
#[derive(Debug)]
pub struct Remover<'k> {
    key: &'k AuditKey,
    tenant: TenantId,
    classes: Classes,
    basis: Basis,
    first: Option<u64>,
    last: u64,
    /// Over the rows of the open seal, or of the whole run where that was thinned before.
    tree: Tree,
    rows: u64,
    kept: Tree,
    kept_rows: u64,
    going: Vec<i64>,
    sound: bool,
}

/// What rows are compared with.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Basis {
    /// The seals, one by one: the one before, and the open one.
    Seals { before: Option<Seal>, open: Option<Seal> },
    /// The removal that thinned the run before.
    Removal(Removal),
}

impl EventKind {
    /// What becomes of entries of this kind in time.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is an action")]
    pub fn class(self) -> Class {
        match self {
            Self::FraudReported
            | Self::LoginAllowed
            | Self::LoginAnswered
            | Self::LoginBegan
            | Self::LoginCancelled
            | Self::LoginExpired
            | Self::LoginRefused
            | Self::PhoneAsked
            | Self::PhoneCodeShown
            | Self::PhoneMissed
            | Self::PhoneReached
            | Self::SessionEnded
            | Self::SessionRenewed => Class::Login,
            // A set clock explains the times after it, a phone's key proves its approvals.
            Self::ClockAccepted
            | Self::EntriesRemoved
            | Self::PhoneActivated
            | Self::Restored
            | Self::RetentionSet
            | Self::TenantCreated => Class::Kept,
            _ => Class::Action,
        }
    }
}

impl Classes {
    /// Whether nothing is in.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Whether something is in that is not in the other.
    pub fn exceed(self, other: Self) -> bool {
        self.logins && !other.logins || self.actions && !other.actions
    }

    fn and(self, other: Self) -> Self {
        Self { logins: self.logins || other.logins, actions: self.actions || other.actions }
    }

    fn hold(self, kind: &str) -> bool {
        match kind.parse().map(EventKind::class) {
            Ok(Class::Login) => self.logins,
            Ok(Class::Action) => self.actions,
            // A later version's kind is not known well enough to be removed.
            Ok(Class::Kept) | Err(_) => false,
        }
    }
}

impl Retention {
    /// The shortest time for which anything is kept.
    pub const LEAST_DAYS: u32 = 30;
    /// The longest that can be said, a hundred years.
    pub const MOST_DAYS: u32 = 36_525;

    /// What the entry says of the kind [`EventKind::RetentionSet`]. `None`: it is no such entry, the
    /// audit key did not make it, or it keeps less than the shortest time.
    pub fn of(key: &AuditKey, tenant: TenantId, row: &Row<'_>) -> Option<Self> {
        if row.kind != EventKind::RetentionSet.as_str() || !key.check_row(tenant, row) {
            return None;
        }
        let said = serde_json::from_str::<SaidAfter>(row.detail).ok()?.after;
        said.is_possible().then_some(said)
    }

    /// Whether each time is within what can be said.
    pub fn is_possible(self) -> bool {
        let possible = |days: u32| (Self::LEAST_DAYS..=Self::MOST_DAYS).contains(&days);
        self.logins_days.is_none_or(possible) && self.actions_days.is_none_or(possible)
    }

    /// Which kinds may go of what was sealed at `at`.
    pub fn over(self, at: Millis, now: Millis) -> Classes {
        let over = |days: Option<u32>| {
            !self.hold && days.is_some_and(|days| now.since(at) > u64::from(days) * DAY_MILLIS)
        };
        Classes { logins: over(self.logins_days), actions: over(self.actions_days) }
    }
}

/// The part of an entry's detail that matters here.
#[derive(Deserialize)]
struct SaidAfter {
    after: Retention,
}

/// A removal as it stands in an entry's detail.
#[derive(Serialize, Deserialize)]
struct SaidRemoval {
    first_seal: u64,
    last_seal: u64,
    kept: u64,
    removed: u64,
    root: String,
    classes: Classes,
}

impl Removal {
    /// The detail of its entry.
    pub fn detail(&self) -> Map<String, Value> {
        let said = SaidRemoval {
            first_seal: self.first,
            last_seal: self.last,
            kept: self.kept,
            removed: self.removed,
            root: URL_SAFE_NO_PAD.encode(self.root),
            classes: self.classes,
        };
        match serde_json::to_value(said) {
            Ok(Value::Object(detail)) => detail,
            Ok(_) | Err(_) => Map::new(),
        }
    }

    /// What an entry says. `None`: it is no such entry, or the audit key did not make it.
    pub fn of(key: &AuditKey, tenant: TenantId, row: &Row<'_>) -> Option<Self> {
        if row.kind != EventKind::EntriesRemoved.as_str() || !key.check_row(tenant, row) {
            return None;
        }
        let said: SaidRemoval = serde_json::from_str(row.detail).ok()?;
        let root = URL_SAFE_NO_PAD.decode(said.root).ok()?.try_into().ok()?;
        let (first, last) = (said.first_seal, said.last_seal);
        (1..=last).contains(&first).then_some(Self {
            first,
            last,
            kept: said.kept,
            removed: said.removed,
            root,
            classes: said.classes,
        })
    }
}

impl<'k> Remover<'k> {
    /// Begins with a run of seals of which nothing has gone yet, after `before`.
    pub fn fresh(
        key: &'k AuditKey,
        tenant: TenantId,
        classes: Classes,
        before: Option<Seal>,
    ) -> Self {
        let sound = before.as_ref().is_none_or(|seal| key.check_seal(seal));
        let last = before.as_ref().map_or(0, |seal| seal.number);
        Self::new(key, tenant, classes, Basis::Seals { before, open: None }, last, sound)
    }

    /// Begins with the run that a removal thinned before; its seals need not be fed.
    pub fn again(key: &'k AuditKey, tenant: TenantId, classes: Classes, thinned: Removal) -> Self {
        let last = thinned.last;
        Self::new(key, tenant, classes, Basis::Removal(thinned), last, true)
    }

    /// Takes the next seal; its rows follow.
    ///
    /// # Errors
    ///
    /// [`Unsound`].
    pub fn seal(&mut self, seal: &Seal) -> Result<(), Unsound> {
        self.close()?;
        let unsound = Err(Unsound { seal: seal.number });
        let Basis::Seals { before, open } = &mut self.basis else { return unsound };
        let previous = before.as_ref().map_or([0; 32], |seal| seal.mac);
        let follows = seal.number == self.last + 1 && seal.previous == previous;
        if !follows || seal.tenant != self.tenant || !self.key.check_seal(seal) {
            return unsound;
        }
        *open = Some(seal.clone());
        self.first = self.first.or(Some(seal.number));
        self.last = seal.number;
        Ok(())
    }

    /// Takes the next row.
    pub fn row(&mut self, row: &Row<'_>) {
        self.sound &= self.key.check_row(self.tenant, row);
        self.tree.push(row.mac);
        self.rows += 1;
        if self.classes.hold(row.kind) {
            self.going.push(row.seq);
        } else {
            self.kept.push(row.mac);
            self.kept_rows += 1;
        }
    }

    /// Ends: says what may go. `None`: nothing was fed.
    ///
    /// # Errors
    ///
    /// [`Unsound`].
    pub fn finish(mut self) -> Result<Option<Plan>, Unsound> {
        self.close()?;
        let went = u64::try_from(self.going.len()).unwrap_or(u64::MAX);
        let (first, before, classes) = match &self.basis {
            Basis::Removal(old) => (old.first, old.removed, old.classes),
            Basis::Seals { .. } => match self.first {
                Some(first) => (first, 0, Classes::default()),
                None => return Ok(None),
            },
        };
        let removal = Removal {
            first,
            last: self.last,
            kept: self.kept_rows,
            removed: before.saturating_add(went),
            root: self.kept.root(),
            classes: classes.and(self.classes),
        };
        Ok(Some(Plan { rows: self.going, removal }))
    }

    fn new(
        key: &'k AuditKey,
        tenant: TenantId,
        classes: Classes,
        basis: Basis,
        last: u64,
        sound: bool,
    ) -> Self {
        Self {
            key,
            tenant,
            classes,
            basis,
            first: None,
            last,
            tree: Tree::default(),
            rows: 0,
            kept: Tree::default(),
            kept_rows: 0,
            going: vec![],
            sound,
        }
    }

    /// Compares the rows with what vouches for them.
    fn close(&mut self) -> Result<(), Unsound> {
        let (wanted, root) = match &mut self.basis {
            Basis::Removal(old) => (old.kept, old.root),
            Basis::Seals { before, open } => {
                let Some(seal) = open.take() else {
                    return if self.sound { Ok(()) } else { Err(Unsound { seal: self.last }) };
                };
                let already = before.as_ref().map_or(0, |seal| seal.count);
                let wanted = (seal.count.saturating_sub(already), seal.root);
                *before = Some(seal);
                wanted
            }
        };
        let tree = std::mem::take(&mut self.tree);
        let rows = std::mem::take(&mut self.rows);
        if self.sound && rows == wanted && tree.root() == root {
            Ok(())
        } else {
            Err(Unsound { seal: self.last })
        }
    }
}

const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;
