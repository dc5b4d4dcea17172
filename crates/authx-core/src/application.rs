//! What an administrator says of one application besides its policy: who may use it at all, and
//! which names are one person's.

use crate::{
    GroupId,
    login::{Cause, Spared},
    name::Name,
};
use serde::{Deserialize, Serialize};

/// As it is stored with the application.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Names with this behind them, before them, or without it are one person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_suffix: Option<DomainSuffix>,
    /// Only members of the application's groups may sign in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gated: bool,
    /// Nobody signs in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub switched_off: bool,
}

/// A domain as VPN servers put it behind user names: `corp.example`, also `CORP`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct DomainSuffix(String);

/// Why a text is no [`DomainSuffix`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "a domain has letters, digits, dots, hyphens and underscores, and at most \
     {MOST_SUFFIX_CHARS} of them, as in corp.example"
)]
pub struct InvalidSuffix;

/// Which groups an application is for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Audience {
    /// Only members of these may sign in; `None`: everybody may. An empty list lets nobody in.
    pub gate: Option<Vec<GroupId>>,
    /// Only members of these are asked for a second factor while it is tried; empty: everybody is.
    pub pilot: Vec<GroupId>,
}

impl Audience {
    /// Whether nobody's groups have to be known.
    pub fn is_everybody(&self) -> bool {
        self.gate.is_none() && self.pilot.is_empty()
    }

    /// What becomes of a member of these groups who has proved the first factor.
    ///
    /// # Errors
    ///
    /// [`Cause::NotInGroup`].
    pub fn admit(&self, groups: &[GroupId]) -> Result<Option<Spared>, Cause> {
        let in_one_of = |wanted: &[GroupId]| groups.iter().any(|group| wanted.contains(group));
        if self.gate.as_ref().is_some_and(|gate| !in_one_of(gate)) {
            return Err(Cause::NotInGroup);
        }
        let spared = !self.pilot.is_empty() && !in_one_of(&self.pilot);
        Ok(spared.then_some(Spared::Pilot))
    }
}

impl DomainSuffix {
    /// Checks a domain. A leading `@` is left away.
    ///
    /// # Errors
    ///
    /// [`InvalidSuffix`].
    pub fn new(text: &str) -> Result<Self, InvalidSuffix> {
        let text = text.trim();
        let text = text.strip_prefix('@').unwrap_or(text);
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_domain = !text.is_empty()
            && text.chars().count() <= MOST_SUFFIX_CHARS
            && text.chars().all(fits)
            && !text.starts_with(['.', '-'])
            && !text.ends_with(['.', '-'])
            && !text.contains("..");
        if is_domain { Ok(Self(text.to_owned())) } else { Err(InvalidSuffix) }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folded names under which whoever signs in as `name` may be found, in the order in which
    /// they are looked for: as typed, then without the domain or with it.
    pub fn names(&self, name: &Name) -> [Option<String>; 3] {
        let typed = name.folded();
        let domain = Name::new(&self.0).map(|name| name.folded()).unwrap_or_default();
        let behind = |bare: &str| Some(format!("{bare}@{domain}"));
        let before = |bare: &str| Some(format!("{domain}\\{bare}"));
        if let Some(bare) = typed.strip_suffix(&domain).and_then(|rest| rest.strip_suffix('@')) {
            let (bare, before) = (bare.to_owned(), before(bare));
            return [Some(typed), Some(bare).filter(|bare| !bare.is_empty()), before];
        }
        if let Some(bare) = typed.strip_prefix(&domain).and_then(|rest| rest.strip_prefix('\\')) {
            let (bare, behind) = (bare.to_owned(), behind(bare));
            return [Some(typed), Some(bare).filter(|bare| !bare.is_empty()), behind];
        }
        if typed.contains(['@', '\\']) {
            return [Some(typed), None, None];
        }
        let (behind, before) = (behind(&typed), before(&typed));
        [Some(typed), behind, before]
    }
}

impl std::fmt::Display for DomainSuffix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for DomainSuffix {
    type Err = InvalidSuffix;

    fn from_str(text: &str) -> Result<Self, InvalidSuffix> {
        Self::new(text)
    }
}

impl TryFrom<String> for DomainSuffix {
    type Error = InvalidSuffix;

    fn try_from(text: String) -> Result<Self, InvalidSuffix> {
        Self::new(&text)
    }
}

impl From<DomainSuffix> for String {
    fn from(suffix: DomainSuffix) -> Self {
        suffix.0
    }
}

/// With `@` and one letter it still is a [`Name`].
const MOST_SUFFIX_CHARS: usize = 126;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(suffix: &str, name: &str) -> Vec<String> {
        let names = DomainSuffix::new(suffix).unwrap().names(&Name::new(name).unwrap());
        names.into_iter().flatten().collect()
    }

    #[test]
    fn one_person_with_and_without_the_domain() {
        let bare = ["alice", "alice@corp.example", "corp.example\\alice"];
        assert_eq!(names("corp.example", "Alice"), bare);
        assert_eq!(names("@CORP.example", "alice"), bare);
        let behind = ["alice@corp.example", "alice", "corp.example\\alice"];
        assert_eq!(names("corp.example", "ALICE@Corp.Example"), behind);
        let before = ["corp\\alice", "alice", "alice@corp"];
        assert_eq!(names("CORP", "CORP\\alice"), before);
    }

    #[test]
    fn another_domain_is_another_person() {
        for name in ["alice@home.example", "HOME\\alice", "alice@mycorp.example", "a@b@home"] {
            assert_eq!(names("corp.example", name), [Name::new(name).unwrap().folded()], "{name}");
        }
        assert_eq!(names("corp.example", "@corp.example").first().unwrap(), "@corp.example");
        assert!(!names("corp.example", "@corp.example").contains(&String::new()));
    }

    #[test]
    fn what_is_no_domain() {
        let long = "x".repeat(127);
        for text in ["", "@", ".", "a..b", "corp example", "a@b", "<b>", "-a", "a.", &long] {
            assert_eq!(DomainSuffix::new(text), Err(InvalidSuffix), "{text}");
        }
        assert_eq!(DomainSuffix::new(" @münchen.example ").unwrap().as_str(), "münchen.example");
    }

    #[test]
    fn settings_are_stored_without_what_is_not_said_and_read_strictly() {
        let settings: Settings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(serde_json::to_string(&settings).unwrap(), "{}");
        assert!(serde_json::from_str::<Settings>(r#"{"gate":true}"#).is_err());
        assert!(serde_json::from_str::<Settings>(r#"{"domain_suffix":"a b"}"#).is_err());
    }

    #[test]
    fn a_gate_and_a_pilot_look_at_groups() {
        let [a, b] = [1, 2].map(|byte| GroupId::from_bytes([byte; 16]));
        let everybody = Audience::default();
        assert!(everybody.is_everybody());
        assert_eq!(everybody.admit(&[]), Ok(None));
        let gated = Audience { gate: Some(vec![a]), pilot: vec![] };
        assert_eq!(gated.admit(&[a, b]), Ok(None));
        assert_eq!(gated.admit(&[b]), Err(Cause::NotInGroup));
        let nobody = Audience { gate: Some(vec![]), pilot: vec![] };
        assert_eq!(nobody.admit(&[a]), Err(Cause::NotInGroup));
        let both = Audience { gate: Some(vec![a]), pilot: vec![b] };
        assert_eq!(both.admit(&[a]), Ok(Some(Spared::Pilot)));
        assert_eq!(both.admit(&[a, b]), Ok(None));
        assert_eq!(both.admit(&[b]), Err(Cause::NotInGroup));
    }
}
