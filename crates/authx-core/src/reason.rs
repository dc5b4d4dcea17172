//! Why a login ended without a yes: one catalogue for users, operators and programs.

use serde::{Deserialize, Serialize};

/// One entry of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The stable word for programs and logs.
    pub code: &'static str,
    /// What the user reads: a plain reason, then what to do. With the support code in brackets it
    /// stays within 120 characters (OpenVPN cuts longer ones).
    pub user: &'static str,
    /// What the operator reads in the log.
    pub operator: &'static str,
    /// What the operator can do about it.
    pub action: &'static str,
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident { $code:literal, $user:expr, $operator:literal, $action:literal })*) => {
        /// Why a login was refused.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What the catalogue says of it.
            pub fn entry(self) -> Entry {
                match self {
                    $(Self::$name => Entry { code: $code, user: $user, operator: $operator, action: $action },)*
                }
            }
        }
    };
}

/// One text for all that must look the same from outside.
const WRONG_CREDENTIALS: &str = "User name or password not accepted. Check both and try again.";
const NOT_PERMITTED: &str = "Sign-in is not permitted. Ask your administrator.";
const NOT_POSSIBLE: &str = "Sign-in is not possible right now. Try again in a minute.";

catalogue! {
    /// The account was switched off; the first factor was proved elsewhere.
    AccountDisabled {
        "account_disabled", NOT_PERMITTED,
        "the account is disabled",
        "Enable it with `authx user enable NAME` if the person should sign in."
    }
    /// Something failed on the VPN host that has to do with no user.
    AgentFault {
        "agent_fault", NOT_POSSIBLE,
        "the VPN host could not do its part, for example prove the first factor",
        "The agent's own log names the fault under the same support code; `authx-openvpn doctor` looks for its cause."
    }
    /// The VPN host had no verdict in time.
    AuthxUnreachable {
        "authx_unreachable", NOT_POSSIBLE,
        "the VPN host got no signed answer from AuthX in time",
        "Run `authx-openvpn doctor` on the VPN host: it tries name resolution, TLS, clock and key."
    }
    /// The client signs in by itself, where somebody has to be asked.
    AutologinNotAllowed {
        "autologin_not_allowed", "This profile may not sign in by itself. Use one that asks for your password.",
        "the client signs in by itself (an autologin profile), which the application's policy does not allow",
        "Give the user a profile that asks for the password, or set `autologin` to `push` or `allow` with `authx policy set`."
    }
    /// The caller can neither ask for an answer nor did it bring one.
    CannotAsk {
        "cannot_ask", "A code is needed. Connect again with your password, a comma, and the code.",
        "the VPN client cannot show a prompt and the user gave no answer with the password",
        "Tell the user to type password,CODE, or use a client that shows prompts."
    }
    /// The name in the client's certificate is not this user's.
    CertificateMismatch {
        "certificate_mismatch", NOT_PERMITTED,
        "the name in the client certificate is neither the user nor an alias of the user, or there is none",
        "Add the certificate's name with `authx user alias add`, or set `certificate_name` to `free` with `authx policy set`."
    }
    /// The answer to a dynamic challenge that is not open: answered, too old, or another user's.
    ChallengeExpired {
        "challenge_expired", "The question is no longer open. Sign in again.",
        "the answer came for a question that was answered already, is too old, or was another user's",
        "Nothing, if the user was slow. Many of them: compare the clocks and look who tries."
    }
    /// The client left before the end.
    ClientGone {
        "client_gone", "The connection was lost. Sign in again.",
        "the VPN client left before its login ended",
        "Nothing, unless it repeats: then look at the client's log and its time limits."
    }
    /// The code was right once.
    CodeAlreadyUsed {
        "code_already_used", "This code was used already. Wait for the next one.",
        "the code was right, but it or a later one was used before",
        "Nothing, if it was the user. If not, somebody saw the code: ask the user."
    }
    /// Too many wrong answers in a row over all logins.
    FactorLocked {
        "factor_locked", "Too many wrong codes. Ask your administrator to unlock you.",
        "the factor is locked after too many wrong answers behind the right first factor",
        "Somebody knows this user's password. Have it changed, then `authx user enable NAME`."
    }
    /// The user said, on the phone or in the portal, that the sign-in is somebody else's.
    Fraud {
        "fraud", "Reported as not you. Change your password and tell your administrator.",
        "the user said \"not me\": somebody else has the password",
        "Somebody knows this user's password. Have it changed; `authx user enable NAME` lets phones be asked again."
    }
    /// The kind of first factor that the caller claims is not allowed for this application.
    FirstFactorNotAllowed {
        "first_factor_not_allowed", NOT_PERMITTED,
        "the application's policy does not allow this kind of first factor",
        "Add the kind to `first_factors` with `authx policy set`, or change the VPN host's setting."
    }
    /// OpenVPN could not use the name.
    NameTooLong {
        "name_too_long", "User name too long. Ask your administrator for a shorter one.",
        "the user name is longer than OpenVPN can use as the name of a client (64 bytes)",
        "Give the user a shorter alias with `authx user alias add`, or leave out `username-as-common-name`."
    }
    /// The user has no factor that the policy allows.
    NotEnrolled {
        "not_enrolled", "You have no second factor yet. Ask your administrator.",
        "the user has no active factor among those that the policy allows",
        "Enrol one, for example with `authx user code NAME`."
    }
    /// Only groups may use the application, and the user is in none of them.
    NotInGroup {
        "not_in_group", NOT_PERMITTED,
        "only members of some groups may use the application, and the user is in none of them",
        "Put the user into a group of the application, or change its groups with `authx application set NAME --groups GROUPS`."
    }
    /// The phone cannot be asked where the number that it needs cannot be seen.
    NumberNotShown {
        "number_not_shown", "This client cannot show the number. Open AuthX on your phone, then type password,CODE.",
        "the user asked for push, but the policy demands a match number and this VPN client can show none",
        "Nothing; the phone shows a code for it. Or set `match_number` to `where_shown` with `authx policy set`."
    }
    /// Passkeys that are not this account's, or did not answer rightly.
    PasskeyDeclined {
        "passkey_declined", "This passkey does not open this account. Try another one, or another factor.",
        "behind the right password, passkeys were given that do not open this account",
        "Ask the user. If it was somebody else, that person knows the password: have it changed."
    }
    /// Neither asked nor answered, but the user's phone can show a code.
    PhoneCodeNeeded {
        "phone_code_needed", "A code is needed. Open AuthX on your phone, then connect with password,CODE.",
        "the VPN client cannot show a prompt and the user gave no answer with the password; the user's phone offers a code",
        "Nothing; the phone shows a code for it. Or use a client that shows prompts."
    }
    /// Denied on the phone.
    PushDenied {
        "push_denied", "Denied on your phone. Sign in again if you changed your mind.",
        "the user denied the request on the phone, and did not report it",
        "Nothing."
    }
    /// Too many requests, or too many that nobody answered.
    PushLimited {
        "push_limited", "Your phone was asked too often. Type a code, or wait ten minutes.",
        "three unanswered requests or five in all within ten minutes: the phone is left in peace",
        "Nothing, if the user was slow. If it was not the user, somebody knows the password: have it changed."
    }
    /// No phone of this user is asked for now.
    PushLocked {
        "push_locked", "Your phone cannot be asked for now. Type a code, or ask your administrator.",
        "the user said \"not me\" lately, or five logins of a day ended with wrong numbers",
        "Have the password changed if somebody else knows it; then `authx user enable NAME`."
    }
    /// What the login allowed was ended since.
    SessionEnded {
        "session_ended", "Your sign-in has ended. Connect again and sign in.",
        "the account was disabled or removed, its password replaced, or its sessions ended since the login",
        "Nothing; the user has to sign in again, and can if the account is enabled."
    }
    /// A client brought a session that the VPN host does not know.
    SessionUnknown {
        "session_unknown", "Your sign-in is not known any more. Connect again and sign in.",
        "the client brought a session token that the VPN host does not know, or that has expired",
        "Nothing, if it happens once. For all users at once: OpenVPN needs a fixed `auth-gen-token-secret`."
    }
    /// Codes come too fast after wrong ones.
    SlowDown {
        "slow_down", "Too many wrong codes. Wait a while, then sign in again.",
        "the answer came before the delay after earlier wrong ones was over; it was not looked at",
        "Nothing; the delay ends by itself. If it was not the user, have the password changed."
    }
    /// The same client began anew.
    Superseded {
        "superseded", "You signed in again. This attempt has ended.",
        "the same client began another login while the phone was asked for this one",
        "Nothing."
    }
    /// An administrator switched the application off.
    SwitchedOff {
        "switched_off", "Sign-in is switched off here. Ask your administrator.",
        "the application is switched off: nobody is asked for anything",
        "Switch it on again with `authx application set NAME --on`."
    }
    /// Nobody answered before the VPN's limit.
    TimedOut {
        "timed_out", "Nobody answered in time. Sign in again.",
        "no answer came before the login or the VPN client's time was over",
        "Nothing, unless it repeats: then ask whether the prompt is seen, and look at the client's time limits."
    }
    /// Passwords come too fast from one network after wrong ones.
    TooManyPasswords {
        "too_many_passwords", "Too many wrong passwords from your network. Wait a minute, then sign in again.",
        "the password came before the delay after earlier wrong ones from its network was over; it was not looked at",
        "Nothing; the delay ends by itself, after 30 s at most. If it goes on, somebody in that network guesses passwords."
    }
    /// The answer was no code and no known word.
    UnknownAnswer {
        "unknown_answer", "Answer not understood. Sign in again and type the code.",
        "the answer was neither a code nor a word that stands for an allowed factor",
        "Nothing; tell the user which words there are."
    }
    /// Nobody of that name; the first factor was proved elsewhere.
    UnknownUser {
        "unknown_user", NOT_PERMITTED,
        "no user or alias of that name",
        "Create the user with `authx user create`, or add an alias with `authx user alias add`."
    }
    /// The last allowed answer was wrong.
    WrongCode {
        "wrong_code", "Wrong code. Sign in again with a new one.",
        "the answers of this login were used up; the last one was wrong",
        "Nothing, unless it repeats. If codes are always wrong, look at the clocks of phone and server."
    }
    /// The last allowed number on the phone was wrong.
    WrongNumber {
        "wrong_number", "Wrong number on the phone. Sign in again and compare it.",
        "the number typed on the phone was wrong twice: it was not that of this login's prompt",
        "Ask the user: whoever approves without a prompt in sight may be answering a stranger's sign-in."
    }
    /// The password was wrong, or the account is unknown, disabled or has none: alike from outside.
    WrongCredentials {
        "wrong_credentials", WRONG_CREDENTIALS,
        "the first factor was not proved",
        "The entry's `cause` says why: wrong password, unknown user, disabled account, no password set."
    }
}

impl Reason {
    /// What may be told outside: reasons that would give away whether a user exists share a word.
    pub fn public(self) -> &'static str {
        match self {
            Self::AccountDisabled
            | Self::CertificateMismatch
            | Self::FirstFactorNotAllowed
            | Self::NotInGroup
            | Self::UnknownUser => "not_permitted",
            Self::AgentFault
            | Self::AuthxUnreachable
            | Self::AutologinNotAllowed
            | Self::CannotAsk
            | Self::ChallengeExpired
            | Self::ClientGone
            | Self::CodeAlreadyUsed
            | Self::FactorLocked
            | Self::Fraud
            | Self::NameTooLong
            | Self::NotEnrolled
            | Self::NumberNotShown
            | Self::PasskeyDeclined
            | Self::PhoneCodeNeeded
            | Self::PushDenied
            | Self::PushLimited
            | Self::PushLocked
            | Self::SessionEnded
            | Self::SessionUnknown
            | Self::SlowDown
            | Self::Superseded
            | Self::SwitchedOff
            | Self::TimedOut
            | Self::TooManyPasswords
            | Self::UnknownAnswer
            | Self::WrongCode
            | Self::WrongCredentials
            | Self::WrongNumber => self.entry().code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_is_complete_short_and_distinct() {
        let mut codes = BTreeSet::new();
        for reason in Reason::ALL {
            let entry = reason.entry();
            assert!(codes.insert(entry.code), "{} twice", entry.code);
            assert!(entry.user.chars().count() + " [K7QF2M]".len() <= 120, "{}", entry.code);
            assert!(entry.user.ends_with('.') && entry.action.ends_with('.'), "{}", entry.code);
        }
    }

    #[test]
    fn reasons_that_look_alike_outside_read_alike() {
        let mut texts = std::collections::BTreeMap::new();
        for reason in Reason::ALL {
            assert_eq!(
                *texts.entry(reason.public()).or_insert(reason.entry().user),
                reason.entry().user
            );
        }
    }
}
