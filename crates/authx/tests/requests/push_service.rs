//! A push service and a proxy on this machine.

pub(crate) use service::{Answer, Proxy, Service};

pub(crate) const HOST: &str = "jmt17.google.com";

#[expect(dead_code, reason = "shared with the tests of the sender, which use all of it")]
#[path = "../../src/senders/web_push/tests/service.rs"]
mod service;
