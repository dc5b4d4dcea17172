//! QR codes at a terminal.

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

/// Two modules a character. Drawn light on dark, as most terminals are; cameras read both. `None`:
/// the text is too long, which leaves typing.
pub(super) fn drawn(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let mut drawn =
        code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    drawn.push('\n');
    Some(drawn)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_link_fits_a_terminal() {
        let link = format!("https://phone.mfa.example.com:8443/#axe_{}", "x".repeat(49));
        let drawn = super::drawn(&link).unwrap();
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        assert!(drawn.lines().count() <= 24);
        assert!(super::drawn(&"x".repeat(5_000)).is_none());
    }
}
