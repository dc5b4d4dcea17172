//! What has to do with the user's phone: the number that stands in the prompt, and what the prompt
//! says while the phone is asked.

use super::{Conversation, Effect, MARGIN_SECS, refusal::MOST_QUESTION_BYTES};
use authx_core::{
    Millis,
    factor::FactorKind,
    prompt::{self, Question},
    wire::{
        check::Asks,
        login::{LoginState, LoginView, Prompt},
        text::{MatchNumber, Method},
    },
};

/// A question that stands before the client's user.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) at: Millis,
}

/// A question that waits, so that the one before can be read.
#[derive(Clone, Debug)]
pub(super) struct Later {
    pub(super) at: Millis,
    text: String,
    echo: bool,
}

impl Conversation {
    /// The same for every user, so that it can be shown before AuthX has answered.
    pub(super) fn first_question(&self) -> String {
        let asks = self.setting.asks.as_ref();
        let own = || prompt::question(Question::First, &[FactorKind::Code], None);
        let text = asks.map_or_else(own, |asks| asks.prompt.clone());
        with_number(text, self.number.as_ref())
    }

    /// Shows what AuthX asks, where that is new to the user.
    pub(super) fn show(
        &mut self,
        now: Millis,
        view: &LoginView,
        sent: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(prompt) = &view.prompt else { return };
        let text = self.question(view, prompt);
        let on_phone = view.state == LoginState::AwaitingPhone;
        // After an answer its user sees nothing any more; what was typed with the password may
        // have left the first question standing.
        let waits_for_it = sent && !self.unanswered && (self.seq > 0 || !on_phone);
        self.later = None;
        if waits_for_it {
            if !on_phone {
                self.method = Some(Method::CrText);
            }
            self.ask(now, &text, prompt.echo, effects);
        } else if !on_phone && prompt.offers.is_empty() {
            // Who has no factor is told how to enrol, in place of the question for all.
            if self.shown.as_ref().is_none_or(|shown| shown.text != text) {
                self.ask(now, &text, prompt.echo, effects);
            }
        } else if on_phone && self.shown.as_ref().is_none_or(|shown| shown.text != text) {
            let readable = |shown: &Shown| shown.at.plus_millis(READING_MILLIS);
            let at = self.shown.as_ref().map_or(now, readable);
            self.later = Some(Later { at, text, echo: prompt.echo });
            self.show_later(now, effects);
        }
    }

    /// Shows what waited, when its time has come.
    pub(super) fn show_later(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if let Some(later) = self.later.take_if(|later| later.at <= now) {
            self.ask(now, &later.text, later.echo, effects);
        }
    }

    /// What AuthX asks, with what it says of the phone.
    pub(super) fn question(&self, view: &LoginView, prompt: &Prompt) -> String {
        let on_phone = view.state == LoginState::AwaitingPhone;
        let delivery = view.delivery.as_ref().map(|delivery| delivery.text.as_str());
        let told = delivery.filter(|told| on_phone && !prompt.text.contains(told));
        let text = match told {
            Some(told) if !told.is_empty() => format!("{told} {}", prompt.text),
            Some(_) | None => prompt.text.clone(),
        };
        let offered = prompt.offers.iter().any(|offer| offer.factor == FactorKind::Push);
        let number = view.match_number.as_ref().or(self.number.as_ref());
        with_number(text, number.filter(|_| on_phone || offered))
    }

    /// A client that shows nothing waits for the phone as long as any other, once it is told to.
    pub(super) fn give_time(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.setting.several && self.abilities.long_wait && !self.asked && !self.time_given {
            self.time_given = true;
            self.extend(now, String::new(), effects);
        }
    }

    /// Puts a question, or none, before the user, and begins the time anew in which OpenVPN waits.
    pub(super) fn extend(&mut self, now: Millis, extra: String, effects: &mut Vec<Effect>) {
        let secs = self.patience_secs(now);
        self.decide_by_before = self.decide_by;
        self.decide_by = now.plus_secs(secs.saturating_sub(MARGIN_SECS));
        // The client counts from the beginning of its connection.
        let secs = secs.saturating_add(now.since(self.began) / 1_000);
        effects.push(Effect::Ask { extra, secs });
    }
}

/// Whether what was typed chooses the phone, maybe one of several: `push`, `P`, `push2`.
pub(super) fn chooses_phone(text: &str, asks: Option<&Asks>) -> bool {
    let word = text.trim().trim_end_matches(|letter: char| letter.is_ascii_digit());
    asks.is_some_and(Asks::phone) && FactorKind::from_word(word) == Some(FactorKind::Push)
}

/// A question with the number behind it. Where both are too long the question gives way: without
/// the number no phone can approve.
pub(crate) fn with_number(mut text: String, number: Option<&MatchNumber>) -> String {
    let sentence = prompt::number(number);
    let shown = |digits: &MatchNumber| text.contains(digits.as_str());
    if sentence.is_empty() || text.contains(sentence.trim()) || number.is_some_and(shown) {
        return text;
    }
    let room = MOST_QUESTION_BYTES.saturating_sub(sentence.len() + ".".len());
    text.truncate(text.floor_char_boundary(room));
    let asked = text.trim_end();
    match asked.strip_suffix(':') {
        Some(asked) => format!("{asked}.{sentence}"),
        None => format!("{asked}{sentence}"),
    }
}

/// A question is not replaced sooner by what is only news.
const READING_MILLIS: u64 = 3_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> MatchNumber {
        MatchNumber::try_from("482913".to_owned()).unwrap()
    }

    #[test]
    fn the_number_stands_behind_the_question_once() {
        let with = |text: &str| with_number(text.to_owned(), Some(&number()));
        let whole = "AuthX code, or push. For the phone the number is 482 913.";
        assert_eq!(with("AuthX code, or push."), whole);
        assert_eq!(with(whole), whole);
        assert_eq!(
            with("Or type a code: "),
            "Or type a code. For the phone the number is 482 913."
        );
        assert_eq!(with("Type 482913 there."), "Type 482913 there.");
        assert_eq!(with_number("Code:".to_owned(), None), "Code:");
    }

    proptest! {
        #[test]
        fn whatever_is_asked_the_number_is_seen(text in "\\PC{0,300}") {
            let asked = with_number(text, Some(&number()));
            prop_assume!(!asked.contains("482913"));
            let extra = super::super::refusal::cr_text(&asked, true);
            prop_assert!(extra.ends_with(" For the phone the number is 482 913."), "{}", extra);
        }
    }
}
