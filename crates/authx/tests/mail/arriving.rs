//! What arrives, and what of it stays behind.

use crate::{on_each_engine, server::PASSWORD, world::World};
use authx::{
    admin::letters,
    enrol::{
        phones::{self, Separate},
        recovery,
    },
    mail::Security,
    store::deliveries as stored,
};
use authx_core::wire::phone::Token;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_arrives_as_it_was_meant() {
    on_each_engine(async |world, server| {
        let World { app, by, tenant, anna, .. } = world;
        let mailed =
            phones::invite_by_mail(app, by, *tenant, *anna, Separate::IfNeeded).await.unwrap();
        assert_eq!(mailed.posted.to, "a•••@example.com");
        assert_eq!(world.last().await, ("waiting", 0, String::new()));
        assert_eq!(world.send().await, 1);

        let mail = &server.mails("anna", 1).await[0];
        let (text, html) = (mail["text"].as_str().unwrap(), mail["html"].as_str().unwrap());
        assert_eq!(mail["from"], "AuthX <authx@example.com>");
        assert_eq!(
            (&mail["name"], &mail["to"]),
            (&"Änna “A” Arnold".into(), &"anna@example.com".into())
        );
        assert_eq!(mail["subject"], "Example Corp asks you to set up your phone");
        assert_eq!(mail["auto"], "auto-generated");
        let id = mailed.posted.id.to_string().replace('_', "");
        assert_eq!(mail["id"], format!("<{id}@example.com>"));
        assert_eq!(
            mail["types"],
            serde_json::json!(["multipart/alternative", "text/plain", "text/html"])
        );
        assert_eq!(mail["date"], 1_767_225_600.0);

        let link = text.lines().find(|line| line.starts_with("https://")).unwrap();
        assert_eq!(html.matches(link).count(), 3, "{html}");
        let token = link.strip_prefix("https://phone.mfa.example.com/#").unwrap();
        let token = Token::parse(token).unwrap();
        assert!(phones::look(app, &token).await.is_ok(), "it opens the invitation");
        for said in [
            "Hello Änna “A” Arnold, you were added to Example Corp.",
            "a code of eight digits, which you get another way than by mail",
            "Works once, until Thursday 8 January 2026, 00:00 (UTC)",
            &format!(
                "Questions: helpdesk@example.com, support code {}.",
                mailed.posted.support_code
            ),
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!text.contains(mailed.code.unwrap().as_str()), "the code goes another way");
        assert!(!html.contains("<img") && !html.contains("<script"), "{html}");
        nothing_stays(world, token.text().as_str()).await;
    })
    .await;
}

/// The content is gone, and the record has neither address nor link.
async fn nothing_stays(world: &World, secret: &str) {
    assert_eq!(world.last().await, ("sent", 1, String::new()));
    let delivery = world.deliveries().await.swap_remove(0);
    assert_eq!(delivery.to.as_deref(), Some("a•••@example.com"));
    assert!(stored::content(&world.app.store, delivery.id).await.unwrap().is_none());
    let entry = world.recorded().await.pop().unwrap();
    assert_eq!((entry.event.as_str(), entry.user.as_deref()), ("mail_sent", Some("anna")));
    assert_eq!(entry.support_code.as_deref(), Some(delivery.support_code.as_str()));
    assert_eq!(entry.detail["letter"], "invitation");
    let mut rows = world.app.store.snapshot();
    while let Some((table, row)) = rows.next().await.unwrap() {
        let row = format!("{row:?}");
        assert!(!row.contains(secret), "{}", table.name);
        let may = ["account", "event"].contains(&table.name) && !row.contains("mail_sent");
        assert!(may || !row.contains("anna@example.com"), "{}: {row}", table.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_to_encrypt_work() {
    on_each_engine(async |world, server| {
        let starttls = world.app.mail.clone().unwrap();
        starttls.reach().await.unwrap();
        let tls = world.post(server.tls(), Security::Tls, PASSWORD);
        tls.reach().await.unwrap();
        world.tell(world.anna).await;
        world.send_by(&tls).await;
        letters::trial(&world.app, &"bob@example.com".parse().unwrap()).await.unwrap();
        let mail = &server.mails("anna", 1).await[0];
        assert_eq!(mail["subject"], "A new phone approves your sign-ins: AuthX at Example Corp");
        let test = &server.mails("bob", 1).await[0];
        assert_eq!(test["subject"], "Mail from AuthX at mfa.example.com arrives");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_are_called_adds_nothing_to_a_mail() {
    on_each_engine(async |world, server| {
        let evil = "Bob, \"<eve@evil.example>\"; Bcc: eve@evil.example; https://evil.example";
        let bob = world.user("bob", evil, Some("bob@example.com")).await;
        world.tell(bob).await;
        world.send().await;
        let mail = &server.mails("bob", 1).await[0];
        assert_eq!(mail["to"], "bob@example.com");
        let known = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"];
        let more = ["X-Auto-Response-Suppress", "MIME-Version", "Content-Type"];
        for header in mail["headers"].as_array().unwrap() {
            let header = header.as_str().unwrap();
            assert!(known.contains(&header) || more.contains(&header), "{header}");
        }
        for part in ["text", "html"] {
            let part = mail[part].as_str().unwrap();
            assert!(!part.contains("eve@") && !part.contains("https://evil"), "{part}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_invitation_withdraws_the_mail_of_the_earlier_one() {
    on_each_engine(async |world, server| {
        let World { app, by, tenant, anna, .. } = world;
        let first =
            phones::invite_by_mail(app, by, *tenant, *anna, Separate::Always).await.unwrap();
        world.advance(Duration::from_secs(1));
        let second =
            phones::invite_by_mail(app, by, *tenant, *anna, Separate::Always).await.unwrap();
        assert_eq!(world.send().await, 1);
        let mails = server.mails("anna", 1).await;
        assert!(mails[0]["text"].as_str().unwrap().contains(&second.posted.support_code));
        let states: Vec<_> =
            world.deliveries().await.into_iter().map(|it| (it.id, it.state)).collect();
        assert_eq!(states, [(second.posted.id, "sent"), (first.posted.id, "given_up")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_written_to_is_not_and_that_is_known() {
    on_each_engine(async |world, _| {
        let World { app, by, tenant, .. } = world;
        let eve = world.user("eve", "Eve", None).await;
        let refused = phones::invite_by_mail(app, by, *tenant, eve, Separate::Always).await;
        assert_eq!(refused.unwrap_err().to_string(), "no mail address of “eve” is on record");
        assert!(world.deliveries().await.is_empty());
        recovery::renew(app, by, *tenant, eve).await.unwrap();
        let why = "no mail address of “eve” is on record".to_owned();
        assert_eq!(world.last().await, ("not_sent", 0, why));
        assert_eq!(world.send().await, 0);
    })
    .await;
}
