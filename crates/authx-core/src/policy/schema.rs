//! The document as the API describes it, made from the one list of its values.

use super::{Document, SETTINGS, Setting, Shape, Unit};
use std::collections::BTreeMap;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, ObjectBuilder, RefOr, Schema, Type,
        schema::{AdditionalProperties, SchemaType},
    },
};

impl ToSchema for Document {
    fn name() -> std::borrow::Cow<'static, str> {
        "Policy".into()
    }
}

impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        let mut own = closed().description(Some(
            "What somebody wrote for one owner. What it does not say is decided by the next one: \
             groups, then the application, then the company, then AuthX.",
        ));
        let mut parts: BTreeMap<&str, ObjectBuilder> = BTreeMap::new();
        for setting in SETTINGS {
            match setting.path.split_once('.') {
                None => own = own.property(setting.path, value(setting)),
                Some((part, name)) => {
                    let before = parts.remove(part).unwrap_or_else(closed);
                    parts.insert(part, before.property(name, value(setting)));
                }
            }
        }
        for (name, part) in parts {
            own = own.property(name, part);
        }
        own.into()
    }
}

fn closed() -> ObjectBuilder {
    let nothing_else = AdditionalProperties::FreeForm(false);
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(nothing_else))
}

fn value(setting: &Setting) -> RefOr<Schema> {
    let mut about = format!("{}: {}", setting.title, setting.about);
    if let Some(why) = setting.not_for_groups {
        about.push_str(" Not in a group's: ");
        about.push_str(why);
    }
    let of = |kind: Type| ObjectBuilder::new().schema_type(SchemaType::new(kind));
    let words = |words: &[super::Word]| {
        let words: Vec<&str> = words.iter().map(|word| word.word).collect();
        of(Type::String).enum_values(Some(words))
    };
    match &setting.shape {
        Shape::One(known) => words(known).description(Some(about)).into(),
        Shape::Many(known) => {
            let some = ArrayBuilder::new().items(words(known)).min_items(Some(1));
            some.description(Some(about)).into()
        }
        Shape::Number { least, most, unit } => {
            if *unit == Unit::Secs {
                about.push_str(" In seconds.");
            }
            let number = of(Type::Integer).minimum(Some(*least)).maximum(Some(*most));
            number.description(Some(about)).into()
        }
        Shape::Text { most } => {
            of(Type::String).max_length(Some(*most)).description(Some(about)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Effective;
    use serde_json::Value;

    /// What is described is what is taken: a whole document has every property, and no other.
    #[test]
    fn a_whole_document_has_what_is_described() {
        let schema = serde_json::to_value(Document::schema()).unwrap();
        let whole = serde_json::to_value(Effective::default().document()).unwrap();
        let keys = |value: &Value| {
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(schema["additionalProperties"], Value::Bool(false));
        for part in ["limits", "lifetimes"] {
            assert_eq!(keys(&schema["properties"][part]["properties"]), keys(&whole[part]));
        }
        let mut described = keys(&schema["properties"]);
        described.retain(|key| key != "messages");
        let mut known = keys(&whole);
        known.retain(|key| key != "messages");
        assert_eq!(described, known);
        let factors = &schema["properties"]["factors"];
        assert_eq!(factors["items"]["enum"][0], "code", "{factors}");
    }
}
