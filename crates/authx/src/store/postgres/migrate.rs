//! Bringing a PostgreSQL database's tables up to date.

use super::{
    super::{StoreError, schema, schema::Dialect},
    connector::Session,
};
use tokio_postgres::GenericClient;

/// Any number that nobody else uses for an advisory lock: “AuthX” in ASCII.
const LOCK: &str = "SELECT pg_advisory_xact_lock(280267647064)";
const OLDEST: i32 = 150_000;

/// Runs all missing steps in one transaction, one starter at a time.
pub(super) async fn run(session: &mut Session) -> Result<(), StoreError> {
    let transaction = session.client.transaction().await?;
    within(&transaction).await?;
    Ok(transaction.commit().await?)
}

/// Runs all missing steps in the transaction that is under way.
pub(super) async fn within(transaction: &impl GenericClient) -> Result<(), StoreError> {
    let version = "SELECT current_setting('server_version_num')::int";
    let version: i32 = transaction.query_one(version, &[]).await?.try_get(0)?;
    if version < OLDEST {
        return Err(StoreError::unavailable("AuthX needs PostgreSQL 15 or newer"));
    }
    transaction.batch_execute(LOCK).await?;
    transaction.batch_execute(&schema::meta(Dialect::Postgres)).await?;
    let found = transaction.query_opt(schema::FOUND, &[]).await?;
    let found: Option<String> = found.map(|row| row.try_get(0)).transpose()?;
    for step in schema::steps(found.as_deref(), Dialect::Postgres)? {
        transaction.batch_execute(&step).await?;
    }
    Ok(())
}
