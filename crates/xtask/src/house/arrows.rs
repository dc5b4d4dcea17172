//! Every arrow points down: which room of the server may name which other one.

use super::{
    Finding,
    tree::{File, Tree},
};

/// Rooms of the server that name a room above or beside them.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(wrong_arrows).collect()
}

fn wrong_arrows(file: &File) -> Vec<Finding> {
    let Some(inside) = file.path.strip_prefix("crates/authx/src/") else { return Vec::new() };
    let room = inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs");
    let Some((_, door)) = DOORS.iter().find(|(from, _)| *from == room) else {
        return Vec::new();
    };
    let lexed = file.lexed();
    let wrong = named(&lexed.code).into_iter().filter(|(_, to)| to != room && !door.lets(to));
    let finding = |(at, to): (usize, String)| Finding {
        place: format!("{}:{}", file.path, lexed.line(at)),
        fault: format!("`{room}` must not know `{to}`: every arrow points down"),
    };
    wrong.map(finding).collect()
}

/// The rooms that paths from the crate's root name, and where: `crate::store::Store` and each
/// branch of `use crate::{store, senders::Sms}`.
fn named(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, root) in code.match_indices("crate::") {
        let after = code.get(at + root.len()..).unwrap_or_default();
        match after.trim_start().strip_prefix('{') {
            Some(group) => found.extend(branches(group).into_iter().map(|room| (at, room))),
            None => found.push((at, first_word(after))),
        }
    }
    found
}

/// The first word of each branch of a use group, whose opening brace is already gone.
fn branches(group: &str) -> Vec<String> {
    let (mut depth, mut starts, mut found) = (0_usize, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => starts = true,
            _ if starts && !c.is_whitespace() => {
                starts = false;
                found.push(first_word(group.get(at..).unwrap_or_default()));
            }
            _ => {}
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect()
}

/// What a room may name.
enum Door {
    /// All rooms but these, which are above it or beside it.
    AllBut(&'static [&'static str]),
    /// These rooms only.
    Only(&'static [&'static str]),
}

impl Door {
    fn lets(&self, room: &str) -> bool {
        match self {
            Self::AllBut(closed) => !closed.contains(&room),
            Self::Only(open) => open.contains(&room),
        }
    }
}

const DOORS: [(&str, Door); 14] = [
    ("admin", Door::AllBut(ABOVE)),
    ("api", Door::AllBut(&["commands", "portal", "senders"])),
    ("clock", Door::Only(&[])),
    ("commands", Door::AllBut(&["senders"])),
    ("enrol", Door::AllBut(ABOVE)),
    ("logins", Door::AllBut(ABOVE)),
    ("passwords", Door::Only(&[])),
    ("phone_site", Door::Only(&["site_files"])),
    ("portal", Door::AllBut(&["api", "commands", "senders"])),
    ("portal_site", Door::Only(&["site_files"])),
    ("random", Door::Only(&[])),
    ("senders", Door::Only(&["clock", "random"])),
    ("site_files", Door::Only(&[])),
    ("store", Door::Only(&["clock", "random"])),
];
/// Who translates for the use cases, and who puts all together.
const ABOVE: &[&str] = &["api", "commands", "init", "portal", "serve"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::tree::tests::tree;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&tree([(path, text)])).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let up = found("crates/authx/src/store/logins.rs", "\nuse crate::logins::Login;\n");
        assert_eq!(
            up,
            [
                "crates/authx/src/store/logins.rs:2: `store` must not know `logins`: every arrow points down"
            ]
        );
        assert_eq!(found("crates/authx/src/logins.rs", "fn a() { crate::api::b() }").len(), 1);
    }

    #[test]
    fn neighbours_do_not_know_each_other() {
        let grouped = "use crate::{clock::Clock, store::{Store, Batch}, senders::Sms};";
        assert_eq!(found("crates/authx/src/senders/sms.rs", grouped).len(), 1);
        assert_eq!(found("crates/authx/src/store/mod.rs", grouped).len(), 1);
        assert_eq!(found("crates/authx/src/logins.rs", grouped), [""; 0]);
    }

    #[test]
    fn words_that_are_no_paths_are_no_arrows() {
        let text = "// crate::api\nconst A: &str = \"crate::api\";\nuse crate::store::api;";
        assert_eq!(found("crates/authx/src/store/mod.rs", text), [""; 0]);
        let tested = "#[cfg(test)]\nmod tests {\n use crate::logins;\n}\n";
        assert_eq!(found("crates/authx/src/store/mod.rs", tested), [""; 0]);
    }
}
