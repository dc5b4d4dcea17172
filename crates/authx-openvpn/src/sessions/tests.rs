use super::*;
use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};
use tempfile::TempDir;

const HOUR: u64 = 3_600;

fn session(id: &str, secs: u64) -> Approved {
    let now = cx::now();
    Approved {
        session_id: id.to_owned(),
        user: format!("user of {id}"),
        login: cx::draw(LoginId::new),
        session: None,
        since: now,
        until: now.plus_secs(secs),
        ended: false,
    }
}

fn dir_with(ids: &[&str]) -> (TempDir, Vec<Approved>) {
    let dir = TempDir::new().unwrap();
    let sessions = Sessions::open(dir.path()).unwrap();
    let all: Vec<_> = ids.iter().map(|id| session(id, HOUR)).collect();
    for one in &all {
        sessions.approve(one.clone()).unwrap();
    }
    (dir, all)
}

fn lines(dir: &TempDir) -> Vec<Vec<u8>> {
    let bytes = fs::read(dir.path().join("sessions")).unwrap();
    bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn write(dir: &TempDir, lines: &[Vec<u8>]) {
    fs::write(dir.path().join("sessions"), lines.concat()).unwrap();
}

#[test]
fn an_approved_session_survives_a_restart() {
    let (dir, all) = dir_with(&["B2AvrHsHqKBes1+/", "ünï \u{201e}id\u{201c}\n"]);
    for _ in 0..2 {
        let sessions = Sessions::open(dir.path()).unwrap();
        assert_eq!(sessions.lost(), 0);
        assert_eq!(sessions.list().len(), 2);
        for one in &all {
            assert_eq!(sessions.find(&one.session_id).as_ref(), Some(one));
        }
        assert_eq!(sessions.find("B2AvrHsHqKBes1+"), None);
    }
}

#[test]
fn what_was_ended_stays_ended_and_a_new_approval_replaces() {
    let (dir, all) = dir_with(&["one", "two"]);
    let sessions = Sessions::open(dir.path()).unwrap();
    assert!(sessions.end("one").unwrap());
    assert!(!sessions.end("three").unwrap());
    let renewed = Approved { until: all[1].until.plus_secs(60), ..all[1].clone() };
    sessions.approve(renewed.clone()).unwrap();
    drop(sessions);
    let sessions = Sessions::open(dir.path()).unwrap();
    assert!(sessions.find("one").unwrap().ended);
    assert_eq!(sessions.find("two"), Some(renewed));
    assert_eq!(sessions.list().len(), 2);
}

#[test]
fn what_is_over_is_not_found_and_leaves_the_file() {
    let (dir, _) = dir_with(&["one"]);
    let sessions = Sessions::open(dir.path()).unwrap();
    sessions.approve(session("over", 0)).unwrap();
    assert_eq!(sessions.find("over"), None);
    assert_eq!(sessions.list().len(), 1);
    drop(sessions);
    drop(Sessions::open(dir.path()).unwrap());
    assert_eq!(lines(&dir).len(), 2, "the key and one record");
}

#[test]
fn the_file_does_not_grow_for_ever() {
    let dir = TempDir::new().unwrap();
    let sessions = Sessions::open(dir.path()).unwrap();
    let again = session("again and again", HOUR);
    for _ in 0..3 * SPARE {
        sessions.approve(again.clone()).unwrap();
    }
    assert!(lines(&dir).len() < SPARE + 10);
    drop(sessions);
    assert_eq!(Sessions::open(dir.path()).unwrap().list(), [again]);
}

#[test]
fn a_torn_last_record_costs_only_itself() {
    let (dir, all) = dir_with(&["one", "two", "three"]);
    let whole = lines(&dir);
    for left in 0..whole[3].len() {
        let mut torn = whole.clone();
        torn[3].truncate(left);
        write(&dir, &torn);
        let sessions = Sessions::open(dir.path()).unwrap();
        assert_eq!(sessions.lost(), usize::from(left > 0), "{left} bytes");
        assert_eq!(sessions.list().len(), 2);
        sessions.approve(all[2].clone()).unwrap();
        drop(sessions);
        assert_eq!(Sessions::open(dir.path()).unwrap().list().len(), 3, "{left} bytes");
    }
}

#[test]
fn a_changed_moved_or_foreign_record_is_lost_and_the_others_are_not() {
    let (dir, _) = dir_with(&["one", "two", "six"]);
    let (other, _) = dir_with(&["one", "two", "six"]);
    let whole = lines(&dir);
    let changed = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        write(&dir, &lines);
        let sessions = Sessions::open(dir.path()).unwrap();
        (sessions.lost(), sessions.list().len())
    };
    assert_eq!(whole[1].len(), whole[2].len(), "or swapping would shift the others");
    assert_eq!(changed(&|_| ()), (0, 3));
    assert_eq!(changed(&|lines| lines.swap(1, 2)), (2, 1), "swapped");
    assert_eq!(changed(&|lines| lines[2] = lines[1].clone()), (1, 2), "copied");
    assert_eq!(changed(&|lines| lines[2] = self::lines(&other)[2].clone()), (1, 2), "another's");
    assert_eq!(changed(&|lines| lines[2][20] ^= 1), (1, 2), "changed");
    assert_eq!(changed(&|lines| lines[2].fill(b'\n')).1, 2, "wiped");
    assert_eq!(changed(&|lines| lines[0][20] ^= 1), (4, 0), "the key changed");
    assert_eq!(changed(&|lines| *lines = self::lines(&other)), (4, 0), "another host's file");
    assert_eq!(changed(&|lines| lines.clear()), (0, 0), "emptied");
}

#[test]
fn with_another_key_the_table_is_empty_and_says_so() {
    let (dir, _) = dir_with(&["one"]);
    let key = dir.path().join("sessions.key");
    fs::remove_file(&key).unwrap();
    let sessions = Sessions::open(dir.path()).unwrap();
    assert_eq!((sessions.lost(), sessions.list().len()), (2, 0));
    drop(sessions);
    fs::write(&key, "not a key").unwrap();
    let error = Sessions::open(dir.path()).unwrap_err();
    assert!(matches!(error, SessionsError::Key { .. }), "{error}");
}

#[test]
fn nobody_else_may_read_the_files_or_open_the_table() {
    let (dir, _) = dir_with(&["one"]);
    let sessions = Sessions::open(dir.path()).unwrap();
    let error = Sessions::open(dir.path()).unwrap_err();
    assert!(matches!(error, SessionsError::Busy { .. }), "{error}");
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        let bytes = fs::read(file.path()).unwrap();
        assert!(!bytes.windows(4).any(|part| part == b"user"), "{file:?}");
    }
    drop(sessions);
    Sessions::open(dir.path()).unwrap();
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let dir = TempDir::new().unwrap();
    let error = Sessions::open(&dir.path().join("none")).unwrap_err();
    assert!(matches!(error, SessionsError::Io { .. }), "{error}");
}

#[test]
fn many_threads_lose_nothing() {
    let dir = TempDir::new().unwrap();
    let sessions = Arc::new(Sessions::open(dir.path()).unwrap());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let sessions = Arc::clone(&sessions);
            std::thread::spawn(move || {
                for at in 0..500 {
                    let id = format!("{thread}-{at}");
                    sessions.approve(session(&id, HOUR)).unwrap();
                    assert!(sessions.end(&id).unwrap());
                    assert!(sessions.find(&id).unwrap().ended);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    drop(sessions);
    let sessions = Sessions::open(dir.path()).unwrap();
    assert_eq!((sessions.lost(), sessions.list().len()), (0, 4_000));
}
