//! What a verification found, in words for an operator.

use super::{Range, Witness};
use crate::{Millis, id::TenantId};
use serde::Serialize;

/// One thing that is wrong with a record.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// A login let in by a phone, without what that phone signed.
    #[error(
        "row {seq} says that a phone approved a login, but what it signed is missing, does not fit \
         its key, or is about another login"
    )]
    ApprovalUnsigned {
        /// The row's ordinal.
        seq: i64,
    },
    /// A seal does not follow from the one before, although both are genuine.
    #[error(
        "seal {number} does not follow from seal {previous}, although both are genuine: parts of \
         two copies of the database were put together"
    )]
    ChainBroken {
        /// The seal.
        number: u64,
        /// The seal before.
        previous: u64,
    },
    /// Removals that were not made of this record as it stands.
    #[error(
        "row {seq} says that entries were removed, but of another record than this one: it lies \
         across an earlier removal, or beyond the last seal"
    )]
    RemovalMisfit {
        /// The row's ordinal.
        seq: i64,
    },
    /// A witness knows a newer seal than the record has.
    #[error(
        "a witness knows seal {witness}, the record ends with seal {last}: its end was cut off, or \
         an older copy of the database was put back (expected only after `authx restore`)"
    )]
    RolledBack {
        /// The newest seal that a witness names.
        witness: u64,
        /// The last seal of the record, 0 if it has none.
        last: u64,
    },
    /// A row that the audit key did not make as it stands.
    #[error(
        "row {seq} was changed, was put in without the audit key, or belongs to another tenant"
    )]
    RowChanged {
        /// The row's ordinal.
        seq: i64,
    },
    /// A genuine row that stands where it cannot have been written.
    #[error(
        "row {seq} is genuine but a copy, or in a wrong place: it repeats an earlier row, or is \
         dated minutes before the rows before it"
    )]
    RowMisplaced {
        /// The row's ordinal.
        seq: i64,
    },
    /// Rows that came in no order, or outside what the seal covers.
    #[error("row {seq} was read out of order: the database's index of the record is damaged")]
    RowOutOfOrder {
        /// The row's ordinal.
        seq: i64,
    },
    /// A genuine row of a kind that this version does not know.
    #[error(
        "row {seq} is genuine but of a kind that this version of AuthX does not know: verify with \
         the version that wrote it"
    )]
    RowUnknown {
        /// The row's ordinal.
        seq: i64,
    },
    /// More rows than were sealed.
    #[error("seal {number}: {extra} row(s) more than were sealed, somewhere {rows}")]
    RowsAdded {
        /// The seal.
        number: u64,
        /// How many more.
        extra: u64,
        /// Where: among those that the seal covers.
        rows: Range,
    },
    /// Fewer rows than were sealed.
    #[error("seal {number}: {missing} row(s) removed, somewhere {rows}")]
    RowsRemoved {
        /// The seal.
        number: u64,
        /// How many are gone.
        missing: u64,
        /// Where: among those that the seal covers.
        rows: Range,
    },
    /// As many rows as were sealed, each genuine, but not those or not in that order.
    #[error("seal {number}: rows were exchanged or put in another order, {rows}")]
    RowsReplaced {
        /// The seal.
        number: u64,
        /// Where: among those that the seal covers.
        rows: Range,
    },
    /// A seal that the audit key did not make as it stands.
    #[error(
        "seal {number} was changed, or made without the audit key: the order of the rows up to the \
         next seal is not vouched for"
    )]
    SealChanged {
        /// The seal.
        number: u64,
    },
    /// A seal that came after a later one.
    #[error("seal {number} was read out of order: the database's index of seals is damaged")]
    SealOutOfOrder {
        /// The seal.
        number: u64,
    },
    /// Seals that are gone.
    #[error(
        "seals {first} to {last} are missing: the order of the rows up to the next seal is not \
         vouched for"
    )]
    SealsMissing {
        /// The first that is gone.
        first: u64,
        /// The last that is gone.
        last: u64,
    },
    /// A witness knows a seal as another than it is.
    #[error(
        "a witness knows another seal {number}: the record was continued from an older copy of the \
         database (expected only after `authx restore`)"
    )]
    WitnessDiffers {
        /// The seal.
        number: u64,
    },
}

/// The outcome of a verification.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Report {
    /// Whose record was read.
    pub tenant: TenantId,
    /// How many rows were read.
    pub rows: u64,
    /// How many seals were read.
    pub seals: u64,
    /// How many entries went as the policy on the record wants, and the record says so.
    pub removed: u64,
    /// What is wrong, in the order of the record: at most [`Report::MOST`].
    pub findings: Vec<Finding>,
    /// How many findings there were beyond those.
    pub further: u64,
    /// How many rows no seal covers yet. Their removal would not be found.
    pub unsealed: u64,
    /// When the oldest of those was written. If that is long ago, seals were removed or none are
    /// being made.
    pub unsealed_since: Option<Millis>,
    /// The name of the last genuine seal: keep it elsewhere for the next verification.
    pub witness: Option<Witness>,
}

impl Report {
    /// How many findings a report holds. One cause can damage every row; memory must not grow with
    /// it.
    pub const MOST: usize = 1_000;

    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }
}
