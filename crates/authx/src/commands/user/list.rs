//! `authx user list`.

use super::super::{Global, opened::Opened, table::Table};
use crate::{
    admin::accounts::{self, Account},
    store::accounts::{Filter, PhoneFilter, Standing},
};
use anyhow::Context as _;
use authx_core::{TenantId, wire::login::Rfc3339};
use authx_program::output::emit;
use clap::Args;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Only those whose name, alias, mail address or display name has this in it
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only those in this state
    #[arg(long, value_name = "STATE", value_parser = standing)]
    state: Option<Standing>,
    /// Only those without a phone
    #[arg(long, conflicts_with = "unreachable")]
    without_phone: bool,
    /// Only those with a phone that cannot be reached
    #[arg(long)]
    unreachable: bool,
}

pub(super) fn standing(text: &str) -> Result<Standing, String> {
    let known = || Standing::ALL.iter().map(|it| it.word()).collect::<Vec<_>>().join(", ");
    Standing::from_word(text).ok_or_else(|| format!("known are {}", known()))
}

/// Shows them as they are found, however many.
pub(super) async fn run(
    global: &Global,
    Opened { app, .. }: &Opened,
    tenant: TenantId,
    arguments: Arguments,
) -> anyhow::Result<()> {
    let phone = match (arguments.without_phone, arguments.unreachable) {
        (true, _) => Some(PhoneFilter::None),
        (false, true) => Some(PhoneFilter::Unreachable),
        (false, false) => None,
    };
    let search = arguments.search.unwrap_or_default();
    let any = search.is_empty() && arguments.state.is_none() && phone.is_none();
    let filter = Filter { search, standing: arguments.state, phone, ..Filter::default() };
    let mut list = accounts::stream(app, tenant, &filter)?;
    let nothing = if any {
        "There is no user yet; begin with `authx user create NAME`.\n"
    } else {
        "No user fits.\n"
    };
    let mut shown = Shown::new(global.json, nothing);
    while let Some(account) = list.next().await? {
        if !shown.one(&account)? {
            return Ok(());
        }
    }
    shown.end()
}

/// Accounts on their way to standard output, some hundred at a time.
struct Shown {
    json: bool,
    nothing: &'static str,
    table: Table,
    text: String,
    waiting: usize,
    any: bool,
}

impl Shown {
    fn new(json: bool, nothing: &'static str) -> Self {
        let headings = ["NAME", "STATE", "PASSWORD", "FACTORS", "ALIASES", "LAST LOGIN", "USER ID"];
        let (table, text) = (Table::new(&headings), String::new());
        Self { json, nothing, table, text, waiting: 0, any: false }
    }

    /// Returns whether anybody still reads.
    fn one(&mut self, account: &Account) -> anyhow::Result<bool> {
        if self.json {
            self.text.push_str(if self.any { ",\n" } else { "[\n" });
            let one = serde_json::to_string_pretty(account).context("an account is no JSON")?;
            for (at, line) in one.lines().enumerate() {
                self.text.push_str(if at == 0 { "  " } else { "\n  " });
                self.text.push_str(line);
            }
        } else {
            self.table.row(row(account));
        }
        (self.any, self.waiting) = (true, self.waiting + 1);
        if self.waiting < AT_A_TIME { Ok(true) } else { self.flush() }
    }

    fn flush(&mut self) -> anyhow::Result<bool> {
        self.waiting = 0;
        if self.json {
            return emit(&std::mem::take(&mut self.text));
        }
        emit(&self.table.part())
    }

    fn end(mut self) -> anyhow::Result<()> {
        let left = match (self.any, self.json) {
            (false, false) => return emit(self.nothing).map(drop),
            (false, true) => "[]\n",
            (true, false) => "",
            (true, true) => "\n]\n",
        };
        self.text.push_str(left);
        self.flush().map(drop)
    }
}

fn row(account: &Account) -> [String; 7] {
    let pending = account.pending_factors.iter().map(|word| format!("{word} (pending)"));
    let factors: Vec<String> = account.factors.iter().cloned().chain(pending).collect();
    [
        account.name.clone(),
        account.state.to_owned(),
        if account.has_password { "set" } else { "" }.to_owned(),
        factors.join(", "),
        account.aliases.join(", "),
        account.signed_in.map(|Rfc3339(at)| String::from(Rfc3339(at))).unwrap_or_default(),
        account.id.to_string(),
    ]
}

const AT_A_TIME: usize = 500;
