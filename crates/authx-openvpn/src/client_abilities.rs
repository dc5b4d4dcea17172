//! What a VPN client can show and carry, from what it announces.
//!
//! Clients choose these values themselves, so they decide how somebody is asked and never whether.

use crate::environment::Environment;

/// What a client announced.
#[expect(clippy::struct_excessive_bools, reason = "each stands for one announcement of the client")]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Abilities {
    /// It shows a question and sends the answer in the same connection (`crtext` in `IV_SSO`), and
    /// is none that only says so.
    pub text: bool,
    /// It opens a page (`webauth` or `openurl` in `IV_SSO`).
    pub web: bool,
    /// It reads how long a decision may take (bit 4 of `IV_PROTO`, `AUTH_PENDING` with keywords).
    pub long_wait: bool,
    /// It tells a passing failure from a refusal (bit 8 of `IV_PROTO`, `AUTH_FAILED,TEMP`).
    pub passing_failure: bool,
    /// Program and version.
    pub program: String,
    /// Operating system and its version.
    pub platform: String,
}

impl Abilities {
    /// Reads `IV_SSO`, `IV_PROTO`, `IV_GUI_VER`, `IV_VER`, `IV_PLAT` and `IV_PLAT_VER`
    /// (doc/management-notes.txt and `--push-peer-info` in openvpn(8)).
    pub fn of(environment: &Environment) -> Self {
        let sso = environment.value("IV_SSO").unwrap_or_default();
        let can = |method: &str| sso.split(',').any(|word| word.trim() == method);
        let protocol = environment.value("IV_PROTO").and_then(|text| text.trim().parse().ok());
        let bit = |number: u32| protocol.unwrap_or(0_u32) & (1 << number) != 0;
        let version = environment.filled("IV_VER").map(|version| format!("OpenVPN {version}"));
        // Tunnelblick sends its own in quotation marks.
        let gui = environment.value("IV_GUI_VER").map(|gui| gui.trim_matches('"').to_owned());
        let program = gui.filter(|gui| !gui.is_empty()).or(version).unwrap_or_default();
        let platform = [environment.filled("IV_PLAT"), environment.filled("IV_PLAT_VER")];
        Self {
            text: can("crtext") && !hides_questions(&program),
            web: can("webauth") || can("openurl"),
            long_wait: bit(4),
            passing_failure: bit(8),
            program,
            platform: platform.into_iter().flatten().collect::<Vec<_>>().join(" "),
        }
    }
}

/// Tunnelblick announces `crtext` since 6.0beta10 and shows such a question since 8.1beta02
/// (Tunnelblick: tunnelblick/VPNConnection.m). Between them its user would wait for nothing.
fn hides_questions(program: &str) -> bool {
    let build = program.strip_prefix("net.tunnelblick.tunnelblick_");
    let build = build.and_then(|rest| rest.split('_').next()?.parse().ok());
    build.is_some_and(|build: u32| build < TUNNELBLICK_8_1_BETA_02)
}

const TUNNELBLICK_8_1_BETA_02: u32 = 6_330;
