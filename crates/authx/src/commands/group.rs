//! `authx group`.

use super::{Global, Output, opened::Opened, table::Table};
use crate::admin::groups::{self, Group, Member, MembersWanted};
use anyhow::bail;
use authx_core::{GroupId, TenantId, name::Name};
use authx_program::output::quoted;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Whose, by name or id; needed once there are several tenants
    #[arg(long, global = true)]
    tenant: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put users into a group
    Add(Move),
    /// Make a group
    Create {
        /// What it is called
        name: Name,
    },
    /// Remove a group; its policy counts for nobody any more
    Delete(Which),
    /// Show every group, in the order in which their policies count
    List,
    /// Show who is in a group
    Members(Which),
    /// Put a group elsewhere in the order: of a user's groups the first one's policy counts
    Place {
        /// Name or id
        group: String,
        /// From 1, which goes before all others
        place: usize,
    },
    /// Put a group back that was removed up to 30 days ago
    PutBack {
        /// Its id
        group: GroupId,
    },
    /// Take users out of a group
    Remove(Move),
    /// Call a group something else
    Rename {
        /// Name or id
        group: String,
        /// The new name
        name: Name,
    },
}

#[derive(Args, Debug)]
struct Which {
    /// Name or id
    group: String,
}

#[derive(Args, Debug)]
struct Move {
    /// Name or id
    group: String,
    /// Names, aliases or ids
    #[arg(required = true)]
    users: Vec<String>,
}

/// What became of a group.
#[derive(Serialize)]
struct Done {
    group_id: GroupId,
    group: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<String>,
    #[serde(skip)]
    text: String,
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    group: Group,
    members: u64,
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<Listed>);

#[derive(Serialize)]
#[serde(transparent)]
struct Within(Vec<Member>);

pub(super) async fn run(global: &Global, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let opened = Opened::open(global).await?;
    let tenant = opened.tenant(arguments.tenant.as_deref()).await?.id;
    let Opened { app, by } = &opened;
    let done = match arguments.command {
        Command::Add(wanted) => moved(&opened, tenant, wanted, true).await?,
        Command::Remove(wanted) => moved(&opened, tenant, wanted, false).await?,
        Command::Create { name } => {
            let group_id = groups::create(app, by, tenant, &name).await?;
            let next = format!("authx group add {} USER", quoted(name.as_str()));
            let text = format!("Group “{name}” is made: {group_id}\nNext, its members: {next}\n");
            Done { group_id, group: name.to_string(), users: vec![], text }
        }
        Command::List => {
            list(&opened, tenant).await?.write(global.json)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Members(which) => {
            members(&opened, tenant, &which.group).await?.write(global.json)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::PutBack { group } => {
            let name = groups::put_back(app, by, tenant, group).await?;
            let text = format!("Group “{name}” is there again, behind all others.\n");
            Done { group_id: group, group: name, users: vec![], text }
        }
        Command::Delete(which) => deleted(&opened, tenant, which).await?,
        Command::Place { group, place } => placed(&opened, tenant, &group, place).await?,
        Command::Rename { group, name } => renamed(&opened, tenant, &group, &name).await?,
    };
    done.write(global.json)?;
    Ok(ExitCode::SUCCESS)
}

async fn deleted(
    Opened { app, by }: &Opened,
    tenant: TenantId,
    which: Which,
) -> anyhow::Result<Done> {
    let Group { id, name, .. } = groups::find(app, tenant, &which.group).await?;
    let members = groups::delete(app, by, tenant, id).await?.members;
    let text = format!(
        "Group “{name}” is removed; it had {members} members.\n\
         For 30 days it can be put back: authx group put-back {id}\n"
    );
    Ok(Done { group_id: id, group: name, users: vec![], text })
}

async fn placed(
    Opened { app, by }: &Opened,
    tenant: TenantId,
    group: &str,
    place: usize,
) -> anyhow::Result<Done> {
    let Group { id, name, .. } = groups::find(app, tenant, group).await?;
    groups::place(app, by, tenant, id, place).await?;
    let place = groups::get(app, tenant, id).await?.place;
    let text = format!("Group “{name}” stands at place {place}.\n");
    Ok(Done { group_id: id, group: name, users: vec![], text })
}

async fn renamed(
    Opened { app, by }: &Opened,
    tenant: TenantId,
    group: &str,
    name: &Name,
) -> anyhow::Result<Done> {
    let Group { id, name: before, .. } = groups::find(app, tenant, group).await?;
    groups::rename(app, by, tenant, id, name).await?;
    let text = format!("Group “{before}” is called “{name}” now.\n");
    Ok(Done { group_id: id, group: name.to_string(), users: vec![], text })
}

async fn moved(
    Opened { app, by }: &Opened,
    tenant: TenantId,
    wanted: Move,
    joins: bool,
) -> anyhow::Result<Done> {
    let Group { id, name, .. } = groups::find(app, tenant, &wanted.group).await?;
    let names: Vec<&str> = wanted.users.iter().map(String::as_str).collect();
    let (users, missing) = groups::find_all(app, tenant, &names).await?;
    if let Some(missing) = missing.first() {
        bail!("there is no user “{missing}”; nobody was moved");
    }
    let (moved, way, was) = if joins {
        (groups::add(app, by, tenant, id, &users).await?, "into", "in it")
    } else {
        (groups::remove(app, by, tenant, id, &users).await?, "out of", "not in it")
    };
    let text = match (moved.len(), users.len().saturating_sub(moved.len())) {
        (0, _) => format!("Nobody was moved: they were {was} already.\n"),
        (some, 0) => format!("{some} came {way} group “{name}”.\n"),
        (some, rest) => format!("{some} came {way} group “{name}”; {rest} were {was} already.\n"),
    };
    Ok(Done { group_id: id, group: name, users: moved, text })
}

async fn list(Opened { app, .. }: &Opened, tenant: TenantId) -> anyhow::Result<List> {
    let mut listed = vec![];
    for group in groups::list(app, tenant).await? {
        let members = groups::count(app, tenant, group.id).await?;
        listed.push(Listed { group, members });
    }
    Ok(List(listed))
}

async fn members(
    Opened { app, .. }: &Opened,
    tenant: TenantId,
    group: &str,
) -> anyhow::Result<Within> {
    let group = groups::find(app, tenant, group).await?;
    let (mut all, mut wanted) = (vec![], MembersWanted { most: PAGE, ..MembersWanted::default() });
    loop {
        let page = groups::members(app, tenant, group.id, &wanted).await?.page;
        let Some(last) = page.last() else { return Ok(Within(all)) };
        wanted.after = Some((last.folded.clone(), last.id));
        all.extend(page);
    }
}

impl Output for Done {
    fn text(&self) -> String {
        self.text.clone()
    }
}

impl Output for List {
    fn text(&self) -> String {
        let mut table = Table::new(&["PLACE", "NAME", "MEMBERS", "POLICY", "GROUP ID"]);
        for Listed { group, members } in &self.0 {
            let own = group.policy != authx_core::policy::Document::default();
            table.row([
                group.place.to_string(),
                group.name.clone(),
                members.to_string(),
                if own { "own" } else { "" }.to_owned(),
                group.id.to_string(),
            ]);
        }
        table.text("There is no group yet; begin with `authx group create NAME`.")
    }
}

impl Output for Within {
    fn text(&self) -> String {
        let mut table = Table::new(&["NAME", "STATE", "USER ID"]);
        for member in &self.0 {
            table.row([
                member.name.clone(),
                if member.active { "active" } else { "disabled" }.to_owned(),
                member.id.to_string(),
            ]);
        }
        table.text("Nobody is in this group yet; begin with `authx group add GROUP USER`.")
    }
}

/// Members read at once.
const PAGE: u32 = 1_000;
