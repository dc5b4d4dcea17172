//! What time alone does.

use crate::{
    app::App,
    store::{Batch, StoreError},
};
use authx_core::Millis;

/// Forgets what is over: activations, invitations, and phones that never had a first good use.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget_old(app: &App, now: Millis) -> Result<(), StoreError> {
    let day_ago = Millis(now.0.saturating_sub(DAY_MILLIS));
    app.store.commit(Batch::default().forget_enrolments(now, day_ago)).await
}

const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;
