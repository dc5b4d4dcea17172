//! What keeps AuthX out of a configuration: whatever answers sign-ins beside it.

use super::plan::{Remark, Wanted, is_authx, is_pam, plugin_file};
use super::settings::{Setting, Settings};

pub(super) fn find(settings: &Settings, wanted: &Wanted) -> Vec<Remark> {
    let mut found = Vec::new();
    if !is_server(settings) {
        found.push(Remark::general(
            "this configures no server with many clients: there is neither `server` nor `mode server`",
        ));
    }
    for plugin in settings.named("plugin") {
        found.extend(other_plugin(plugin, wanted));
    }
    for script in settings.named("auth-user-pass-verify") {
        found.push(Remark::at(
            script,
            "auth-user-pass-verify: a script judges passwords too, and OpenVPN lets in only whom both \
             let in. It would be asked about codes and tokens, which it cannot know. Take the line out; \
             the agent proves the password",
        ));
    }
    for daemon in settings.named("management-client-auth") {
        found.push(Remark::at(
            daemon,
            "management-client-auth: a program at the management socket answers sign-ins too, and \
             each one hangs while it is away. Take the line out",
        ));
    }
    found
}

fn is_server(settings: &Settings) -> bool {
    let mode = settings.last("mode").and_then(|setting| setting.argument(1));
    let helpers = ["server", "server-bridge", "server-ipv6"];
    mode == Some("server") || helpers.iter().any(|name| settings.last(name).is_some())
}

fn other_plugin(plugin: &Setting, wanted: &Wanted) -> Option<Remark> {
    let file = plugin_file(plugin);
    if is_authx(plugin) || is_pam(plugin) {
        let wrong = !plugin.is_own() && !is_wanted(plugin, wanted);
        return wrong.then(|| {
            let text = format!(
                "plugin {file}: has to go, but this command changes no included file. Take the line \
                 out there, then run this again"
            );
            Remark::at(plugin, text)
        });
    }
    let kept = wanted.kept_plugins.iter().any(|name| name == file);
    (!kept && !HARMLESS.contains(&file)).then(|| {
        let text = format!(
            "plugin {file}: OpenVPN asks every plugin about every sign-in, lets in only whom all let \
             in, and ends itself when two of them want to answer later. Take the line out, or, if \
             you know that this one never answers sign-ins, say --keep-plugin {file}"
        );
        Remark::at(plugin, text)
    })
}

fn is_wanted(plugin: &Setting, wanted: &Wanted) -> bool {
    plugin.argument(1) == wanted.plugin.to_str()
        && plugin.argument(2) == wanted.socket.to_str()
        && plugin.words.len() == 3
}

/// Plugins that come with OpenVPN and never see a password.
const HARMLESS: [&str; 1] = ["openvpn-plugin-down-root.so"];
