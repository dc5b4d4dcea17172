//! Real browsers for tests: Chromium and Firefox as phones, the push services that they speak to,
//! and the desktop that shows their notices.
//!
//! Browsers and AuthX run beside each other on the loopback. Names are mapped by the browsers'
//! own settings, and certificates come from an authority that only the tests' profiles trust, so
//! that nothing a browser checks is switched off. VPN clients and servers live in their own network
//! namespaces ([`crate::vpn`]) and reach AuthX through the agent, which is outside as well.
#![expect(clippy::indexing_slicing, reason = "of JSON, which gives null for what is missing")]

mod authority;
mod camera;
mod driver;
mod front;
mod link;
mod notices;
mod page;
mod phone;
mod services;
mod site;
mod target;
mod world;

pub use authority::{Authority, Identity};
pub use driver::{Browser, Finger, Kind, Shape};
pub use front::Front;
pub use notices::{Notice, Notices};
pub use phone::{Answer, Enrolment, Phone};
pub use services::{CHROMIUM_HOST, FIREFOX_HOST, Post, Services};
pub use site::Site;
pub use target::{Target, label, role, text};
pub use world::World;

use std::{
    io::{Write as _, stderr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Whether browsers can be driven here; says once what is missing when not.
pub fn is_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        let missing = missing();
        if let Some(missing) = &missing {
            // Not with `eprintln!`, which tests that pass keep to themselves.
            let _ = writeln!(stderr(), "SKIPPED browsers: {missing}");
        }
        missing.is_none()
    })
}

fn missing() -> Option<String> {
    let programs = [
        ("/usr/bin/chromium", "--version"),
        ("/usr/bin/firefox-esr", "--version"),
        ("node", "--version"),
        ("certutil", "-H"),
        ("dbus-run-session", "--version"),
    ];
    let absent = programs.into_iter().find(|(program, ask)| !answers(program, ask));
    if let Some((program, _)) = absent {
        return Some(format!("{program} is missing: run scripts/setup"));
    }
    let packages = programs_directory().join("node_modules");
    (!packages.is_dir()).then(|| format!("run `npm ci` in {}", programs_directory().display()))
}

fn answers(program: &str, ask: &str) -> bool {
    let mut command = Command::new(program);
    let quiet = command.arg(ask).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.code().is_some())
}

/// Where the programs are that drive browsers.
fn programs_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("browser")
}

/// Where tests leave what people look at.
fn artefacts() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).expect("target/PROFILE/deps/TEST");
    target.join("test")
}

/// Everything that AuthX is called in a browser.
pub const NAMES: [&str; 2] = ["mfa.test", "phone.mfa.test"];
