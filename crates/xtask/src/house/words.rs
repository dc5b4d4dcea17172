//! Words that may stand in one room only.

use super::{
    Finding,
    tree::{File, Tree},
};

/// SQL outside the store, clocks outside the clock, I/O in the rules, and what belongs to the
/// machine of one developer.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let sources = tree.rust().filter(|file| !file.path.starts_with("crates/xtask/"));
    let in_code = sources.flat_map(|file| [misplaced(file), sql(file)].concat());
    let anywhere = tree.files.iter().filter(|file| !file.path.starts_with(THIS_ROOM));
    in_code.chain(anywhere.flat_map(machine)).collect()
}

fn misplaced(file: &File) -> Vec<Finding> {
    let lexed = file.lexed();
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.holds_in(&file.path)) {
        for word in rule.words {
            for (at, _) in lexed.code.match_indices(word) {
                let place = format!("{}:{}", file.path, lexed.line(at));
                findings.push(Finding { place, fault: format!("`{word}`: {}", rule.why) });
            }
        }
    }
    findings
}

fn sql(file: &File) -> Vec<Finding> {
    if file.path.starts_with("crates/authx/src/store/") {
        return Vec::new();
    }
    let is_sql = |text: &str| SQL.iter().any(|verb| text.trim_start().starts_with(verb));
    let lexed = file.lexed();
    let literals = lexed.literals.iter().filter(|(_, text)| is_sql(text));
    let finding = |(line, _): &(usize, String)| Finding {
        place: format!("{}:{line}", file.path),
        fault: "SQL outside the store: name what is wanted and write the function there".into(),
    };
    literals.map(finding).collect()
}

fn machine(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let place = || format!("{}:{}", file.path, number + 1);
        if let Some(word) = MACHINE.iter().find(|word| line.contains(**word)) {
            let fault = format!("`{word}` exists on one machine only");
            findings.push(Finding { place: place(), fault });
        }
        let source = line.strip_prefix("source = ").filter(|_| file.path.ends_with("Cargo.lock"));
        if source.is_some_and(|source| source.trim_matches('"') != CRATES_IO) {
            let fault = "a source other than crates.io".into();
            findings.push(Finding { place: place(), fault });
        }
    }
    findings
}

/// Words, where they must not stand, and why.
struct Rule {
    words: &'static [&'static str],
    below: &'static str,
    except: &'static [&'static str],
    why: &'static str,
}

impl Rule {
    fn holds_in(&self, path: &str) -> bool {
        path.starts_with(self.below) && !self.except.iter().any(|room| path.starts_with(room))
    }
}

const RULES: [Rule; 3] = [
    Rule {
        words: &["SystemTime::now", "Timestamp::now", "Utc::now"],
        below: "crates/",
        except: &[
            "crates/authx/src/clock",
            "crates/authx-openvpn/src/cx.rs",
            "crates/authx-phone/src/cx.rs",
        ],
        why: "the time comes in through Cx or the server's Clock, so that tests can set it",
    },
    Rule {
        words: &[
            "async fn",
            ".await",
            "std::env",
            "std::fs",
            "std::process",
            "std::thread",
            "Instant::now",
            "TcpStream",
            "UdpSocket",
            "io::stdin",
            "rand::fill",
            "SystemRandom",
        ],
        below: "crates/authx-core/src/",
        except: &[],
        why: "the rules know no I/O, no clock and no chance of their own",
    },
    Rule {
        words: &["cheap_for_tests"],
        below: "crates/authx/src/",
        except: &["crates/authx/src/passwords.rs"],
        why: "passwords hashed so are no secret from whoever reads the database",
    },
];
const SQL: [&str; 9] = [
    "SELECT ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "PRAGMA ",
    "WITH ",
];
const MACHINE: [&str; 10] = [
    "/root/",
    "/work/",
    "/Users/",
    "/home/",
    "index.crates.io",
    "static.crates.io",
    "files.pythonhosted.org",
    "registry.npmjs.org",
    "proxy.golang.org",
    "deb.debian.org",
];
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// Holds the lists above.
const THIS_ROOM: &str = "crates/xtask/src/house/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::tree::tests::tree;

    fn places(path: &str, text: &str) -> Vec<String> {
        check(&tree([(path, text)])).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn sql_stands_in_the_store_only() {
        let text = "\nconst A: &str = \"SELECT 1\";";
        assert_eq!(places("crates/authx/src/logins.rs", text), ["crates/authx/src/logins.rs:2"]);
        assert_eq!(places("crates/authx/src/store/logins.rs", text), [""; 0]);
        assert_eq!(places("crates/authx/tests/store.rs", text), [""; 0], "tests may tamper");
        assert_eq!(places("crates/authx/src/logins.rs", "// \"SELECT 1\""), [""; 0]);
    }

    #[test]
    fn the_time_is_read_in_one_file() {
        let text = "fn a() { std::time::SystemTime::now(); }";
        assert_eq!(places("crates/authx/src/api/a.rs", text).len(), 1);
        assert_eq!(places("crates/authx/src/clock/mod.rs", text), [""; 0]);
    }

    #[test]
    fn the_rules_do_nothing_to_the_world() {
        for text in ["async fn a() {}", "use std::fs;", "fn a() { std::env::var(\"A\"); }"] {
            assert_eq!(places("crates/authx-core/src/login.rs", text).len(), 1, "{text}");
            assert_eq!(places("crates/authx/src/logins.rs", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn cheap_hashes_stay_in_tests() {
        let text = "fn a() { Passwords::cheap_for_tests(); }";
        assert_eq!(places("crates/authx/src/serve/mod.rs", text).len(), 1);
        let in_tests = format!("#[cfg(test)]\nmod tests {{\n{text}\n}}\n");
        assert_eq!(places("crates/authx/src/serve/mod.rs", &in_tests), [""; 0]);
    }

    #[test]
    fn what_belongs_to_one_machine_is_found_in_any_file() {
        assert_eq!(places("docs/a.md", "see\n/home/anna/a"), ["docs/a.md:2"]);
        assert_eq!(places("web/package-lock.json", "https://registry.npmjs.org/a").len(), 1);
        assert_eq!(places("Cargo.lock", "source = \"registry+https://mirror.example/\"").len(), 1);
        assert_eq!(places("Cargo.lock", &format!("source = \"{CRATES_IO}\"")), [""; 0]);
    }
}
