//! Which groups, and in which order: there are few enough to read all.

use super::{AdminError, Group, list};
use crate::app::App;
use authx_core::TenantId;

/// Which groups are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// A part of the name.
    pub search: &'a str,
    /// By name rather than by place.
    pub by_name: bool,
    /// The other way round.
    pub descending: bool,
}

/// The groups that are wanted, all of them.
///
/// # Errors
///
/// As [`list`].
pub async fn found(
    app: &App,
    tenant: TenantId,
    wanted: Wanted<'_>,
) -> Result<Vec<Group>, AdminError> {
    let mut all = list(app, tenant).await?;
    let search = wanted.search.to_lowercase();
    all.retain(|group| group.name.to_lowercase().contains(&search));
    if wanted.by_name {
        all.sort_by_key(|group| group.name.to_lowercase());
    }
    if wanted.descending {
        all.reverse();
    }
    Ok(all)
}
