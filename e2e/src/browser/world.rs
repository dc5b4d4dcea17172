//! What the browsers of a test share.

use super::{
    Authority, Browser, Front, Kind, NAMES, Notices, Services, Site, artefacts,
    authority::Identity, is_there,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
    thread,
};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

/// An authority, push services and a desktop. To be dropped after its browsers.
#[derive(Debug)]
pub struct World {
    /// Who certifies all servers of this world.
    pub authority: Authority,
    /// Google's and Mozilla's push services.
    pub services: Services,
    /// The desktop's notices.
    pub notices: Notices,
    traces: PathBuf,
    directory: TempDir,
    _turn: SemaphorePermit<'static>,
}

impl World {
    /// A new one for the test of this name, once it is its turn: browsers have much to do. None
    /// where there are no browsers.
    pub async fn new(test: &str) -> Option<Self> {
        static TURNS: OnceLock<Semaphore> = OnceLock::new();
        if !is_there() {
            return None;
        }
        let cores = thread::available_parallelism().map_or(2, usize::from);
        let turn = TURNS.get_or_init(|| Semaphore::new(cores.max(2))).acquire().await.unwrap();
        let directory = tempfile::Builder::new().prefix("authx-browser-").tempdir().unwrap();
        let traces = artefacts().join("browser").join(test);
        // What an earlier run of this test has left.
        let _ = fs::remove_dir_all(&traces);
        fs::create_dir_all(&traces).unwrap();
        let authority = Authority::make(directory.path());
        let services = Services::start(&authority, &traces).await;
        let notices = Notices::start(&traces).await;
        Some(Self { authority, services, notices, traces, directory, _turn: turn })
    }

    /// A new phone with Chromium. The name is that of its directories.
    pub async fn chromium(&self, name: &str) -> Browser {
        Browser::launch(self, Kind::Chromium, name).await
    }

    /// A new phone with Firefox.
    pub async fn firefox(&self, name: &str) -> Browser {
        Browser::launch(self, Kind::Firefox, name).await
    }

    /// A site with push that is not AuthX.
    pub async fn site(&self) -> Site {
        Site::start(self).await
    }

    /// Stands at a port before the AuthX at another one.
    pub async fn front(&self, port: u16, to: u16) -> Front {
        Front::start(self, port, to).await
    }

    /// A certificate for every name of AuthX.
    pub fn identity(&self) -> Identity {
        self.authority.certify(&NAMES)
    }

    /// Where everything of this world is.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What stays after a test that failed.
    pub fn traces(&self) -> &Path {
        &self.traces
    }
}
