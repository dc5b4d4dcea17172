//! What modules ask, and what they hear.

use super::message::printable;
use nonstick::{ConversationAdapter, ErrorCode, Result as PamResult};
use std::{
    cell::RefCell,
    ffi::{OsStr, OsString},
};

/// One user's side of a PAM conversation: a name and a password, and nothing else to say.
pub(super) struct Dialogue<'a> {
    user: &'a str,
    password: &'a str,
    heard: RefCell<Heard>,
}

/// What modules said.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The question the password was given to.
    pub(super) password_prompt: Option<String>,
    times: usize,
    /// The first question that could not be answered.
    pub(super) unanswered: Option<String>,
    /// Messages for the user.
    pub(super) said: Vec<String>,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(user: &'a str, password: &'a str) -> Self {
        Self { user, password, heard: RefCell::default() }
    }

    pub(super) fn into_heard(self) -> Heard {
        self.heard.into_inner()
    }

    fn leave(&self, question: String) -> PamResult<OsString> {
        self.heard.borrow_mut().unanswered.get_or_insert(question);
        Err(ErrorCode::ConversationError)
    }

    fn hear(&self, message: &OsStr) {
        let text = shortened(message);
        let mut heard = self.heard.borrow_mut();
        // A script behind pam_exec may print what it was given.
        if !text.is_empty() && !text.contains(self.password) && heard.said.len() < MAX_MESSAGES {
            heard.said.push(text);
        }
    }
}

impl ConversationAdapter for &Dialogue<'_> {
    /// PAM knows the name from the start; a module that asks all the same is told. What else is
    /// typed in the open is a one-time code.
    fn prompt(&self, request: impl AsRef<OsStr>) -> PamResult<OsString> {
        let question = shortened(request.as_ref());
        let lower = question.to_lowercase();
        if ["login", "name", "user"].iter().any(|word| lower.contains(word)) {
            return Ok(self.user.into());
        }
        self.leave(question)
    }

    /// The first hidden question gets the password, and so does the same question of a second
    /// module. Another one wants something that nobody typed: given the password, it would count a
    /// wrong answer against the user.
    fn masked_prompt(&self, request: impl AsRef<OsStr>) -> PamResult<OsString> {
        let question = shortened(request.as_ref());
        let mut heard = self.heard.borrow_mut();
        let first = heard.password_prompt.get_or_insert_with(|| question.clone());
        if *first != question || heard.times == MAX_TIMES {
            drop(heard);
            return self.leave(question);
        }
        heard.times += 1;
        Ok(self.password.into())
    }

    fn error_msg(&self, message: impl AsRef<OsStr>) {
        self.hear(message.as_ref());
    }

    fn info_msg(&self, message: impl AsRef<OsStr>) {
        self.hear(message.as_ref());
    }
}

fn shortened(text: &OsStr) -> String {
    printable(text.to_string_lossy().trim()).chars().take(MAX_TEXT_CHARS).collect()
}

const MAX_MESSAGES: usize = 3;
const MAX_TEXT_CHARS: usize = 100;
/// Modules that ask the same question; more often, and one of them tries again.
const MAX_TIMES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_goes_to_the_first_hidden_question_only() {
        let dialogue = Dialogue::new("alice", "correct horse");
        let ask = |question: &str| (&dialogue).masked_prompt(question);
        assert_eq!(ask("Password: ").unwrap(), "correct horse");
        assert_eq!(ask("Password:").unwrap(), "correct horse", "a second module, same question");
        assert!(ask("Verification code: ").is_err());
        assert!(ask("Password: ").is_err(), "a module that tries again");
        let heard = dialogue.into_heard();
        assert_eq!(heard.password_prompt.as_deref(), Some("Password:"));
        assert_eq!(heard.unanswered.as_deref(), Some("Verification code:"));
    }

    #[test]
    fn an_open_question_gets_the_name_if_it_asks_for_it() {
        let dialogue = Dialogue::new("alice", "correct horse");
        let ask = |question: &str| (&dialogue).prompt(question);
        for question in ["login: ", "Username:", "AD user name"] {
            assert_eq!(ask(question).unwrap(), "alice");
        }
        assert!(ask("Verification code: ").is_err());
        assert_eq!(dialogue.into_heard().unanswered.as_deref(), Some("Verification code:"));
    }

    #[test]
    fn messages_are_kept_short_and_without_the_password() {
        let dialogue = Dialogue::new("alice", "correct horse");
        (&dialogue).info_msg("got: correct horse");
        (&dialogue).error_msg("Your account\x1b[1m has expired\n");
        for _ in 0..10 {
            (&dialogue).error_msg("x".repeat(1000));
        }
        let said = dialogue.into_heard().said;
        assert_eq!(said.len(), 3);
        assert_eq!(said[0], "Your account[1m has expired");
        assert_eq!(said[1].len(), 100);
    }
}
