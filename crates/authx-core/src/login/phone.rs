//! Asking a phone, and what comes back from it.

use super::{Effect, Login, Means, Phone, Reach, Stage, moving::Moving, record};
use crate::{
    Cx, Millis, PhoneId,
    audit::EventKind,
    factor::{
        Answer, Enrolled, Enrolment, FactorKind,
        push::{Asking, Held, Push, Rung},
    },
    guard::Gate,
    policy::{AutomaticPush, MatchNumber as NumberPolicy},
    prompt::{self, Question},
    reason::Reason,
    wire::{
        login::{Delivery, Rfc3339},
        text::{Label, MatchNumber},
    },
};
use aws_lc_rs::constant_time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A request that a phone has.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Ringing {
    /// Which phone.
    pub phone: PhoneId,
    /// What its owner calls it.
    pub name: String,
    /// Whether an approval needs the number.
    pub needs_number: bool,
    /// Numbers that may still be tried.
    pub tries_left: u8,
    /// How far the request came.
    pub reach: Reach,
    /// Since when.
    pub at: Millis,
    /// The number as it is shown with the prompt, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<MatchNumber>,
    /// What the user reads meanwhile.
    pub prompt: String,
}

/// What a phone says to a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PhoneAnswer {
    /// Yes.
    Approve {
        /// The number that was typed, if any.
        number: Option<MatchNumber>,
    },
    /// No, without a complaint.
    Deny,
    /// No, and it was somebody else.
    Fraud,
}

impl Ringing {
    /// What became of the request, for the caller.
    pub(super) fn delivery(&self) -> Delivery {
        let state = match self.reach {
            Reach::Delivered => "delivered",
            Reach::Failed => "failed",
            Reach::Sent | Reach::Silent => "sent",
            Reach::Unreachable { .. } => "unreachable",
        };
        Delivery { state: state.to_owned(), at: Rfc3339(self.at), text: self.text() }
    }

    fn text(&self) -> String {
        prompt::delivery(self.reach, &self.name, self.at)
    }

    /// What the user reads after something was typed beside it.
    pub(super) fn question_after(&self, question: Question) -> String {
        let before = match question {
            Question::AfterSpent { .. } => "This code was used already. ",
            Question::AfterWrong { left: 1 } => "Wrong code, 1 try left. ",
            Question::AfterWrong { .. } => "Wrong code. ",
            Question::AfterUnknown => "Not understood. ",
            Question::PhoneHeld { .. } => "That phone cannot be asked now. ",
            Question::NoSuchPhone { .. } => "There is no such phone. ",
            Question::First | Question::For(_) => "",
        };
        let (delivery, number) = (self.text(), prompt::number(self.number.as_ref()));
        format!("{before}{delivery}{number}")
    }
}

impl Moving<'_> {
    /// Asks a phone before the user has typed anything, where the policy wants that and it will be
    /// noticed.
    pub(super) fn ask_by_itself(&mut self, cx: &mut Cx<'_>, means: &mut Means<'_>) -> bool {
        // A question that ends the connection takes its number with it: it has to be read first.
        if self.policy.automatic_push == AutomaticPush::Off
            || self.login.challenges.is_some()
            || !self.login.offers.contains(&FactorKind::Push)
            || self.needs_number().is_none()
        {
            return false;
        }
        let Some(phone) = means.phones.iter().find(|phone| phone.is_reachable()) else {
            return false;
        };
        self.ask_phone(cx, means.enrolled, phone).is_ok()
    }

    /// The user wants a phone to be asked.
    pub(super) fn choose_phone(&mut self, cx: &mut Cx<'_>, means: &mut Means<'_>, which: u8) {
        let at = usize::from(which).checked_sub(1);
        let Some(phone) = at.and_then(|at| means.phones.get(at)) else {
            let phones = u8::try_from(means.phones.len()).unwrap_or(u8::MAX);
            return self.ask_again(cx, Question::NoSuchPhone { phones });
        };
        if self.rings_on(phone.id) {
            return self.ask_again(cx, Question::For(FactorKind::Push));
        }
        if self.needs_number().is_none() {
            return self.cannot_ask(cx, Reason::NumberNotShown, Reason::NumberNotShown);
        }
        if let Err(held) = self.ask_phone(cx, means.enrolled, phone) {
            let locked = held != Held::TooMany;
            if self.login.can_ask_again() {
                return self.ask_again(cx, Question::PhoneHeld { locked });
            }
            self.refuse(cx, reason_of(held), None);
        }
    }

    pub(super) fn ask_phone(
        &mut self,
        cx: &mut Cx<'_>,
        enrolled: &mut [Enrolled],
        phone: &Phone,
    ) -> Result<(), Held> {
        let needs_number = self.needs_number().unwrap_or(true);
        let until = cx.now.plus_secs(self.policy.push_secs);
        let (source, device) = (self.login.source(), device(self.login));
        let asking = Asking {
            login: self.login.id,
            phone: phone.id,
            application: self.login.application,
            source: &source,
            device: &device,
            until,
        };
        let Some((id, push)) = limits(enrolled) else { return Err(Held::Locked) };
        let asked = push.ask(cx.now, &asking);
        if matches!(asked, Ok(_) | Err(Held::Ended)) {
            self.effects.push(Effect::SaveFactor(id));
        }
        let Rung { replaces, rings } = asked?;
        self.end_request("elsewhere");
        self.effects.push(Effect::AskPhone { phone: phone.id, replaces, rings });
        let reach = match phone.unreachable_since {
            Some(since) => Reach::Unreachable { since },
            None if phone.subscribed => Reach::Sent,
            None => Reach::Silent,
        };
        let number = self.login.match_number.clone().filter(|_| needs_number);
        let mut ringing = Ringing {
            phone: phone.id,
            name: phone.name.clone(),
            needs_number,
            tries_left: self.tries_left(),
            reach,
            at: cx.now,
            number,
            prompt: String::new(),
        };
        ringing.prompt = ringing.question_after(Question::First);
        self.login.expires = until;
        self.login.stage = Stage::AwaitingPhone(ringing);
        let mut detail = record::text("phone", &phone.id.to_string());
        detail.extend(record::text("reach", reach.word()));
        self.record(cx, EventKind::PhoneAsked, detail);
        Ok(())
    }

    /// Numbers that may be tried. Another phone is no further try: they belong to the login.
    fn tries_left(&self) -> u8 {
        match &self.login.stage {
            Stage::AwaitingPhone(before) => before.tries_left,
            Stage::Allowed { .. }
            | Stage::AwaitingInput { .. }
            | Stage::Cancelled
            | Stage::Expired
            | Stage::Refused { .. } => NUMBERS,
        }
    }

    /// Whether an approval needs the number; `None` where it does and the user cannot see it.
    pub(super) fn needs_number(&self) -> Option<bool> {
        match (self.policy.match_number, self.login.number_shown) {
            (NumberPolicy::Off, _) | (NumberPolicy::WhereShown, false) => Some(false),
            (NumberPolicy::Required | NumberPolicy::WhereShown, true) => Some(true),
            (NumberPolicy::Required, false) => None,
        }
    }

    /// Refuses a client that can be asked nothing. Where the user has a phone, that one may show a
    /// code for the next attempt.
    pub(super) fn cannot_ask(&mut self, cx: &Cx<'_>, without: Reason, with: Reason) {
        let has_phone = self.login.offers.contains(&FactorKind::Push);
        if has_phone {
            self.effects.push(Effect::OfferCode);
        }
        self.refuse(cx, if has_phone { with } else { without }, None);
    }

    /// Whether this phone has the request.
    pub(super) fn rings_on(&self, phone: PhoneId) -> bool {
        matches!(&self.login.stage, Stage::AwaitingPhone(ringing) if ringing.phone == phone)
    }

    /// The request on the phone is over, if there is one.
    pub(super) fn end_request(&mut self, outcome: &'static str) {
        if let Stage::AwaitingPhone(ringing) = &self.login.stage {
            self.effects.push(Effect::EndRequest { phone: ringing.phone, outcome });
        }
    }

    /// A code that the phone showed for a client that shows nothing. Says whether it was one.
    pub(super) fn shown_code(
        &mut self,
        cx: &mut Cx<'_>,
        means: &mut Means<'_>,
        answer: &Answer<'_>,
    ) -> bool {
        if !self.login.offers.contains(&FactorKind::Push) {
            return false;
        }
        // Guesses are counted like those of any code, and wait like them.
        if self.gate(cx, means.enrolled, FactorKind::Code) != Some(Gate::Open) {
            return false;
        }
        let Some((id, push)) = limits(means.enrolled) else { return false };
        let (application, source) = (self.login.application, self.login.source());
        let digits: String = answer.text.chars().filter(char::is_ascii_digit).collect();
        let Some(shown_for) = push.take_code(cx.now, application, &source, &digits) else {
            return false;
        };
        push.answered(self.login.id);
        self.effects.push(Effect::SaveFactor(id));
        self.forgive(means.enrolled, FactorKind::Code, None);
        self.effects.push(Effect::CodeUsed(shown_for));
        // Which of several phones showed it is not kept.
        if let [only] = means.phones {
            self.effects.push(Effect::UsePhone(only.id));
        }
        let detail = record::text("shown_for", &shown_for.to_string());
        self.allow(cx, Some(FactorKind::Push), detail);
        true
    }

    /// Another factor decided while the phone rang: the user did not leave it unanswered.
    pub(super) fn note_answered(&mut self, enrolled: &mut [Enrolled]) {
        if !matches!(self.login.stage, Stage::AwaitingPhone(_)) {
            return;
        }
        if let Some((id, push)) = limits(enrolled) {
            push.answered(self.login.id);
            self.effects.push(Effect::SaveFactor(id));
        }
    }

    pub(super) fn answered_on_phone(
        &mut self,
        cx: &mut Cx<'_>,
        means: &mut Means<'_>,
        phone: PhoneId,
        answer: &PhoneAnswer,
        evidence: Map<String, Value>,
    ) {
        let Some((id, push)) = limits(means.enrolled) else {
            return self.refuse(cx, Reason::NotEnrolled, None);
        };
        // Whatever was allowed when the phone rang: somebody may have said "not me" since, or taken
        // push or this phone away.
        if matches!(answer, PhoneAnswer::Approve { .. }) {
            if push.held(cx.now).is_some() {
                return self.refuse(cx, Reason::PushLocked, None);
            }
            let has_it = means.phones.iter().any(|it| it.id == phone);
            if !has_it || !self.policy.factors.contains(&FactorKind::Push) {
                return self.refuse(cx, Reason::NotEnrolled, None);
            }
        }
        push.answered(self.login.id);
        match answer {
            PhoneAnswer::Approve { number } if self.fits(number.as_ref()) => {
                push.remember(&self.login.source());
                push.matched(self.login.id);
                self.effects.extend([Effect::SaveFactor(id), Effect::UsePhone(phone)]);
                self.allow(cx, Some(FactorKind::Push), evidence);
            }
            PhoneAnswer::Approve { .. } => {
                let is_last = self.wrong_number(cx, phone);
                push.mismatched(cx.now, self.login.id, is_last);
                self.effects.push(Effect::SaveFactor(id));
            }
            PhoneAnswer::Deny => {
                self.effects.push(Effect::SaveFactor(id));
                self.refuse(cx, Reason::PushDenied, None);
            }
            PhoneAnswer::Fraud => {
                push.fraud(cx.now, self.policy.fraud_lock_secs);
                self.effects.push(Effect::SaveFactor(id));
                let detail = record::text("phone", &phone.to_string());
                self.refuse(cx, Reason::Fraud, None);
                self.record(cx, EventKind::FraudReported, detail);
            }
        }
    }

    fn fits(&self, typed: Option<&MatchNumber>) -> bool {
        let Stage::AwaitingPhone(ringing) = &self.login.stage else { return false };
        if !ringing.needs_number {
            return true;
        }
        let (Some(wanted), Some(typed)) = (&self.login.match_number, typed) else { return false };
        let (wanted, typed) = (wanted.as_str().as_bytes(), typed.as_str().as_bytes());
        constant_time::verify_slices_are_equal(wanted, typed).is_ok()
    }

    /// Says whether it was the last try.
    fn wrong_number(&mut self, cx: &Cx<'_>, phone: PhoneId) -> bool {
        let Stage::AwaitingPhone(ringing) = &mut self.login.stage else { return false };
        ringing.tries_left = ringing.tries_left.saturating_sub(1);
        if ringing.tries_left == 0 {
            self.refuse(cx, Reason::WrongNumber, None);
            return true;
        }
        self.effects.push(Effect::ShowRequest { phone });
        let mut detail = record::text("answer", "wrong_number");
        detail.extend(record::text("phone", &phone.to_string()));
        self.record(cx, EventKind::LoginAnswered, detail);
        false
    }

    pub(super) fn reached(&mut self, cx: &Cx<'_>, phone: PhoneId, reach: Reach, by: &str) {
        let Stage::AwaitingPhone(ringing) = &mut self.login.stage else { return };
        // What has arrived is not lost again.
        if ringing.phone != phone || ringing.reach == reach || ringing.reach == Reach::Delivered {
            return;
        }
        (ringing.reach, ringing.at) = (reach, cx.now);
        ringing.prompt = ringing.question_after(Question::First);
        let mut detail = record::text("phone", &phone.to_string());
        detail.extend(record::text("by", by));
        let arrived = reach == Reach::Delivered;
        let kind = if arrived { EventKind::PhoneReached } else { EventKind::PhoneMissed };
        self.record(cx, kind, detail);
    }
}

/// The record of what limits a user's requests, with the row it stands in.
fn limits(enrolled: &mut [Enrolled]) -> Option<(crate::FactorId, &mut Push)> {
    enrolled.iter_mut().find_map(|one| match &mut one.enrolment {
        Enrolment::Push(push) => Some((one.id, push)),
        Enrolment::Bypass(_) | Enrolment::Code(_) | Enrolment::Recovery(_) => None,
    })
}

/// Why a login is refused whose phone is left in peace.
pub(super) fn reason_of(held: Held) -> Reason {
    match held {
        Held::Ended | Held::Locked => Reason::PushLocked,
        Held::TooMany => Reason::PushLimited,
    }
}

/// What the client says of itself. Strangers choose it: it tells the same user's clients apart, and
/// proves nothing.
fn device(login: &Login) -> String {
    let client = &login.client;
    let told = [&client.program, &client.platform, &client.device];
    told.map(|label| label.as_ref().map_or("", Label::as_str)).join("\n")
}

/// Numbers that may be tried for one request: with two, who approves blindly succeeds at most twice
/// in a million.
const NUMBERS: u8 = 2;
