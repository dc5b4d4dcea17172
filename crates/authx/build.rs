//! Takes the built authenticator into the program.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../web/phone");
    let dist = root.join("dist");
    if !dist.join("index.html").exists() {
        return Err(
            "web/phone/dist is missing: run `scripts/web build`, which makes the phone's app"
                .into(),
        );
    }
    let mut files = Vec::new();
    list(&dist, &dist, &mut files)?;
    files.sort();
    let line = |(name, path): &(String, PathBuf)| {
        let path = path.canonicalize()?.display().to_string();
        Ok(format!("    ({name:?}, include_bytes!({path:?})),\n"))
    };
    let lines = files.iter().map(line).collect::<Result<String, std::io::Error>>()?;
    let code = format!("const FILES: &[(&str, &[u8])] = &[\n{lines}];\n");
    fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("phone_site_files.rs"), code)?;
    // A build of the app changes places with the one before, so the directory's time says enough.
    let mut cargo = std::io::stdout().lock();
    writeln!(cargo, "cargo::rerun-if-changed={}", dist.display())?;
    writeln!(cargo, "cargo::rerun-if-changed=build.rs")?;
    Ok(())
}

/// Every file below a directory, by its path from `top` with `/`.
fn list(top: &Path, at: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(at)? {
        let path = entry?.path();
        if path.is_dir() {
            list(top, &path, files)?;
        } else {
            files.push((path.strip_prefix(top)?.display().to_string(), path));
        }
    }
    Ok(())
}
