//! Writes that happen together or not at all.

use super::Value;

/// Statements of one atomic write, carried out in order.
///
/// A statement sees what the ones before it in the same batch did.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(super) statements: Vec<Statement>,
    /// Whether no other batch, of whichever node, may be under way beside it.
    pub(super) exclusive: bool,
}

/// One statement of a batch.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sql: &'static str,
    pub(super) params: Vec<Value>,
    pub(super) demand: Demand,
}

/// What must be true of the number of rows that a statement touched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Demand {
    /// Exactly one: a compare-and-swap that won, a row that was new.
    One,
    /// Any number.
    Any,
}

impl Demand {
    pub(super) fn is_met(self, rows: u64) -> bool {
        match self {
            Self::One => rows == 1,
            Self::Any => true,
        }
    }
}

impl Batch {
    /// Adds a statement that must touch exactly one row; otherwise the whole batch fails with
    /// [`StoreError::Conflict`](super::StoreError::Conflict).
    ///
    /// An `INSERT` whose key may exist already belongs here: PostgreSQL then notices without
    /// throwing back the other batches that share the commit.
    #[must_use]
    pub fn one(self, sql: &'static str, params: impl Into<Vec<Value>>) -> Self {
        self.with(sql, params.into(), Demand::One)
    }

    /// Adds a statement that may touch any number of rows.
    #[must_use]
    pub fn run(self, sql: &'static str, params: impl Into<Vec<Value>>) -> Self {
        self.with(sql, params.into(), Demand::Any)
    }

    /// Adds all statements of another batch after the ones here.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.statements.extend(other.statements);
        self.exclusive |= other.exclusive;
        self
    }

    /// Makes the batch wait for those under way, of every node, and the later ones wait for it. So
    /// what they read of it in a condition is still true when they are stored.
    #[must_use]
    pub(super) fn exclusively(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    fn with(mut self, sql: &'static str, params: Vec<Value>, demand: Demand) -> Self {
        self.statements.push(Statement { sql, params, demand });
        self
    }
}
