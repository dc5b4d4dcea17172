//! A document as a form: what stands in each field, and what was sent.

use super::{
    in_force::called,
    said::{range, secs, value_of},
};
use crate::{
    admin::policies::{InForce, Shown, Target, checked},
    portal::{fields::Fields, form::Form, sign_in::capitalised},
};
use authx_core::policy::{Document, Origin, SETTINGS, Setting, Shape, Unit, Word};
use serde_json::{Map, Value, json};

/// Values that belong together.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) id: &'static str,
    pub(super) rows: Vec<Row>,
}

/// One value of a document.
pub(super) struct Row {
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// What counts where nothing is set here, and where that comes from.
    pub(super) below: String,
    /// Whether something is set here.
    pub(super) set: bool,
    /// Why it cannot be.
    pub(super) never: Option<&'static str>,
    pub(super) one: Vec<Choice>,
    pub(super) many: Vec<Choice>,
    pub(super) typed: Option<Typed>,
    pub(super) fault: String,
}

pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) means: &'static str,
    pub(super) chosen: bool,
}

/// A value that is typed.
pub(super) struct Typed {
    pub(super) value: String,
    pub(super) help: String,
    pub(super) most: usize,
}

/// Every value, with what a form holds of it.
pub(super) fn sections(target: Target, shown: &Shown, form: &Form) -> Vec<Section> {
    let rows = |paths: &[&str]| {
        let settings = paths.iter().filter_map(|path| Setting::at(path));
        settings.map(|setting| row(target, shown, form, setting)).collect()
    };
    SECTIONS.iter().map(|(id, title, paths)| Section { title, id, rows: rows(paths) }).collect()
}

fn row(target: Target, shown: &Shown, form: &Form, setting: &'static Setting) -> Row {
    let path = setting.path;
    let never = setting.not_for_groups.filter(|_| matches!(target, Target::Group(_)));
    let choice = |word: &'static Word, chosen| Choice {
        word: word.word,
        title: word.title,
        means: word.means,
        chosen,
    };
    let (mut one, mut many, mut typed) = (vec![], vec![], None);
    match &setting.shape {
        Shape::One(words) => {
            one = words.iter().map(|word| choice(word, form.is(path, word.word))).collect();
        }
        Shape::Many(words) => {
            let box_of = |word: &Word| form.ticked(&format!("{path}:{}", word.word));
            many = words.iter().map(|word| choice(word, box_of(word))).collect();
        }
        Shape::Number { least, most, unit } => {
            let help = match unit {
                Unit::Secs => {
                    let fit = |(secs, _): &&(u64, _)| (*least..=*most).contains(secs);
                    let some: Vec<_> =
                        LENGTHS.iter().filter(fit).map(|(_, words)| *words).collect();
                    format!("{}, as {}.", range(*least, *most, *unit), some.join(", "))
                }
                Unit::Count(_) => format!("{}.", range(*least, *most, *unit)),
            };
            let help = capitalised(&help);
            let value = form.value(path).to_owned();
            typed = Some(Typed { value, help, most: 20 });
        }
        Shape::Text { most } => {
            let help = format!("Up to {most} characters.");
            let value = form.value(path).to_owned();
            typed = Some(Typed { value, help, most: *most });
        }
    }
    Row {
        path,
        title: setting.title,
        about: setting.about,
        below: below(target, &shown.below, setting),
        set: form.ticked(&format!("{path}:set")),
        never,
        one,
        many,
        typed,
        fault: form.fault_of(path).to_owned(),
    }
}

/// How a length of time may be written.
const LENGTHS: [(u64, &str); 4] =
    [(90, "90 s"), (900, "15 minutes"), (43_200, "12 hours"), (2_592_000, "30 days")];

/// “12 hours, built in”.
fn below(target: Target, below: &InForce, setting: &Setting) -> String {
    let source = below.sources.get(setting.path).and_then(|sources| sources.first());
    let said = source.map_or_else(String::new, |source| {
        let from = match called(below, source.origin) {
            origin if source.origin == Origin::Default => origin.to_lowercase(),
            origin => format!("from {origin}"),
        };
        format!("{}, {from}", value_of(setting, &source.value))
    });
    match target {
        Target::Group(_) if setting.not_for_groups.is_none() => {
            format!("{said}, unless the application says otherwise")
        }
        Target::Application(_) | Target::Group(_) | Target::Tenant => said,
    }
}

/// A form that holds a document.
pub(super) fn filled(document: &Document) -> Form {
    let mut form = Form::new();
    for setting in SETTINGS {
        let (path, Some(value)) = (setting.path, setting.of(document)) else { continue };
        match (&setting.shape, &value) {
            (Shape::Many(_), Value::Array(words)) => {
                form = form.with(&format!("{path}:set"), "on");
                for word in words.iter().filter_map(Value::as_str) {
                    form = form.with(&format!("{path}:{word}"), "on");
                }
            }
            (Shape::Number { unit: Unit::Secs, .. }, Value::Number(figure)) => {
                form = form.with(path, secs(figure.as_u64().unwrap_or_default()));
            }
            (_, Value::String(text)) => form = form.with(path, text.as_str()),
            (_, other) => form = form.with(path, other.to_string()),
        }
    }
    form
}

/// The document that a form holds; `None` where something is wrong with it, which the form says
/// then.
pub(super) fn read(target: Target, fields: &Fields, form: &mut Form) -> Option<Document> {
    let mut whole = Map::new();
    for setting in SETTINGS {
        let value = match sent(setting, fields) {
            Ok(Some(value)) => value,
            Ok(None) => continue,
            Err(fault) => {
                form.refuse(setting.path, fault);
                continue;
            }
        };
        let alone = Document::from_value(&nested(setting.path, &value));
        match alone.and_then(|document| checked(target, document)) {
            Ok(_) => place(&mut whole, setting.path, value),
            Err(error) => form.refuse(setting.path, fault(setting, fields, &error.to_string())),
        }
    }
    if !form.is_good() {
        return None;
    }
    match Document::from_value(&Value::Object(whole)) {
        Ok(document) => Some(document),
        Err(error) => {
            form.fault = Some(format!("{error}."));
            None
        }
    }
}

/// What was sent for a value; `None` where it is not set here.
fn sent(setting: &Setting, fields: &Fields) -> Result<Option<Value>, String> {
    let (path, text) = (setting.path, fields.text(setting.path));
    match &setting.shape {
        Shape::Many(words) => {
            let chosen = words.iter().map(|word| word.word);
            let chosen = chosen.filter(|word| fields.has(&format!("{path}:{word}")));
            let chosen: Vec<_> = chosen.collect();
            match (fields.has(&format!("{path}:set")), chosen.is_empty()) {
                (true, _) => Ok(Some(chosen.into())),
                (false, true) => Ok(None),
                // Silence would leave in force what somebody means to have changed.
                (false, false) => Err(NOT_SET.to_owned()),
            }
        }
        _ if text.is_empty() => Ok(None),
        Shape::One(_) | Shape::Text { .. } => Ok(Some(text.into())),
        Shape::Number { least, most, unit } => {
            let figure = match unit {
                Unit::Secs => parse_secs(text),
                Unit::Count(_) => text.parse().ok(),
            };
            let within = figure.filter(|figure| (least..=most).contains(&figure));
            let problem = if figure.is_some() { "out of range" } else { "no such number" };
            let told = || format!("“{text}” is {problem}: {}.", range(*least, *most, *unit));
            within.map(|figure| Some(json!(figure))).ok_or_else(told)
        }
    }
}

fn fault(setting: &Setting, fields: &Fields, told: &str) -> String {
    match &setting.shape {
        Shape::Many(_) => {
            "Nothing is ticked, so nobody could sign in. Tick at least one.".to_owned()
        }
        Shape::Text { most } => {
            let long = fields.text(setting.path).chars().count();
            if long > *most {
                return format!("This has {long} characters. Shorten it to {most}.");
            }
            "This has a character that cannot be seen. Type it again.".to_owned()
        }
        Shape::One(_) | Shape::Number { .. } => format!("{told}."),
    }
}

/// *90*, *90 s*, *15 minutes*, *12h*, *30 days*.
fn parse_secs(text: &str) -> Option<u64> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (figure, unit) = text.split_at_checked(digits)?;
    let factor = match unit.trim().to_lowercase().as_str() {
        "" | "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    };
    figure.parse::<u64>().ok()?.checked_mul(factor)
}

fn nested(path: &str, value: &Value) -> Value {
    match path.split_once('.') {
        Some((table, key)) => json!({ table: { key: value } }),
        None => json!({ path: value }),
    }
}

fn place(whole: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((table, key)) = path.split_once('.') else {
        whole.insert(path.to_owned(), value);
        return;
    };
    let table = whole.entry(table).or_insert_with(|| json!({}));
    if let Value::Object(table) = table {
        table.insert(key.to_owned(), value);
    }
}

const NOT_SET: &str = "Something is ticked, but not set here. Tick “Set here” too, and all that is to \
    count; or leave all of it unticked.";

/// What belongs together on the page.
const SECTIONS: &[(&str, &str, &[&str])] = &[
    ("asked", "What is asked", &["second_factor", "factors", "first_factors"]),
    (
        "phones",
        "Approvals on a phone",
        &[
            "match_number",
            "user_verification",
            "app_lock",
            "automatic_push",
            "phone_classes",
            "limits.phones_per_user",
        ],
    ),
    ("clients", "VPN clients", &["autologin", "certificate_name", "dynamic_challenge"]),
    (
        "times",
        "How long",
        &[
            "lifetimes.session_secs",
            "lifetimes.push_secs",
            "lifetimes.login_secs",
            "lifetimes.fraud_lock_secs",
        ],
    ),
    ("tries", "How often", &["limits.answers_per_login", "limits.lock_after"]),
    ("words", "What users read", &["messages.prompt", "messages.help"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use authx_core::policy::Effective;

    #[test]
    fn every_value_stands_once_on_the_page() {
        let mut paths: Vec<&str> =
            SECTIONS.iter().flat_map(|(_, _, paths)| *paths).copied().collect();
        paths.sort_unstable();
        let mut known: Vec<&str> = SETTINGS.iter().map(|setting| setting.path).collect();
        known.sort_unstable();
        assert_eq!(paths, known);
    }

    #[test]
    fn lengths_are_read_as_people_type_them() {
        for (text, secs) in [("90", 90), ("90 s", 90), ("15 minutes", 900), ("12h", 43_200)] {
            assert_eq!(parse_secs(text), Some(secs), "{text}");
        }
        for text in ["", "soon", "1 fortnight", "-5", "99999999999999999999 d"] {
            assert_eq!(parse_secs(text), None, "{text}");
        }
    }

    #[test]
    fn a_document_survives_its_form() {
        let whole = Effective::default().document();
        let form = filled(&whole);
        let mut body = form_urlencoded::Serializer::new(String::new());
        for setting in SETTINGS {
            let path = setting.path;
            if let Shape::Many(words) = &setting.shape {
                for word in words.iter().map(|word| word.word).chain(["set"]) {
                    if form.ticked(&format!("{path}:{word}")) {
                        body.append_pair(&format!("{path}:{word}"), "on");
                    }
                }
            } else {
                body.append_pair(path, form.value(path));
            }
        }
        let fields = Fields::parse(body.finish().as_bytes());
        let read = read(Target::Tenant, &fields, &mut Form::sent(&fields));
        assert_eq!(read, Some(whole));
    }
}
