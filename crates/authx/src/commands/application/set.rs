//! `authx application set`.

use super::super::{Global, Output, opened::Opened};
use crate::admin::applications::{self, Application, SettingsChange};
use anyhow::bail;
use authx_core::{GroupId, TenantId, application::DomainSuffix, name::Name};
use clap::Args;
use serde::Serialize;

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct Arguments {
    /// Its name or id
    application: String,
    /// Call it otherwise
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,
    /// Take names with this domain behind or before them, and without it, for one person's
    #[arg(long, value_name = "DOMAIN", conflicts_with = "no_domain_suffix")]
    domain_suffix: Option<DomainSuffix>,
    /// Take names as they were typed
    #[arg(long)]
    no_domain_suffix: bool,
    /// Let in only members of these groups, by name or id, with commas between them
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', conflicts_with = "everybody")]
    groups: Vec<String>,
    /// Let in members of any group and of none
    #[arg(long)]
    everybody: bool,
    /// Ask only members of these groups for a second factor, to try it with them
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', conflicts_with = "no_pilot")]
    pilot: Vec<String>,
    /// Ask everybody for a second factor
    #[arg(long)]
    no_pilot: bool,
    /// Let nobody sign in
    #[arg(long, conflicts_with = "on")]
    off: bool,
    /// Let people sign in again
    #[arg(long)]
    on: bool,
}

/// The application as it is now.
#[derive(Serialize)]
#[serde(transparent)]
struct Set(Application);

pub(super) async fn run(
    global: &Global,
    Opened { app, by }: &Opened,
    tenant: TenantId,
    arguments: Arguments,
) -> anyhow::Result<()> {
    let id = applications::find(app, tenant, &arguments.application).await?.id;
    let groups = async |names: &[String]| {
        let mut groups: Vec<GroupId> = vec![];
        for name in names {
            groups.push(applications::group(app, tenant, name).await?);
        }
        Ok::<_, anyhow::Error>(groups)
    };
    let gate = if arguments.everybody {
        Some(None)
    } else if arguments.groups.is_empty() {
        None
    } else {
        Some(Some(groups(&arguments.groups).await?))
    };
    let pilot = if arguments.no_pilot || !arguments.pilot.is_empty() {
        Some(groups(&arguments.pilot).await?)
    } else {
        None
    };
    let no_suffix = arguments.no_domain_suffix.then_some(None);
    let wanted = SettingsChange {
        name: arguments.name,
        domain_suffix: arguments.domain_suffix.map(Some).or(no_suffix),
        groups: gate,
        pilot,
        switched_off: (arguments.on || arguments.off).then_some(arguments.off),
    };
    if wanted.is_empty() {
        bail!("nothing is to be set; `authx application set --help` shows what can be");
    }
    applications::set(app, by, tenant, id, &wanted).await?;
    let now = applications::find(app, tenant, &id.to_string()).await?;
    Set(now).write(global.json)
}

impl Output for Set {
    fn text(&self) -> String {
        super::show::text(&self.0)
    }
}
