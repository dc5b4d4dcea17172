//! `authx-phone enrol` and `authx-phone confirm`.

use super::{
    Done, Global,
    known::{self, Wanted},
    world,
};
use crate::{
    link::Link,
    phone::{Enrolled, Enrolment, Phone},
    server::Server,
    store::{KeptAccount, Store},
};
use anyhow::{Context as _, bail};
use authx_core::{
    PhoneId,
    wire::{
        phone::{
            AccountState, GivenProof, InvitationProof, InvitationView, InvitedAccount, PhoneClass,
            Token,
        },
        text::Typed,
    },
};
use authx_program::{
    config::{Origin, SecretFile},
    output::{Output, complain, visible},
    typed,
};
use clap::Args;
use serde::Serialize;
use std::{fs, path::Path, path::PathBuf};
use zeroize::Zeroizing;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The link of the invitation, or what is behind its “#”, or the code of eight characters
    link: Link,
    /// What to call this machine; by default its host name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The server, where no link names it
    #[arg(long, value_name = "URL")]
    server: Option<Origin>,
    /// Where the password is; by default it is asked for, or read as a line of standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The separate code of eight digits, where the invitation asks for one
    #[arg(long, value_name = "CODE")]
    separate_code: Option<String>,
    /// Trust these authorities too, for a server with a certificate of your company
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Do not ask whether the four words are the same
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
pub(super) struct ConfirmArguments {
    /// The account: user, company, USER@COMPANY or id; by default all that wait
    account: Option<String>,
    /// Do not ask whether the four words are the same
    #[arg(long)]
    yes: bool,
}

/// Accounts that count now.
#[derive(Serialize)]
struct Shown {
    accounts: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    phone: PhoneId,
    tenant: String,
    user: String,
    words: Vec<String>,
    state: AccountState,
    moved: bool,
}

pub(super) async fn run(
    global: &Global,
    store: &Store,
    arguments: Arguments,
) -> anyhow::Result<Done> {
    let Arguments { link, name, server, password_file, separate_code, ca_file, yes } = arguments;
    let Some(origin) = link.server.or(server) else {
        bail!("say which server the code is of, with --server https://phone.…, or use the link");
    };
    let authorities = ca_file.as_deref().map(pem).transpose()?;
    let trusted = known::certificates(authorities.as_deref().unwrap_or_default())?;
    let server = Server::new(origin, &trusted)?;
    let view = server.look(link.token.clone()).await?;
    let activation = match view.proof {
        InvitationProof::None => link.token,
        InvitationProof::Password | InvitationProof::Code => {
            complain("authx-phone", &introduction(&view));
            let proof = proof(view.proof, password_file.as_deref(), separate_code).await?;
            server.prove(link.token, proof).await?.activation
        }
    };
    let name = name.unwrap_or_else(world::host_name);
    let mut lines = vec![];
    for account in view.accounts {
        let enrolled = activate(&server, &activation, &name, &account).await?;
        let kept = keep(&enrolled, authorities.clone());
        store.add(kept.clone())?;
        lines.extend(settle(store, &enrolled.phone, &kept, account.moves.is_some(), yes).await?);
    }
    finish(global, lines)
}

pub(super) async fn confirm(
    global: &Global,
    store: &Store,
    arguments: &ConfirmArguments,
) -> anyhow::Result<Done> {
    let all = known::all(store, Wanted::Any(arguments.account.as_deref()))?;
    let waiting: Vec<_> =
        all.into_iter().filter(|known| known.kept.state == AccountState::Pending).collect();
    if waiting.is_empty() {
        bail!("no enrolment waits to be confirmed here");
    }
    let mut lines = vec![];
    for known in waiting {
        // An answer may have been lost that said that it counts.
        let account = known.phone.account().await.map_err(|error| known.failed(error))?;
        if account.state == AccountState::Active {
            store.update(known.phone.id(), |kept| kept.refresh(&account))?;
            lines.push(Line::new(&known.kept, false));
        } else {
            lines.extend(settle(store, &known.phone, &known.kept, false, arguments.yes).await?);
        }
    }
    finish(global, lines)
}

async fn activate(
    server: &Server,
    activation: &Token,
    name: &str,
    account: &InvitedAccount,
) -> anyhow::Result<Enrolled> {
    let enrolment = Enrolment {
        activation: activation.clone(),
        name: name.to_owned(),
        platform: world::platform(),
        class: PhoneClass::Software,
        moves: account.moves,
    };
    let InvitedAccount { tenant, user, .. } = account;
    let enrolled = Phone::enrol(server, enrolment).await;
    enrolled.with_context(|| visible(&format!("{} at {} is not enrolled", user.name, tenant.name)))
}

fn keep(enrolled: &Enrolled, authorities: Option<String>) -> KeptAccount {
    let Enrolled { phone, account, codes, words } = enrolled;
    KeptAccount {
        phone: phone.id(),
        server: phone.server().origin().to_string(),
        authorities,
        state: account.state,
        name: account.name.clone(),
        tenant: account.tenant.clone(),
        user: account.user.clone(),
        words: words.iter().map(|&word| word.to_owned()).collect(),
        keys: phone.keys().keep(),
        codes: codes.clone(),
    }
}

/// Shows the words, and confirms or ends what was begun. `None`: the words differ.
async fn settle(
    store: &Store,
    phone: &Phone,
    kept: &KeptAccount,
    moved: bool,
    yes: bool,
) -> anyhow::Result<Option<Line>> {
    let title = kept.title();
    if !yes && !same_words(&title, &kept.words).await? {
        phone.remove().await.with_context(|| format!("{title} cannot be taken back"))?;
        store.forget(phone.id())?;
        complain("authx-phone", &format!("{title}: nothing was enrolled; tell your administrator"));
        return Ok(None);
    }
    let account = phone.confirm(&kept.codes).await.with_context(|| {
        format!("{title} does not count yet; repeat it with `authx-phone confirm {}`", kept.phone)
    })?;
    store.update(phone.id(), |kept| kept.refresh(&account))?;
    let ahead = phone.server().clock_correction_secs();
    if ahead != 0 {
        let text = format!("this machine's clock is wrong by {} s: set it right", ahead.abs());
        complain("authx-phone", &text);
    }
    Ok(Some(Line::new(kept, moved)))
}

async fn same_words(title: &str, words: &[String]) -> anyhow::Result<bool> {
    let question = format!(
        "{title}:\n\n    {}\n\nDoes the page of the invitation, the other phone or your administrator show the same four words? [y/N] ",
        words.join("  ")
    );
    let answer = typed::answer(&question, false).await?.context(
        "nobody answered whether the words are the same; it waits for `authx-phone confirm`",
    )?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn finish(global: &Global, accounts: Vec<Line>) -> anyhow::Result<Done> {
    if accounts.is_empty() {
        return Ok(Done::Partly);
    }
    Shown { accounts }.write(global.json)?;
    Ok(Done::Yes)
}

impl Line {
    fn new(kept: &KeptAccount, moved: bool) -> Self {
        Self {
            phone: kept.phone,
            tenant: kept.tenant.name.clone(),
            user: kept.user.name.clone(),
            words: kept.words.clone(),
            state: AccountState::Active,
            moved,
        }
    }
}

impl Output for Shown {
    fn text(&self) -> String {
        let line = |line: &Line| {
            let Line { tenant, user, moved, .. } = line;
            let end = if *moved { "; the earlier phone no longer does" } else { "" };
            visible(&format!("{user} at {tenant} counts on this machine{end}.")) + "\n"
        };
        self.accounts.iter().map(line).collect()
    }
}

async fn proof(
    wanted: InvitationProof,
    password_file: Option<&Path>,
    separate_code: Option<String>,
) -> anyhow::Result<GivenProof> {
    let typed =
        |text: &Zeroizing<String>| Typed::try_from(String::clone(text)).map_err(anyhow::Error::msg);
    if wanted == InvitationProof::Code {
        let code = match separate_code.map(Zeroizing::new) {
            Some(code) => code,
            None => typed::answer("Separate code: ", false)
                .await?
                .context("the invitation wants its separate code: give it with --separate-code")?,
        };
        return Ok(GivenProof::Code { code: typed(&code)? });
    }
    let password = match password_file.and_then(Path::to_str) {
        Some(file) => SecretFile::new(file, Path::new("")).read()?,
        None => typed::answer("Password: ", true).await?.context(
            "the invitation wants the password: type it, or name it with --password-file",
        )?,
    };
    Ok(GivenProof::Password { password: typed(&password)? })
}

fn introduction(view: &InvitationView) -> String {
    let account =
        |account: &InvitedAccount| format!("{} at {}", account.user.name, account.tenant.name);
    let accounts: Vec<_> = view.accounts.iter().map(account).collect();
    visible(&format!("this enrols {} on this machine", accounts.join(", ")))
}

/// A file of authorities, of which at least one can be read.
fn pem(file: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(file);
    let text = text.with_context(|| format!("{} cannot be read", file.display()))?;
    let none = known::certificates(&text)?.is_empty();
    anyhow::ensure!(!none, "{} holds no certificate in PEM", file.display());
    Ok(text)
}
