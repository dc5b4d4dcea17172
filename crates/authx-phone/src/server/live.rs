//! The live stream of requests: `text/event-stream` (HTML §9.2), as far as AuthX uses it.

use super::{CallError, Server, Trouble};
use authx_core::wire::phone::RequestsView;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::timeout;

/// An open stream. The server ends it after some minutes, and the client opens another.
#[derive(Debug)]
pub struct Live {
    server: Server,
    response: reqwest::Response,
    events: Events,
}

impl Live {
    pub(super) fn new(server: Server, response: reqwest::Response) -> Self {
        Self { server, response, events: Events::default() }
    }

    /// The next state of what waits, the present one first. `None` when the server has closed the
    /// stream.
    ///
    /// # Errors
    ///
    /// [`CallError::Unreachable`] when the stream broke or fell silent, and
    /// [`CallError::NotUnderstood`].
    pub async fn next(&mut self) -> Result<Option<RequestsView>, CallError> {
        loop {
            if let Some(data) = self.events.next() {
                let server = self.server.origin().to_string();
                return serde_json::from_str(&data)
                    .map(Some)
                    .map_err(|source| CallError::NotUnderstood { server, source });
            }
            let Some(chunk) = self.chunk().await? else { return Ok(None) };
            self.events.push(&chunk);
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, CallError> {
        let read = timeout(SILENCE, self.response.chunk()).await;
        let why = match read {
            Ok(Ok(chunk)) if self.events.room() => return Ok(chunk),
            Ok(Ok(_)) => Trouble::Broken { detail: "an event is too long".to_owned() },
            Ok(Err(error)) => Trouble::of(&error, SILENCE),
            Err(_) => Trouble::TimedOut { after: SILENCE },
        };
        Err(CallError::Unreachable { server: self.server.origin().to_string(), why })
    }
}

/// What came of a stream and is not yet a whole event.
#[derive(Debug, Default)]
struct Events {
    bytes: Vec<u8>,
    data: String,
}

impl Events {
    fn push(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    fn room(&self) -> bool {
        self.bytes.len() + self.data.len() <= MOST_BYTES
    }

    /// The data of the next whole event. Its name and id say nothing that the data does not.
    fn next(&mut self) -> Option<String> {
        while let Some(end) = self.bytes.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() && !self.data.is_empty() {
                return Some(std::mem::take(&mut self.data));
            }
            if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            }
        }
        None
    }
}

/// The server writes a comment every 20 seconds.
const SILENCE: Duration = Duration::from_secs(50);
const MOST_BYTES: usize = 1_048_576;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_whole_however_they_are_cut() {
        let stream = ": hello\n\nevent: requests\nid: 7\ndata: {\"a\":\ndata: 1}\n\n\
                      :\n\nevent: requests\r\ndata:x\r\n\r\ndata: unfinished";
        for size in 1..stream.len() {
            let (mut events, mut found) = (Events::default(), vec![]);
            for chunk in stream.as_bytes().chunks(size) {
                events.push(chunk);
                found.extend(std::iter::from_fn(|| events.next()));
            }
            assert_eq!(found, ["{\"a\":\n1}", "x"], "{size}");
        }
    }
}
