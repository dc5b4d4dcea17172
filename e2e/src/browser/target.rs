//! What a user would point at.

use serde_json::{Value, json};

/// Something on a page, found as people and screen readers find it.
#[derive(Clone, Debug)]
pub struct Target(Value);

/// What has this role and a name that contains the words.
pub fn role(role: &str, name: &str) -> Target {
    Target(json!({ "role": role, "name": name }))
}

/// The field with a label that contains the words.
pub fn label(words: &str) -> Target {
    Target(json!({ "label": words }))
}

/// The innermost thing that contains the words.
pub fn text(words: &str) -> Target {
    Target(json!({ "text": words }))
}

impl Target {
    /// Whatever has a role.
    pub fn any(role: &str) -> Self {
        Self(json!({ "role": role }))
    }

    /// By a selector, for what people do not name.
    pub fn css(selector: &str) -> Self {
        Self(json!({ "css": selector }))
    }

    /// With these very words.
    #[must_use]
    pub fn exactly(mut self) -> Self {
        self.0["exact"] = true.into();
        self
    }

    /// Inside of another one.
    #[must_use]
    pub fn within(mut self, outer: &Self) -> Self {
        self.0["within"] = outer.0.clone();
        self
    }

    /// The one with this number of several, from 0.
    #[must_use]
    pub fn nth(mut self, number: usize) -> Self {
        self.0["nth"] = number.into();
        self
    }

    pub(super) fn json(&self) -> Value {
        self.0.clone()
    }
}
