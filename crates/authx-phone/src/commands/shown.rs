//! Requests and accounts as people read them.

use authx_core::{
    Millis,
    wire::{
        phone::{Request, RequestClient, RequestKind, RequestMatch},
        text::Label,
    },
};
use authx_program::output::visible;
use std::fmt::Write as _;

/// A request with everything that tells whether it is one's own.
pub(super) fn request(request: &Request, now: Millis) -> String {
    let Request { id, kind, application, tenant, user, client, server, support_code, .. } = request;
    let left = request.expires_at.0.since(now) / 1_000;
    let mut text = format!(
        "{} waits to sign in to {} ({}), for {left} more seconds\n",
        user.name, application.name, tenant.name
    );
    let mut line = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<9} {value}");
    };
    line("from", &origin(client));
    if client.new_network {
        line("", "a network that this user never signed in from");
    }
    if let Some(name) = &server.name {
        line("server", name.as_str());
    }
    line("support", support_code.as_str());
    line("request", &id.to_string());
    let answer = match (kind, request.match_number) {
        (RequestKind::Code, _) => format!("authx-phone code {id}"),
        (RequestKind::Approval, RequestMatch::Required) => {
            format!("authx-phone approve {id} --number NUMBER")
        }
        (RequestKind::Approval, RequestMatch::Off) => format!("authx-phone approve {id}"),
    };
    line("answer", &format!("{answer}, or deny, or fraud"));
    // Strangers choose parts of it; the line breaks are ours.
    text.lines().map(|line| visible(line) + "\n").collect()
}

/// Where a sign-in came from.
pub(super) fn origin(client: &RequestClient) -> String {
    let RequestClient { address, program, platform, device, .. } = client;
    let address = address.map(|address| address.to_string());
    let labels = [program, platform, device].map(|label| label.as_ref().map(Label::as_str));
    let mut known: Vec<&str> = address.as_deref().into_iter().collect();
    known.extend(labels.into_iter().flatten());
    if known.is_empty() { "unknown".to_owned() } else { visible(&known.join(", ")) }
}

/// Rows under headings, each column as wide as its widest entry. An empty entry is a dash.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let shown = |entry: &str| if entry.is_empty() { "-".to_owned() } else { visible(entry) };
    let mut lines = vec![headings.map(str::to_owned)];
    lines.extend(rows.iter().map(|row| row.each_ref().map(|entry| shown(entry))));
    let width = |column: usize| {
        let entries = lines.iter().filter_map(|line| line.get(column));
        entries.map(|entry| entry.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let mut shown = String::new();
        for (entry, &width) in line.iter().zip(&widths) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{entry:width$}  ");
        }
        text.push_str(shown.trim_end());
        text.push('\n');
    }
    text
}
