//! What tests of the whole program share: an installation, its server as a process, and a client
//! that signs.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests use this, and this is how a test fails"
)]

pub mod browser;
mod client;
mod cluster;
mod installation;
mod phone;
mod server;
pub mod vpn;

pub use client::{Call, Client, Reply, new_id, now, proved, typed};
pub use cluster::Cluster;
pub use installation::{Caller, Engine, Installation, PASSWORD, Person, Sites, run};
pub use phone::{Handset, number_in};
pub use server::{Server, built, program};

/// Makes a test for each engine out of each named `async fn(Engine)`.
#[macro_export]
macro_rules! on_both_engines {
    ($($fact:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                super::$fact($crate::Engine::Sqlite).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                if $crate::Engine::Postgres.is_there() {
                    super::$fact($crate::Engine::Postgres).await;
                }
            })*
        }
    };
}
