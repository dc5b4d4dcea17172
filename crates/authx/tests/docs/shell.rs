//! Commands in pages, as a shell would read them.

use super::page::{self, Page};
use clap::error::ErrorKind;

/// A program whose commands pages show.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) definition: fn() -> clap::Command,
}

impl Program {
    /// Tries the commands that stand in blocks of any page; how many there are.
    pub(super) fn typed_in_blocks(&self) -> usize {
        let (mut typed, mut wrong) = (0, vec![]);
        for page in page::all() {
            let blocks = page.blocks();
            let lines = blocks.iter().flat_map(|block| commands(block.language, &block.lines));
            for line in lines {
                for error in self.parse(&line, &mut typed).iter().filter(|e| e.use_stderr()) {
                    wrong.push(format!("{}: {line}\n{error}", page.path.display()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        typed
    }

    /// Tries the commands that the text of any page names; how many there are.
    pub(super) fn named_in_text(&self) -> usize {
        let (mut named, mut wrong) = (0, vec![]);
        for page in page::all() {
            for span in page.spans() {
                for error in self.parse(&span, &mut named) {
                    // `https://…` stands for an address that a reader has.
                    let placeholder =
                        error.kind() == ErrorKind::ValueValidation && span.contains('…');
                    if error.use_stderr() && !is_incomplete(error.kind()) && !placeholder {
                        wrong.push(format!("{}: `{span}`\n{error}", page.path.display()));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        named
    }

    /// The commands that a page does not name.
    pub(super) fn missing_in(&self, page: &Page) -> Vec<String> {
        let spans = page.spans();
        let named = |command: &String| spans.iter().any(|span| span.starts_with(command));
        leaves(self.name, &(self.definition)()).into_iter().filter(|all| !named(all)).collect()
    }

    /// What is wrong with the commands of a line; counts those of the program.
    fn parse(&self, line: &str, count: &mut usize) -> Vec<clap::Error> {
        let mut errors = vec![];
        for words in pipeline(line) {
            let Some(arguments) = self.arguments(&words) else { continue };
            *count += 1;
            errors.extend((self.definition)().try_get_matches_from(arguments).err());
        }
        errors
    }

    /// The words from the program's name on, where that is what runs.
    fn arguments<'a>(&self, words: &'a [String]) -> Option<Vec<&'a str>> {
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let ["sudo", "-u", _, rest @ ..] = words.as_slice() {
            words = rest.to_vec();
        }
        let before = |word: &&str| word.contains('=') || *word == "sudo";
        let words: Vec<&str> = words.into_iter().skip_while(before).collect();
        let program = words.first()?;
        (program.rsplit('/').next() == Some(self.name)).then_some(words)
    }
}

/// The commands that do something.
fn leaves(path: &str, command: &clap::Command) -> Vec<String> {
    if !command.has_subcommands() {
        return vec![path.to_owned()];
    }
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    below.flat_map(|below| leaves(&format!("{path} {}", below.get_name()), below)).collect()
}

fn is_incomplete(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
    )
}

/// The command lines of a block, each on one line: in `console` what follows a `$`, in `sh` all,
/// in `ini` what a unit starts.
fn commands(language: &str, lines: &[&str]) -> Vec<String> {
    let text = lines.join("\n").replace("\\\n", " ");
    let line = |line: &str| match language {
        "console" => line.strip_prefix("$ ").or_else(|| line.strip_prefix("# ")).map(str::to_owned),
        "ini" => line.strip_prefix("ExecStart=").map(str::to_owned),
        "sh" => Some(line.to_owned()),
        _ => None,
    };
    text.lines().filter_map(line).collect()
}

/// The commands of one line of shell, each as words; what is redirected is left out.
fn pipeline(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![vec![]];
    let (mut word, mut quote, mut letters) = (None::<String>, None, line.chars());
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, '#') if word.is_none() => break,
            (None, ' ') => commands.last_mut().unwrap().extend(word.take()),
            (None, '|' | '&' | ';') => {
                commands.last_mut().unwrap().extend(word.take());
                commands.push(vec![]);
            }
            (None, '<' | '>') => {
                // The name of the file is in no command.
                word = None;
                commands.push(vec![]);
            }
            (Some(_) | None, _) => word.get_or_insert_default().push(letter),
        }
    }
    commands.last_mut().unwrap().extend(word);
    commands
}
