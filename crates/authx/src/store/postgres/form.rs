//! The forms in which the writer sends one statement.

use super::super::batch::Demand;
use std::borrow::Cow;

/// How a statement answers when it did not touch exactly one row.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Form {
    /// With their number, and also where a key exists already: with 0. Nothing is thrown back, so
    /// others may share the transaction.
    Counting,
    /// With an error, which makes the server throw the transaction back on its own, though COMMIT
    /// is already on its way to it.
    Failing,
    /// As it is written.
    Plain,
}

impl Form {
    /// For a batch that shares its transaction.
    pub(super) fn shared(demand: Demand) -> Self {
        match demand {
            Demand::Any => Self::Plain,
            Demand::One => Self::Counting,
        }
    }

    /// For a batch that has a transaction of its own.
    pub(super) fn alone(demand: Demand) -> Self {
        match demand {
            Demand::Any => Self::Plain,
            Demand::One => Self::Failing,
        }
    }

    /// The statement in this form.
    pub(super) fn of(self, sql: &str) -> Cow<'_, str> {
        match self {
            Self::Counting if may_collide(sql) => format!("{sql} ON CONFLICT DO NOTHING").into(),
            Self::Counting | Self::Plain => sql.into(),
            // SQLSTATE 22012, division by zero, means: not exactly one row.
            Self::Failing => format!(
                "WITH touched AS ({sql} RETURNING 1) SELECT 1 / (count(*) = 1)::int FROM touched"
            )
            .into(),
        }
    }
}

fn may_collide(sql: &str) -> bool {
    let sql = sql.trim_start();
    sql.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("INSERT"))
        && !sql.to_ascii_uppercase().contains("ON CONFLICT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_insert_that_says_nothing_of_conflicts_is_made_to_ignore_them() {
        let counting = |sql| Form::Counting.of(sql).into_owned();
        assert_eq!(counting("INSERT INTO t"), "INSERT INTO t ON CONFLICT DO NOTHING");
        for kept in ["INSERT INTO t ON CONFLICT (a) DO UPDATE SET b = 1", "UPDATE t", "", "é"] {
            assert_eq!(counting(kept), kept);
        }
    }
}
