//! What the machine itself says: its OpenVPN, the plugin, users, directories.

use super::plan::{Management, PLUGIN_FILE, Plan, Remark, Wanted};
use super::settings::Settings;
use super::version::{HOLE, Installed, Version};
use std::env::consts::ARCH;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Asks the program for its version and the distribution for its package. `None` when there is no
/// such program, or it is none of OpenVPN.
pub fn installed(program: &Path) -> Option<Installed> {
    // The exit code says nothing: it is 1 up to 2.6.
    let version = Version::parse(&output(Command::new(program).arg("--version"))?)?;
    let dpkg = output(Command::new("dpkg-query").args(["-W", "-f", "${Version}", "openvpn"]));
    let package = dpkg.filter(|text| !text.is_empty()).or_else(|| {
        let rpm = ["-q", "--queryformat", "%{VERSION}-%{RELEASE}", "openvpn"];
        output(Command::new("rpm").args(rpm)).filter(|text| text.starts_with(['2', '3']))
    });
    // A program beside the package is not what the package's changes are about.
    let is_packaged = package.as_deref().is_some_and(|p| p.starts_with(&version.to_string()));
    let package = package.filter(|_| is_packaged);
    let changelog_names_fix = is_packaged && changes().contains(HOLE);
    Some(Installed { version, package, changelog_names_fix })
}

fn changes() -> String {
    let debian = Path::new("/usr/share/doc/openvpn/changelog.Debian.gz");
    if debian.exists() {
        return output(Command::new("zcat").arg(debian)).unwrap_or_default();
    }
    output(Command::new("rpm").args(["-q", "--changelog", "openvpn"])).unwrap_or_default()
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where this distribution keeps OpenVPN's plugins.
pub fn plugin_path() -> PathBuf {
    let multiarch = PathBuf::from(format!("/usr/lib/{ARCH}-linux-gnu/openvpn/plugins"));
    let others = ["/usr/lib/arm-linux-gnueabihf", "/usr/lib64", "/usr/lib"]
        .map(|base| Path::new(base).join("openvpn/plugins"));
    let all: Vec<_> = std::iter::once(multiarch.clone()).chain(others).collect();
    let with_plugin = all.iter().find(|directory| directory.join(PLUGIN_FILE).exists());
    let any = with_plugin.or_else(|| all.iter().find(|directory| directory.is_dir()));
    any.unwrap_or(&multiarch).join(PLUGIN_FILE)
}

/// What on this machine keeps the plan from working, and what else there is to say.
pub(super) fn look(plan: &mut Plan, settings: &Settings, wanted: &Wanted) {
    if wanted.plugin.file_name().is_none_or(|name| name != PLUGIN_FILE) {
        plan.obstacles.push(Remark::general(format!(
            "{} is not called {PLUGIN_FILE}, by which its line is known later",
            wanted.plugin.display()
        )));
    } else if !wanted.plugin.is_file() {
        plan.obstacles.push(Remark::general(format!(
            "{} is not there: install the package authx-openvpn, or name the plugin's file by --plugin. \
             OpenVPN would not start",
            wanted.plugin.display()
        )));
    }
    if let Some(Management { user, .. }) = &wanted.management
        && !is_user(user)
    {
        plan.obstacles.push(Remark::general(format!(
            "there is no user {user}, the only one whom OpenVPN shall let in at its management socket: \
             install the package authx-openvpn, or say --management-user"
        )));
    }
    if let Some(jail) = settings.last("chroot") {
        let inside = settings.last("tmp-dir").and_then(|setting| setting.argument(1));
        let inside = inside.unwrap_or("/tmp").trim_start_matches('/');
        let temporary = Path::new(jail.argument(1).unwrap_or("/")).join(inside);
        if !temporary.is_dir() {
            let text = format!(
                "{} is not there: OpenVPN needs it for its temporary files and does not start. Make it, \
                 writable by OpenVPN's user",
                temporary.display()
            );
            plan.obstacles.push(Remark::at(jail, text));
        }
    }
    plan.notes.extend(plan.pam_service.as_deref().and_then(pam));
}

fn is_user(name: &str) -> bool {
    output(Command::new("getent").args(["passwd", name])).is_some_and(|line| !line.is_empty())
}

/// A service that asks for a code itself would have users asked twice.
fn pam(service: &str) -> Option<Remark> {
    let file = Path::new("/etc/pam.d").join(service);
    let text = fs::read_to_string(&file).ok()?;
    let second = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .find_map(|line| SECOND_FACTORS.into_iter().find(|module| line.contains(module)))?;
    let text = format!(
        "{} asks for a second factor itself ({second}): take that line out, as AuthX asks for one",
        file.display()
    );
    Some(Remark::general(text))
}

/// Makes the key of OpenVPN's tokens unless it is there. Returns whether it was made.
///
/// # Errors
///
/// When OpenVPN makes none.
pub(super) fn make_token_secret(program: &Path, file: &Path) -> io::Result<bool> {
    if file.exists() {
        return Ok(false);
    }
    let made = Command::new(program)
        .args(["--genkey", "auth-token"])
        .arg(file)
        .stdin(Stdio::null())
        .output()?;
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stdout).trim().to_owned();
        return Err(io::Error::other(format!("openvpn --genkey auth-token: {said}")));
    }
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    Ok(true)
}

const SECOND_FACTORS: [&str; 6] =
    ["pam_duo", "pam_google_authenticator", "pam_oath", "pam_radius", "pam_u2f", "pam_yubico"];
