//! The long poll.

use super::{LoginError, Versioned, read};
use crate::{app::App, directory::Protected, waiters::Wake};
use authx_core::LoginId;
use std::{pin::pin, time::Duration};
use tokio::time::{Instant, timeout_at};

/// The login as soon as its version is above `after` or it is final, at the latest after `wait`.
/// `stopping` ends the wait at once, with the login as it stands.
///
/// # Errors
///
/// [`LoginError`].
pub async fn wait(
    app: &App,
    caller: &Protected,
    id: LoginId,
    after: i64,
    wait: Duration,
    stopping: impl Future<Output = ()>,
) -> Result<Versioned, LoginError> {
    let deadline = Instant::now() + wait;
    let mut stopping = pin!(stopping);
    let subscription = app.waiters.subscribe(Wake::Login(id));
    loop {
        let mut notified = pin!(subscription.notified());
        notified.as_mut().enable();
        // In a box, so that a caller who waits keeps no room for the reading.
        let current = Box::pin(read(app, caller, id)).await?;
        let login = &current.login;
        if current.version > after || login.is_final() || Instant::now() >= deadline {
            return Ok(current);
        }
        let expires = Duration::from_millis(login.expires.since(app.now()?));
        let until = deadline.min(Instant::now() + expires);
        tokio::select! {
            () = &mut stopping => return Ok(current),
            _ = timeout_at(until, notified) => {}
        }
    }
}
