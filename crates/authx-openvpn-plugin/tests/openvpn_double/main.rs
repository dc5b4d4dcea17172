//! Loads the built plugin as OpenVPN does, against an agent made of plain sockets.

#![expect(unsafe_code, reason = "plays OpenVPN: loads a library and calls C functions in it")]
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test: real time, and panics that name what went wrong"
)]

mod agent;
mod alone;
mod openvpn;

use agent::{Agent, Heard, KEY};
use alone::alone;
use openvpn::{ALLOWED, DEFERRED, OpenVpn, REFUSED};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TEMPORARY: &str = "IV_PROTO=990";

#[test]
fn the_agents_word_is_openvpns_answer() {
    alone("the_agents_word_is_openvpns_answer", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        assert_eq!(openvpn.intercepted, 1 << 5 | 1 << 15);
        let plugin = agent.accepts();
        let Heard::Hello { version: 1, key, who } = plugin.hears() else { panic!("no hello") };
        assert_eq!(key, KEY);
        assert_eq!(
            who,
            concat!("authx-openvpn-plugin/", env!("CARGO_PKG_VERSION"), " openvpn/2.6.14")
        );

        let answered = plugin.answers(|login| login.reply(b"a"));
        let login = openvpn.signs_in("alice", &[TEMPORARY]);
        assert_eq!((login.status, login.reason()), (ALLOWED, String::new()));
        let heard = answered.join();
        assert_eq!(heard.used, Some(true));
        assert!(heard.environment.contains(&"username=alice".to_owned()));
        assert!(heard.environment.contains(&"password=secret of alice".to_owned()));

        let answered = plugin.answers(|login| {
            login.write(1, "Wrong code. Try again. [K7QF2M]");
            login.reply(b"r");
        });
        let login = openvpn.signs_in("bob", &[]);
        assert_eq!(login.status, REFUSED);
        assert_eq!(login.reason(), "Wrong code. Try again. [K7QF2M]");
        assert_eq!(answered.join().used, Some(true));

        let answered = plugin.answers(|login| login.reply(b"d60\ncrtext\nCR_TEXT:R,E:Code"));
        let login = openvpn.signs_in("carol", &[]);
        assert_eq!(login.status, DEFERRED);
        assert_eq!(login.pending(), "60\ncrtext\nCR_TEXT:R,E:Code");
        let heard = answered.join();
        assert_eq!(heard.used, Some(true));
        heard.write(0, "1");
        assert_eq!(login.control(), "1");

        openvpn.answers_prompt("carol", &login, "MTIzNDU2");
        let Heard::Response { environment } = plugin.hears() else { panic!("no answer") };
        assert!(environment.contains(&"crresponse=MTIzNDU2".to_owned()));
        assert_eq!(openvpn::log(), ["connected with the agent"]);
    });
}

#[test]
fn an_answer_that_no_agent_takes_is_refused_unless_there_is_a_verdict() {
    alone("an_answer_that_no_agent_takes_is_refused_unless_there_is_a_verdict", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let plugin = agent.greeted();
        let asks = || {
            let answered = plugin.answers(|login| login.reply(b"d60\ncrtext\nCR_TEXT:R,E:Code"));
            let login = openvpn.signs_in("alice", &[]);
            assert_eq!(login.status, DEFERRED);
            (login, answered.join())
        };
        let (open, _) = asks();
        let (decided, heard) = asks();
        heard.write(0, "1");
        // It holds the connection too.
        drop((plugin, heard));
        let _home = agent.dies();
        for login in [&open, &decided] {
            openvpn.answers_prompt("alice", login, "MTIzNDU2");
        }
        assert_eq!((open.control(), decided.control()), ("0".to_owned(), "1".to_owned()));
        assert!(open.reason().ends_with("Try again in a minute. [no agent]"), "{}", open.reason());
        assert_eq!(decided.reason(), "");
    });
}

#[test]
fn a_prompt_that_cannot_be_handed_over_is_no_prompt() {
    alone("a_prompt_that_cannot_be_handed_over_is_no_prompt", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let plugin = agent.greeted();
        // OpenVPN 2.5 has no such file.
        let answered = plugin.answers(|login| {
            assert_eq!(login.attached, 0b001);
            login.reply(b"d60\ncrtext\nCR_TEXT:R,E:Code");
        });
        let login = openvpn.signs_in_with("alice", &[], &["auth_control_file"]);
        assert_eq!(login.status, DEFERRED);
        assert_eq!(answered.join().used, Some(false));
    });
}

#[test]
fn a_slow_agent_costs_one_wait_a_second() {
    alone("a_slow_agent_costs_one_wait_a_second", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let plugin = agent.greeted();
        let (login, took) = timed(|| openvpn.signs_in("alice", &[]));
        assert_eq!(login.status, DEFERRED);
        assert!((20..200).contains(&took.as_millis()), "{took:?}");
        let first = plugin.login();
        assert_eq!(plugin.outcome(), (first.seq, false));

        let signs_in = |_| timed(|| openvpn.signs_in("bob", &[]).status);
        let (statuses, mut took): (Vec<_>, Vec<_>) = (0..100).map(signs_in).unzip();
        assert!(statuses.iter().all(|&status| status == DEFERRED));
        took.sort();
        assert!(took[50] < A_WAIT, "hardly anyone waits, but the middle one took {:?}", took[50]);
        first.reply(b"a");
        for _ in 0..100 {
            let login = plugin.login();
            login.reply(b"a");
            assert_eq!(plugin.outcome(), (login.seq, false));
        }
        // A second later it asks again, and what came too late is not taken for an answer.
        std::thread::sleep(Duration::from_secs(1));
        let answered = plugin.answers(|login| login.reply(b"r"));
        assert_eq!(openvpn.signs_in("carol", &[]).status, REFUSED);
        assert_eq!(answered.join().used, Some(true));
    });
}

#[test]
fn without_an_agent_it_refuses_at_once_and_says_so() {
    alone("without_an_agent_it_refuses_at_once_and_says_so", || {
        let agent = Agent::new();
        let path = agent.path();
        let home = agent.dies();
        let openvpn = OpenVpn::opened(&path);
        assert!(openvpn::log()[0].contains("sign-ins are refused until"), "{:?}", openvpn::log());
        let tries = (0..10).map(|_| timed(|| openvpn.signs_in("alice", &[TEMPORARY])));
        let (login, took) = tries.min_by_key(|(_, took)| *took).unwrap();
        assert_eq!(login.status, REFUSED);
        assert!(took < A_WAIT, "{took:?}");
        let text = "Sign-in is not possible right now. Try again in a minute. [no agent]";
        assert_eq!(login.reason(), format!("TEMP[backoff 10]:{text}"));
        // Bit 7 alone is another ability.
        for announced in [&["IV_PROTO=128"][..], &["IV_PROTO=x"], &[]] {
            assert_eq!(openvpn.signs_in("alice", announced).reason(), text);
        }
        assert!(openvpn::log()[1].contains("is authx-openvpn running?"));

        let agent = home.rises();
        let answered = agent.answers_next(|login| login.reply(b"a"));
        assert_eq!(openvpn.signs_in("alice", &[]).status, ALLOWED);
        drop(answered.join());
    });
}

#[test]
fn an_agent_that_ends_in_the_middle_is_asked_again() {
    alone("an_agent_that_ends_in_the_middle_is_asked_again", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let plugin = agent.greeted();
        // As with a socket that systemd holds: the next connection waits in its queue.
        let ends = std::thread::spawn(move || {
            drop(plugin.login());
            drop(plugin);
            agent.answers_next(|login| login.reply(b"a")).join();
            agent
        });
        assert_eq!(openvpn.signs_in("alice", &[]).status, ALLOWED);
        // And one that ended between two sign-ins.
        let agent = ends.join().unwrap();
        let answered = agent.answers_next(|login| login.reply(b"a"));
        assert_eq!(openvpn.signs_in("bob", &[]).status, ALLOWED);
        answered.join();
        let _home = agent.dies();
        assert_eq!(openvpn.signs_in("carol", &[]).status, REFUSED);
    });
}

#[test]
fn an_agent_that_takes_nothing_more_is_not_waited_for() {
    alone("an_agent_that_takes_nothing_more_is_not_waited_for", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let _plugin = agent.greeted();
        let large = format!("UV_X={}", "x".repeat(60_000));
        let refused = (0..100).find_map(|_| {
            let login = openvpn.signs_in("alice", &[&large]);
            (login.status == REFUSED).then(|| login.reason())
        });
        assert!(refused.unwrap().ends_with("[no agent]"));
        assert!(openvpn::log().last().unwrap().starts_with("sign-in refused: "));
    });
}

#[test]
fn who_is_turned_away_says_why() {
    alone("who_is_turned_away_says_why", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let word = Arc::new(Mutex::new(String::new()));
        agent.turns_all_away(Arc::clone(&word));
        for why in ["\u{2}not the key", "\u{1}the plugin speaks 1,\nthe agent 2"] {
            *word.lock().unwrap() = why.to_owned();
            let login = openvpn.signs_in("alice", &[TEMPORARY]);
            assert_eq!(login.status, REFUSED);
            assert!(login.reason().ends_with("[agent and plugin]"), "{}", login.reason());
        }
        let log = openvpn::log().join("|");
        assert!(log.contains("the agent does not take this plugin: not the key|"), "{log}");
        assert!(log.contains("the plugin speaks 1, the agent 2|"), "{log}");
    });
}

#[test]
fn nonsense_from_the_agent_refuses() {
    alone("nonsense_from_the_agent_refuses", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let long = vec![b'd'; 70_000];
        let nonsense: [&'static [u8]; 4] = [b"?", b"R", b"Rxxxxxxxxz", long.leak()];
        for said in nonsense {
            let answered = agent.answers_next(move |login| login.says(said));
            assert_eq!(openvpn.signs_in("alice", &[]).status, REFUSED, "{:?}", said.first());
            answered.join();
        }
    });
}

#[test]
fn what_does_not_fit_is_refused() {
    alone("what_does_not_fit_is_refused", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let plugin = agent.greeted();
        let login = openvpn.signs_in("alice", &[&format!("UV_X={}", "x".repeat(66_000))]);
        assert_eq!(login.status, REFUSED);
        assert!(login.reason().ends_with("[too long]"));
        let answered = plugin.answers(|login| login.reply(b"a"));
        assert_eq!(openvpn.signs_in("bob", &[]).status, ALLOWED);
        answered.join();
    });
}

#[test]
fn only_files_that_openvpn_made_are_written_to() {
    alone("only_files_that_openvpn_made_are_written_to", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let _plugin = agent.greeted();
        let mut fastest = Duration::MAX;
        for swap in ["link", "pipe", "missing", "directory"] {
            let (login, took) =
                timed(|| openvpn.signs_in_after("alice", |file| swapped(swap, file)));
            assert_eq!(login.status, REFUSED, "{swap}");
            assert!(!login.exists("missing"));
            fastest = fastest.min(took);
        }
        assert!(fastest < A_WAIT, "{fastest:?}");
        assert_eq!(openvpn::log().len(), 5);
    });
}

fn swapped(what: &str, file: &std::path::Path) {
    fs::remove_file(file).unwrap();
    match what {
        "link" => std::os::unix::fs::symlink("/dev/null", file).unwrap(),
        "pipe" => openvpn::make_pipe(file),
        "directory" => fs::create_dir(file).unwrap(),
        _ => {}
    }
}

#[test]
fn it_says_what_is_wrong_when_it_cannot_open() {
    alone("it_says_what_is_wrong_when_it_cannot_open", || {
        let agent = Agent::new();
        let path = agent.path();
        let says = |arguments: &[&str], mask: i32| {
            let openvpn = OpenVpn::loaded();
            assert!(openvpn.open(arguments, mask).is_none(), "{arguments:?}");
            openvpn::log().pop().unwrap()
        };
        for arguments in [&[][..], &["agent.sock"], &[path.as_str(), "more"], &["/run/"], &["/"]] {
            assert!(says(arguments, 0xffff).contains("exactly one argument"), "{arguments:?}");
        }
        let long = format!("/{}", "x".repeat(107));
        assert!(says(&[&long], 0xffff).contains("exactly one argument"));
        assert!(says(&["/nowhere/agent.sock"], 0xffff).contains("directory of the agent's socket"));
        assert!(says(&[&path], 1 << 6).contains("hands no sign-ins"));
        let key = agent.key_path();
        fs::write(&key, "short").unwrap();
        assert!(says(&[&path], 0xffff).contains("is not a key"));
        fs::remove_file(&key).unwrap();
        assert!(says(&[&path], 0xffff).contains("cannot be read"));
    });
}

#[test]
fn older_servers_have_fewer_calls() {
    alone("older_servers_have_fewer_calls", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::loaded();
        let intercepted = openvpn.open(&[&agent.path()], 0x7fff).unwrap();
        assert_eq!(intercepted, 1 << 5);
        assert!(openvpn.open(&[&agent.path()], 0xffff).is_none());
        assert!(openvpn::log().pop().unwrap().contains("stands twice"));
    });
}

#[test]
fn a_reload_needs_no_rights() {
    alone("a_reload_needs_no_rights", || {
        let agent = Agent::new();
        let mut openvpn = OpenVpn::opened(&agent.path());
        let answered = agent.answers_after(5, |login| login.reply(b"a"));
        let threads = openvpn::threads();
        openvpn::become_nobody();
        fs::set_permissions(agent.key_path(), fs::Permissions::from_mode(0o000)).ok();
        for _ in 0..5 {
            openvpn.reload(&agent.path());
        }
        assert_eq!(openvpn::threads(), threads);
        assert!(
            openvpn::log().iter().any(|line| line.starts_with("going on with what was opened"))
        );
        assert_eq!(openvpn.signs_in("alice", &[]).status, ALLOWED);
        answered.join();
    });
}

#[test]
fn it_works_in_another_root_as_another_user() {
    alone("it_works_in_another_root_as_another_user", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        drop(agent.greeted());
        let jail = tempfile::tempdir().unwrap();
        fs::set_permissions(jail.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(jail.path().join("tmp")).unwrap();
        fs::set_permissions(jail.path().join("tmp"), fs::Permissions::from_mode(0o777)).unwrap();
        let answered = agent.answers_next(|login| {
            login.write(1, "from outside");
            login.reply(b"r");
        });
        if !openvpn::enter_jail(jail.path()) {
            println!("skipped: not root");
            return;
        }
        let login = openvpn.signs_in("alice", &[]);
        assert_eq!((login.status, login.reason().as_str()), (REFUSED, "from outside"));
        answered.join();
        assert_eq!(std::env::current_dir().unwrap(), std::path::Path::new("/"));
    });
}

#[test]
fn a_way_back_that_is_closed_is_not_left() {
    alone("a_way_back_that_is_closed_is_not_left", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        drop(agent.greeted());
        let closed = tempfile::tempdir().unwrap();
        std::env::set_current_dir(closed.path()).unwrap();
        let answered = agent.answers_next(|login| login.reply(b"a"));
        openvpn::become_nobody();
        assert_eq!(openvpn.signs_in("alice", &[]).status, ALLOWED);
        answered.join();
        assert_eq!(std::env::current_dir().unwrap(), closed.path());
    });
}

#[test]
fn a_directory_that_was_made_anew_is_found() {
    alone("a_directory_that_was_made_anew_is_found", || {
        let agent = Agent::new();
        let openvpn = OpenVpn::opened(&agent.path());
        let agent = agent.moves_house();
        let answered = agent.answers_next(|login| login.reply(b"a"));
        assert_eq!(openvpn.signs_in("alice", &[]).status, ALLOWED);
        answered.join();
    });
}

/// How long the plugin waits for its agent. A machine that is busy makes single sign-ins slower
/// than that, but not all.
const A_WAIT: Duration = Duration::from_millis(20);

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (work(), start.elapsed())
}
