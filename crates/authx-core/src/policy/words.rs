//! Reads a document from a value that somebody wrote, and names the nearest word for one that does
//! not exist.

use super::{Document, InvalidPolicy};
use serde::{
    Deserialize,
    de::{
        self, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Unexpected,
        Visitor, value::SeqDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Value, map};

/// Reads a document, unchecked.
pub(super) fn read(value: &Value) -> Result<Document, InvalidPolicy> {
    Document::deserialize(Node(value)).map_err(|Fault { path, what }| {
        let path: Vec<&str> = path.iter().rev().map(String::as_str).collect();
        match path.join(".") {
            path if path.is_empty() => InvalidPolicy::Word(what),
            path => InvalidPolicy::Word(format!("`{path}`: {what}")),
        }
    })
}

/// What is wrong, and where: the innermost name first.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Fault {
    path: Vec<String>,
    what: String,
}

impl de::Error for Fault {
    fn custom<T: std::fmt::Display>(what: T) -> Self {
        Self { path: vec![], what: what.to_string() }
    }

    fn unknown_field(word: &str, known: &'static [&'static str]) -> Self {
        Self::custom(unknown(word, known))
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::custom(unknown(word, known))
    }
}

fn unknown(word: &str, known: &[&str]) -> String {
    let typed = word.to_lowercase().replace('-', "_");
    let likeness = |known: &str| strsim::jaro_winkler(&typed, known);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|nearest| likeness(nearest) > LIKE) {
        Some(nearest) => format!("unknown word `{word}`; did you mean `{nearest}`?"),
        None => format!("unknown word `{word}`; known are {}", known.join(", ")),
    }
}

#[derive(Clone, Copy)]
struct Node<'de>(&'de Value);

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(list) => visitor.visit_seq(SeqDeserializer::new(list.iter().map(Node))),
            Value::Object(object) => {
                visitor.visit_map(Entries { rest: object.iter(), current: None })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => {
                Err(Fault::invalid_type(Unexpected::Other("something else"), &"a word in quotes"))
            }
        }
    }

    /// Not from a list, as serde would allow: names are the point of a document.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if self.0.is_object() {
            return self.deserialize_any(visitor);
        }
        Err(Fault::invalid_type(Unexpected::Other("something else"), &"a table of words"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Fault> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Entries<'de> {
    rest: map::Iter<'de>,
    current: Option<(&'de String, &'de Value)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        self.current = self.rest.next();
        let Some((key, _)) = self.current else { return Ok(None) };
        seed.deserialize(key.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, value) = self.current.ok_or_else(|| Fault::custom("a value without a name"))?;
        seed.deserialize(Node(value)).map_err(|mut fault| {
            fault.path.push(key.clone());
            fault
        })
    }
}

/// Below it a proposal would be a guess.
const LIKE: f64 = 0.75;
