//! One OpenVPN process, which speaks for all of its clients.

use super::{Agent, sign_in};
use crate::{
    conversation::Event,
    cx,
    environment::Environment,
    shim_socket::{Connection, Files, FilesError, FromShim, InstanceKey, welcome},
};
use authx_core::{prompt, reason::Reason, wire::text::SupportCode};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

/// The sign-ins of one connection that are still open.
#[derive(Default)]
struct Open {
    /// By the number of the plugin's call, until the plugin has said how it ended.
    calls: HashMap<u64, mpsc::Sender<Event>>,
    /// By the file for the verdict, which is how OpenVPN names a sign-in to the plugin.
    files: HashMap<String, mpsc::Sender<Event>>,
    running: JoinSet<()>,
}

/// Serves one connection until OpenVPN closes it or the agent ends.
pub(super) async fn serve(agent: Arc<Agent>, connection: Connection, key: Arc<InstanceKey>) {
    let connection = Arc::new(connection);
    let who = match welcome(&connection, &key).await {
        Ok(who) => who,
        Err(error) => return tracing::warn!(%error, "somebody on the socket is not let in"),
    };
    tracing::info!(who, "OpenVPN is connected");
    let mut open = Open::default();
    let mut stopping = agent.stopping.clone();
    let mut stopped = false;
    loop {
        let message = tokio::select! {
            _ = stopping.wait_for(|stop| *stop), if !stopped => {
                stopped = true;
                connection.close_inbox();
                continue;
            }
            message = connection.receive() => message,
            Some(_) = open.running.join_next() => continue,
        };
        match message {
            Ok(Some(message)) => open.take(&agent, &connection, message),
            // What was sent before the end has been taken, and is being answered.
            Ok(None) if stopped => break,
            Ok(None) => {
                tracing::info!(who, "OpenVPN has closed its connection");
                break;
            }
            Err(error) => {
                tracing::warn!(who, %error, "OpenVPN's plugin sent what cannot be meant");
                break;
            }
        }
    }
    // Without the connection a verdict goes through the files; with the process, its clients go.
    open.tell_late();
    while !open.running.is_empty() {
        if connection.peer_has_ended() {
            open.tell_gone();
        }
        // The pauses are for a process that is just ending.
        let _ = timeout(PAUSE, open.running.join_next()).await;
    }
}

impl Open {
    fn take(&mut self, agent: &Arc<Agent>, connection: &Arc<Connection>, message: FromShim) {
        self.calls.retain(|_, sender| !sender.is_closed());
        match message {
            FromShim::Hello { .. } => tracing::debug!("a second greeting means nothing"),
            FromShim::Login { seq, environment, files } => {
                let environment = Environment::new(environment);
                let files = match files {
                    Ok(files) => files,
                    Err(error) => {
                        if error == FilesError::Gone {
                            tracing::info!("a client left before its sign-in was looked at");
                        } else {
                            tracing::error!(%error, "OpenVPN's files are not what they should be");
                        }
                        sign_in::turn_away(connection, seq);
                        return;
                    }
                };
                let (sender, events) = mpsc::channel(EVENTS);
                self.files.retain(|_, sender| !sender.is_closed());
                if let Some(name) = environment.control_file() {
                    self.files.insert(name.to_owned(), sender.clone());
                }
                self.calls.insert(seq, sender);
                let call = sign_in::Call { connection: Arc::clone(connection), seq, files };
                self.running.spawn(sign_in::run(Arc::clone(agent), call, environment, events));
            }
            FromShim::Outcome { seq, used } => {
                if let Some(sender) = self.calls.remove(&seq) {
                    post(&sender, Event::Outcome { used });
                }
            }
            FromShim::Response { seq: _, environment, files } => {
                let environment = Environment::new(environment);
                let sender = environment.control_file().and_then(|name| self.files.get(name));
                match (sender.filter(|sender| !sender.is_closed()), files) {
                    (Some(sender), _) => {
                        let text = environment.value("crresponse").unwrap_or_default();
                        post(sender, Event::Typed(text.to_owned()));
                    }
                    (None, Ok(files)) => refuse_unknown(&files),
                    (None, Err(_)) => tracing::debug!("an answer to what is decided"),
                }
            }
        }
    }

    fn tell_late(&mut self) {
        for (_, sender) in self.calls.drain() {
            post(&sender, Event::Outcome { used: false });
        }
    }

    fn tell_gone(&self) {
        for sender in self.files.values() {
            post(sender, Event::Gone);
        }
    }
}

/// Without this a client whose agent was killed would wait until OpenVPN's limit.
fn refuse_unknown(files: &Files) {
    let code = cx::draw(SupportCode::draw);
    let text = prompt::refusal(Reason::ChallengeExpired, None, &code);
    if let Err(error) = files.refuse(&text) {
        tracing::warn!(%error, "the verdict could not be written; the client will time out");
    }
    let code = code.as_str();
    tracing::warn!(code, "an answer came to a question that this agent did not ask");
}

/// A sign-in that does not read its mail drops more of it: a client that floods harms itself only.
fn post(sender: &mpsc::Sender<Event>, event: Event) {
    if sender.try_send(event).is_err() {
        tracing::debug!("a sign-in took no more events");
    }
}

const EVENTS: usize = 16;
const PAUSE: Duration = Duration::from_millis(250);
