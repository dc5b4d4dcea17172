//! Wishes that wait for a second person.

use super::{
    code::Code,
    notices::{Level, Notice, Subject},
};
use crate::{
    admin::{
        Actor, AdminError,
        bypass::{self, Asked, Kind},
    },
    app::App,
};
use authx_core::TenantId;

/// One notice for each wish to which this administrator may agree, or one for many. Never for the
/// one who wishes.
pub(super) async fn wished(
    app: &App,
    by: &Actor,
    tenant: TenantId,
) -> Result<Vec<Notice>, AdminError> {
    let wishes = bypass::waiting(app, by, tenant).await?;
    let notice = |what, action: String| Notice {
        level: Level::Warn,
        code: Code::BypassWished,
        what,
        action,
        at: None,
        subject: Subject::Wishes,
    };
    if wishes.len() > MOST {
        let what = format!("{} wishes wait for somebody who agrees", wishes.len());
        return Ok(vec![notice(what, "Each is over after an hour. Agree, or decline.".to_owned())]);
    }
    let one = |wish: &Asked| {
        let Asked { asked_name, user, reason, .. } = wish;
        let what = match wish.kind {
            Kind::Code => format!("{asked_name} asks to give {user} a code, good once"),
            Kind::Bypass => format!("{asked_name} asks to let {user} in without a second factor"),
        };
        let action = "Agree, or decline; after an hour it is over.";
        notice(what, format!("Reason: {reason}. {action}"))
    };
    Ok(wishes.iter().map(one).collect())
}

const MOST: usize = 3;
