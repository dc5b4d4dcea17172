//! Lists whose whole state is in their URL: search, filters, sort, and where one is.
//!
//! Pages are cut by the key of their first or last row, so that a list of 100,000 rows costs the
//! same on every page, and a row that comes or goes moves nothing.

use super::words::count;
use form_urlencoded::{Serializer, parse};
use std::collections::BTreeMap;

/// What one list can do.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its own path.
    pub path: &'static str,
    /// What it can be sorted by; the first is what it is without a wish, with `-` in front where
    /// that is downwards.
    pub sorts: &'static [&'static str],
    /// The fields that narrow it, besides the search.
    pub filters: &'static [&'static str],
    /// Rows on a page.
    pub size: usize,
}

/// Rows on a page, unless a list has a reason.
pub const SIZE: usize = 25;

/// The part of a list that a URL asks for.
#[derive(Clone, Debug)]
pub struct Listing {
    spec: Spec,
    path: String,
    search: String,
    filters: BTreeMap<&'static str, String>,
    sort: &'static str,
    descending: bool,
    cursor: Option<Cursor>,
    /// The number of the first row, as far as the reader has counted.
    at: u64,
}

/// Where a page begins or ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Cursor {
    /// Rows that come after this one.
    After(String),
    /// Rows that come before this one.
    Before(String),
}

/// How many rows there are in all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Total {
    /// This many.
    Exactly(u64),
    /// More than were worth counting.
    MoreThan(u64),
    /// Nobody counted.
    Unknown,
}

/// One page's rows, and the way to the others.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// In the order of the list.
    pub rows: Vec<T>,
    /// What stands below them.
    pub pager: Pager,
}

/// *1–10 of 128*, Previous, Next.
#[derive(Clone, Debug)]
pub struct Pager {
    /// Where one is.
    pub position: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

impl Listing {
    /// Reads a query. What the list does not know is left out, and no wish is an error: a link
    /// that is old still shows a list.
    pub fn new(spec: Spec, query: &str) -> Self {
        Self::below(spec, spec.path.to_owned(), query)
    }

    /// As [`Self::new`], for a list whose path names what it belongs to.
    pub fn below(spec: Spec, path: String, query: &str) -> Self {
        let first = spec.sorts.first().copied().unwrap_or_default();
        let mut listing = Self {
            spec,
            path,
            search: String::new(),
            filters: BTreeMap::new(),
            sort: first.trim_start_matches('-'),
            descending: first.starts_with('-'),
            cursor: None,
            at: 1,
        };
        for (name, value) in parse(query.as_bytes()) {
            listing.take(&name, &super::fields::readable(value.trim()));
        }
        listing
    }

    fn take(&mut self, name: &str, value: &str) {
        if value.is_empty() || value.len() > LONGEST {
            return;
        }
        match name {
            "q" => value.clone_into(&mut self.search),
            "sort" => {
                let wanted = value.trim_start_matches('-');
                let known = self.spec.sorts.iter().map(|sort| sort.trim_start_matches('-'));
                if let Some(sort) = known.into_iter().find(|sort| *sort == wanted) {
                    self.sort = sort;
                    self.descending = value.starts_with('-');
                }
            }
            "after" => self.cursor = Some(Cursor::After(value.to_owned())),
            "before" => self.cursor = Some(Cursor::Before(value.to_owned())),
            "at" => self.at = value.parse().unwrap_or(1).clamp(1, MOST_ROWS),
            _ => {
                if let Some(filter) = self.spec.filters.iter().find(|filter| **filter == name) {
                    self.filters.insert(filter, value.to_owned());
                }
            }
        }
    }

    /// What was searched for; empty without a search.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// The value of a filter; empty without one.
    pub fn filter(&self, name: &str) -> &str {
        self.filters.get(name).map_or("", String::as_str)
    }

    /// Whether a filter by time is none, or a day rather than a moment.
    pub fn is_day(&self, name: &str) -> bool {
        matches!(self.filter(name).len(), 0 | DAY_LEN)
    }

    /// Whether a search or a filter leaves rows out.
    pub fn is_narrowed(&self) -> bool {
        !self.search.is_empty() || self.filters.keys().any(|name| *name != "live")
    }

    /// Whether its filters are many: where there is little room, they are folded away.
    pub fn has_many_filters(&self) -> bool {
        self.spec.filters.iter().filter(|name| has_field(name)).count() > FEW_FILTERS
    }

    /// How many of the filters that have a field are set.
    pub fn filters_set(&self) -> usize {
        self.filters.keys().filter(|name| has_field(name)).count()
    }

    /// What it is sorted by.
    pub fn sort(&self) -> &'static str {
        self.sort
    }

    /// Whether the sort is downwards.
    pub fn is_descending(&self) -> bool {
        self.descending
    }

    /// Where the page begins or ends; `None` for the first page.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// Behind which row the page is read and whether towards greater ones, for a list whose order is
    /// that of its cursors; no row is the end from which it is read.
    pub fn way(&self) -> (Option<&str>, bool) {
        match &self.cursor {
            None => (None, !self.descending),
            Some(Cursor::After(key)) => (Some(key), !self.descending),
            Some(Cursor::Before(key)) => (Some(key), self.descending),
        }
    }

    /// The same, with the row as `read` takes it from its key. A key that names no row is said among
    /// the faults, and the list is read from its end.
    pub fn place<T>(
        &self,
        read: impl FnOnce(&str) -> Option<T>,
        faults: &mut Vec<String>,
    ) -> (Option<T>, bool) {
        let (key, up) = self.way();
        let row = key.and_then(read);
        if key.is_some() && row.is_none() {
            faults.push("This address names no place in this list.".to_owned());
        }
        let up = if row.is_some() { up } else { !self.descending };
        (row, up)
    }

    /// The rows to show and one more, as a store would read them, of a list that is short enough to
    /// be read whole: `all` is in the order of the list.
    pub fn cut<T>(&self, mut all: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
        let at = |wanted: &str| all.iter().position(|row| key(row) == wanted);
        match &self.cursor {
            None => {}
            Some(Cursor::After(wanted)) => {
                let skipped = at(wanted).map_or(0, |at| at + 1);
                all.drain(..skipped);
            }
            Some(Cursor::Before(wanted)) => {
                let kept = at(wanted).unwrap_or(0);
                all.truncate(kept);
                all.reverse();
            }
        }
        all.truncate(self.size().saturating_add(1));
        all
    }

    /// The address that the page asks again by itself; empty where it does not: only the newest
    /// rows can be followed, and a reader may hold them still.
    pub fn live(&self) -> String {
        let newest = self.cursor.is_none() && !self.is_sorted();
        if newest && self.filter("live") != "off" { self.here() } else { String::new() }
    }

    /// Rows on a page. Read one more: it says whether there is another page.
    pub fn size(&self) -> usize {
        self.spec.size
    }

    /// The rows to read: those of the page and one more.
    pub fn limit(&self) -> u32 {
        u32::try_from(self.spec.size).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The list's own path, without its state: where its form goes.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// This very page.
    pub fn here(&self) -> String {
        self.url(self.sort, self.descending, self.cursor.as_ref(), self.at)
    }

    /// Without search and filters.
    pub fn cleared(&self) -> String {
        let mut clear = self.clone();
        clear.search.clear();
        clear.filters.clear();
        clear.first_page()
    }

    /// The first page with one filter set to something else; an empty value takes it away.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut other = self.clone();
        other.filters.retain(|filter, _| *filter != name);
        other.take(name, value);
        other.first_page()
    }

    /// Sorted by a column, and the other way round if it is already.
    pub fn sorted(&self, by: &str) -> String {
        let down = self.spec.sorts.iter().any(|sort| sort.strip_prefix('-') == Some(by));
        let descending = if self.sort == by { !self.descending } else { down };
        self.url(by, descending, None, 1)
    }

    /// Whether it is sorted otherwise than without a wish.
    pub fn is_sorted(&self) -> bool {
        self.spec.sorts.first().is_some_and(|first| *first != self.sort_value())
    }

    /// The sort as it stands in the URL.
    pub fn sort_value(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.sort)
    }

    /// Whether it is sorted as a choice says; an empty one is how it is without a wish.
    pub fn is_in_order(&self, choice: &str) -> bool {
        if choice.is_empty() { !self.is_sorted() } else { choice == self.sort_value() }
    }

    /// The value of `aria-sort` of a column; empty for one that it is not sorted by.
    pub fn aria_sort(&self, by: &str) -> &'static str {
        match (self.sort == by, self.descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    }

    /// The same rows in another form, as for an export: another path and the same state.
    pub fn at_path(&self, path: &str) -> String {
        let mut other = self.clone();
        path.clone_into(&mut other.path);
        other.first_page()
    }

    /// The same as JSON, where [`Self::at_path`] is for spreadsheets.
    pub fn as_json(&self, path: &str) -> String {
        let url = self.at_path(path);
        format!("{url}{}format=json", if url.contains('?') { '&' } else { '?' })
    }

    fn first_page(&self) -> String {
        self.url(self.sort, self.descending, None, 1)
    }

    /// Makes the page of the rows that were read: up to [`Self::limit`], and with
    /// [`Cursor::Before`] from that row backwards. `key` is what the cursor names a row by.
    pub fn page<T>(&self, mut read: Vec<T>, key: impl Fn(&T) -> String, total: Total) -> Page<T> {
        let more = read.len() > self.spec.size;
        read.truncate(self.spec.size);
        let backwards = matches!(self.cursor, Some(Cursor::Before(_)));
        if backwards {
            read.reverse();
        }
        let at = if backwards && !more { 1 } else { self.at };
        let rows = number(read.len());
        let earlier = if backwards { more } else { self.cursor.is_some() };
        let later = if backwards { self.cursor.is_some() } else { more };
        let link = |cursor, at| self.url(self.sort, self.descending, Some(&cursor), at);
        let before = read.first().filter(|_| earlier).map(|row| {
            let at = at.saturating_sub(number(self.spec.size)).max(1);
            link(Cursor::Before(key(row)), at)
        });
        // A page that has become empty still leads back.
        let previous = before.or_else(|| (earlier && read.is_empty()).then(|| self.first_page()));
        let next = read.last().filter(|_| later);
        let next = next.map(|row| link(Cursor::After(key(row)), at + rows));
        Page { rows: read, pager: Pager { position: position(at, rows, total), previous, next } }
    }

    fn url(&self, sort: &str, descending: bool, cursor: Option<&Cursor>, at: u64) -> String {
        let mut query = Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        query.extend_pairs(&self.filters);
        let sort = format!("{}{sort}", if descending { "-" } else { "" });
        if self.spec.sorts.first().is_some_and(|first| *first != sort) {
            query.append_pair("sort", &sort);
        }
        match cursor {
            Some(Cursor::After(key)) => query.append_pair("after", key),
            Some(Cursor::Before(key)) => query.append_pair("before", key),
            None => &mut query,
        };
        if at > 1 {
            query.append_pair("at", &at.to_string());
        }
        let query = query.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

/// Whether a filter stands in the bar; the others are said elsewhere on the page.
fn has_field(name: &str) -> bool {
    !matches!(name, "live" | "user")
}

/// As many as stand beside the search on a phone.
const FEW_FILTERS: usize = 2;
/// As in `2026-11-26`.
const DAY_LEN: usize = 10;
/// No list is longer.
const MOST_ROWS: u64 = 1 << 40;
/// No wish is longer.
const LONGEST: usize = 200;

fn position(at: u64, rows: u64, total: Total) -> String {
    if rows == 0 {
        return "none".to_owned();
    }
    let last = at + rows - 1;
    let shown = if at == last { count(at) } else { format!("{}–{}", count(at), count(last)) };
    match total {
        Total::Exactly(total) => format!("{shown} of {}", count(total.max(last))),
        Total::MoreThan(total) => format!("{shown} of more than {}", count(total)),
        Total::Unknown => shown,
    }
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
