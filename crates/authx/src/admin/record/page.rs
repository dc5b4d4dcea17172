//! One page of a list, and how much there is.

use serde::Serialize;

/// One page of a list, newest first.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the page of newer ones begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer: Option<String>,
    /// Where the page of older ones begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older: Option<String>,
    /// How many fit; of very many, as many as were counted.
    pub total: u64,
    /// Whether there are more than that.
    pub more: bool,
}

/// As many are counted, not more: who has to read on does not need to know how far.
pub(in crate::admin) const MOST_COUNTED: u64 = 1_000;

impl<T> Page<T> {
    /// Of rows newest first, one more than a page holds where there are more. `moved`: it was come
    /// to from another page.
    pub(super) fn new(
        mut rows: Vec<T>,
        most: usize,
        counted: u64,
        (moved, newer): (bool, bool),
        place: impl Fn(&T) -> String,
    ) -> Self {
        let further = rows.len() > most;
        if further && newer {
            rows.remove(0);
        }
        rows.truncate(most);
        let has_newer = if newer { further } else { moved };
        let has_older = if newer { true } else { further };
        Self {
            newer: rows.first().filter(|_| has_newer).map(&place),
            older: rows.last().filter(|_| has_older).map(&place),
            total: counted.min(MOST_COUNTED),
            more: counted > MOST_COUNTED,
            items: rows,
        }
    }

    /// The same page of something else.
    pub(super) fn map<U>(self, other: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, newer, older, total, more } = self;
        Page { items: items.into_iter().map(other).collect(), newer, older, total, more }
    }
}
