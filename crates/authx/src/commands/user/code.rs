//! `authx user code`.

use super::super::{Global, Output, opened::Opened};
use super::Done;
use crate::{
    admin::accounts::{self, Account},
    enrol::code::{self, Offered},
};
use anyhow::Context as _;
use authx_core::{TenantId, UserId, otp::Totp};
use authx_program::output::quoted;
use clap::Args;
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use serde::Serialize;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Name, alias or id
    user: String,
    /// Take over a secret that an app has already, instead of drawing one
    #[arg(long, value_name = "otpauth://…")]
    uri: Option<String>,
    /// A code that the app shows now: makes the offered secret count
    #[arg(long, value_name = "CODE")]
    confirm: Option<String>,
    /// Take the app away: its codes count no longer
    #[arg(long, conflicts_with_all = ["uri", "confirm"])]
    remove: bool,
}

/// A secret to be scanned or typed.
#[derive(Serialize)]
struct Shown {
    user_id: UserId,
    user: String,
    secret: String,
    uri: String,
    #[serde(skip)]
    imported: bool,
    #[serde(skip)]
    replaces: bool,
}

pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    arguments: Arguments,
) -> anyhow::Result<()> {
    let Account { id, name, .. } = accounts::find(app, tenant, &arguments.user).await?;
    if arguments.remove {
        code::remove(app, by, tenant, id).await?;
        let text = format!("The app of “{name}” is removed; its codes count no longer.\n");
        return Done { user_id: id, user: name, text }.write(global.json);
    }
    let import = arguments.uri.as_deref().map(Totp::from_uri).transpose();
    let import = import.context("this otpauth URI cannot be used")?;
    let imported = import.is_some();
    if imported || arguments.confirm.is_none() {
        let Offered { secret, uri, replaces } = code::offer(app, by, tenant, id, import).await?;
        if arguments.confirm.is_none() {
            let (secret, uri) = (secret.to_string(), uri.to_string());
            let shown = Shown { user_id: id, user: name, secret, uri, imported, replaces };
            return shown.write(global.json);
        }
    }
    let typed = arguments.confirm.unwrap_or_default();
    let text = if code::confirm(app, by, tenant, id, &typed).await? {
        format!("The new app of “{name}” counts now; the earlier one no longer does.\n")
    } else {
        format!("The app of “{name}” counts now.\n")
    };
    Done { user_id: id, user: name, text }.write(global.json)
}

impl Output for Shown {
    fn text(&self) -> String {
        let Self { user, secret, uri, imported, replaces, .. } = self;
        let earlier = if *replaces { " Until then the earlier app goes on working." } else { "" };
        let next = format!(
            "It does not count before its first right code:{earlier}\n\
             authx user code {} --confirm CODE\n",
            quoted(user)
        );
        if *imported {
            return format!("The secret of “{user}” is taken over. {next}");
        }
        let qr = drawn(uri).unwrap_or_default();
        let secret = grouped(secret);
        format!(
            "Let “{user}” scan this with an authenticator app:\n\n{qr}\n\
             or type this key there:\n\n    {secret}\n\n\
             or open this on the phone:\n\n    {uri}\n\n{next}"
        )
    }
}

/// Two modules a character. Drawn light on dark, as most terminals are; apps read both. `None`: the
/// text is too long, which leaves typing.
pub(super) fn drawn(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let mut drawn =
        code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    drawn.push('\n');
    Some(drawn)
}

/// In groups of four, as people copy.
fn grouped(secret: &str) -> String {
    let mut grouped = String::with_capacity(secret.len() * 5 / 4);
    for (place, letter) in secret.chars().enumerate() {
        if place != 0 && place % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(letter);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_for_the_camera_fits_a_terminal() {
        let drawn = drawn(&format!("otpauth://totp/{}", "x".repeat(120))).unwrap();
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        assert!(drawn.lines().count() <= 30);
        assert!(super::drawn(&"x".repeat(5_000)).is_none());
    }

    #[test]
    fn a_secret_is_read_in_groups() {
        assert_eq!(grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
    }
}
