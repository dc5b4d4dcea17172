//! Lists: a part at a time, each naming where the next one begins.

use crate::api::error::ApiError;
use authx_core::{Millis, wire::login::Rfc3339};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use std::{collections::BTreeMap, str::FromStr};

/// A part of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Listed<T> {
    /// In the order of the list.
    pub(super) items: Vec<T>,
    /// The `cursor` of the next part; absent in the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

/// A part of a list of which is known how long it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Counted<T> {
    /// In the order of the list.
    items: Vec<T>,
    /// The `cursor` of the next part; absent in the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// How many there are in all parts.
    total: u64,
    /// Whether there are more than `total`: of very many, not all are counted.
    more: bool,
}

impl<T> Counted<T> {
    /// Of so many.
    pub(super) fn exactly(part: Listed<T>, total: u64) -> Self {
        Self::at_least(part, total, false)
    }

    /// Of so many, or of `more`.
    pub(super) fn at_least(part: Listed<T>, total: u64, more: bool) -> Self {
        let Listed { items, next_cursor } = part;
        Self { items, next_cursor, total, more }
    }
}

/// A moment, as RFC 3339 writes it.
pub(super) struct Moment(pub(super) Millis);

impl FromStr for Moment {
    type Err = <Rfc3339 as TryFrom<String>>::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Rfc3339::try_from(text.to_owned()).map(|Rfc3339(at)| Self(at))
    }
}

/// Which way a list goes unless a script wants the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Order {
    /// The newest first.
    Down,
    /// From the beginning of the alphabet.
    Up,
}

/// What a script asks of a list.
#[derive(Debug)]
pub(super) struct Asked {
    /// How many entries at most.
    pub(super) limit: usize,
    cursor: Option<String>,
    words: BTreeMap<&'static str, String>,
}

impl Asked {
    /// Reads a query: `limit`, `cursor`, and those `known` besides. A word that the list does not
    /// know is refused: a filter that is mistyped would otherwise give everything.
    ///
    /// # Errors
    ///
    /// `invalid_query` names the word.
    pub(super) fn parse(query: Option<&str>, known: &[&'static str]) -> Result<Self, ApiError> {
        let mut asked = Self { limit: USUAL, cursor: None, words: BTreeMap::new() };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "limit" => asked.limit = limit(&value)?,
                "cursor" => asked.cursor = Some(key(&value)?),
                name => match known.iter().find(|known| **known == name) {
                    Some(known) if !value.contains('\0') => {
                        asked.words.insert(known, value.into_owned());
                    }
                    _ => return Err(unknown(name, known)),
                },
            }
        }
        Ok(asked)
    }

    /// Reads the query of what is no list: those `known`, and nothing else.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub(super) fn words(query: Option<&str>, known: &[&'static str]) -> Result<Self, ApiError> {
        Self::only(query, known, &["cursor", "limit"])
    }

    fn only(
        query: Option<&str>,
        known: &[&'static str],
        without: &[&str],
    ) -> Result<Self, ApiError> {
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        match pairs.find(|(name, _)| without.contains(&&**name)) {
            Some((name, _)) => Err(unknown(&name, known)),
            None => Self::parse(query, known),
        }
    }

    /// A word of the query.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(String::as_str).filter(|word| !word.is_empty())
    }

    /// A word of the query that is something in particular.
    ///
    /// # Errors
    ///
    /// `invalid_query` says what it would have to be.
    pub(super) fn parsed<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, ApiError> {
        let read =
            |word: &str| word.parse().map_err(|_| query(name, format!("`{name}` is {what}")));
        self.word(name).map(read).transpose()
    }

    /// A word of the query that is one of some.
    ///
    /// # Errors
    ///
    /// `invalid_query` names them.
    pub(super) fn one_of<T: Clone>(
        &self,
        name: &str,
        all: &[(&str, T)],
    ) -> Result<Option<T>, ApiError> {
        let Some(word) = self.word(name) else { return Ok(None) };
        let found = all.iter().find(|(known, _)| *known == word);
        found.map(|(_, one)| Some(one.clone())).ok_or_else(|| {
            let words: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
            query(name, format!("`{name}` is one of {}", words.join(", ")))
        })
    }

    /// The key behind which the part begins, as [`Self::page`] had it.
    ///
    /// # Errors
    ///
    /// `invalid_query` where it is none of this list.
    pub(super) fn behind<T: FromStr>(&self) -> Result<Option<T>, ApiError> {
        self.cursor.as_deref().map(|key| key.parse().map_err(|_| strange_cursor())).transpose()
    }

    /// Whether a list in the order of time, or of something else that goes one way, is wanted the
    /// other way round: `-WORD` is what it is without a wish where it `begins` downwards.
    ///
    /// # Errors
    ///
    /// `invalid_query` names the two orders.
    pub(super) fn ascends(&self, word: &str, begins: Order) -> Result<bool, ApiError> {
        let down = format!("-{word}");
        let wish = self.one_of("sort", &[(word, true), (down.as_str(), false)])?;
        Ok(wish.unwrap_or(begins == Order::Up))
    }

    /// How many rows to read: those of a part and one more, which says whether there is another.
    pub(super) fn rows(&self) -> u32 {
        u32::try_from(self.limit.saturating_add(1)).unwrap_or(u32::MAX)
    }

    /// The part of what was read, [`Self::rows`] at most, in the order of the list.
    pub(super) fn part<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Listed<T> {
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        Self::page(items, more, key)
    }

    /// The part of a list that was read whole.
    ///
    /// # Errors
    ///
    /// `invalid_query` where the entry that the cursor names is there no more.
    pub(super) fn cut<T>(
        &self,
        mut all: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Listed<T>, ApiError> {
        if let Some(cursor) = &self.cursor {
            let at = all.iter().position(|entry| key(entry) == *cursor);
            let at = at.ok_or_else(strange_cursor)?;
            all.drain(..=at);
        }
        Ok(self.part(all, key))
    }

    /// A part that was read, and whether there is more behind it.
    pub(super) fn page<T>(items: Vec<T>, more: bool, key: impl Fn(&T) -> String) -> Listed<T> {
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Listed { items, next_cursor }
    }
}

fn limit(text: &str) -> Result<usize, ApiError> {
    let read = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    read.ok_or_else(|| query("limit", format!("`limit` is a whole number from 1 to {MOST}")))
}

fn key(text: &str) -> Result<String, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| strange_cursor())?;
    String::from_utf8(bytes).ok().filter(|key| !key.contains('\0')).ok_or_else(strange_cursor)
}

pub(super) fn strange_cursor() -> ApiError {
    query(
        "cursor",
        "this is no `next_cursor` of this list, or its entry is gone: begin without one",
    )
}

fn unknown(name: &str, known: &[&str]) -> ApiError {
    let shown: String = name.chars().take(40).collect();
    let known = [&["cursor", "limit"], known].concat().join(", ");
    query(&shown, format!("this list does not understand that; it knows {known}"))
}

fn query(field: &str, detail: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "invalid_query", detail).at(field)
}

/// Entries of a part, unless a script wants fewer or more.
const USUAL: usize = 50;
const MOST: usize = 200;
