//! OpenVPN's control channel, from a client's side: datagrams in, datagrams out, in order and again
//! until they arrived.

use std::{collections::BTreeMap, mem, time::Duration};
use tokio::time::Instant;

/// One key negotiation's channel.
#[derive(Debug)]
pub(super) struct ControlChannel {
    session: [u8; 8],
    peer: Option<[u8; 8]>,
    next_out: u32,
    unacknowledged: BTreeMap<u32, Packet>,
    next_in: u32,
    early: BTreeMap<u32, Vec<u8>>,
    to_acknowledge: Vec<u32>,
    /// What arrived last and was acknowledged.
    received: Vec<u32>,
}

#[derive(Debug)]
struct Packet {
    kind: u8,
    payload: Vec<u8>,
    due: Option<Instant>,
}

impl ControlChannel {
    /// A new one, which begins by saying so.
    pub(super) fn new(session: [u8; 8]) -> Self {
        let mut made = Self {
            session,
            peer: None,
            next_out: 0,
            unacknowledged: BTreeMap::new(),
            next_in: 0,
            early: BTreeMap::new(),
            to_acknowledge: vec![],
            received: vec![],
        };
        made.queue(HARD_RESET_CLIENT, vec![]);
        made
    }

    /// Whether the server has answered.
    pub(super) fn is_open(&self) -> bool {
        self.peer.is_some()
    }

    /// Sends a part of the TLS stream.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(MOST_PAYLOAD) {
            self.queue(CONTROL, part.to_vec());
        }
    }

    /// What a datagram adds to the TLS stream. What is not of this channel adds nothing.
    pub(super) fn receive(&mut self, datagram: &[u8]) -> Vec<u8> {
        self.read(datagram).unwrap_or_default()
    }

    fn read(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let (&first, rest) = datagram.split_first()?;
        let kind = first >> 3;
        if !matches!(kind, ACKNOWLEDGE | CONTROL | HARD_RESET_SERVER) || first & KEY != 0 {
            return None;
        }
        let (peer, rest) = rest.split_first_chunk::<8>()?;
        let (&count, mut rest) = rest.split_first()?;
        for _ in 0..count {
            let (number, after) = rest.split_first_chunk::<4>()?;
            self.unacknowledged.remove(&u32::from_be_bytes(*number));
            rest = after;
        }
        if count > 0 {
            rest = rest.get(8..)?;
        }
        self.peer = Some(*peer);
        if kind == ACKNOWLEDGE {
            return None;
        }
        let (number, payload) = rest.split_first_chunk::<4>()?;
        let number = u32::from_be_bytes(*number);
        self.to_acknowledge.push(number);
        if number >= self.next_in {
            self.early.insert(number, payload.to_vec());
        }
        let mut stream = vec![];
        while let Some(payload) = self.early.remove(&self.next_in) {
            stream.extend(payload);
            self.next_in += 1;
        }
        Some(stream)
    }

    /// What is to be sent now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut datagrams = vec![];
        let new = mem::take(&mut self.to_acknowledge);
        let mut acknowledged = false;
        self.received.extend(&new);
        // Every packet says again what arrived last: a server that keeps nothing of a client before
        // it has answered knows the client by that (2.6, `tls_pre_decrypt_lite`).
        let last = self.received.len().saturating_sub(MOST_ACKNOWLEDGED);
        self.received.drain(..last);
        for (number, packet) in &mut self.unacknowledged {
            if packet.due.is_some_and(|due| due > now) {
                continue;
            }
            packet.due = Some(now + AGAIN);
            let mut datagram = head(packet.kind, self.session, self.peer, &self.received);
            datagram.extend(number.to_be_bytes());
            datagram.extend(&packet.payload);
            datagrams.push(datagram);
            acknowledged = true;
        }
        if !acknowledged || new.len() > MOST_ACKNOWLEDGED {
            for some in new.chunks(MOST_ACKNOWLEDGED) {
                datagrams.push(head(ACKNOWLEDGE, self.session, self.peer, some));
            }
        }
        datagrams
    }

    /// When something will be due that nobody asks for before.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.unacknowledged.values().filter_map(|packet| packet.due).min()
    }

    fn queue(&mut self, kind: u8, payload: Vec<u8>) {
        self.unacknowledged.insert(self.next_out, Packet { kind, payload, due: None });
        self.next_out += 1;
    }
}

fn head(kind: u8, session: [u8; 8], peer: Option<[u8; 8]>, acknowledged: &[u32]) -> Vec<u8> {
    let mut head = vec![kind << 3];
    head.extend(session);
    // Never more than `MOST_ACKNOWLEDGED`.
    head.push(u8::try_from(acknowledged.len()).unwrap());
    for number in acknowledged {
        head.extend(number.to_be_bytes());
    }
    if !acknowledged.is_empty() {
        head.extend(peer.unwrap_or_default());
    }
    head
}

const CONTROL: u8 = 4;
const ACKNOWLEDGE: u8 = 5;
const HARD_RESET_CLIENT: u8 = 7;
const HARD_RESET_SERVER: u8 = 8;
/// The bits of the first byte that number the key.
const KEY: u8 = 0b111;

const AGAIN: Duration = Duration::from_secs(2);
const MOST_ACKNOWLEDGED: usize = 4;
/// Fits in one packet of any network, with all heads.
const MOST_PAYLOAD: usize = 1_100;
