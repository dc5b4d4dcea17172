//! Which groups an application is for.

use super::{Batch, Row, Store, StoreError};
use authx_core::{ApplicationId, GroupId, TenantId};

/// What a group is for at an application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Its members may sign in, and nobody else.
    Gate,
    /// Its members are asked for a second factor while it is tried.
    Pilot,
}

/// A group of an application.
#[derive(Clone, Debug)]
pub struct AudienceRow {
    /// Of which application.
    pub application: ApplicationId,
    /// Which group.
    pub group: GroupId,
    /// As people call it.
    pub name: String,
    /// What it is there for.
    pub part: Part,
}

impl Part {
    fn word(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Pilot => "pilot",
        }
    }
}

/// Reads the groups of one application, or of all of a tenant's, by name.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn audience(
    store: &Store,
    tenant: TenantId,
    application: Option<ApplicationId>,
) -> Result<Vec<AudienceRow>, StoreError> {
    let rows = if let Some(application) = application {
        let sql = "SELECT x.application, x.user_group, g.name, x.part FROM application_group x
                JOIN user_group g ON g.id = x.user_group
                WHERE x.tenant = $1 AND x.application = $2 AND g.removed IS NULL ORDER BY g.folded";
        store.query(sql, [tenant.into(), application.into()]).await?
    } else {
        let sql = "SELECT x.application, x.user_group, g.name, x.part FROM application_group x
                JOIN user_group g ON g.id = x.user_group
                WHERE x.tenant = $1 AND g.removed IS NULL ORDER BY g.folded";
        store.query(sql, [tenant.into()]).await?
    };
    let row = |row: &Row| {
        let part = match row.text(3)? {
            "gate" => Part::Gate,
            "pilot" => Part::Pilot,
            _ => return Err(row.corrupt(3, "what a group is for")),
        };
        let (application, group) = (row.application(0)?, row.group(1)?);
        Ok(AudienceRow { application, group, name: row.text(2)?.to_owned(), part })
    };
    rows.iter().map(row).collect()
}

impl Batch {
    /// Replaces the groups that an application has for a part. A group that the tenant does not
    /// have is a conflict.
    #[must_use]
    pub fn set_audience(
        self,
        tenant: TenantId,
        application: ApplicationId,
        part: Part,
        groups: &[GroupId],
    ) -> Self {
        let batch = self.run(
            "DELETE FROM application_group WHERE tenant = $1 AND application = $2 AND part = $3",
            [tenant.into(), application.into(), part.word().into()],
        );
        groups.iter().fold(batch, |batch, &group| {
            batch.one(
                "INSERT INTO application_group (tenant, application, user_group, part)
                 SELECT tenant, $2, id, $4 FROM user_group
                 WHERE tenant = $1 AND id = $3 AND removed IS NULL",
                [tenant.into(), application.into(), group.into(), part.word().into()],
            )
        })
    }
}
