//! A report as people like to read it.

use super::plan::{Change, Plan, Remark};
use super::{Outcome, Report};
use std::fmt::Write;

impl Report {
    /// The changes with their reasons, what else is to know, and what to do next.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.file.display());
        if let Some(plan) = &self.plan {
            for change in &plan.changes {
                text.push_str(&changed(change));
            }
            text.push_str(&list("In the way", &plan.obstacles));
            text.push_str(&list("Good to know", &plan.notes));
            if self.outcome != Outcome::Obstructed {
                text.push_str(&self.agent(plan));
                text.push_str(CLIENTS);
            }
        }
        text.push('\n');
        text.push_str(&self.next());
        text
    }

    /// What the agent has to know of it; nothing where its defaults do.
    fn agent(&self, plan: &Plan) -> String {
        let mut text = String::new();
        if let Some(socket) = &plan.management {
            let name = self.file.file_stem().unwrap_or_default().to_string_lossy();
            let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            let name: String = name.chars().map(letter).collect();
            let (conf, socket) = (self.file.display(), socket.display());
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "  [server.{name}]\n  config = \"{conf}\"\n  management = \"{socket}\"\n"
            );
        }
        if let Some(service) = &plan.pam_service {
            // As above.
            let _ = write!(
                text,
                "  [login]\n  first_factor = \"pam\"\n  [pam]\n  service = \"{service}\"\n"
            );
        }
        if text.is_empty() { text } else { format!("\nIn {}\n{text}", crate::config::DEFAULT_PATH) }
    }

    fn next(&self) -> String {
        match &self.outcome {
            Outcome::NothingToUndo => "AuthX has changed nothing here.\n".to_owned(),
            Outcome::Obstructed => {
                "Nothing was written. Clear the way first, then run this again.\n".to_owned()
            }
            Outcome::Shown => {
                "Nothing was written. Run it again with --write to do this.\n".to_owned()
            }
            Outcome::Unchanged => "All of it is there already; nothing was written.\n".to_owned(),
            Outcome::Undone { same_as } => {
                let same = same_as.as_ref().map_or_else(
                    || "what was changed otherwise meanwhile stays".to_owned(),
                    |backup| format!("it is again what {} says", backup.display()),
                );
                format!("Taken back: {same}. Restart OpenVPN for it to count.\n")
            }
            Outcome::Written { backup, made_secret } => {
                let mut text = format!("Written. As it was: {}\n", backup.display());
                if let Some(secret) = made_secret {
                    // Writing to a String cannot fail.
                    let _ = writeln!(text, "Made: {} (keep it secret)", secret.display());
                }
                text + "Restart OpenVPN for it to count, then look with `authx-openvpn doctor`.\n"
            }
        }
    }
}

fn changed(change: &Change) -> String {
    let place = change.line.map_or_else(|| "new".to_owned(), |line| format!("line {line}"));
    let mut text = format!("\n{place}\n");
    for (sign, line) in [('-', &change.old), ('+', &change.new)] {
        if let Some(line) = line {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {sign} {line}");
        }
    }
    text + &wrapped(&change.reason, "      ", "      ")
}

fn list(title: &str, remarks: &[Remark]) -> String {
    if remarks.is_empty() {
        return String::new();
    }
    let items = remarks.iter().map(|remark| match &remark.place {
        Some(place) => wrapped(&format!("{place}: {}", remark.text), "  * ", "    "),
        None => wrapped(&remark.text, "  * ", "    "),
    });
    format!("\n{title}\n{}", items.collect::<String>())
}

fn wrapped(text: &str, first: &str, others: &str) -> String {
    let (mut lines, mut line) = (String::new(), first.to_owned());
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > COLUMNS {
            lines.push_str(&line);
            lines.push('\n');
            others.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines + &line + "\n"
}

const COLUMNS: usize = 96;
const CLIENTS: &str = "
In client profiles
  + static-challenge \"AuthX code\" 1
      asks for the code beside the password: the quickest way, also for clients that cannot be asked
      later. Without it the code can be typed behind the password, after a comma
  + auth-retry interact
      asks again after a refusal; without it some clients simply end
  + auth-nocache
      a typed code is good once: the client comes back with its token, never with an old code
  - reneg-sec 0
      limits the time to answer to the hand-window of that client, 60 s
  - auth-user-pass FILE
      where FILE holds a password, nobody can type a code
";
