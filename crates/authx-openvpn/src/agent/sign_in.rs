//! Carries out what one conversation decides, and tells it what happens.

use super::{Agent, instance::Instance};
use crate::{
    authx::CallError,
    conversation::{Conversation, Effect, Event, Failure, Reply, Summary, Verdict},
    cx,
    environment::Environment,
    sessions::Approved,
    shim_socket::{Connection, Files, InCall, ToShim},
};
use authx_core::{
    LoginId, Millis,
    name::Name,
    wire::{
        login::{LoginView, Standing},
        text::Method,
    },
};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::sleep,
};

/// The plugin's call that a sign-in came with.
pub(super) struct Call {
    pub(super) connection: Arc<Connection>,
    pub(super) seq: u64,
    pub(super) files: Files,
}

struct SignIn {
    agent: Arc<Agent>,
    instance: Arc<Instance>,
    call: Call,
    conversation: Conversation,
    /// What is asked elsewhere, with what it makes happen here, if anything.
    asked: JoinSet<Option<Event>>,
    waiting: Option<AbortHandle>,
}

/// Goes on until the verdict is given and nothing is left to clean up.
pub(super) async fn run(
    agent: Arc<Agent>,
    call: Call,
    environment: Environment,
    mut events: mpsc::Receiver<Event>,
) {
    let instance = agent.instance_of(environment.value("config").unwrap_or_default());
    let known = environment.session().and_then(|(id, _)| agent.sessions.find(id));
    let setting = agent.setting(&instance);
    let open = |cx: &mut authx_core::Cx<'_>| Conversation::open(cx, setting, &environment, known);
    let (conversation, effects) = cx::draw(open);
    // The password is not kept longer than it takes to read it.
    drop(environment);
    let asked = JoinSet::new();
    let mut sign_in = SignIn { agent, instance, call, conversation, asked, waiting: None };
    sign_in.carry_out(effects);
    sign_in.listen(&mut events).await;
    if let Some(peer) = sign_in.conversation.peer() {
        sign_in.instance.forget(peer);
    }
}

/// Refuses a call that no conversation can be held about.
pub(super) fn turn_away(connection: &Connection, seq: u64) {
    if let Err(error) = connection.send(&ToShim::Reply { seq, reply: InCall::Refuse }) {
        tracing::warn!(%error, "the plugin could not be answered");
    }
}

impl SignIn {
    async fn listen(&mut self, events: &mut mpsc::Receiver<Event>) {
        let mut stopping = self.agent.stopping.clone();
        let mut stopped = false;
        while !self.conversation.is_over() || !self.asked.is_empty() {
            let deadline = self.conversation.deadline();
            let event = tokio::select! {
                biased;
                Some(event) = events.recv() => event,
                Some(event) = self.asked.join_next() => match event {
                    Ok(Some(event)) => event,
                    // Nothing happens, or it was a wait that was broken off.
                    Ok(None) | Err(_) => continue,
                },
                _ = stopping.wait_for(|stop| *stop), if !stopped => {
                    stopped = true;
                    Event::Stopping
                }
                () = until(deadline) => Event::Time,
                // After the verdict the plugin has a moment to say whether it came in time.
                () = sleep(OUTCOME), if deadline.is_none() && !self.conversation.is_over() => {
                    Event::Outcome { used: false }
                }
                () = sleep(LOOK), if deadline.is_some() => {
                    if !self.call.files.is_gone() {
                        continue;
                    }
                    Event::Gone
                }
            };
            if matches!(event, Event::Time) && self.conversation.is_held() {
                self.agent.hold.missed();
            }
            let effects = self.conversation.handle(cx::now(), event);
            self.carry_out(effects);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.carry_out_one(effect);
        }
    }

    fn carry_out_one(&mut self, effect: Effect) {
        let agent = Arc::clone(&self.agent);
        match effect {
            Effect::Answer(login, answer) => {
                self.stop_waiting();
                self.asked
                    .spawn(async move { Some(told(agent.authx.answer(login, &answer).await)) });
            }
            Effect::Approve(approved) => {
                if let Err(error) = agent.sessions.approve(approved) {
                    tracing::error!(%error, "the session is not remembered; its renegotiation will be refused");
                }
            }
            Effect::Ask { extra, secs } => self.ask(extra, secs),
            Effect::Begin(login, body) => {
                self.asked.spawn(async move { Some(told(agent.authx.begin(login, &body).await)) });
            }
            Effect::Cancel(login) => self.cancel(login),
            Effect::Finish(summary) => {
                self.stop_waiting();
                self.log(&summary);
            }
            Effect::Prove { user, password } => {
                // PAM knows no "unknown": this is how a service sees who comes from nowhere.
                let address = self.conversation.peer().map_or(NOWHERE, |peer| peer.ip());
                self.asked.spawn(async move {
                    let proof = agent.pam.prove(user.as_str(), password.expose(), address).await;
                    Some(Event::Proved(proof))
                });
            }
            Effect::Renew(approved) => self.renew(approved),
            Effect::Reply(reply) => self.reply(reply),
            Effect::Verdict(verdict) => self.verdict(&verdict),
            Effect::Wait(login, after) => {
                self.stop_waiting();
                let wait =
                    async move { Some(told(agent.authx.wait(login, after, WAIT_SECS).await)) };
                self.waiting = Some(self.asked.spawn(wait));
            }
        }
    }

    fn stop_waiting(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.abort();
        }
    }

    fn reply(&self, reply: Reply) {
        let reply = match reply {
            Reply::Decided(Verdict::Allow) => InCall::Allow,
            Reply::Decided(Verdict::Refuse { text }) => {
                if let Err(error) = self.call.files.explain(&text) {
                    tracing::warn!(%error, "the reason could not be written");
                }
                InCall::Refuse
            }
            Reply::Defer { pending } => InCall::Defer { pending },
        };
        let message = ToShim::Reply { seq: self.call.seq, reply };
        if let Err(error) = self.call.connection.send(&message) {
            tracing::warn!(%error, "the plugin could not be answered");
        }
    }

    fn verdict(&self, verdict: &Verdict) {
        let files = &self.call.files;
        let written = match verdict {
            Verdict::Allow => files.allow(),
            Verdict::Refuse { text } => files.refuse(text),
        };
        if let Err(error) = written {
            tracing::warn!(%error, "the verdict could not be written; the client will time out");
            return;
        }
        let (Some(management), Some(peer)) =
            (self.instance.management.clone(), self.conversation.peer())
        else {
            return;
        };
        let ids = self.instance.ids(peer);
        tokio::spawn(async move {
            // OpenVPN finds the verdict by itself too, a few seconds later.
            if let Err(error) = management.wake(peer, ids).await {
                tracing::debug!(%error, "OpenVPN was not woken");
            }
        });
    }

    fn ask(&mut self, extra: String, secs: u64) {
        let (Some(management), Some(peer)) =
            (self.instance.management.clone(), self.conversation.peer())
        else {
            return;
        };
        let ids = self.instance.ids(peer);
        self.asked.spawn(async move {
            // The client then sees no further question, and the sign-in ends by its time.
            let asked = management.ask(peer, ids, &extra, secs).await;
            let error = asked.err()?;
            tracing::warn!(%error, "a question could not be asked");
            Some(Event::Unasked)
        });
    }

    fn cancel(&mut self, login: LoginId) {
        let agent = Arc::clone(&self.agent);
        // An agent that ends waits for this too.
        self.asked.spawn(async move {
            // A login that nobody cancels expires.
            if let Err(error) = agent.authx.cancel(login).await {
                tracing::debug!(%error, "a login was not cancelled");
            }
            None
        });
    }

    /// Reports that a session goes on. What AuthX says counts from the next time: it being away or
    /// slow drops no tunnel.
    fn renew(&self, approved: Approved) {
        let (agent, instance) = (Arc::clone(&self.agent), Arc::clone(&self.instance));
        let peer = self.conversation.peer();
        tokio::spawn(async move {
            let ended = match agent.authx.renew(approved.login).await {
                Ok(renewal) => !matches!(renewal.standing, Standing::Good),
                Err(error) => error.code() == Some("not_found"),
            };
            if !ended {
                return;
            }
            tracing::info!(user = approved.user, "AuthX has ended this session");
            if let Err(error) = agent.sessions.end(&approved.session_id) {
                tracing::error!(%error, "the end of the session was not kept");
            }
            if let (Some(management), Some(peer)) = (&instance.management, peer)
                // Numbers learnt earlier may be another client's by now.
                && let Err(error) = management.kill(peer, None).await
            {
                tracing::warn!(%error, "the tunnel could not be cut; it ends at its renegotiation");
            }
        });
    }

    fn log(&self, summary: &Summary) {
        let Summary { outcome, method, factor, detail, began } = summary;
        let conversation = &self.conversation;
        tracing::info!(
            user = conversation.user().map(Name::as_str),
            address = conversation.peer().map(|peer| peer.to_string()),
            outcome,
            method = method.as_ref().map_or("none", Method::word),
            first_factor = self.instance.settings.first_factor.as_str(),
            factor,
            detail,
            code = conversation.support_code().as_str(),
            after_ms = cx::now().since(*began),
            "sign-in"
        );
    }
}

fn told(answer: Result<LoginView, CallError>) -> Event {
    Event::Told(answer.map(Box::new).map_err(|error| match error.code() {
        Some("slow_down") => Failure::SlowDown,
        Some("challenge_not_open" | "not_found" | "out_of_sequence") => Failure::NotOpen,
        _ => Failure::Outage { detail: error.to_string() },
    }))
}

async fn until(deadline: Option<Millis>) {
    match deadline {
        Some(deadline) => sleep(Duration::from_millis(deadline.since(cx::now()))).await,
        None => std::future::pending().await,
    }
}

/// How often the file for the verdict is looked at: when it is gone, so is the client.
const LOOK: Duration = Duration::from_secs(1);
const OUTCOME: Duration = Duration::from_secs(1);
const WAIT_SECS: u64 = 45;
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
