//! `authx user phones`.

use super::super::{Global, Output, opened::Opened, table::Table};
use crate::{
    admin::accounts::{self, Account},
    enrol::phones::{self, ListedPhone},
};
use authx_core::{
    TenantId,
    wire::{
        login::Rfc3339,
        phone::{AccountState, Reach, ReachState},
    },
};
use authx_program::output::quoted;
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Serialize)]
#[serde(transparent)]
struct List {
    phones: Vec<ListedPhone>,
    #[serde(skip)]
    user: String,
}

pub(super) async fn run(
    global: &Global,
    Opened { app, .. }: &Opened,
    tenant: TenantId,
    user: &str,
) -> anyhow::Result<()> {
    let Account { id, name, .. } = accounts::find(app, tenant, user).await?;
    let phones = phones::list(app, tenant, id).await?;
    List { phones, user: name }.write(global.json)
}

impl Output for List {
    fn text(&self) -> String {
        let mut table =
            Table::new(&["NO", "NAME", "PLATFORM", "STATE", "CLASS", "REACHED", "PHONE ID"]);
        for phone in &self.phones {
            table.row([
                phone.number.map(|number| number.to_string()).unwrap_or_default(),
                phone.name.clone(),
                phone.platform.clone(),
                phone.state.word().to_owned(),
                phone.class.word().to_owned(),
                reached(&phone.reach),
                phone.id.to_string(),
            ]);
        }
        let user = quoted(&self.user);
        let nothing = format!("“{}” has no phone; invite: authx user invite {user}", self.user);
        let mut text = table.text(&nothing);
        for phone in self.phones.iter().filter(|phone| phone.state == AccountState::Pending) {
            let words = phone.words.join(" ");
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{} has to show these four words:\n\n    {words}\n", phone.id);
        }
        text
    }
}

fn reached(reach: &Reach) -> String {
    let by = reach.by.map(|way| format!(", {}", way.word())).unwrap_or_default();
    let at = |at: Option<Rfc3339>| at.map(String::from).unwrap_or_default();
    match reach.state {
        ReachState::Reachable => format!("{}{by}", at(reach.at)),
        ReachState::Unknown => String::new(),
        ReachState::Unreachable => format!("not since {}", at(reach.since)),
    }
}
