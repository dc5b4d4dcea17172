//! Real OpenVPN servers and clients in network namespaces of their own, beside whatever else the
//! machine does.
//!
//! A [`World`] has two sides joined by a wire: servers on one, clients on the other. What talks to a
//! server through the file system (the agent, management sockets) stays outside.

mod agent;
mod certificates;
mod client;
mod control_channel;
mod light;
mod log;
mod management;
mod namespace;
mod pam;
mod ping;
mod server;
mod world;

pub use agent::{Agent, AgentOptions, managed};
pub use client::{AuthRetry, ClientOptions, OpenvpnClient, Outcome};
pub use light::{Crowd, LightClient, LightOptions};
pub use log::{Log, Mark};
pub use management::{DynamicChallenge, Said};
pub use namespace::Side;
pub use pam::PamService;
pub use ping::Pings;
pub use server::{OpenvpnServer, ServerOptions};
pub use world::World;

use std::{
    fs::File,
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

/// Whether OpenVPN can be run in namespaces here; says once what is missing when not.
pub fn is_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        let missing = missing();
        if let Some(missing) = &missing {
            eprintln!("OpenVPN: skipped ({missing})");
        }
        missing.is_none()
    })
}

fn missing() -> Option<&'static str> {
    if !rustix::process::geteuid().is_root() {
        return Some("only root can make network namespaces");
    }
    for program in ["openvpn", "ip", "ping", "nsenter"] {
        if !answers(Command::new(program).arg(if program == "openvpn" {
            "--version"
        } else {
            "-V"
        })) {
            return Some("openvpn, ip, ping or nsenter is missing: run scripts/setup");
        }
    }
    if File::options().read(true).write(true).open("/dev/net/tun").is_err() {
        return Some("/dev/net/tun cannot be opened");
    }
    (!namespace::can_be_made()).then_some("network namespaces cannot be made")
}

fn answers(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.code().is_some())
}

/// How long anything may take before a test fails. OpenVPN itself gives up after 60 seconds.
const PATIENCE: Duration = Duration::from_secs(90);
