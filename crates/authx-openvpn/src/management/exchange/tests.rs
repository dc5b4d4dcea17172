use super::{super::request::Answer, *};
use proptest::prelude::*;
use std::net::SocketAddr;

const PEER: &str = "192.0.2.7:48105";
const DONE: &str = "SUCCESS: client-pending-auth command succeeded";
const NO_SUCH: &str =
    "ERROR: client-pending-auth command failed. Extra parameter might be too long";
const HEADER: &str = "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tClient ID";

/// An exchange with a clock of its own that starts 300 ms into a second.
struct Talk {
    exchange: Exchange,
    start: Instant,
    now: Moment,
}

impl Talk {
    fn new() -> Self {
        let start = Instant::now();
        let now = Moment { instant: start, wall: Millis(1_000_300) };
        let mut talk = Self { exchange: Exchange::new(start), start, now };
        talk.hear(">INFO:OpenVPN Management Interface Version 5");
        talk
    }

    fn hear(&mut self, line: &str) {
        self.exchange.line(line, self.now).unwrap();
    }

    fn want(&mut self, ids: Option<(u64, u64)>, what: What) -> Answer {
        let ids = ids.map(|(cid, kid)| ClientIds { cid, kid });
        let (request, answer) = Request::new(PEER.parse().unwrap(), ids, what);
        self.exchange.request(request, self.now);
        answer
    }

    fn said(&mut self) -> String {
        String::from_utf8(std::mem::take(self.exchange.out())).unwrap()
    }

    fn at(&mut self, millis: u64) -> Result<(), Broken> {
        self.now.instant = self.start + Duration::from_millis(millis);
        self.now.wall = Millis(1_000_300 + millis);
        self.exchange.on_time(self.now)
    }

    fn hear_table(&mut self, rows: &[(&str, u64)]) {
        self.hear(HEADER);
        for (real, cid) in rows {
            self.hear(&format!("CLIENT_LIST\talice\t{real}\t\t{cid}"));
        }
        self.hear("END");
    }
}

fn end(mut answer: Answer) -> Option<Result<(), ManagementError>> {
    answer.try_recv().ok()
}

#[test]
fn a_client_is_looked_up_once_for_all_who_wait() {
    let mut talk = Talk::new();
    let first = talk.want(None, What::Kill);
    assert_eq!(talk.said(), "status 3\n");
    let [second, third] = [What::Kill, What::Kill].map(|what| talk.want(None, what));
    assert_eq!(talk.said(), "", "one table at a time");
    talk.hear_table(&[("192.0.2.9:1", 1), (PEER, 7)]);
    assert_eq!(talk.said(), "client-kill 7\n");
    talk.hear("SUCCESS: client-kill command succeeded");
    assert_eq!(end(first), Some(Ok(())));
    talk.at(49).unwrap();
    assert_eq!(talk.said(), "", "not sooner than 50 ms after the last");
    talk.at(50).unwrap();
    assert_eq!(talk.said(), "status 3\n");
    talk.hear_table(&[]);
    assert_eq!(end(second), Some(Err(ManagementError::UnknownClient)));
    assert_eq!(end(third), Some(Err(ManagementError::UnknownClient)));
}

#[test]
fn a_key_that_is_not_known_is_searched_upwards() {
    let mut talk = Talk::new();
    let answer = talk.want(None, What::Ask { extra: "CR_TEXT:R,E:again".to_owned(), secs: 60 });
    talk.said();
    talk.hear_table(&[(PEER, 0)]);
    assert_eq!(talk.said(), "client-pending-auth 0 1 \"CR_TEXT:R,E:again\" 60\n");
    talk.hear(NO_SUCH);
    assert_eq!(talk.said(), "client-pending-auth 0 2 \"CR_TEXT:R,E:again\" 60\n");
    talk.hear(DONE);
    assert_eq!(end(answer), Some(Ok(())));

    let known = talk.want(Some((0, 1)), What::Wake);
    talk.hear(NO_SUCH);
    assert_eq!(end(known), Some(Err(ManagementError::UnknownClient)), "a given key is the key");
    let never = talk.want(None, What::Wake);
    talk.at(60).unwrap();
    talk.hear_table(&[(PEER, 0)]);
    for _ in 1..=LAST_KEY {
        talk.hear(NO_SUCH);
    }
    assert_eq!(end(never), Some(Err(ManagementError::UnknownClient)));
}

#[test]
fn a_wake_is_repeated_when_the_next_second_has_begun() {
    let mut talk = Talk::new();
    let wake = "client-pending-auth 7 1 \"\" 1800\n";
    let answer = talk.want(Some((7, 1)), What::Wake);
    assert_eq!(talk.said(), wake);
    talk.hear(DONE);
    assert_eq!(end(answer), Some(Ok(())));
    for (millis, said) in [
        (709, ""),
        (710, wake),
        (1_709, ""),
        (1_710, wake),
        (2_710, wake),
        (4_709, ""),
        (4_710, wake),
        (6_710, wake),
        (8_710, wake),
    ] {
        talk.at(millis).unwrap();
        assert_eq!(talk.said(), said, "{millis}");
        if !said.is_empty() {
            talk.hear(DONE);
        }
    }
    talk.at(60_000).unwrap();
    assert_eq!(talk.said(), "", "then no more");
}

#[test]
fn nobody_is_woken_again_whose_tunnel_stands_or_who_is_gone() {
    let mut talk = Talk::new();
    let [stands, gone, stood] = [7, 8, 9].map(|cid| {
        if cid == 9 {
            talk.hear(">CLIENT:ESTABLISHED,9");
            talk.hear(">CLIENT:ENV,END");
        }
        talk.want(Some((cid, 1)), What::Wake)
    });
    (0..3).for_each(|_| talk.hear(DONE));
    for answer in [stands, gone, stood] {
        assert_eq!(end(answer), Some(Ok(())));
    }
    talk.hear(">CLIENT:ESTABLISHED,7");
    talk.said();
    talk.at(710).unwrap();
    assert_eq!(talk.said(), "client-pending-auth 8 1 \"\" 1800\n");
    talk.hear(NO_SUCH);
    talk.at(9_000).unwrap();
    assert_eq!(talk.said(), "");
}

#[test]
fn an_answer_to_a_prompt_teaches_the_ids() {
    let mut talk = Talk::new();
    talk.hear(">CLIENT:CR_RESPONSE,7,3,MTExMTEx");
    talk.hear(">CLIENT:ENV,untrusted_ip=192.0.2.7");
    assert_eq!(talk.exchange.notices().count(), 0, "the address is not complete");
    talk.hear(">CLIENT:ENV,untrusted_port=48105");
    talk.hear(">CLIENT:ENV,END");
    talk.hear(">CLIENT:CR_RESPONSE,8,1,");
    talk.hear(">CLIENT:CR_RESPONSE,9,1,a block that was cut short before this");
    let peer: Option<SocketAddr> = PEER.parse().ok();
    let response = |cid, kid, peer| Notice::Response { ids: ClientIds { cid, kid }, peer };
    let heard: Vec<_> = talk.exchange.notices().collect();
    assert_eq!(heard, [response(7, 3, peer), response(8, 1, None)]);
}

#[test]
fn a_command_that_openvpn_does_not_know_says_why() {
    let mut talk = Talk::new();
    let answer = talk.want(Some((7, 1)), What::Wake);
    talk.hear("ERROR: unknown command, enter 'help' for more options");
    let Some(Err(ManagementError::Refused(why))) = end(answer) else { panic!("refused") };
    assert_eq!(why, "unknown command, enter 'help' for more options");
    let table = talk.want(None, What::Wake);
    talk.hear("ERROR: The 'status' command is not supported by the current daemon mode");
    assert!(matches!(end(table), Some(Err(ManagementError::Refused(_)))));
}

#[test]
fn silence_ends_the_exchange_and_tells_everyone() {
    let mut talk = Talk::new();
    let answers = [Some((7, 1)), None, None].map(|ids| talk.want(ids, What::Wake));
    assert_eq!(talk.at(4_999), Ok(()));
    assert_eq!(talk.at(5_000), Err(Broken::Silent));
    talk.exchange.close(&ManagementError::Silent);
    for answer in answers {
        assert_eq!(end(answer), Some(Err(ManagementError::Silent)));
    }
    let start = Instant::now();
    let mut unheard = Exchange::new(start);
    let late = Moment { instant: start + GREETING, wall: Millis(0) };
    assert_eq!(unheard.on_time(late), Err(Broken::Silent), "no greeting");
}

#[test]
fn an_answer_without_a_question_ends_the_exchange() {
    let mut talk = Talk::new();
    assert_eq!(talk.exchange.line(DONE, talk.now), Err(Broken::Garbled));
    let answer = talk.want(None, What::Wake);
    assert_eq!(talk.exchange.line(DONE, talk.now), Err(Broken::Garbled));
    talk.exchange.close(&ManagementError::NotConnected);
    assert_eq!(end(answer), Some(Err(ManagementError::NotConnected)));
}

fn any_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(DONE.to_owned()),
        Just(NO_SUCH.to_owned()),
        Just("END".to_owned()),
        Just(HEADER.to_owned()),
        (0..3u64).prop_map(|cid| format!("CLIENT_LIST\ta\t{PEER}\t\t{cid}")),
        (0..3u64).prop_map(|cid| format!(">CLIENT:ESTABLISHED,{cid}")),
        ">CLIENT:(ENV|CR_RESPONSE|CONNECT|X),[0-9,=a-zEND_]{0,12}",
        "\\PC{0,40}",
    ]
}

proptest! {
    /// Whatever comes in whatever order: everybody who asked is told an end, once, and what is said
    /// are whole lines.
    #[test]
    fn nobody_waits_for_ever(steps in prop::collection::vec(
        (any_line(), any::<bool>(), prop::option::of((0..3u64, 0..3u64)), 0..3_000u64), 0..60)
    ) {
        let mut talk = Talk::new();
        let (mut answers, mut millis) = (Vec::new(), 0);
        for (line, ask, ids, later) in steps {
            if ask {
                let what = if later % 2 == 0 { What::Wake } else { What::Kill };
                answers.push(talk.want(ids, what));
            }
            millis += later;
            if talk.exchange.line(&line, talk.now).is_err() || talk.at(millis).is_err() {
                break;
            }
            let said = talk.said();
            prop_assert!(said.is_empty() || said.ends_with('\n'));
            prop_assert!(talk.exchange.next_time() > talk.now.instant);
        }
        talk.exchange.close(&ManagementError::NotConnected);
        for answer in answers {
            prop_assert!(end(answer).is_some());
        }
    }
}
