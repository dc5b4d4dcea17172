//! `authx application show`.

use super::super::{Global, Output, opened::Opened, table::Table};
use crate::admin::{
    applications::{self, Application, Group, State},
    contacts::{self, Contact},
};
use authx_core::TenantId;
use serde::Serialize;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    application: Application,
    contacts: Vec<Contact>,
}

pub(super) async fn run(
    global: &Global,
    Opened { app, .. }: &Opened,
    tenant: TenantId,
    application: &str,
) -> anyhow::Result<()> {
    let application = applications::find(app, tenant, application).await?;
    let contacts = contacts::list(app, tenant, application.id).await?;
    Shown { application, contacts }.write(global.json)
}

impl Output for Shown {
    fn text(&self) -> String {
        let mut table = Table::new(&["SERVER", "KEY", "PROGRAM", "FROM", "CLOCK", "FIRST", "LAST"]);
        for contact in &self.contacts {
            table.row([
                contact.server.clone().unwrap_or_default(),
                contact.key_name.clone(),
                contact.client.clone(),
                contact.address.clone().unwrap_or_else(|| "unix socket".to_owned()),
                clock(contact.ahead_secs),
                String::from(contact.first),
                String::from(contact.last),
            ]);
        }
        let hosts = table.text("No host has called for it yet.");
        format!("{}\n{hosts}", text(&self.application))
    }
}

/// What is said of an application.
pub(super) fn text(application: &Application) -> String {
    let suffix = application.domain_suffix.as_ref();
    let suffix = suffix.map_or_else(|| "none".to_owned(), ToString::to_string);
    let groups = application.groups.as_ref().map_or_else(|| "everybody".to_owned(), |it| names(it));
    let asked = match &application.pilot[..] {
        [] => "everybody".to_owned(),
        pilot => format!("{} (pilot: all others need only the first factor)", names(pilot)),
    };
    let state = match application.state {
        State::InUse => "in use",
        State::NoKey => "no key: nobody gets in",
        State::Silent => "silent for more than a day",
        State::SwitchedOff => "switched off",
        State::Waiting => "waiting for the first request",
    };
    format!(
        "Application       {} ({})\nApplication ID    {}\nState             {state}\n\
         Domain suffix     {suffix}\nMay sign in       {groups}\nAre asked         {asked}\n",
        application.name, application.kind, application.id
    )
}

fn names(groups: &[Group]) -> String {
    if groups.is_empty() {
        return "nobody".to_owned();
    }
    groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn clock(ahead_secs: i64) -> String {
    match ahead_secs {
        0 => "right".to_owned(),
        1.. => format!("{ahead_secs} s ahead"),
        _ => format!("{} s behind", ahead_secs.unsigned_abs()),
    }
}
