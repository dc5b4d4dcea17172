//! `authx-phone approve`, `deny`, `fraud` and `code`.

use super::{
    Done, Global,
    known::{self, Known, Wanted},
    shown,
};
use crate::{phone::Answer, store::Store};
use anyhow::{Context as _, bail};
use authx_core::{
    LoginId,
    wire::{
        phone::{Answered, Outcome, PhoneCode, ReachWay, Request, RequestKind, RequestMatch},
        text::MatchNumber,
    },
};
use authx_program::{
    output::{Output, complain},
    typed,
};
use clap::Args;
use serde::Serialize;
use tokio::task::JoinSet;

#[derive(Args, Debug)]
pub(super) struct Which {
    /// The sign-in: its id or support code; by default the only one that waits
    request: Option<String>,
    /// Wait so many seconds for one to come
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=45))]
    wait: u64,
}

#[derive(Args, Debug)]
pub(super) struct Approve {
    #[command(flatten)]
    which: Which,
    /// The six digits that the VPN's prompt shows
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    number: Option<MatchNumber>,
}

/// What became of a request.
#[derive(Serialize)]
struct Shown {
    request: LoginId,
    application: String,
    #[serde(flatten)]
    answered: Answered,
}

#[derive(Serialize)]
struct ShownCode {
    request: LoginId,
    application: String,
    seconds_left: u64,
    #[serde(flatten)]
    code: PhoneCode,
}

pub(super) async fn approve(
    global: &Global,
    store: &Store,
    arguments: &Approve,
) -> anyhow::Result<Done> {
    let wanted = |request: &Request| request.kind == RequestKind::Approval;
    let Some((known, request)) = find(store, &arguments.which, wanted).await? else {
        return Ok(nothing_waits());
    };
    let number = match (&arguments.number, request.match_number) {
        (Some(number), _) => Some(number.clone()),
        (None, RequestMatch::Off) => None,
        (None, RequestMatch::Required) => Some(ask_number(&known, &request).await?),
    };
    answer(global, &known, &request, Answer::Approve(number)).await
}

pub(super) async fn refuse(
    global: &Global,
    store: &Store,
    which: &Which,
    word: Answer,
) -> anyhow::Result<Done> {
    let Some((known, request)) = find(store, which, |_| true).await? else {
        return Ok(nothing_waits());
    };
    answer(global, &known, &request, word).await
}

pub(super) async fn code(global: &Global, store: &Store, which: &Which) -> anyhow::Result<Done> {
    let wanted = |request: &Request| request.kind == RequestKind::Code;
    let Some((known, request)) = find(store, which, wanted).await? else {
        return Ok(nothing_waits());
    };
    let code = known.phone.code(&request).await.map_err(|error| failed(&known, &request, error))?;
    let seconds_left = code.expires_at.0.since(known.phone.server().now()) / 1_000;
    let application = request.application.name;
    ShownCode { request: request.id, application, seconds_left, code }.write(global.json)?;
    Ok(Done::Yes)
}

async fn answer(
    global: &Global,
    known: &Known,
    request: &Request,
    answer: Answer,
) -> anyhow::Result<Done> {
    let answered = known.phone.answer(request, answer).await;
    let answered = answered.map_err(|error| failed(known, request, error))?;
    let done = if answered.outcome == Outcome::WrongNumber { Done::Partly } else { Done::Yes };
    let application = request.application.name.clone();
    Shown { request: request.id, application, answered }.write(global.json)?;
    Ok(done)
}

/// The only request that is meant, among those of all accounts; `None` when nothing waits.
async fn find(
    store: &Store,
    which: &Which,
    wanted: impl Fn(&Request) -> bool,
) -> anyhow::Result<Option<(Known, Request)>> {
    let mut asked = JoinSet::new();
    for known in known::all(store, Wanted::Active(None))? {
        let wait = which.wait;
        asked.spawn(async move { (waiting(&known, wait).await, known) });
    }
    let meant = |request: &Request| match &which.request {
        Some(text) => {
            text.eq_ignore_ascii_case(&request.id.to_string())
                || text.eq_ignore_ascii_case(request.support_code.as_str())
        }
        None => wanted(request),
    };
    let (mut found, mut failure) = (vec![], None);
    while let Some(asked) = asked.join_next().await {
        match asked.context("a call was lost")? {
            (Ok(requests), known) => {
                found.extend(requests.into_iter().filter(&meant).map(|it| (known.clone(), it)));
            }
            (Err(error), _) => failure = Some(error),
        }
        // While others may still be waiting for one.
        if !found.is_empty() && which.wait > 0 {
            break;
        }
    }
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|(_, request)| request.id.to_string()).collect();
        bail!("several sign-ins wait; say which: {}", ids.join(", "));
    }
    match (found.pop(), failure) {
        (None, Some(error)) => Err(error),
        (found, Some(error)) => {
            complain("authx-phone", &format!("{error:#}"));
            Ok(found)
        }
        (found, None) => Ok(found),
    }
}

/// What waits for one account; with `wait_secs`, as soon as something does.
async fn waiting(known: &Known, wait_secs: u64) -> anyhow::Result<Vec<Request>> {
    let phone = &known.phone;
    let failed = |error| known.failed(error);
    let mut view = phone.requests(0, 0).await.map_err(failed)?;
    let until = phone.server().now().plus_secs(wait_secs);
    while view.requests.is_empty() {
        let left = until.since(phone.server().now()).div_ceil(1_000);
        if left == 0 {
            break;
        }
        view = phone.requests(view.version, left).await.map_err(failed)?;
    }
    if !view.requests.is_empty() {
        let ids = view.requests.iter().map(|request| request.id).collect();
        // Only for those who wonder whether it arrived: an answer says so too.
        let _ = phone.receipts(ReachWay::Poll, ids).await;
    }
    Ok(view.requests)
}

async fn ask_number(known: &Known, request: &Request) -> anyhow::Result<MatchNumber> {
    let shown = shown::request(request, known.phone.server().now());
    let answer = typed::answer(&format!("{shown}\nNumber at the VPN's prompt: "), false).await?;
    let answer = answer.context("give the number that the VPN's prompt shows, with --number")?;
    number(&answer).map_err(anyhow::Error::msg)
}

/// Six digits; prompts show them with a space.
fn number(text: &str) -> Result<MatchNumber, String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    MatchNumber::try_from(digits).map_err(str::to_owned)
}

fn nothing_waits() -> Done {
    complain("authx-phone", "nothing waits for an answer");
    Done::NothingWaits
}

fn failed(known: &Known, request: &Request, error: crate::CallError) -> anyhow::Error {
    let support = request.support_code.as_str();
    known.failed(error).context(format!("not answered (support code {support})"))
}

impl Output for Shown {
    fn text(&self) -> String {
        let Self { request, application, answered } = self;
        let Answered { outcome, tries_left, support_code, session, .. } = answered;
        let application = authx_program::output::visible(application);
        #[expect(clippy::wildcard_enum_match_arm, reason = "an answer has four outcomes")]
        let said = match outcome {
            Outcome::Approved => format!("Approved: {application} lets the sign-in in."),
            Outcome::Denied => format!("Denied: {application} refuses the sign-in."),
            Outcome::Fraud => format!(
                "Reported: {application} refuses the sign-in, and your administrators are told."
            ),
            Outcome::WrongNumber => match tries_left {
                Some(left) if *left > 0 => format!("Wrong number; tries left: {left}."),
                Some(_) | None => "Wrong number; the sign-in is refused.".to_owned(),
            },
            other => format!("It ended as {}.", other.word()),
        };
        let end = if *session {
            format!("If you did not mean to: authx-phone end {request}\n")
        } else {
            String::new()
        };
        format!("{said} Support code {}.\n{end}", support_code.as_str())
    }
}

impl Output for ShownCode {
    fn text(&self) -> String {
        let Self { application, seconds_left, code, .. } = self;
        let application = authx_program::output::visible(application);
        format!(
            "{}\n\nType it at {application} as the code, once, within {seconds_left} s.\n",
            code.code
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_typed_as_it_is_shown() {
        for text in ["482913", "482 913", " 482 913\n"] {
            assert_eq!(number(text).unwrap().as_str(), "482913");
        }
        assert!(number("48291").is_err() && number("48291x").is_err());
    }
}
