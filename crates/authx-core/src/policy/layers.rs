//! Documents laid over each other: the more exact one goes first for each value.

use super::{Document, Effective, SETTINGS};
use crate::GroupId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The application's document.
    Application,
    /// AuthX itself.
    Default,
    /// A group's document.
    Group(GroupId),
    /// The tenant's document.
    Tenant,
}

/// Whose documents decide, from the tenant to the groups of one user.
#[derive(Clone, Copy, Debug)]
pub struct Layers<'a> {
    /// The tenant's.
    pub tenant: &'a Document,
    /// The application's; an empty one where none is meant.
    pub application: &'a Document,
    /// Those of the user's groups. Of two that say something, the one that stands earlier counts.
    pub groups: &'a [(GroupId, &'a Document)],
}

/// One value in one layer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// Whose.
    pub origin: Origin,
    /// As documents have it; null where AuthX has words of its own.
    pub value: Value,
}

impl<'a> Layers<'a> {
    /// What counts for an application, or a tenant, without anybody's groups.
    pub fn of(tenant: &'a Document, application: &'a Document) -> Self {
        Self { tenant, application, groups: &[] }
    }

    /// From the one that goes first.
    fn documents(&self) -> impl Iterator<Item = (Origin, &'a Document)> {
        let groups = self.groups.iter().map(|(id, document)| (Origin::Group(*id), *document));
        let below =
            [(Origin::Application, self.application), (Origin::Tenant, self.tenant)].into_iter();
        groups.chain(below)
    }

    /// Every value in every layer that says something, by its path: what counts first, then what it
    /// overrides, and AuthX's own last.
    pub fn sources(&self) -> BTreeMap<&'static str, Vec<Source>> {
        let json = |document: &Document| serde_json::to_value(document).unwrap_or(Value::Null);
        let default = json(&Effective::default().document());
        let layers: Vec<(Origin, Value)> =
            self.documents().map(|(origin, document)| (origin, json(document))).collect();
        let mut sources = BTreeMap::new();
        for setting in SETTINGS {
            let pointer = setting.pointer();
            let said = |(origin, json): &(Origin, Value)| {
                let value = json.pointer(&pointer)?.clone();
                Some(Source { origin: *origin, value })
            };
            let mut found: Vec<Source> = layers.iter().filter_map(said).collect();
            let value = default.pointer(&pointer).cloned().unwrap_or(Value::Null);
            found.push(Source { origin: Origin::Default, value });
            sources.insert(setting.path, found);
        }
        sources
    }
}

/// Picks each value from the first layer that has one, and notes which that was.
pub(super) struct Picking<'a> {
    pub(super) layers: Layers<'a>,
    pub(super) origins: BTreeMap<&'static str, Origin>,
}

impl Picking<'_> {
    pub(super) fn pick<T>(
        &mut self,
        path: &'static str,
        of: impl Fn(&Document) -> Option<T>,
        default: T,
    ) -> T {
        let mut documents = self.layers.documents();
        let found = documents.find_map(|(origin, document)| Some((of(document)?, origin)));
        let (value, origin) = found.unwrap_or((default, Origin::Default));
        self.origins.insert(path, origin);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn document(json: &Value) -> Document {
        Document::from_value(json).unwrap()
    }

    fn group(number: u8) -> GroupId {
        GroupId::from_bytes([number; 16])
    }

    #[test]
    fn of_two_groups_the_earlier_one_counts_for_what_it_says() {
        let tenant = document(&json!({"limits": {"lock_after": 20}}));
        let application =
            document(&json!({"limits": {"answers_per_login": 1}, "app_lock": "required"}));
        let (first, second) = (
            document(&json!({"lifetimes": {"session_secs": 60}})),
            document(
                &json!({"lifetimes": {"session_secs": 90}, "limits": {"answers_per_login": 2}}),
            ),
        );
        let groups = [(group(1), &first), (group(2), &second)];
        let layers = Layers { tenant: &tenant, application: &application, groups: &groups };
        let Effective { policy, origins } = Effective::from(layers);
        assert_eq!((policy.session_secs, policy.answers_per_login), (60, 2));
        assert_eq!(origins["lifetimes.session_secs"], Origin::Group(group(1)));
        assert_eq!(origins["limits.answers_per_login"], Origin::Group(group(2)));
        assert_eq!(origins["app_lock"], Origin::Application);
        assert_eq!(origins["limits.lock_after"], Origin::Tenant);
        let sources = layers.sources();
        let said: Vec<_> = sources["limits.answers_per_login"]
            .iter()
            .map(|source| (source.origin, source.value.clone()))
            .collect();
        assert_eq!(
            said,
            [
                (Origin::Group(group(2)), json!(2)),
                (Origin::Application, json!(1)),
                (Origin::Default, json!(3)),
            ]
        );
        assert_eq!(
            sources["messages.help"],
            [Source { origin: Origin::Default, value: Value::Null }]
        );
    }

    /// Some of the values that a group may have.
    pub(super) fn documents() -> impl Strategy<Value = Document> {
        let factors = proptest::option::of(proptest::sample::subsequence(
            crate::factor::FactorKind::CHOICES.to_vec(),
            1..=3,
        ));
        let secs = proptest::option::of(0_u64..2_592_000);
        let answers = proptest::option::of(1_u8..=10);
        let help = proptest::option::of("[a-z ]{0,60}");
        (factors, secs, answers, help, proptest::option::of(any::<bool>())).prop_map(
            |(factors, session_secs, answers_per_login, help, locked)| {
                let mut document = Document { factors, ..Document::default() };
                document.lifetimes.session_secs = session_secs;
                document.limits.answers_per_login = answers_per_login;
                document.messages.help = help;
                document.app_lock = locked.map(|locked| {
                    if locked {
                        crate::policy::AppLock::Required
                    } else {
                        crate::policy::AppLock::Optional
                    }
                });
                document
            },
        )
    }

    proptest! {
        /// What is shown as the source of a value is what counts.
        #[test]
        fn the_first_source_is_the_value_in_force(
            tenant in documents(),
            application in documents(),
            groups in proptest::collection::vec(documents(), 0..4),
        ) {
            let groups: Vec<(GroupId, &Document)> =
                (1..).zip(&groups).map(|(number, document)| (group(number), document)).collect();
            let layers = Layers { tenant: &tenant, application: &application, groups: &groups };
            let effective = Effective::from(layers);
            let whole = effective.document();
            for (path, sources) in layers.sources() {
                prop_assert_eq!(sources[0].origin, effective.origins[path], "{}", path);
                let setting = crate::policy::Setting::at(path).unwrap();
                let value = setting.of(&whole).unwrap_or(Value::Null);
                prop_assert_eq!(&sources[0].value, &value, "{}", path);
                prop_assert_eq!(sources.last().unwrap().origin, Origin::Default);
            }
        }

        /// A group that says nothing changes nothing, wherever it stands.
        #[test]
        fn an_empty_group_changes_nothing(
            tenant in documents(),
            own in documents(),
            at in 0_usize..=1,
        ) {
            let (empty, application) = (Document::default(), Document::default());
            let mut groups = vec![(group(1), &own)];
            let alone = groups.clone();
            let without = Layers { tenant: &tenant, application: &application, groups: &alone };
            let without = Effective::from(without);
            groups.insert(at, (group(2), &empty));
            let with = Layers { tenant: &tenant, application: &application, groups: &groups };
            let with = Effective::from(with);
            prop_assert_eq!(with.policy, without.policy);
            prop_assert_eq!(with.origins, without.origins);
        }
    }
}
