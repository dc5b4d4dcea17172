//! What is compared: AuthX on an engine, that engine alone, and the HTTP stack alone.

use super::{
    Arguments, Extent, Kind, World, client, direct,
    figures::{Sample, float},
    polls::{self, Waiting},
    process::Process,
    requests::Request,
    world::free_address,
};
use anyhow::{Context as _, ensure};
use authx::store::Store;
use authx_core::wire::login::LoginState;
use futures_util::future::try_join_all;
use std::{
    env,
    net::SocketAddr,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;
use tokio_rustls::TlsConnector;

/// A server with users, on one engine.
pub(crate) struct Side<'a> {
    pub(crate) server: Process,
    pub(crate) runtime: &'a Runtime,
    pub(crate) world: World,
    pub(crate) tls: Option<TlsConnector>,
    /// The database, where callers can have connections of their own.
    postgres: Option<String>,
}

impl<'a> Side<'a> {
    /// Makes an installation and starts its server.
    pub(crate) fn start(
        runtime: &'a Runtime,
        arguments: &Arguments,
        postgres: Option<&str>,
        tls: bool,
        users: usize,
    ) -> anyhow::Result<Self> {
        runtime.block_on(async {
            let postgres = match postgres {
                Some(admin) => Some(new_database(admin).await?),
                None => None,
            };
            let kind = Kind { database: postgres.as_deref(), tls, users };
            let world = Box::pin(World::make(kind)).await?;
            let tls = tls.then(|| client::tls(&world)).transpose()?;
            let server = serve(arguments, &world).await?;
            Ok(Self { server, runtime, world, tls, postgres })
        })
    }

    /// Verifies over so many connections for some time.
    pub(crate) fn verify(&mut self, connections: usize, time: Duration) -> anyhow::Result<Sample> {
        let users: Vec<usize> = (0..self.supply(connections, time)).collect();
        self.verify_of(&users, connections, time)
    }

    /// Verifies so many users, who are spread evenly over all, once each.
    pub(crate) fn verify_spread(&mut self, count: usize) -> anyhow::Result<Sample> {
        let stride = (self.world.users.len() / count).max(1);
        let users: Vec<usize> = (0..self.world.users.len()).step_by(stride).take(count).collect();
        self.verify_of(&users, 64, Duration::from_secs(10))
    }

    /// Commits the rows of verifications without a server, as so many callers.
    pub(crate) fn commit_rows(&mut self, callers: usize, time: Duration) -> anyhow::Result<Sample> {
        let batches = (0..self.supply(callers, time))
            .map(|user| direct::verification(&self.world, user))
            .collect::<Result<Vec<_>, _>>()?;
        let store = &self.world.app.store;
        let done = self.runtime.block_on(direct::commits(store, callers, time, batches))?;
        let users: Vec<usize> = (0..done.0).collect();
        self.renew(&users)?;
        Ok(Sample::count(done))
    }

    /// Commits one small row each time: on PostgreSQL each caller on a connection of its own, as
    /// any program would; on SQLite there is only one writer.
    pub(crate) fn commit_small(&self, callers: usize, time: Duration) -> anyhow::Result<Sample> {
        let batches = (0..supply(callers, time) * 2)
            .map(|number| direct::small(&self.world, number))
            .collect::<Result<Vec<_>, _>>()?;
        self.runtime.block_on(async {
            let stores = match &self.postgres {
                Some(url) => try_join_all((0..callers).map(|_| Store::open(url))).await?,
                None => vec![self.world.app.store.clone(); callers],
            };
            // The first commit of each makes its connection.
            let first = (0..callers).map(|number| direct::small(&self.world, number));
            for (store, batch) in stores.iter().zip(first) {
                store.commit(batch?).await?;
            }
            Ok(Sample::count(direct::commits_of(&stores, time, batches).await?))
        })
    }

    /// Ends the server and starts it anew.
    pub(crate) fn restart(&mut self, arguments: &Arguments) -> anyhow::Result<()> {
        self.server.end();
        self.server = self.runtime.block_on(serve(arguments, &self.world))?;
        Ok(())
    }

    /// Restarts the server and lets callers wait.
    pub(crate) fn wait(self, arguments: &Arguments, extent: Extent) -> anyhow::Result<Waiting> {
        let Self { server, runtime, world, .. } = self;
        drop(server);
        let server = runtime.block_on(serve(arguments, &world))?;
        let questions = (0..extent.callers).map(|user| world.question(user % world.users.len()));
        let questions = questions.collect::<Result<Vec<_>, _>>()?;
        let count = questions.len();
        let begin = client::Plan::once(questions, Duration::from_mins(1));
        let (run, questions) = begin.run(world.address, 64, None)?;
        ensure!(run.exchanges.len() == count, "not all logins began");
        for one in &run.exchanges {
            let question = questions.get(one.request).context("no such request")?;
            world.check(question, run.answer(one), LoginState::AwaitingInput)?;
        }
        polls::run(&world, &server, &questions, extent.samples)
    }

    /// Verifies these users once each, for `time` at most.
    pub(crate) fn verify_of(
        &mut self,
        users: &[usize],
        connections: usize,
        time: Duration,
    ) -> anyhow::Result<Sample> {
        let requests = users.iter().map(|&user| self.world.verification(user));
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let plan = client::Plan::once(requests, time);
        let before = self.server.cpu()?;
        let (run, requests) = plan.run(self.world.address, connections, self.tls.as_ref())?;
        let sample = Sample::of(&run, self.server.cpu()?.saturating_sub(before));
        let mut used = vec![];
        for one in &run.exchanges {
            let request = requests.get(one.request).context("no such request")?;
            self.world.check(request, run.answer(one), LoginState::Allowed)?;
            used.extend(users.get(one.request));
        }
        self.renew(&used)?;
        Ok(sample)
    }

    /// Gives users new secrets after each used a code.
    fn renew(&mut self, users: &[usize]) -> anyhow::Result<()> {
        for &user in users {
            self.world.users.get_mut(user).context("no such user")?.version += 1;
        }
        self.runtime.block_on(self.world.renew(users))
    }

    fn supply(&self, connections: usize, time: Duration) -> usize {
        supply(connections, time).min(self.world.users.len())
    }
}

/// The same framework with nothing behind it.
pub(crate) struct Bare {
    server: Process,
    address: SocketAddr,
}

impl Bare {
    /// Starts it with answers as long as a real one.
    pub(crate) fn start(runtime: &Runtime, sides: &mut [Side<'_>]) -> anyhow::Result<Self> {
        let side = sides.first_mut().context("nothing to compare with")?;
        let plan = client::Plan::once(vec![side.world.verification(0)?], Duration::from_secs(9));
        let (run, _) = plan.run(side.world.address, 1, None)?;
        let answer = run.exchanges.first().map(|one| run.answer(one).len());
        let length = answer.context("no answer")?.saturating_sub(BARE_HEAD).to_string();
        side.renew(&[0])?;
        let address = free_address()?;
        let mut command = Command::new(env::current_exe()?);
        command.args(["bare", &address.to_string(), &length]);
        let server = runtime.block_on(Process::start(&mut command, address))?;
        Ok(Self { server, address })
    }

    /// Sends it the requests of a side.
    pub(crate) fn measure(
        &self,
        sides: &[Side<'_>],
        connections: usize,
        time: Duration,
    ) -> anyhow::Result<Sample> {
        let world = &sides.first().context("no side")?.world;
        let requests = (0..world.users.len().min(2_000)).map(|user| world.verification(user));
        let requests: Vec<Request> = requests.collect::<Result<_, _>>()?;
        let before = self.server.cpu()?;
        let plan = client::Plan::repeated(requests, time);
        let (run, _) = plan.run(self.address, connections, None)?;
        Ok(Sample::of(&run, self.server.cpu()?.saturating_sub(before)))
    }
}

pub(crate) async fn serve(arguments: &Arguments, world: &World) -> anyhow::Result<Process> {
    let mut command = Command::new(&arguments.authx);
    command.arg("serve").arg("--config").arg(world.config());
    Process::start(&mut command, world.address).await
}

async fn new_database(admin: &str) -> anyhow::Result<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("authx_bench_{}_{number}", std::process::id());
    let (client, connection) = tokio_postgres::connect(admin, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
    let (server, _) = admin.rsplit_once('/').context("an address with a database")?;
    Ok(format!("{server}/{name}"))
}

/// More than are used up in `time`.
fn supply(connections: usize, time: Duration) -> usize {
    let a_second = (connections * 2_500).min(20_000);
    let wanted = (float(a_second) * time.as_secs_f64()).to_string();
    wanted.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(a_second)
}

/// About the length of the head that the bare server sends.
const BARE_HEAD: usize = 107;
