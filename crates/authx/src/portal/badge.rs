//! States: a word, a shape, a colour. The words are fixed; understood in grey.

use askama::Template;
use askama::filters::HtmlSafe;
use std::borrow::Cow;

/// A state as it stands in a table or a head. In a template: `{{ row.state }}`.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"<span class="badge{{ tone }}"><svg class="i" aria-hidden="true"><use href="{{ icon }}"/></svg>{{ words }}</span>"#
)]
pub struct Badge {
    tone: &'static str,
    icon: &'static str,
    words: Cow<'static, str>,
}

/// The template escapes the words.
impl HtmlSafe for Badge {}

/// A state with fixed words.
macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident = $tone:literal $icon:literal $words:literal;)*) => {
        $($(#[$doc])*
        pub const fn $name() -> Self {
            Self { tone: $tone, icon: $icon, words: Cow::Borrowed($words) }
        })*
    };
}

/// A state whose words end in a time or another fact.
macro_rules! open {
    ($($(#[$doc:meta])* $name:ident = $tone:literal $icon:literal $words:literal;)*) => {
        $($(#[$doc])*
        pub fn $name(fact: impl std::fmt::Display) -> Self {
            Self { tone: $tone, icon: $icon, words: Cow::Owned(format!("{} {fact}", $words)) }
        })*
    };
}

impl Badge {
    fixed! {
        /// A login under way.
        waiting = "" "#i-clock" "Waiting";
        /// A login that let somebody in.
        granted = " good" "#i-check" "Granted";
        /// A login that did not.
        refused = " bad" "#i-x" "Refused";
        /// A login that nobody answered.
        expired = "" "#i-timer" "Expired";
        /// A login that was given up.
        cancelled = "" "#i-minus" "Cancelled";
        /// A login that its user reported.
        not_me = " bad" "#i-octagon-alert" "Not me";
        /// A user who can sign in.
        active = " good" "#i-check" "Active";
        /// A user without a factor yet.
        pending = "" "#i-mail" "Pending";
        /// A user whom AuthX stopped.
        locked = " bad" "#i-lock" "Locked";
        /// A user whom a person switched off.
        disabled = "" "#i-ban" "Disabled";
        /// A phone that answers.
        reachable = " good" "#i-check" "Reachable";
        /// A phone whose push was stopped.
        push_locked = " bad" "#i-lock" "Push locked";
        /// An application that nobody has used.
        unused = " warn" "#i-clock" "Waiting for the first request";
        /// An application that is used.
        in_use = " good" "#i-check" "In use";
        /// An application of which no server is believed.
        no_key = " bad" "#i-x" "No key: nobody gets in";
        /// An application that a person switched off.
        switched_off = "" "#i-ban" "Switched off";
    }

    open! {
        /// A user who needs no second factor until a time.
        bypass_until = " warn" "#i-clock" "Bypass until";
        /// A phone that has not answered since a time.
        unreachable_since = " warn" "#i-wifi-off" "Unreachable since";
        /// An application that nobody has used since a time.
        silent_since = " warn" "#i-clock" "Silent since";
    }

    /// Something right, in other words.
    pub fn good(words: impl Into<Cow<'static, str>>) -> Self {
        Self { tone: " good", icon: "#i-check", words: words.into() }
    }

    /// Something wrong, in other words.
    pub fn bad(words: impl Into<Cow<'static, str>>) -> Self {
        Self { tone: " bad", icon: "#i-x", words: words.into() }
    }

    /// Something that a person should look at, in other words.
    pub fn warn(words: impl Into<Cow<'static, str>>) -> Self {
        Self { tone: " warn", icon: "#i-triangle-alert", words: words.into() }
    }

    /// Something that is neither, in other words.
    pub fn plain(words: impl Into<Cow<'static, str>>) -> Self {
        Self { tone: "", icon: "#i-minus", words: words.into() }
    }

    /// With another icon, as `#i-NAME`.
    #[must_use]
    pub fn drawn(self, icon: &'static str) -> Self {
        Self { icon, ..self }
    }

    /// The words alone.
    pub fn words(&self) -> &str {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_a_shape_and_words() {
        assert_eq!(
            Badge::granted().to_string(),
            r##"<span class="badge good"><svg class="i" aria-hidden="true"><use href="#i-check"/></svg>Granted</span>"##
        );
        let silent = Badge::silent_since("<b>Tuesday</b>").to_string();
        assert!(silent.ends_with("Silent since &#60;b&#62;Tuesday&#60;/b&#62;</span>"), "{silent}");
    }
}
