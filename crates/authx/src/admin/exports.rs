//! Users as a file, that an import takes again.

use super::{Actor, AdminError, accounts, accounts::Account, cells, detail, imports::record};
use crate::{
    app::{About, App},
    store::{Batch, accounts::Filter},
};
use authx_core::{TenantId, audit::EventKind, wire::login::Rfc3339};
use futures_util::{Stream, StreamExt as _, stream};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Lines of a file, some hundred at a time.
pub struct Export<'a> {
    app: &'a App,
    by: Actor,
    tenant: TenantId,
    list: accounts::List<'a>,
    begun: bool,
}

/// Begins a file of the users that are wanted, and records that it was taken away.
///
/// # Errors
///
/// [`AdminError`].
pub async fn users<'a>(
    app: &'a App,
    by: &Actor,
    tenant: TenantId,
    filter: &Filter,
) -> Result<Export<'a>, AdminError> {
    let now = app.now()?;
    let mut entry = detail([]);
    if !filter.search.is_empty() {
        entry.insert("search".to_owned(), filter.search.as_str().into());
    }
    if let Some(standing) = filter.standing {
        entry.insert("state".to_owned(), standing.word().into());
    }
    by.sign(&mut entry);
    let kind = EventKind::UsersExported;
    let batch = app.record(Batch::default(), now, tenant, kind, About::default(), entry);
    app.store.commit(batch).await?;
    let (list, by) = (accounts::stream(app, tenant, filter)?, by.clone());
    Ok(Export { app, by, tenant, list, begun: false })
}

/// The same as it is sent, whatever its size: little of it is in memory. What goes wrong before the
/// first lines is an error here; later it cuts the file short.
///
/// # Errors
///
/// [`AdminError`].
pub async fn file(
    app: Arc<App>,
    by: Actor,
    tenant: TenantId,
    filter: Filter,
) -> Result<impl Stream<Item = Result<String, AdminError>> + Send + 'static, AdminError> {
    let (sender, mut parts) = mpsc::channel::<Result<String, AdminError>>(2);
    // The export borrows the app for as long as it lasts, so it has a task of its own.
    tokio::spawn(async move {
        let mut export = match users(&app, &by, tenant, &filter).await {
            Ok(export) => export,
            Err(error) => return drop(sender.send(Err(error)).await),
        };
        while let Some(part) = export.next().await.transpose() {
            let last = part.is_err();
            if sender.send(part).await.is_err() || last {
                return;
            }
        }
    });
    let first = parts.recv().await.transpose()?;
    let rest =
        stream::unfold(parts, |mut parts| async { parts.recv().await.map(|part| (part, parts)) });
    Ok(stream::iter(first.map(Ok)).chain(rest))
}

impl Export<'_> {
    /// The next lines, as long as who asked may have them; `None` after the last ones.
    ///
    /// # Errors
    ///
    /// [`AdminError::NoLonger`], [`AdminError::Store`].
    pub async fn next(&mut self) -> Result<Option<String>, AdminError> {
        self.by.check_still(self.app, self.tenant).await?;
        let mut text = String::new();
        if !std::mem::replace(&mut self.begun, true) {
            text.push_str(&record(HEADER.into_iter()));
        }
        for _ in 0..AT_A_TIME {
            let Some(account) = self.list.next().await? else { break };
            text.push_str(&line(&account));
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

fn line(account: &Account) -> String {
    let neutral = |texts: &[String]| -> String {
        let cells: Vec<String> = texts.iter().map(|text| cells::neutral(text)).collect();
        cells::join(cells.iter().map(String::as_str))
    };
    let groups: Vec<String> = account.groups.iter().map(|group| group.name.clone()).collect();
    let at = |at: Option<Rfc3339>| at.map(String::from).unwrap_or_default();
    let state = if account.state == "disabled" { "disabled" } else { "active" };
    let cells = [
        account.name.clone(),
        account.display.clone().unwrap_or_default(),
        account.mail.clone().unwrap_or_default(),
        neutral(&account.aliases),
        neutral(&groups),
        state.to_owned(),
        account.factors.join(" "),
        at(account.signed_in),
        at(Some(account.created)),
        account.id.to_string(),
    ];
    record(cells.iter().map(String::as_str))
}

impl std::fmt::Debug for Export<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").finish_non_exhaustive()
    }
}

const HEADER: [&str; 10] = [
    "name",
    "display",
    "mail",
    "aliases",
    "groups",
    "state",
    "factors",
    "last_login",
    "created",
    "user_id",
];
const AT_A_TIME: usize = 200;
