//! What a form sent.

use axum::{extract::FromRequestParts, http::request::Parts};
use std::{convert::Infallible, sync::Arc};
use zeroize::Zeroizing;

/// The fields of a form, in their order. A page shows them again when something is wrong, so every
/// text is a field and a wrong one is the page's own error.
#[derive(Clone, Default)]
pub(crate) struct Fields(Arc<Vec<(String, Zeroizing<String>)>>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body);
        let pairs =
            pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(readable(&value))));
        Self(Arc::new(pairs.collect()))
    }

    /// The first value of that name without white space around it; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value of that name as it was typed, as passwords need it.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// Every value of that name, as a list of boxes sends it.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every field, for a page that shows them again.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a box is ticked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// No text that people type holds a NUL, and PostgreSQL takes none.
pub(super) fn readable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Infallible;

    /// The guard has read the body.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_tuple("Fields").field(&names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_were_sent() {
        let fields = Fields::parse(b"a=1&b=+x+&a=2&box=on&%C3%A4=%F0%9D%84%9E&bad=%ff");
        assert_eq!((fields.text("a"), fields.text("b"), fields.raw("b")), ("1", "x", " x "));
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert!(fields.has("box") && !fields.has("no"));
        assert_eq!(
            (fields.text("ä"), fields.text("bad"), fields.text("no")),
            ("𝄞", "\u{fffd}", "")
        );
        assert!(!format!("{fields:?}").contains('1'));
    }
}
