//! Web Push: whether it is set up, its key opens, and the push services can be reached.

use super::Check;
use crate::{
    config::{ProxyAddress, Push},
    keys::Keys,
    push::{self, PushError},
    senders::web_push::reachable,
    store::Store,
};
use futures_util::future::join_all;
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

pub(super) async fn check(push: &Push, stored: Option<(&Store, Keys)>) -> Vec<Check> {
    let mut checks = vec![];
    if let Some((store, keys)) = stored {
        checks.extend(key(push, push::stored_key(&keys, store).await));
    }
    let Some(contact) = &push.contact else {
        let found = "off: push.contact is not set";
        let advice = "set it, or let it be: phones then hear of a sign-in only while their app is open (docs: push.md)";
        checks.push(Check::warn(NAME, found, advice));
        return checks;
    };
    checks.push(Check::ok(NAME, format!("on, for {contact}")));
    if let Err(error) = push::authorities(push) {
        checks.push(Check::error(NAME, &error));
    }
    let singles = push.hosts.iter().filter_map(|host| host.single());
    // Of a wildcard no name is known, except this one of Apple's.
    let all = singles.chain([(APPLE, 443)]).filter(|(host, port)| is_on(push, host, *port));
    checks.extend(match &push.proxy {
        Some(proxy) => through(proxy, all.collect()).await,
        None => join_all(all.map(|(host, port)| directly(push, host, port))).await,
    });
    checks
}

fn is_on(push: &Push, host: &str, port: u16) -> bool {
    push.hosts.iter().any(|known| known.is(host, port))
}

fn key(
    push: &Push,
    found: Result<Option<crate::senders::web_push::VapidKey>, PushError>,
) -> Option<Check> {
    match found {
        Ok(Some(key)) => Some(Check::ok(NAME, format!("its key is {}", key.public()))),
        Ok(None) if push.contact.is_none() => None,
        Ok(None) => Some(Check::ok(NAME, "its key is made when the server starts")),
        // The check of the keys says it better.
        Err(PushError::Keys(_)) => None,
        Err(error) => Some(Check::error(NAME, &error)),
    }
}

/// As a message would go: to an address that may be connected to.
async fn directly(push: &Push, host: &str, port: u16) -> Check {
    let opened = |address| push.allow_networks.iter().any(|network| network.contains(address));
    let tried = timeout(PATIENCE, async {
        let addresses = reachable(host, opened).await?;
        let mut last = io::ErrorKind::AddrNotAvailable.into();
        for address in addresses {
            match TcpStream::connect((address, port)).await {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    });
    match tried.await {
        Ok(Ok(())) => Check::ok(NAME, format!("{host} is reached")),
        Ok(Err(error)) => Check::warn(NAME, format!("{host} is not reached: {error}"), OPEN),
        Err(_) => Check::warn(NAME, format!("{host} does not answer"), OPEN),
    }
}

async fn through(proxy: &ProxyAddress, hosts: Vec<(&str, u16)>) -> Vec<Check> {
    let (place, user) = match (proxy.place(), proxy.authorization()) {
        (Ok(place), Ok(user)) => (place, user),
        (Err(error), _) | (_, Err(error)) => return vec![Check::error(NAME, &error)],
    };
    let ask = async |(host, port)| {
        let tried =
            timeout(PATIENCE, connect(&place, user.as_ref().map(|user| user.as_str()), host, port))
                .await;
        let found = match tried {
            Ok(Ok(answer))
                if answer.split(' ').nth(1).is_some_and(|code| code.starts_with('2')) =>
            {
                return Check::ok(NAME, format!("{host} is reached through the proxy"));
            }
            Ok(Ok(answer)) => format!("the proxy does not let {host} through: {answer}"),
            Ok(Err(error)) => format!("the proxy is not reached: {error}"),
            Err(_) => format!("the proxy does not answer for {host}"),
        };
        Check::warn(NAME, found, OPEN)
    };
    let mut checks = join_all(hosts.into_iter().map(ask)).await;
    checks.dedup();
    checks
}

/// What the proxy answers when it is asked for a way, in its first line.
async fn connect(
    (proxy, at): &(String, u16),
    user: Option<&str>,
    host: &str,
    port: u16,
) -> io::Result<String> {
    let mut stream = TcpStream::connect((proxy.as_str(), *at)).await?;
    let user = user.map(|user| format!("proxy-authorization: {user}\r\n")).unwrap_or_default();
    let ask = format!("CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n{user}\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let mut answer = vec![];
    while answer.len() < 256 && !answer.contains(&b'\n') {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            break;
        }
        answer.extend_from_slice(&byte);
    }
    let line = String::from_utf8_lossy(&answer);
    Ok(authx_program::output::visible(line.trim()).chars().take(100).collect())
}

const NAME: &str = "push";
const APPLE: &str = "web.push.apple.com";
const OPEN: &str = "let this server out to it on port 443, or set push.proxy (docs: push.md)";
const PATIENCE: Duration = Duration::from_secs(4);
