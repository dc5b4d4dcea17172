//! What stays as it is, and what it means for sign-ins.

use super::plan::{Remark, Wanted, is_pam, plugin_arguments};
use super::settings::{HAND_WINDOW_SECS, Setting, Settings};

pub(super) fn find(settings: &Settings, wanted: &Wanted) -> Vec<Remark> {
    let mut notes: Vec<_> = settings.unread.iter().map(unread).collect();
    notes.extend(certificates(settings));
    notes.extend(windows(settings));
    for (name, text) in MEANINGS {
        notes.extend(settings.last(name).map(|setting| Remark::at(setting, text)));
    }
    notes.extend(pushed(settings));
    notes.extend(settings.named("plugin").filter_map(pam_prompts));
    notes.extend(management(settings, wanted));
    if !wanted.since_2_6 {
        notes.push(Remark::general(
            "OpenVPN 2.5 can neither ask in the middle of a sign-in nor tell a user why it was refused: \
             users type the code with the password, or answer on the phone within 45 s",
        ));
    }
    notes
}

fn unread((place, why): &(super::settings::Place, String)) -> Remark {
    let text =
        format!("an included file was not looked at: {why}. See yourself that no plugin is in it");
    Remark { place: Some(place.clone()), text }
}

fn certificates(settings: &Settings) -> Option<Remark> {
    let as_name = settings.last("username-as-common-name");
    let verify = settings.last("verify-client-cert");
    match (settings.certificate_is_optional(), verify, as_name) {
        (true, Some(verify), None) => Some(Remark::at(
            verify,
            "users need no certificate: add username-as-common-name, or all of them have the same name \
             in client-config-dir, in the status file and to other programs",
        )),
        (true, _, Some(setting)) => Some(Remark::at(
            setting,
            "username-as-common-name: OpenVPN refuses names of more than 64 bytes, so AuthX refuses them \
             before it asks anybody",
        )),
        (false, _, Some(setting)) => Some(Remark::at(
            setting,
            "username-as-common-name beside certificates: whoever has any valid certificate could use \
             another user's name; AuthX demands that both are the same user's, unless the policy \
             says certificate_name: free",
        )),
        (false, _, None) => Some(Remark::general(
            "users need a certificate as well. Its name must be the user's or an alias of it, unless \
             the policy says certificate_name: free; it can stand for the password (first_factor = \
             \"certificate\")",
        )),
        (true, None, None) => None,
    }
}

fn windows(settings: &Settings) -> Vec<Remark> {
    let mut notes = Vec::new();
    let answer = settings.answer_secs();
    if let Some(reneg) = settings.last("reneg-sec").filter(|setting| setting.number(1) > 0)
        && answer < 2 * SIGN_IN_SECS
    {
        // Whatever is told to a client in the second half of this time makes it leave
        // (OpenVPN's push.c, `send_auth_pending_messages`).
        let safe = answer / 2;
        let text = format!(
            "reneg-sec: leaves users {safe} s to answer, at the prompt and on the phone: whatever \
             OpenVPN tells a client later makes it leave. 1200 or more leaves them enough"
        );
        notes.push(Remark::at(reneg, text));
    }
    let hand_window = settings.secs("hand-window", HAND_WINDOW_SECS);
    if let Some(setting) = settings.last("hand-window").filter(|_| hand_window < HAND_WINDOW_SECS) {
        let text = format!(
            "hand-window: leaves users whose client cannot show a question less than {hand_window} s \
             for the phone; the default of {HAND_WINDOW_SECS} leaves 45"
        );
        notes.push(Remark::at(setting, text));
    }
    let short = |setting: &&Setting| (1..SIGN_IN_SECS).contains(&setting.number(1));
    if let Some(inactive) = settings.last("inactive").filter(short) {
        let text = format!(
            "inactive: shorter than the {SIGN_IN_SECS} s that a sign-in may take; users who answer \
             late are cut off while they do"
        );
        notes.push(Remark::at(inactive, text));
    }
    notes
}

fn pushed(settings: &Settings) -> Option<Remark> {
    let pushes = |setting: &&Setting| {
        let what = setting.argument(1).and_then(|text| text.split_whitespace().next());
        matches!(what, Some("auth-token" | "auth-token-user"))
    };
    let setting = settings.named("push").find(pushes)?;
    Some(Remark::at(
        setting,
        "pushes a token or its user by hand: OpenVPN makes and pushes its own. Take the line out, or \
         clients come back with what nobody knows and sign in anew",
    ))
}

fn pam_prompts(plugin: &Setting) -> Option<Remark> {
    let words = plugin_arguments(plugin);
    let pairs = words.get(1..).filter(|pairs| is_pam(plugin) && !pairs.is_empty())?;
    let unknown = |word: &&String| !matches!(word.as_str(), "USERNAME" | "PASSWORD");
    let asks = pairs.iter().skip(1).step_by(2).find(unknown)?;
    let text = format!(
        "the PAM service is given {asks}: the agent gives it name, password and address only. If the \
         service itself asks for a code, take that module out, as AuthX asks for one"
    );
    Some(Remark::at(plugin, text))
}

fn management(settings: &Settings, wanted: &Wanted) -> Option<Remark> {
    let Some(setting) = settings.last("management") else {
        return wanted.management.is_none().then(|| {
            Remark::general(
                "without a management socket a right answer becomes a tunnel after 1–3 s, a wrong code \
                 ends the sign-in, and a client that shows no question waits for the phone for 45 s at \
                 most. --management adds one for the agent",
            )
        });
    };
    let path = setting.argument(1).unwrap_or_default();
    let text = if settings.last("management-client").is_some() {
        "management-client: OpenVPN itself connects to a program here; the agent cannot use it and \
         does without: a right answer becomes a tunnel after 1–3 s"
            .to_owned()
    } else if setting.argument(2) == Some("unix") {
        format!(
            "management: the agent can use {path} if no other program does, as OpenVPN serves one at a \
             time: name it in the agent's configuration. It shows what users answer, so let only the \
             agent in (management-client-user)"
        )
    } else {
        "management: the agent uses unix sockets only and does without this one: a right answer \
         becomes a tunnel after 1–3 s. Whoever can reach it sees what users answer; nobody but root should"
            .to_owned()
    };
    Some(Remark::at(setting, text))
}

const MEANINGS: [(&str, &str); 6] = [
    (
        "auth-token-user",
        "auth-token-user: a token under another name than the one that signed in is refused; the user \
         then signs in anew",
    ),
    (
        "auth-user-pass-optional",
        "auth-user-pass-optional: clients without a name are let through to AuthX, which refuses them: \
         nobody gets in by a certificate alone any more",
    ),
    (
        "chroot",
        "chroot: OpenVPN's temporary files lie inside the jail; the directory of tmp-dir (/tmp without \
         it) must exist there and be writable by OpenVPN's user. AuthX's socket may lie outside",
    ),
    (
        "client-crresponse",
        "client-crresponse: this script is shown what users answer to AuthX; see that you trust it",
    ),
    (
        "duplicate-cn",
        "duplicate-cn: one user may hold several tunnels. AuthX asks for each; nobody gets a tunnel by \
         another one's approval",
    ),
    (
        "management-hold",
        "management-hold: OpenVPN waits at each start until a program at the management socket lets it \
         go; the agent does not",
    ),
];
/// As long as a sign-in can take: a dynamic challenge stays open for five minutes.
const SIGN_IN_SECS: u64 = 300;
