//! Mail, through a real mail server: Debian's `chasquid`, in a directory of its own, with STARTTLS,
//! sign-in and delivery into a Maildir. What arrives is read by Python's `email`. `scripts/setup`
//! fetches the server; without it the tests say SKIPPED.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "this is how a test fails, also in what tests share"
)]

mod arriving;
mod between;
mod giving_up;
mod refusals;
mod server;
mod together;
mod world;

use server::Server;
use world::World;

/// Runs a test in an installation of its own on each engine, with a mail server that runs.
async fn on_each_engine(test: impl AsyncFn(&World, &mut Server)) {
    let Some(program) = server::programs() else { return };
    authx::store::testing::on_each_engine(async |database| {
        let mut server = Server::new(program);
        server.start().await;
        let world = Box::pin(World::on(database.store().await, &server)).await;
        Box::pin(test(&world, &mut server)).await;
    })
    .await;
}
