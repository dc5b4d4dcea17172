//! A database of its own for every test, on both engines.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "only tests use this, and a test that has no database has failed"
)]

use super::Store;
use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// Where tests find a PostgreSQL server in which they may create databases.
pub const POSTGRES: &str = "AUTHX_TEST_POSTGRES";

/// An empty database that is gone after the test.
#[derive(Debug)]
pub struct Database {
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Directory(TempDir),
    Server { admin: String, name: String },
}

/// Runs a test on SQLite, and on PostgreSQL where [`POSTGRES`] names a server.
pub async fn on_each_engine(test: impl AsyncFn(&Database)) {
    let sqlite = Database::sqlite();
    eprintln!("on SQLite");
    test(&sqlite).await;
    if let Some(postgres) = Database::postgres().await {
        eprintln!("on PostgreSQL");
        test(&postgres).await;
        postgres.remove().await;
    }
}

impl Database {
    /// A file in a directory of its own.
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = format!("sqlite:{}", directory.path().join("authx.db").display());
        Self { url, place: Place::Directory(directory) }
    }

    /// A database on the server that [`POSTGRES`] names; without one says so and gives `None`.
    pub async fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(admin) = env::var(POSTGRES) else {
            eprintln!("PostgreSQL: skipped (run through `make test`)");
            return None;
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("authx_test_{}_{number}", process::id());
        let create = format!("CREATE DATABASE {name}");
        connect(&admin).await.batch_execute(&create).await.expect("the right to create databases");
        let (server, _) = admin.rsplit_once('/').expect("an address with a database");
        Some(Self { url: format!("{server}/{name}"), place: Place::Server { admin, name } })
    }

    /// Opens it, once more if it is open already.
    pub async fn store(&self) -> Store {
        Store::open(&self.url).await.expect("a database that opens")
    }

    /// Its address, as a configuration gives it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes it now; a SQLite file goes by itself when this is dropped.
    pub async fn remove(self) {
        match self.place {
            Place::Directory(directory) => drop(directory),
            Place::Server { admin, name } => {
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                connect(&admin).await.batch_execute(&drop).await.expect("the database goes");
            }
        }
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a server");
    tokio::spawn(connection);
    client
}
