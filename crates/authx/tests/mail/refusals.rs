//! Servers that are not there, do not want, or are not who they say.

use crate::{
    on_each_engine,
    server::{Mood, PASSWORD, free_port, until},
    world::World,
};
use authx::mail::Security;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{
        AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional,
    },
    net::{TcpListener, TcpStream},
};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_gets_it_later_and_once() {
    on_each_engine(async |world, server| {
        server.stop();
        world.tell(world.anna).await;
        world.send().await;
        let (state, tries, error) = world.last().await;
        assert_eq!((state, tries), ("waiting", 1));
        assert!(error.starts_with("the mail server is not reached: "), "{error}");
        server.start().await;
        world.advance(MINUTE.saturating_sub(Duration::from_secs(1)));
        assert_eq!(world.send().await, 0, "not before a minute");
        world.advance(Duration::from_secs(1));
        assert_eq!(world.send().await, 1);
        assert_eq!(world.last().await, ("sent", 2, String::new()));
        world.advance(MINUTE * 60 * 24);
        assert_eq!(world.send().await, 0);
        server.mails("anna", 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn greylisting_is_waited_out_and_a_slow_server_too() {
    on_each_engine(async |world, server| {
        server.is(Mood::Greylisting);
        world.tell(world.anna).await;
        world.send().await;
        let (state, tries, error) = world.last().await;
        assert_eq!((state, tries), ("waiting", 1));
        assert!(error.contains("does not take it now: 451"), "{error}");
        server.is(Mood::Slow);
        world.advance(MINUTE);
        let impatient = world.app.mail.clone().unwrap().impatient(Duration::from_secs(1));
        world.send_by(&impatient).await;
        let slow = "the mail server does not answer in time".to_owned();
        assert_eq!(world.last().await, ("waiting", 2, slow));
        server.is(Mood::Content);
        world.advance(MINUTE * 5);
        world.send().await;
        assert_eq!(world.last().await, ("sent", 3, String::new()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_for_good_is_not_tried_again_and_holds_up_nobody() {
    on_each_engine(async |world, server| {
        let gone = world.user("gone", "Gone", Some("gone@example.com")).await;
        for user in [gone, world.anna, gone, world.anna] {
            world.tell(user).await;
        }
        world.send().await;
        server.mails("anna", 2).await;
        let failed: Vec<_> =
            world.deliveries().await.into_iter().filter(|it| it.state == "failed").collect();
        assert_eq!(failed.len(), 2);
        let error = failed[0].error.as_deref().unwrap();
        assert!(error.starts_with("the mail server refuses it: 550 5.1.1"), "{error}");
        let entries = world.recorded().await;
        let bad = entries.iter().find(|entry| entry.event == "mail_failed").unwrap();
        assert_eq!(bad.detail["to"], "g•••@example.com");
        server.is(Mood::Refusing);
        world.advance(MINUTE);
        world.tell(world.anna).await;
        world.send().await;
        assert_eq!(world.last().await.0, "failed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_or_certificate_waits_until_it_is_put_right() {
    on_each_engine(async |world, server| {
        world.tell(world.anna).await;
        let wrong = world.post(server.submission(), Security::StartTls, "two wet stones");
        world.send_by(&wrong).await;
        let (state, _, error) = world.last().await;
        assert_eq!(state, "waiting");
        assert!(error.starts_with("the mail server does not let AuthX in: 535"), "{error}");
        assert!(!error.contains("stones"));

        let stranger = crate::server::Server::new(crate::server::programs().unwrap());
        let other =
            world.post_by(&stranger.ca_file(), server.submission(), Security::StartTls, PASSWORD);
        world.advance(MINUTE);
        world.send_by(&other).await;
        let (state, _, error) = world.last().await;
        assert_eq!(state, "waiting");
        assert!(error.contains("cannot be encrypted: ") && error.contains("ertificate"), "{error}");

        world.advance(MINUTE * 5);
        world.send().await;
        assert_eq!(world.last().await, ("sent", 3, String::new()));
    })
    .await;
}

/// What somebody in between does to the clear part of a connection.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Meddling {
    /// Takes the offer of STARTTLS away.
    Strips,
    /// Puts an answer of its own behind the one that begins TLS.
    Injects,
}

/// Somebody in between; gives the port, and what the client said in clear.
async fn between(server: u16, meddling: Meddling) -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", free_port())).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(String::new()));
    let listening = heard.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let upstream = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
            tokio::spawn(meddle(client, upstream, meddling, listening.clone()));
        }
    });
    (port, heard)
}

async fn meddle(
    client: TcpStream,
    server: TcpStream,
    meddling: Meddling,
    heard: Arc<Mutex<String>>,
) -> std::io::Result<()> {
    let (mut client, mut server) = (BufReader::new(client), BufReader::new(server));
    loop {
        let mut line = String::new();
        // The whole answer, then the next command.
        while line.lines().last().is_none_or(|last| last.as_bytes().get(3) != Some(&b' ')) {
            if server.read_line(&mut line).await? == 0 {
                return Ok(());
            }
        }
        let began = line.starts_with("220 ") && heard.lock().unwrap().ends_with("STARTTLS\r\n");
        match meddling {
            Meddling::Strips => line = line.replace("STARTTLS", "XSTRIPPD"),
            Meddling::Injects if began => line.push_str("250-evil\r\n250 AUTH PLAIN\r\n"),
            Meddling::Injects => {}
        }
        client.write_all(line.as_bytes()).await?;
        if began {
            copy_bidirectional(&mut client, &mut server).await?;
            return Ok(());
        }
        let mut command = vec![];
        if client.read_until(b'\n', &mut command).await? == 0 {
            return Ok(());
        }
        heard.lock().unwrap().push_str(&String::from_utf8_lossy(&command));
        server.write_all(&command).await?;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_to_who_takes_the_encryption_away() {
    on_each_engine(async |world, server| {
        let (port, heard) = between(server.submission(), Meddling::Strips).await;
        world.tell(world.anna).await;
        world.send_by(&world.post(port, Security::StartTls, PASSWORD)).await;
        let (state, _, error) = world.last().await;
        assert_eq!(state, "waiting");
        assert!(error.starts_with("the mail server offers no STARTTLS"), "{error}");
        let heard = heard.lock().unwrap().clone();
        let commands: Vec<_> = heard.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(commands, ["EHLO", "QUIT"], "{heard}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_put_in_front_of_the_encryption_is_noticed() {
    on_each_engine(async |world, server| {
        let (port, _) = between(server.submission(), Meddling::Injects).await;
        world.tell(world.anna).await;
        world.send_by(&world.post(port, Security::StartTls, PASSWORD)).await;
        let (state, _, error) = world.last().await;
        assert_eq!(state, "waiting", "{error}");
        assert!(!error.is_empty());
        world.advance(MINUTE);
        world.send().await;
        server.mails("anna", 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_or_nonsense_is_left() {
    on_each_engine(async |world, _| {
        let (silent, babbling) = (free_port(), free_port());
        let keeps = TcpListener::bind(("127.0.0.1", silent)).await.unwrap();
        let babbles = TcpListener::bind(("127.0.0.1", babbling)).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = babbles.accept().await {
                stream.write_all(&b"HTTP/1.1 400 \x1b[31m anna@example.com".repeat(50)).await.ok();
                stream.read_to_end(&mut vec![]).await.ok();
            }
        });
        world.tell(world.anna).await;
        for (port, minutes) in [(silent, 1), (babbling, 5)] {
            let post = world.post(port, Security::StartTls, PASSWORD);
            world.send_by(&post.impatient(Duration::from_millis(300))).await;
            let (state, _, error) = world.last().await;
            assert_eq!(state, "waiting");
            assert!(!error.contains("anna@") && !error.contains('\x1b'), "{error}");
            assert!(error.chars().count() < 400, "{error}");
            world.advance(MINUTE * minutes);
        }
        drop(keeps);
        until("the next round", async || world.send().await == 1).await;
        assert_eq!(world.last().await.0, "sent");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_names_no_secret() {
    on_each_engine(async |world: &World, server| {
        let post = format!("{:?}", world.post(server.submission(), Security::StartTls, PASSWORD));
        assert!(!post.contains("stones") && post.contains("localhost"), "{post}");
    })
    .await;
}
