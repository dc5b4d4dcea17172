//! Takes what `scripts/web` built for browsers into the program.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    embed("phone", "index.html")?;
    let portal = embed("portal", "icons.rs")?;
    for table in ["places.rs", "icons.rs"] {
        let copy = PathBuf::from(std::env::var("OUT_DIR")?).join(format!("portal_site_{table}"));
        fs::copy(portal.join(table), copy)?;
    }
    writeln!(std::io::stdout().lock(), "cargo::rerun-if-changed=build.rs")?;
    Ok(())
}

/// Writes the list of what is in `web/PART/dist` for the room `PART_site`; the file `always` is
/// in every build.
fn embed(part: &str, always: &str) -> Result<PathBuf, Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../web").join(part);
    let dist = root.join("dist");
    if !dist.join(always).exists() {
        let missing =
            format!("web/{part}/dist is missing: run `scripts/web build`, which makes it");
        return Err(missing.into());
    }
    let mut files = Vec::new();
    list(&dist, &dist, &mut files)?;
    files.sort();
    let line = |(name, path): &(String, PathBuf)| {
        let path = path.canonicalize()?.display().to_string();
        Ok(format!("    ({name:?}, include_bytes!({path:?})),\n"))
    };
    let served = files.iter().filter(|(_, path)| path.extension().is_none_or(|end| end != "rs"));
    let lines = served.map(line).collect::<Result<String, std::io::Error>>()?;
    let code = format!("const FILES: &[(&str, &[u8])] = &[\n{lines}];\n");
    let list = format!("{part}_site_files.rs");
    fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join(list), code)?;
    // A build changes places with the one before, so the directory's time says enough.
    writeln!(std::io::stdout().lock(), "cargo::rerun-if-changed={}", dist.display())?;
    Ok(dist)
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
