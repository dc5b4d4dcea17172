//! The way back from a deed: a form that goes with the sentence about it. It is one of the forms
//! that the portal takes anyway, so the same rules stand before it and the same record is written;
//! and it says how the thing stood after the deed, so that nobody else's later word is undone with
//! it.

use super::{Portal, error::PortalError, fields::Fields, who::Who};
use crate::admin::{self, Actor};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

/// A form that takes a deed back.
#[derive(Clone, Debug)]
pub(super) struct Undo {
    to: String,
    fields: Vec<(String, String)>,
}

impl Undo {
    /// Sent to that path.
    pub(super) fn at(to: impl Into<String>) -> Self {
        Self { to: to.into(), fields: vec![] }
    }

    /// With a field; several of one name stay several.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// With a field for each.
    #[must_use]
    pub(super) fn with_all(
        self,
        name: &str,
        values: impl IntoIterator<Item = impl ToString>,
    ) -> Self {
        values.into_iter().fold(self, |undo, value| undo.with(name, value.to_string()))
    }

    /// It counts as long as the thing stands so.
    #[must_use]
    pub(super) fn while_it_is(self, stands: &impl Serialize) -> Self {
        let stands = named(stands);
        self.with(SEEN, stands)
    }

    /// The path and the fields.
    pub(super) fn into_parts(self) -> (String, Vec<(String, String)>) {
        (self.to, self.fields)
    }
}

/// What a form takes for granted, and who acts on that.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Who acts; only while nothing of the company changes, where the form takes something for
    /// granted.
    pub(super) by: Actor,
    stands: Option<String>,
    at: Option<i64>,
}

impl Seen {
    /// Asked for before the thing is read: what changes after that stops the deed as well.
    pub(super) async fn of(
        portal: &Portal,
        who: &Who,
        fields: &Fields,
    ) -> Result<Self, PortalError> {
        let stands = Some(fields.text(SEEN)).filter(|seen| !seen.is_empty()).map(str::to_owned);
        let at = match stands {
            Some(_) => Some(admin::generation(portal.app(), who.tenant()).await?),
            None => None,
        };
        let by = at.map_or_else(|| who.actor(), |at| who.actor().at(at));
        Ok(Self { by, stands, at })
    }

    /// Whether the company stands as of that generation, where a form names one; nor will it change
    /// before the deed is done.
    pub(super) fn is_at(&self, generation: &str) -> bool {
        let at = self.at.map(|at| at.to_string());
        generation.is_empty() || at.as_deref() == Some(generation)
    }

    /// Fails where the thing does not stand as the form takes for granted.
    pub(super) fn check(&self, what: &str, stands: &impl Serialize) -> Result<(), PortalError> {
        if self.stands.as_ref().is_none_or(|seen| *seen == named(stands)) {
            return Ok(());
        }
        let text = format!("“{what}” was changed again since, so nothing was undone");
        Err(PortalError::Refused(text))
    }
}

/// Names how a thing stands: where anything is otherwise, the name is another.
fn named(stands: &impl Serialize) -> String {
    let text = serde_json::to_string(stands).unwrap_or_default();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.as_ref().get(..12).unwrap_or_default())
}

const SEEN: &str = "seen";
