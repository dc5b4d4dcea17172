//! Commands of `authx` that a page shows.

use super::page;
use clap::error::ErrorKind;

#[test]
fn every_command_in_a_block_can_be_typed() {
    let mut typed = 0;
    for page in page::all() {
        for block in page.blocks() {
            for line in commands(block.language, &block.lines) {
                for words in pipeline(&line) {
                    let Some(arguments) = authx(&words) else { continue };
                    let parsed = authx::commands::definition().try_get_matches_from(arguments);
                    let fine = parsed.as_ref().err().is_none_or(|error| !error.use_stderr());
                    assert!(fine, "{}: {line}\n{}", page.path.display(), parsed.unwrap_err());
                    typed += 1;
                }
            }
        }
    }
    assert!(typed > 20, "{typed}");
}

/// A command that the text names may leave out what it takes; what it says must exist.
#[test]
fn every_command_in_the_text_exists() {
    for page in page::all() {
        for span in page.spans() {
            for words in pipeline(&span) {
                let Some(arguments) = authx(&words) else { continue };
                let Err(error) = authx::commands::definition().try_get_matches_from(arguments)
                else {
                    continue;
                };
                let incomplete = matches!(
                    error.kind(),
                    ErrorKind::DisplayHelp
                        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                        | ErrorKind::DisplayVersion
                        | ErrorKind::MissingRequiredArgument
                        | ErrorKind::MissingSubcommand
                );
                // `https://…` stands for an address that a reader has.
                let placeholder = error.kind() == ErrorKind::ValueValidation && span.contains('…');
                assert!(incomplete || placeholder, "{}: `{span}`\n{error}", page.path.display());
            }
        }
    }
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
            (Some(_), _) => word.get_or_insert_default().push(letter),
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
            (None, _) => word.get_or_insert_default().push(letter),
        }
    }
    commands.last_mut().unwrap().extend(word);
    commands
}

/// The arguments of `authx`, where that is what runs.
fn authx(words: &[String]) -> Option<Vec<&str>> {
    let before = |word: &&str| word.contains('=') || *word == "sudo";
    let words: Vec<&str> = words.iter().map(String::as_str).skip_while(before).collect();
    let program = words.first()?;
    (program.rsplit('/').next() == Some("authx")).then_some(words)
}
