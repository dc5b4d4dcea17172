//! Making an installation out of a backup, while no server runs.
//!
//! The backup is read twice. The first pass changes nothing: it opens every byte, and does
//! everything but store. The second fills the database in one transaction; key files that are
//! missing are put in place before it is committed. So a restore that is interrupted has either
//! changed nothing but that, or is complete; and it can be run again.

use super::{
    format::Header,
    reading::{Reading, ReadingError},
    renewal::{Lost, Occasion, Renewal},
};
use crate::{
    admin::Actor,
    clock::{Clock, TOLERANCE_MS},
    config::{Config, ConfigError, Fault, SecretFile, SecretFileError},
    init::{InitError, files},
    keys::Keys,
    random::Random,
    store::{Filling, Loader, Occupied, Store, StoreError},
};
use authx_core::{Millis, recovery::RecoveryKey, wire::login::Rfc3339};
use serde::Serialize;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What is to be restored, and to where.
#[derive(Debug)]
pub struct Wish<'a> {
    /// The backup.
    pub backup: &'a Path,
    /// What opens it.
    pub key: &'a RecoveryKey,
    /// The configuration that names the database; put back from the backup if it is not there.
    pub config_file: &'a Path,
    /// A database that is not empty is set aside.
    pub replace: bool,
    /// The clock is right although the backup has entries of a later time.
    pub accept_clock: bool,
    /// Who restores.
    pub by: &'a Actor,
}

/// A restore that is complete.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    /// The moment that the backup shows.
    pub backup: Rfc3339,
    /// The engine that it was made of.
    pub from: String,
    /// How many rows were in it.
    pub rows: u64,
    /// Where it is now, for people.
    pub database: String,
    /// Where the database is that was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
    /// Files that were missing and are back.
    pub put_back: Vec<PathBuf>,
    /// What was taken away, so that nothing can be used twice.
    pub lost: Lost,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The clock lies before the time of the backup.
    #[error(
        "the backup has entries that are {behind_secs} s later than this machine's clock: set it right, or, if the clock once ran ahead, say --accept-clock"
    )]
    Clock {
        /// Whole seconds.
        behind_secs: u64,
    },
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// systemd puts credentials in place, and this one is not there.
    #[error(
        "{file} cannot be put back: name a file in the configuration, restore, and make that file the credential"
    )]
    Credential {
        /// What is configured.
        file: SecretFile,
        /// Why it cannot be read.
        source: SecretFileError,
    },
    /// There is another database.
    #[error(
        "the database is not empty: say --replace to set it aside, or name another in the configuration"
    )]
    NotEmpty,
    /// There are other keys.
    #[error(
        "{file} is not the {which} of the backup: move it to a safe place if another database needs it, and restore again"
    )]
    OtherKey {
        /// The file.
        file: SecretFile,
        /// Which of the two.
        which: &'static str,
    },
    /// A file cannot be put in place.
    #[error(transparent)]
    Place(#[from] InitError),
    /// The backup cannot be read.
    #[error(transparent)]
    Reading(#[from] ReadingError),
    /// A file that is there cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The database does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration's place cannot be looked at.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Restores a backup.
///
/// # Errors
///
/// [`RestoreError`]: nothing was changed, except that files that were missing may be back. After
/// [`StoreError::Unavailable`] the database may be filled all the same.
pub async fn restore(
    wish: &Wish<'_>,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Restored, RestoreError> {
    let now = clock.now();
    let mut occasion = Occasion { at: now, clock_accepted: false, by: wish.by.as_str().to_owned() };
    let contents = Contents::read(wish, &occasion, random).await?;
    let newest = contents.newest.max(contents.header.created.0);
    if now.0.saturating_add(TOLERANCE_MS) >= newest.0 {
        occasion.at = now.max(contents.newest);
    } else if wish.accept_clock {
        occasion.clock_accepted = true;
    } else {
        return Err(RestoreError::Clock { behind_secs: newest.since(now) / 1_000 });
    }
    let config = Target::find(wish.config_file, &contents)?;
    let missing = config.missing(&contents)?;
    files::make_directory(directory(wish.config_file))?;
    let url = config.config.database.url()?;
    let occupied = if wish.replace {
        Occupied::SetAside(format!("before_restore_{}", stamp(now)))
    } else {
        Occupied::Refuse
    };
    let Filling { mut loader, aside } = match Store::fill_alone(&url, &occupied).await {
        Err(StoreError::Conflict) => return Err(RestoreError::NotEmpty),
        filling => filling?,
    };
    let lost = fill(wish, &occasion, random, &mut loader).await?;
    let mut put_back = vec![];
    for (path, text) in missing {
        files::make(&path, &text)?;
        put_back.push(path);
    }
    loader.finish().await?;
    Ok(Restored {
        backup: contents.header.created,
        from: contents.header.engine,
        rows: contents.rows,
        database: config.config.database.shown(),
        set_aside: aside,
        put_back,
        lost,
    })
}

/// What the first pass found out.
struct Contents {
    header: Header,
    keys: Keys,
    config: String,
    newest: Millis,
    rows: u64,
}

impl Contents {
    async fn read(
        wish: &Wish<'_>,
        occasion: &Occasion,
        random: &dyn Random,
    ) -> Result<Self, RestoreError> {
        let mut renewal = Renewal::new(occasion, random);
        pass(wish, &mut renewal, None).await?;
        let parts = (renewal.header, renewal.config, renewal.master, renewal.audit);
        let (Some(header), Some(config), Some(master), Some(audit)) = parts else {
            return Err(broken("files"));
        };
        let config = std::str::from_utf8(config.expose()).map_err(|_| broken("configuration"))?;
        Ok(Self {
            header,
            keys: Keys { audit, master },
            config: config.to_owned(),
            newest: renewal.newest,
            rows: renewal.rows,
        })
    }
}

async fn fill(
    wish: &Wish<'_>,
    occasion: &Occasion,
    random: &dyn Random,
    loader: &mut Loader,
) -> Result<Lost, RestoreError> {
    let mut renewal = Renewal::new(occasion, random);
    pass(wish, &mut renewal, Some(loader)).await?;
    Ok(renewal.lost())
}

/// Reads the backup from its first byte to its last.
async fn pass(
    wish: &Wish<'_>,
    renewal: &mut Renewal<'_>,
    mut loader: Option<&mut Loader>,
) -> Result<(), RestoreError> {
    let mut reading = Reading::open(wish.backup, wish.key)?;
    while let Some(record) = reading.next()? {
        let row = renewal.take(record).map_err(ReadingError::from)?;
        if let (Some(row), Some(loader)) = (row, loader.as_deref_mut()) {
            loader.row(row).await?;
        }
    }
    for row in renewal.finish().map_err(ReadingError::from)? {
        if let Some(loader) = loader.as_deref_mut() {
            loader.row(row).await?;
        }
    }
    Ok(())
}

/// The installation that the backup is restored to.
struct Target {
    config: Config,
    file: PathBuf,
    /// Whether the configuration is the backup's, and not there yet.
    is_new: bool,
}

impl Target {
    fn find(file: &Path, contents: &Contents) -> Result<Self, RestoreError> {
        let unreadable = |source| RestoreError::Unreadable { path: file.to_owned(), source };
        let is_new = !fs::exists(file).map_err(unreadable)?;
        let config = if is_new {
            let faults = |faults: Vec<Fault>| ConfigError::Faults { path: file.to_owned(), faults };
            Config::parse(&contents.config, directory(file)).map_err(faults)?
        } else {
            Config::load(file)?
        };
        Ok(Self { config, file: file.to_owned(), is_new })
    }

    /// The files to put in place; those that are there must be the backup's.
    fn missing(
        &self,
        contents: &Contents,
    ) -> Result<Vec<(PathBuf, zeroize::Zeroizing<String>)>, RestoreError> {
        let mut missing = vec![];
        let Keys { audit, master } = &contents.keys;
        let keys = [
            (&self.config.master_key_file, master.to_text(), "master key"),
            (&self.config.audit_key_file, audit.to_text(), "audit key"),
        ];
        for (file, text, which) in keys {
            if let SecretFile::Path(path) = file
                && !exists(path)?
            {
                missing.push((path.clone(), text));
                continue;
            }
            let found = match (file.read(), file) {
                (Err(source), SecretFile::Credential(_)) => {
                    return Err(RestoreError::Credential { file: file.clone(), source });
                }
                (found, _) => found?,
            };
            if *found != *text {
                return Err(RestoreError::OtherKey { file: file.clone(), which });
            }
        }
        if self.is_new {
            missing.push((self.file.clone(), contents.config.clone().into()));
        }
        Ok(missing)
    }
}

fn exists(path: &Path) -> Result<bool, RestoreError> {
    fs::exists(path).map_err(|source| RestoreError::Unreadable { path: path.to_owned(), source })
}

fn directory(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn broken(what: &'static str) -> RestoreError {
    RestoreError::Reading(super::FormatError::Broken(what).into())
}

/// A moment as a name that a file and a schema may have, `20261125t173000_123z`: to the millisecond,
/// since a restore that was interrupted may be run again at once.
fn stamp(at: Millis) -> String {
    let second = String::from(Rfc3339(Millis(at.secs() * 1_000))).to_lowercase();
    let name: String = second.trim_end_matches('z').replace(['-', ':'], "");
    format!("{name}_{:03}z", at.0 % 1_000)
}
