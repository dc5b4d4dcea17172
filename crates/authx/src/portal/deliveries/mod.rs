//! What was sent: to phones, and by mail.

mod mail;
mod phones;

use super::{
    Access,
    routes::{Route, get},
};
use authx_core::role::Permission;

pub(super) fn routes() -> Vec<Route> {
    let read = Access::May(Permission::DeliveriesRead);
    // Whoever may take the logs away may read what was sent.
    let export = Access::May(Permission::LogsExport);
    vec![
        get("/deliveries", read, phones::page),
        get("/deliveries/export", export, phones::export),
        get("/deliveries/mail", read, mail::page),
        get("/deliveries/mail/export", export, mail::export),
    ]
}

type Tabs = [(&'static str, &'static str, bool); 2];

fn tabs(mail: bool) -> Tabs {
    [("/deliveries", "To phones", !mail), ("/deliveries/mail", "By mail", mail)]
}
