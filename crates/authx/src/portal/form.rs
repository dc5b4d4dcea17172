//! What was typed into a form, and what is wrong with it.

use super::fields::Fields;
use std::collections::BTreeMap;

/// The state of a form: kept values, and a fault for each bad field.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    faults: BTreeMap<String, String>,
    /// What is wrong with the whole.
    pub fault: Option<String>,
}

impl Form {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a first value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// With what was sent; of several values with one name the first, which is the one that is read.
    /// Fields that hold a secret go no further.
    pub fn typed<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in pairs.into_iter().filter(|(name, _)| !is_secret(name)) {
            values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        Self { values, ..Self::default() }
    }

    /// With what a request sent, as [`Self::typed`].
    pub(crate) fn sent(fields: &Fields) -> Self {
        Self::typed(fields.pairs())
    }

    /// Says what is wrong with a field: what is wrong, with the value, then a value that works.
    pub fn refuse(&mut self, name: impl Into<String>, fault: impl Into<String>) {
        self.faults.entry(name.into()).or_insert_with(|| fault.into());
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty() && self.fault.is_none()
    }

    /// What stands in a field.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// What is wrong with a field; empty when nothing is.
    pub fn fault_of(&self, name: &str) -> &str {
        self.faults.get(name).map_or("", String::as_str)
    }

    /// Whether a choice is taken.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.values.get(name).is_some_and(|chosen| chosen == value)
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}

/// What is never written into a page again.
fn is_secret(name: &str) -> bool {
    ["password", "secret", "token", "_csrf", "credential"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_but_no_secret() {
        let mut form = Form::typed([
            ("name", "Lab"),
            ("name", "Rome"),
            ("new_password", "hunter2"),
            ("_csrf", "abc"),
        ]);
        assert_eq!(form.value("name"), "Lab");
        assert_eq!((form.value("new_password"), form.value("_csrf")), ("", ""));
        assert!(form.is_good());
        form.refuse("name", "“Lab” is taken. Try “Lab 2”.");
        form.refuse("name", "another fault");
        assert!(!form.is_good());
        assert_eq!(form.fault_of("name"), "“Lab” is taken. Try “Lab 2”.");
        assert_eq!(form.fault_of("other"), "");
    }

    #[test]
    fn choices_and_boxes() {
        let form = Form::new().with("kind", "api").with("pilot", "on");
        assert!(form.is("kind", "api") && !form.is("kind", "community"));
        assert!(form.ticked("pilot") && !form.ticked("other"));
    }
}
