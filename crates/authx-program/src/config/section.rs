//! Reads one table of the file. What was asked for is what is known: all else is an unknown key,
//! so there is no second list of keys that could differ.

use super::Fault;
use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Map<'i> = DeTable<'i>;

/// The file while it is read: the text for line numbers, and what was found wrong.
#[derive(Debug)]
pub struct Reading<'i> {
    text: &'i str,
    pub(super) faults: Vec<Fault>,
}

impl<'i> Reading<'i> {
    pub(super) fn new(text: &'i str) -> Self {
        Self { text, faults: vec![] }
    }

    /// Notes what is wrong, and at which bytes of the file.
    pub fn fault(&mut self, at: Option<Range<usize>>, key: &str, message: String) {
        let line = at.map(|at| {
            self.text.get(..at.start).map_or(1, |before| before.matches('\n').count() + 1)
        });
        self.faults.push(Fault { line, key: key.to_owned(), message });
    }
}

/// One table, and which of its keys were asked for.
#[derive(Debug)]
pub struct Section<'i> {
    name: String,
    table: Map<'i>,
    known: Vec<&'static str>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file.
    pub at: Range<usize>,
}

impl<'i> Section<'i> {
    pub(super) fn root(table: Map<'i>) -> Self {
        Self { name: String::new(), table, known: vec![] }
    }

    /// The table of that name, empty where there is none.
    #[must_use]
    pub fn section(&mut self, reading: &mut Reading<'_>, name: &'static str) -> Self {
        let table = self.take(name).map(|found| Self::table(reading, name.to_owned(), found));
        table.unwrap_or_else(|| Self::empty(name.to_owned()))
    }

    /// The tables `[name.WORD]`, of which the operator chooses the words.
    pub fn sections(
        &mut self,
        reading: &mut Reading<'_>,
        name: &'static str,
    ) -> Vec<(String, Self)> {
        let all = self.section(reading, name);
        let one = |(word, value): (Spanned<Cow<'i, str>>, Spanned<DeValue<'i>>)| {
            let word = word.into_inner().into_owned();
            let found = Found { at: value.span(), value: value.into_inner() };
            let section = Self::table(reading, format!("{name}.{word}"), found);
            (word, section)
        };
        all.table.into_iter().map(one).collect()
    }

    fn table(reading: &mut Reading<'_>, name: String, found: Found<DeValue<'i>>) -> Self {
        let kind = kind(&found.value);
        let DeValue::Table(table) = found.value else {
            let message = format!("must be a table, written [{name}]; it is {kind}");
            reading.fault(Some(found.at), &name, message);
            return Self::empty(name);
        };
        Self { table, ..Self::empty(name) }
    }

    fn empty(name: String) -> Self {
        Self { name, table: Map::default(), known: vec![] }
    }

    /// A text.
    pub fn text(&mut self, reading: &mut Reading<'_>, key: &'static str) -> Option<Found<String>> {
        let found = self.take(key)?;
        let DeValue::String(text) = &found.value else {
            return self.wrong(reading, key, "a text in quotes", &found.value, found.at);
        };
        Some(Found { value: text.clone().into_owned(), at: found.at })
    }

    /// A text with a form of its own.
    pub fn parsed<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
    ) -> Option<T> {
        let found = self.text(reading, key)?;
        found.value.parse().map_err(|error| self.fault(reading, key, found.at, &error)).ok()
    }

    /// A list of texts with a form of their own.
    pub fn list<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
    ) -> Vec<T> {
        let Some(found) = self.take(key) else { return vec![] };
        let DeValue::Array(entries) = found.value else {
            let form = "a list of texts, as in [\"…\", \"…\"]";
            return self.wrong(reading, key, form, &found.value, found.at).unwrap_or_default();
        };
        entries.iter().filter_map(|entry| self.entry(reading, key, entry)).collect()
    }

    /// A text with a form of its own, or a list of such texts.
    pub fn one_or_more<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
    ) -> Vec<T> {
        if let Some(DeValue::Array(_)) = self.table.get(key).map(Spanned::get_ref) {
            return self.list(reading, key);
        }
        self.parsed(reading, key).into_iter().collect()
    }

    fn entry<T: FromStr<Err: std::fmt::Display>>(
        &self,
        reading: &mut Reading<'_>,
        key: &str,
        entry: &Spanned<DeValue<'_>>,
    ) -> Option<T> {
        let at = entry.span();
        let DeValue::String(text) = entry.get_ref() else {
            return self.wrong(reading, key, "texts in quotes", entry.get_ref(), at);
        };
        text.parse().map_err(|error| self.fault(reading, key, at, &error)).ok()
    }

    /// A path; a relative one is relative to `directory`.
    pub fn path(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
        directory: &Path,
    ) -> Option<PathBuf> {
        let found = self.text(reading, key)?;
        if found.value.is_empty() {
            self.fault(reading, key, found.at, &"names no file");
            return None;
        }
        Some(directory.join(found.value))
    }

    /// `true` or `false`.
    pub fn flag(&mut self, reading: &mut Reading<'_>, key: &'static str) -> Option<bool> {
        let found = self.take(key)?;
        let DeValue::Boolean(flag) = found.value else {
            return self.wrong(reading, key, "true or false", &found.value, found.at);
        };
        Some(flag)
    }

    /// A whole number within `range`.
    pub fn number(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
        range: Range<u32>,
    ) -> Option<u32> {
        let found = self.take(key)?;
        let DeValue::Integer(integer) = &found.value else {
            return self.wrong(reading, key, "a whole number", &found.value, found.at);
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        let inside = number.filter(|number| range.contains(number));
        if inside.is_none() {
            let (least, end) = (range.start, range.end.saturating_sub(1));
            let message = format!("must lie between {least} and {end}");
            self.fault(reading, key, found.at, &message);
        }
        inside
    }

    /// Says what is missing.
    pub fn demand<T>(
        &self,
        reading: &mut Reading<'_>,
        key: &'static str,
        value: Option<T>,
        example: &str,
    ) -> Option<T> {
        let named = self.named(key);
        if value.is_none() && !reading.faults.iter().any(|fault| fault.key == named) {
            reading.fault(None, &named, format!("is missing; write it as in {key} = {example}"));
        }
        value
    }

    /// Refuses a value that was read.
    pub fn fault(
        &self,
        reading: &mut Reading<'_>,
        key: &str,
        at: Range<usize>,
        message: &dyn std::fmt::Display,
    ) {
        reading.fault(Some(at), &self.named(key), message.to_string());
    }

    /// Names every key that was not asked for, with the nearest that would have been.
    pub fn finish(self, reading: &mut Reading<'_>) {
        for key in self.table.keys() {
            let typed: &str = key.get_ref();
            let nearest = nearest(typed, &self.known);
            let message = match nearest {
                Some(nearest) => format!("unknown key; did you mean “{nearest}”?"),
                None => format!("unknown key; known are {}", self.known.join(", ")),
            };
            reading.fault(Some(key.span()), &self.named(typed), message);
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Found<DeValue<'i>>> {
        self.known.push(key);
        let value = self.table.remove(key)?;
        Some(Found { at: value.span(), value: value.into_inner() })
    }

    fn wrong<T>(
        &self,
        reading: &mut Reading<'_>,
        key: &str,
        form: &str,
        found: &DeValue<'_>,
        at: Range<usize>,
    ) -> Option<T> {
        self.fault(reading, key, at, &format!("must be {form}; it is {}", kind(found)));
        None
    }

    fn named(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

fn nearest<'k>(typed: &str, known: &[&'k str]) -> Option<&'k str> {
    let typed = typed.to_lowercase().replace('-', "_");
    let likeness = |key: &str| strsim::jaro_winkler(&typed, key);
    known
        .iter()
        .copied()
        .filter(|key| likeness(key) > LIKE)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::Array(_) => "a list",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Integer(_) => "a number",
        DeValue::String(_) => "a text",
        DeValue::Table(_) => "a table",
    }
}

/// Below it a proposal would be a guess.
const LIKE: f64 = 0.75;
