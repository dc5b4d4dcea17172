//! Mail: whether it is set up, and whether the mail server lets this one in.

use super::Check;
use crate::{
    config::Mail,
    mail::{MailError, Post, Security},
};
use std::{net::IpAddr, time::Duration};
use tokio::time::timeout;

pub(super) async fn check(mail: Option<&Mail>) -> Vec<Check> {
    let Some(mail) = mail else {
        let found = "off: there is no [mail] in the configuration";
        let advice = "set it, or let it be: nobody is then told of a new phone, and invitations go by hand (docs: mail.md)";
        return vec![Check::warn(NAME, found, advice)];
    };
    let post = match Post::open(Some(mail)) {
        Ok(Some(post)) => post,
        Ok(None) => return vec![],
        Err(error) => return vec![Check::error(NAME, &error)],
    };
    let server = format!("{}:{}", mail.server.host, mail.server.port);
    let mut checks = vec![];
    if mail.security == Security::None && !is_near(&mail.server.host) {
        let found = format!("the way to {server} is not encrypted");
        let advice =
            "links that let people in can be read on it; set mail.security to \"starttls\"";
        checks.push(Check::warn(NAME, found, advice));
    }
    checks.push(match timeout(PATIENCE, Box::pin(post.reach())).await {
        Ok(Ok(())) => Check::ok(NAME, format!("{server} lets AuthX in, as {}", mail.from)),
        Ok(Err(error)) => Check::fail(NAME, format!("{server}: {error}"), advice(&error)),
        Err(_) => Check::fail(NAME, format!("{server}: {}", MailError::Slow), REACH),
    });
    checks
}

fn is_near(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn advice(error: &MailError) -> &'static str {
    match error {
        MailError::Login { .. } => "correct mail.user, and the password in mail.password_file",
        MailError::NoStartTls => {
            "try mail.security = \"tls\" on port 465, or ask who runs the mail server"
        }
        MailError::Tls { .. } => {
            "mail.server has to be the name in the server's certificate; mail.ca_file names an authority of your own"
        }
        MailError::Confused { .. }
        | MailError::NotNow { .. }
        | MailError::Refused { .. }
        | MailError::Sender { .. }
        | MailError::Slow
        | MailError::Unreachable { .. }
        | MailError::Unwritable { .. } => REACH,
    }
}

const NAME: &str = "mail";
const REACH: &str = "let this server out to it, and compare mail.server and mail.security with what its operator says (docs: mail.md)";
const PATIENCE: Duration = Duration::from_secs(10);
