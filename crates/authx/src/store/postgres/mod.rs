//! The PostgreSQL engine: one connection that writes in groups, a pool that reads.

mod connector;
mod error;
mod form;
mod migrate;
mod pipeline;
mod settled;
mod snapshot;
mod value;
mod wakes;
mod writer;

use super::{
    Batch, Filling, Flow, Heard, Loader, Occupied, Row, StoreError, TableRow, Value, Wake,
    flow::{Source, flow},
    queue::{Queue, queue},
};
use connector::{Connector, Session};
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use futures_util::{TryStreamExt, pin_mut};
use settled::Settled;
use std::{sync::OnceLock, time::Duration};
use tokio::sync::broadcast;
use wakes::Post;

/// One PostgreSQL database.
#[derive(Debug)]
pub(super) struct Postgres {
    connector: Connector,
    readers: Pool,
    queue: Queue,
    settled: Settled,
    // A command that tells nobody anything needs no connection for it.
    post: OnceLock<Post>,
}

/// Point reads take some tens of microseconds each, so that few connections carry many logins; more
/// would only make the server switch between them.
const READERS: usize = 12;
/// How long a read waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let connector = Connector::parse(url)?;
        migrate::run(&mut connector.session().await?).await?;
        let readers = pool(&connector)?;
        let (queue, jobs) = queue();
        tokio::spawn(writer::run(connector.clone(), jobs));
        Ok(Self { connector, readers, queue, settled: Settled::default(), post: OnceLock::new() })
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.queue.commit(batch).await
    }

    pub(super) async fn query(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.readers.get().await.map_err(StoreError::unavailable)?;
        let statement = client.prepare_cached(sql).await?;
        let rows = client.query_raw(&statement, params).await?;
        pin_mut!(rows);
        let mut found = Vec::new();
        while let Some(row) = rows.try_next().await? {
            found.push(Row::new(sql, value::values(&row)?));
        }
        Ok(found)
    }

    pub(super) fn scan(&self, sql: &'static str, params: Vec<Value>) -> Flow<Row> {
        let (mut source, flow) = flow();
        let connector = self.connector.clone();
        tokio::spawn(async move {
            let outcome = scan(&connector, sql, &params, &mut source).await;
            source.finish(outcome).await;
        });
        flow
    }

    pub(super) async fn settled_seq(&self) -> Result<i64, StoreError> {
        let client = self.readers.get().await.map_err(StoreError::unavailable)?;
        self.settled.look(&client).await
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Heard> {
        self.post().listen()
    }

    pub(super) fn announce(&self, wake: Wake) {
        self.post().announce(wake);
    }

    fn post(&self) -> &Post {
        self.post.get_or_init(|| Post::open(self.connector.clone()))
    }

    /// Waits until all that was announced has gone out.
    pub(super) async fn told(&self) {
        if let Some(post) = self.post.get() {
            post.told().await;
        }
    }

    pub(super) fn snapshot(&self) -> Flow<TableRow> {
        let (mut source, flow) = flow();
        let connector = self.connector.clone();
        tokio::spawn(async move {
            let outcome = snapshot::read(&connector, &mut source).await;
            source.finish(outcome).await;
        });
        flow
    }

    pub(super) async fn load_snapshot(&self) -> Result<Loader, StoreError> {
        snapshot::load(self.connector.unhurried().await?).await
    }

    pub(super) async fn fill_alone(url: &str, occupied: &Occupied) -> Result<Filling, StoreError> {
        let session = patiently_alone(&Connector::parse(url)?).await?;
        snapshot::fill_alone(session, occupied).await
    }
}

/// A command that is about to end may still have a connection.
async fn patiently_alone(connector: &Connector) -> Result<Session, StoreError> {
    let mut waited = Duration::ZERO;
    loop {
        match connector.alone().await {
            Err(StoreError::InUse) if waited < connector::ENDING => {
                tokio::time::sleep(connector::BETWEEN).await;
                waited += connector::BETWEEN;
            }
            other => return other,
        }
    }
}

async fn scan(
    connector: &Connector,
    sql: &'static str,
    params: &[Value],
    source: &mut Source<Row>,
) -> Result<(), StoreError> {
    let session = connector.unhurried().await?;
    let rows = session.client.query_raw(sql, params).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        if source.send(Row::new(sql, value::values(&row)?)).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn pool(connector: &Connector) -> Result<Pool, StoreError> {
    let manager = Manager::from_config(
        connector.config.clone(),
        connector.tls.clone(),
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    Pool::builder(manager)
        .max_size(READERS)
        .runtime(Runtime::Tokio1)
        .create_timeout(Some(PATIENCE))
        .wait_timeout(Some(PATIENCE))
        .post_create(Hook::async_fn(|client, _| {
            Box::pin(async move {
                connector::set_up(client).await.map_err(HookError::Backend)?;
                let joined = connector::join(client).await.map_err(HookError::Backend)?;
                if joined { Ok(()) } else { Err(HookError::message(connector::CLOSED)) }
            })
        }))
        .build()
        .map_err(StoreError::unavailable)
}
