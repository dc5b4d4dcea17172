//! Commands for OpenVPN's management interface, as lines.

use super::ClientIds;

/// Looks at a client now, shows it `extra`, and gives its login `secs` more seconds.
pub(super) fn pending_auth(ids: ClientIds, extra: &str, secs: u64) -> String {
    let ClientIds { cid, kid } = ids;
    format!("client-pending-auth {cid} {kid} {} {secs}\n", quoted(extra))
}

/// Tells a client to connect anew, and forgets it five seconds later.
pub(super) fn kill(cid: u64) -> String {
    format!("client-kill {cid}\n")
}

/// The table of clients.
pub(super) const STATUS: &str = "status 3\n";

/// `text` as one parameter (options.c, `parse_line`). Control characters would end the line, or
/// are dropped by OpenVPN; what is too long for a client to show is cut.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(2 * EXTRA_MAX + 2);
    let mut length = 0;
    out.push('"');
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        length += letter.len_utf8();
        if length > EXTRA_MAX {
            break;
        }
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
    out
}

/// The longest text that a client shows. OpenVPN's server refuses parameters of more than 256 bytes
/// (`OPTION_PARM_SIZE`), and a 2.6 client passes no message of more than 246 on to its user
/// interface (push.c, `server_pushed_info`; both measured with 2.6.14).
const EXTRA_MAX: usize = 246;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IDS: ClientIds = ClientIds { cid: 7, kid: 1 };

    #[test]
    fn a_prompt_is_one_parameter() {
        assert_eq!(
            pending_auth(IDS, "CR_TEXT:R,E:say \"hi\"\n\\ \u{201e}ü\u{201c}", 60),
            "client-pending-auth 7 1 \"CR_TEXT:R,E:say \\\"hi\\\"\\\\ \u{201e}ü\u{201c}\" 60\n"
        );
        assert_eq!(pending_auth(IDS, "", 60), "client-pending-auth 7 1 \"\" 60\n");
        assert_eq!(kill(7), "client-kill 7\n");
    }

    /// Reads a parameter as `parse_line` does.
    fn unquoted(text: &str) -> Option<String> {
        let mut letters = text.strip_prefix('"')?.chars();
        let mut out = String::new();
        loop {
            match letters.next()? {
                '\\' => out.push(letters.next().filter(|next| matches!(next, '"' | '\\'))?),
                '"' => return letters.next().is_none().then_some(out),
                letter => out.push(letter),
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_stays_within_one_short_line(text in any::<String>()) {
            let line = pending_auth(ClientIds { cid: u64::MAX, kid: u64::MAX }, &text, u64::MAX);
            prop_assert!(line.len() <= 1_023 && line.ends_with('\n'));
            prop_assert_eq!(line.chars().filter(|letter| letter.is_control()).count(), 1);
            let plain: String = text.chars().filter(|letter| !letter.is_control()).collect();
            let read = unquoted(&quoted(&text));
            prop_assert!(read.is_some_and(|read| plain.starts_with(&read)
                && (read == plain || read.len() > EXTRA_MAX - 4)));
        }
    }
}
