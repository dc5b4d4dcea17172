use authx_e2e::{Installation, Server, new_id, proved};
use std::{fs::File, io::Write as _, path::PathBuf, process::Command, time::Duration};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// A file system of a few megabytes; `None` without the right to mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=6m", "authx-test"]).arg(directory.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("full disk: skipped (needs root)");
        }
        mounted.then_some(Self(directory))
    }

    /// Takes all that is left, until it is removed.
    fn ballast(&self) -> PathBuf {
        let path = self.0.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because the server may still have files open.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_leaves_no_half_login_and_is_over_when_there_is_space() {
    let Some(disk) = SmallDisk::mount() else { return };
    let installation = Installation::within(disk.0.path()).await;
    let people = installation.people("person", 400).await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let ballast = disk.ballast();

    let mut people = people.iter();
    let mut allowed = 0;
    let (id, body) = loop {
        // What SQLite has set aside already can still be written.
        let person = people.next().expect("a disk that becomes full");
        let (id, body) = (new_id(), proved(&person.name, &person.code()));
        let reply = client.begin(id, &body).await.expect("an answer");
        if reply.outcome() == "allowed" {
            allowed += 1;
            continue;
        }
        assert_eq!((reply.status, reply.outcome().as_str()), (503, "storage_full"));
        assert!(reply.signed && reply.headers.contains_key("retry-after"));
        break (id, body);
    };
    assert_eq!(client.read(id).await.expect("an answer").status, 404);
    for table in ["SELECT COUNT(*) FROM login", "SELECT COUNT(*) FROM session"] {
        assert_eq!(installation.count(table).await, allowed, "{table}");
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(client.ready().await, (503, vec!["database".to_owned()]));

    std::fs::remove_file(ballast).unwrap();
    let again = client.begin(id, &body).await.expect("an answer");
    assert_eq!(again.outcome(), "allowed", "the code was not spent");
    let ready = async {
        while client.ready().await.0 != 200 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(5), ready).await.expect("ready again");
    server.stop().await;
    let (intact, said) = installation.verify(&[]);
    assert!(intact, "{said}");
}
