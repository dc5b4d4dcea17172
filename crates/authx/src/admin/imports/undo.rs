//! Takes back what an import made.

use super::{ImportError, find};
use crate::{
    admin::{Actor, AdminError, TRIES, Tenant, detail, pause},
    app::{About, App},
    store::{Batch, StoreError, imports as stored},
};
use authx_core::{ImportId, TenantId, UserId, audit::EventKind};
use serde::Serialize;

/// What an undoing came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ImportUndone)]
pub struct Undone {
    /// Users who are gone, with their names.
    pub deleted: u64,
    /// Users who signed in, have a factor, or look after something by now, and stay.
    pub kept: u64,
}

/// Deletes the users that an import made and who have had nothing since: no sign-in, no factor, no
/// role. The others stay, and so does what the import changed of users who were there before: the
/// record has what it was.
///
/// # Errors
///
/// [`ImportError::Over`], [`ImportError::Unknown`], [`ImportError::Admin`].
pub async fn undo(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: ImportId,
) -> Result<Undone, ImportError> {
    by.check_outranks(None)?;
    let import = find(app, tenant, id).await?;
    let from = match import.state.as_str() {
        "done" => "done",
        "stopped" => "running",
        _ => return Err(ImportError::Over(import.state)),
    };
    let (mut undone, mut after) = (Undone::default(), None);
    while let Some(last) = part(app, by, tenant, id, after, &mut undone).await? {
        after = Some(last);
    }
    let now = app.now().map_err(AdminError::from)?;
    let mut entry = detail([
        ("import_id", id.to_string().into()),
        ("file", import.name.into()),
        ("deleted", undone.deleted.into()),
        ("kept", undone.kept.into()),
    ]);
    by.sign(&mut entry);
    let counts = serde_json::to_string(&import.counts).unwrap_or_default();
    let batch = Batch::default().move_import(tenant, id, [from, "undone"], &counts, now);
    let kind = EventKind::UsersImportUndone;
    let batch = app.record(batch, now, tenant, kind, About::default(), entry);
    match app.store.commit(batch).await {
        Ok(()) => Ok(undone),
        Err(StoreError::Conflict) => Err(ImportError::Over("undone".to_owned())),
        Err(error) => Err(AdminError::from(error).into()),
    }
}

/// Some hundred of them with one commit. Gives the last one that was looked at.
async fn part(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: ImportId,
    after: Option<UserId>,
    undone: &mut Undone,
) -> Result<Option<UserId>, ImportError> {
    for _ in 0..TRIES {
        let generation = Tenant::load(app, tenant).await?.generation;
        by.check_still(app, tenant).await?;
        let made = stored::made_by(&app.store, tenant, id, after, PART).await;
        let made = made.map_err(AdminError::from)?;
        let Some((last, ..)) = made.last().cloned() else { return Ok(None) };
        let now = app.now().map_err(AdminError::from)?;
        let mut batch = Batch::default().raise_generation(tenant, generation);
        let (mut deleted, mut kept) = (0, 0);
        for (user, name, used) in made {
            if used {
                kept += 1;
                continue;
            }
            deleted += 1;
            let mut entry = detail([("name", name.into()), ("import_id", id.to_string().into())]);
            by.sign(&mut entry);
            let about = About { user: Some(user), ..About::default() };
            batch = batch.delete_account(tenant, user);
            batch = app.record(batch, now, tenant, EventKind::UserDeleted, about, entry);
        }
        match app.store.commit(batch).await {
            Ok(()) => {
                undone.deleted += deleted;
                undone.kept += kept;
                return Ok(Some(last));
            }
            Err(StoreError::Conflict) => pause(app).await,
            Err(error) => return Err(AdminError::from(error).into()),
        }
    }
    Err(AdminError::Busy.into())
}

const PART: i64 = 200;
