//! Every value that a document may hold: what it is called, what it may be, and what follows.

use super::Document;
use serde_json::Value;

/// One value of a document.
#[derive(Debug)]
pub struct Setting {
    /// Where it stands, such as `limits.lock_after`.
    pub path: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it decides, in one line.
    pub about: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// Why a group cannot have its own; `None` where it can.
    pub not_for_groups: Option<&'static str>,
}

/// What a value may be.
#[derive(Debug)]
pub enum Shape {
    /// Some of these words, at least one.
    Many(&'static [Word]),
    /// A number.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
        /// What is counted.
        unit: Unit,
    },
    /// One of these words.
    One(&'static [Word]),
    /// A text.
    Text {
        /// Characters at most.
        most: usize,
    },
}

/// What a number counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// Things, by this name.
    Count(&'static str),
    /// Seconds.
    Secs,
}

/// A word that a value may be.
#[derive(Debug)]
pub struct Word {
    /// As documents have it.
    pub word: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What follows from it.
    pub means: &'static str,
}

impl Setting {
    /// The one at this path.
    pub fn at(path: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.path == path)
    }

    /// Where it stands in a document's JSON (RFC 6901).
    pub fn pointer(&self) -> String {
        format!("/{}", self.path.replace('.', "/"))
    }

    /// What a document says of it.
    pub fn of(&self, document: &Document) -> Option<Value> {
        let value = serde_json::to_value(document).ok()?;
        value.pointer(&self.pointer()).cloned()
    }
}

/// All of them, in the order in which people look for them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        path: "second_factor",
        title: "Second factor",
        about: "Whether one is asked for after the first factor.",
        shape: Shape::One(&[
            Word {
                word: "required",
                title: "Required",
                means: "Always, unless a sign-in is remembered.",
            },
            Word {
                word: "off",
                title: "Off",
                means: "Whoever proves the first factor is in. Each such login says so in the log.",
            },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "factors",
        title: "Allowed factors",
        about: "Second factors that may be used.",
        shape: Shape::Many(&[
            Word {
                word: "code",
                title: "Code",
                means: "Six digits from the phone or an authenticator app.",
            },
            Word {
                word: "push",
                title: "Push",
                means: "An approval on the phone. Without it no phone is asked.",
            },
            Word { word: "recovery", title: "Recovery code", means: "Ten codes on paper." },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "first_factors",
        title: "First factor",
        about: "What callers may claim to have checked before the second factor.",
        shape: Shape::Many(&[
            Word { word: "password", title: "Password", means: "AuthX keeps and checks it." },
            Word {
                word: "access_server",
                title: "Access Server",
                means: "OpenVPN Access Server has checked it.",
            },
            Word {
                word: "certificate",
                title: "Certificate",
                means: "OpenVPN has verified the client's certificate.",
            },
            Word { word: "pam", title: "PAM", means: "The VPN host has checked it." },
        ]),
        not_for_groups: Some("it counts before AuthX knows who signs in"),
    },
    Setting {
        path: "match_number",
        title: "Match number",
        about: "Whether an approval on a phone needs the six digits of the VPN prompt.",
        shape: Shape::One(&[
            Word {
                word: "required",
                title: "Required",
                means: "Always. Who sees no prompt types a code.",
            },
            Word {
                word: "where_shown",
                title: "Where it can be shown",
                means: "Clients that show no prompt are approved without.",
            },
            Word {
                word: "off",
                title: "Off",
                means: "Whoever has the password gets in when the user taps without thinking.",
            },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "user_verification",
        title: "User check by the phone",
        about: "Whether an approval has to carry the phone's own check: finger, face or PIN.",
        shape: Shape::One(&[
            Word {
                word: "off",
                title: "Off",
                means: "The signature of the phone's key is enough.",
            },
            Word {
                word: "required",
                title: "Required",
                means: "AuthX verifies it. Phones without a screen lock cannot approve.",
            },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "app_lock",
        title: "App lock on the phone",
        about: "Whether the app shows codes and takes approvals only behind its lock.",
        shape: Shape::One(&[
            Word { word: "optional", title: "Optional", means: "As its user likes." },
            Word {
                word: "required",
                title: "Required",
                means: "Where the phone has a lock. The app's word: no server can see to it.",
            },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "automatic_push",
        title: "Automatic push",
        about: "Whether the phone is asked before anything was typed, if it can be reached.",
        shape: Shape::One(&[
            Word { word: "off", title: "Off", means: "The phone rings when the user types push." },
            Word {
                word: "on",
                title: "On",
                means: "It rings as soon as the first factor is proved.",
            },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "autologin",
        title: "Clients that sign in by themselves",
        about: "Autologin profiles: nobody is there to be asked.",
        shape: Shape::One(&[
            Word { word: "refuse", title: "Refused", means: "They do not get in." },
            Word {
                word: "push",
                title: "By push",
                means: "A phone is asked. Needs a match number that is not required.",
            },
            Word {
                word: "allow",
                title: "Allowed",
                means: "Whoever has the profile gets in. Each such login says so in the log.",
            },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "certificate_name",
        title: "Name in the certificate",
        about: "Where the VPN client has a certificate.",
        shape: Shape::One(&[
            Word {
                word: "must_match",
                title: "Has to be the user's",
                means: "The user's name or an alias.",
            },
            Word {
                word: "free",
                title: "Free",
                means: "For certificates that name a device. Not where it is the first factor.",
            },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "dynamic_challenge",
        title: "Dynamic challenge",
        about: "Whether a client without prompts is asked by refusing it with a question.",
        shape: Shape::One(&[
            Word { word: "off", title: "Off", means: "Such a client is not asked." },
            Word {
                word: "on",
                title: "On",
                means: "It connects again with the answer. Clients that cannot end instead.",
            },
        ]),
        not_for_groups: Some("the VPN host decides it before AuthX knows who signs in"),
    },
    Setting {
        path: "phone_classes",
        title: "Kinds of authenticator",
        about: "Which may be enrolled, and asked.",
        shape: Shape::Many(&[
            Word { word: "web", title: "The app", means: "Its keys cannot be read by a script." },
            Word { word: "software", title: "Programs", means: "They keep their keys in a file." },
        ]),
        not_for_groups: None,
    },
    Setting {
        path: "lifetimes.session_secs",
        title: "Remembered for",
        about: "How long a sign-in stays remembered: no second factor until then. 0 is never.",
        shape: Shape::Number { least: 0, most: 2_592_000, unit: Unit::Secs },
        not_for_groups: None,
    },
    Setting {
        path: "lifetimes.push_secs",
        title: "Request on a phone valid for",
        about: "How long a phone has for its answer.",
        shape: Shape::Number { least: 30, most: 300, unit: Unit::Secs },
        not_for_groups: None,
    },
    Setting {
        path: "lifetimes.login_secs",
        title: "Login open for",
        about: "How long a user has to type an answer.",
        shape: Shape::Number { least: 30, most: 300, unit: Unit::Secs },
        not_for_groups: Some("the VPN host goes by it before AuthX knows who signs in"),
    },
    Setting {
        path: "lifetimes.fraud_lock_secs",
        title: "Push locked after “Not me”",
        about: "How long no phone of the user is asked.",
        shape: Shape::Number { least: 600, most: 2_592_000, unit: Unit::Secs },
        not_for_groups: None,
    },
    Setting {
        path: "limits.answers_per_login",
        title: "Answers in one login",
        about: "Wrong answers that end a login.",
        shape: Shape::Number { least: 1, most: 10, unit: Unit::Count("answers") },
        not_for_groups: None,
    },
    Setting {
        path: "limits.lock_after",
        title: "Factor locked after",
        about: "Wrong answers in a row, over all logins of a user.",
        shape: Shape::Number { least: 5, most: 50, unit: Unit::Count("wrong answers") },
        not_for_groups: None,
    },
    Setting {
        path: "limits.phones_per_user",
        title: "Phones of one user",
        about: "Pending ones included.",
        shape: Shape::Number { least: 1, most: 10, unit: Unit::Count("phones") },
        not_for_groups: None,
    },
    Setting {
        path: "messages.prompt",
        title: "First question",
        about: "What the VPN prompt says instead of AuthX's own words.",
        shape: Shape::Text { most: 100 },
        not_for_groups: Some("it is read before AuthX knows who signs in"),
    },
    Setting {
        path: "messages.help",
        title: "Help after a refusal",
        about: "What a refused user is told to do, such as a number to call.",
        shape: Shape::Text { most: 60 },
        not_for_groups: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Effective;
    use serde_json::json;

    fn document(setting: &Setting, value: &Value) -> Result<Document, String> {
        let json = match setting.path.split_once('.') {
            Some((table, key)) => json!({ table: { key: value } }),
            None => json!({ setting.path: value }),
        };
        Document::from_value(&json).map_err(|error| error.to_string())
    }

    #[test]
    fn every_value_is_listed_once() {
        let mut listed: Vec<&str> = SETTINGS.iter().map(|setting| setting.path).collect();
        listed.sort_unstable();
        let known: Vec<&str> = Effective::default().origins.keys().copied().collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn what_is_listed_is_what_documents_take() {
        for setting in SETTINGS {
            let path = setting.path;
            match &setting.shape {
                Shape::One(words) => {
                    for word in *words {
                        let document = document(setting, &json!(word.word)).unwrap();
                        assert_eq!(setting.of(&document), Some(json!(word.word)), "{path}");
                    }
                    let told = document(setting, &json!("zzz")).unwrap_err();
                    let known = told.split("known are ").nth(1).unwrap().split(", ").count();
                    assert_eq!(known, words.len(), "{told}");
                }
                Shape::Many(words) => {
                    let all: Vec<_> = words.iter().map(|word| word.word).collect();
                    assert!(document(setting, &json!(all)).is_ok(), "{path}");
                    let told = document(setting, &json!(["zzz"])).unwrap_err();
                    let known = told.split("known are ").nth(1).unwrap().split(", ");
                    // AuthX's own, which are nothing to choose.
                    let own = ["bypass", "passkey", "portal"];
                    let known = known.filter(|word| !own.contains(word)).count();
                    assert_eq!(known, words.len(), "{told}");
                }
                Shape::Number { least, most, .. } => {
                    assert!(document(setting, &json!(least)).is_ok(), "{path}");
                    assert!(document(setting, &json!(most)).is_ok(), "{path}");
                    assert!(document(setting, &json!(most + 1)).is_err(), "{path}");
                    assert!(*least == 0 || document(setting, &json!(least - 1)).is_err(), "{path}");
                }
                Shape::Text { most } => {
                    assert!(document(setting, &json!("x".repeat(*most))).is_ok(), "{path}");
                    assert!(document(setting, &json!("x".repeat(most + 1))).is_err(), "{path}");
                }
            }
        }
    }
}
