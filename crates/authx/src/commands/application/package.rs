//! `authx application package`.

use super::super::{Global, Output, opened::Opened};
use crate::{
    admin::{
        applications::{self, Application},
        packages::{self, HandedOut},
    },
    destination::Destination,
    packages::{Package, Packed, Server},
};
use anyhow::{Context as _, bail};
use authx_core::{ApplicationId, KeyId, TenantId, name::Name};
use authx_program::output::quoted;
use clap::{Args, ValueEnum, builder::PossibleValue};
use serde::Serialize;
use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The application's name or id
    application: String,
    /// Where the ZIP goes; - for standard output
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// What runs on the host; else what the application's type says
    #[arg(long)]
    server: Option<Server>,
    /// Make a key of this name, best the host's, and put it in
    #[arg(long, value_name = "NAME")]
    with_new_key: Option<Name>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Made {
    application_id: ApplicationId,
    #[serde(skip)]
    application: String,
    file: String,
    files: Vec<Packed>,
    #[serde(skip)]
    folder: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<String>,
    server: Server,
    sha256: String,
}

/// On standard output goes the ZIP alone; that it is whole says exit code 0.
pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    arguments: Arguments,
) -> anyhow::Result<()> {
    let Arguments { application, to, server, with_new_key, force } = arguments;
    let Application { id, name, .. } = applications::find(app, tenant, &application).await?;
    // A place for it is found before there is a key that would be lost.
    let place = find(&to, force, with_new_key.is_some())?;
    let to_file = place.is_some();
    let HandedOut { server, package, key } =
        packages::hand_out(app, by, tenant, id, server, with_new_key.as_ref()).await?;
    if let Err(error) = write(place, &package.bytes) {
        return Err(match &with_new_key {
            Some(key) => error.context(format!(
                "there is no package, but the key was made; revoke it: \
                 authx application key revoke {} {}",
                quoted(&name),
                quoted(key.as_str())
            )),
            None => error,
        });
    }
    if !to_file {
        return Ok(());
    }
    let Package { sha256, folder, files, .. } = package;
    let (file, key_name) = (to.display().to_string(), with_new_key.map(|name| name.to_string()));
    let made = Made {
        application_id: id,
        application: name,
        file,
        files,
        folder,
        key_id: key,
        key_name,
        server,
        sha256,
    };
    made.write(global.json)
}

/// Where the ZIP goes; none for standard output.
fn find(to: &Path, force: bool, is_secret: bool) -> anyhow::Result<Option<Destination>> {
    if to.as_os_str() != "-" {
        let mode = if is_secret { 0o600 } else { 0o644 };
        return Ok(Some(Destination::new(to, force, mode)?));
    }
    if io::stdout().is_terminal() {
        bail!("a ZIP is not for a terminal: send standard output to a file or a program");
    }
    Ok(None)
}

fn write(place: Option<Destination>, bytes: &[u8]) -> anyhow::Result<()> {
    let Some(mut file) = place else {
        let mut out = io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        return written.context("standard output does not take the package");
    };
    file.write_all(bytes).context("the package cannot be written")?;
    Ok(file.keep()?)
}

impl ValueEnum for Server {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()))
    }
}

impl Output for Made {
    fn text(&self) -> String {
        let Self { application, file, folder, server, sha256, .. } = self;
        let product = server.product();
        let base = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
        let installer = match server {
            Server::AccessServer => "install.py",
            Server::Community => "install.sh",
        };
        let filled = match &self.key_name {
            Some(key) => format!(
                "Application ID, Application URL and the new key “{key}” are filled in. Whoever has\n\
                 the file can act for this application: remove it once it is installed.\n"
            ),
            None => format!(
                "Application ID and Application URL are filled in. {installer} asks for the Application\n\
                 Key; --with-new-key NAME makes one and fills it in.\n"
            ),
        };
        let mut sums = format!("    {sha256}  {base}\n");
        for Packed { name, sha256 } in &self.files {
            sums.extend(["    ", sha256, "  ", name, "\n"]);
        }
        format!(
            "The package for {product} and application “{application}” is made: {file}\n\
             {filled}\n\
             SHA-256\n{sums}\n\
             On the host:\n\n    \
             unzip {}\n    \
             cd {folder}\n    \
             {}\n",
            quoted(&base),
            server.install_command()
        )
    }
}
