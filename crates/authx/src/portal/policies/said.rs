//! Values and verdicts as people read them.

use crate::portal::words::{plural, span};
use authx_core::{
    factor::FactorKind,
    policy::{
        Document, SETTINGS, Setting, Shape, Unit, Word,
        draft::{By, Ended, Gap, Verdict},
    },
};
use serde_json::Value;

/// A value by its name.
#[derive(Clone, Debug)]
pub(in super::super) struct Line {
    /// What people call it.
    pub(in super::super) title: &'static str,
    /// What it is.
    pub(in super::super) value: String,
}

/// What a document sets, in the order in which people look for it.
pub(in super::super) fn set_values(document: &Document) -> Vec<Line> {
    let line = |setting: &Setting| {
        let value = setting.of(document)?;
        Some(Line { title: setting.title, value: value_of(setting, &value) })
    };
    SETTINGS.iter().filter_map(line).collect()
}

/// A value in words.
pub(in super::super) fn value_of(setting: &Setting, value: &Value) -> String {
    match &setting.shape {
        Shape::One(words) => title(words, value),
        Shape::Many(words) => {
            let chosen = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let titles: Vec<String> = chosen.iter().map(|value| title(words, value)).collect();
            titles.join(", ")
        }
        Shape::Number { least, unit, .. } => match (value.as_u64(), unit) {
            (Some(0), _) if *least == 0 => "Never".to_owned(),
            (Some(figure), Unit::Secs) => secs(figure),
            (Some(figure), Unit::Count(what)) => counted(figure, what),
            (None, _) => String::new(),
        },
        Shape::Text { .. } => match value.as_str() {
            Some(text) => format!("“{text}”"),
            None => "AuthX's own words".to_owned(),
        },
    }
}

fn title(words: &[Word], value: &Value) -> String {
    let known = words.iter().find(|word| value == word.word);
    known.map_or_else(|| value.to_string(), |word| word.title.to_owned())
}

fn counted(figure: u64, many: &str) -> String {
    plural(figure, many.strip_suffix('s').unwrap_or(many), many)
}

/// A length of time, exactly.
pub(super) fn secs(secs: u64) -> String {
    let even = |unit: u64| secs >= unit && secs.is_multiple_of(unit);
    if even(86_400) && secs != 86_400 || even(3_600) {
        return span(secs);
    }
    if secs >= 300 && even(60) {
        return format!("{} minutes", secs / 60);
    }
    format!("{secs} s")
}

/// What a number may be, in words.
pub(super) fn range(least: u64, most: u64, unit: Unit) -> String {
    match unit {
        Unit::Secs if least == 0 => format!("up to {}, or 0 for never", secs(most)),
        Unit::Secs => format!("{} to {}", secs(least), secs(most)),
        Unit::Count(_) => format!("{least} to {most}"),
    }
}

/// How a login ended.
pub(super) fn ended(ended: Ended) -> String {
    match ended {
        Ended::Allowed(By::Factor(FactorKind::Push)) => "Granted by push".to_owned(),
        Ended::Allowed(By::Factor(FactorKind::Code)) => "Granted by code".to_owned(),
        Ended::Allowed(By::Factor(FactorKind::Recovery)) => "Granted by recovery code".to_owned(),
        Ended::Allowed(By::Session { .. }) => "Granted, as it was remembered".to_owned(),
        Ended::Allowed(By::Policy) => "Granted without a second factor".to_owned(),
        Ended::Allowed(By::Autologin) => "Granted to a client that signs in by itself".to_owned(),
        Ended::Allowed(By::Other | By::Factor(FactorKind::Bypass | FactorKind::Passkey)) => {
            "Granted".to_owned()
        }
        Ended::Cancelled => "Cancelled".to_owned(),
        Ended::Expired => "Expired".to_owned(),
        Ended::Refused(reason) => format!("Refused: {}", reason.entry().operator),
    }
}

/// How it would have ended.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "As it did",
        Verdict::LetIn => "Granted without a second factor",
        Verdict::Asked => "Asked for a second factor",
        Verdict::OtherFactor => "Not by this factor: another one is needed",
        Verdict::NeedsNumber => "Not without the number from the VPN prompt",
        Verdict::NeedsVerification => "Not without the phone's own check of its user",
        Verdict::RefusedAutologin => "Refused: the client signs in by itself",
        Verdict::RefusedFirstFactor => "Refused: this kind of first factor does not count",
        Verdict::RefusedTries => "Refused: too many wrong answers",
        Verdict::TooLate => "Over before it was answered",
        Verdict::Unsaid(gap) => match gap {
            Gap::Certificate => "Cannot be said: the certificate may have an alias's name",
            Gap::GoesOn => "Cannot be said: it would have gone on",
            Gap::NumberShown => "Cannot be said: nobody knows whether the number could be shown",
            Gap::PhoneKind => "Cannot be said: the log does not name the phone's kind",
            Gap::Remembered => "Cannot be said: the log does not say since when it was remembered",
            Gap::Tries => "Cannot be said: there would have been another try",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_exactly() {
        let said = [0, 30, 90, 120, 300, 3_600, 5_400, 43_200, 86_400, 90_000, 2_592_000].map(secs);
        let expected = [
            "0 s",
            "30 s",
            "90 s",
            "120 s",
            "5 minutes",
            "1 hour",
            "90 minutes",
            "12 hours",
            "24 hours",
            "25 hours",
            "30 days",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn every_default_has_words() {
        let whole = authx_core::policy::Effective::default().document();
        for setting in SETTINGS {
            let value = setting.of(&whole).unwrap_or(Value::Null);
            let said = value_of(setting, &value);
            assert!(!said.is_empty() && !said.contains('_'), "{}: {said}", setting.path);
        }
    }
}
