//! `authx serve`.

use super::Global;
use crate::api::admin::{self, AdminApi};
use crate::api::phone::{self, PhoneApi};
use crate::api::{self, Api};
use crate::app::App;
use crate::chores;
use crate::config::{Config, Origin};
use crate::health::{self, Health};
use crate::logins;
use crate::phone_site;
use crate::portal::{self, Portal};
use crate::portal_site;
use crate::random::OsRandom;
use crate::serve::{Server, Sites, Stop, Stopping, stopping, systemd};
use anyhow::Context as _;
use authx_program::logging;
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, header},
    response::Response,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tower::ServiceExt as _;

pub(super) async fn run(global: &Global) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(&global.config)?;
    logging::start(&config.log).context("logging cannot start")?;
    config.limits.connections = config.limits.connections.min(most_connections());
    let app = Arc::new(App::open(&config).await?);
    if let Err(problem) = app.clock.check() {
        tracing::error!(%problem, "logins are refused");
    }
    let (stop, stopping) = stopping();
    let server = Server::bind(config.listen.clone(), config.limits).await?;
    app.certificate.watch(server.standing());
    stop_on_signal(stop)?;
    tokio::spawn(health::watch_clock(app.store.clone(), app.clock.clone(), stopping.clone()));
    tokio::spawn({
        let (app, stopping) = (app.clone(), stopping.clone());
        async move { logins::ring_phones(app, stopping.wait()).await }
    });
    let chores = tokio::spawn(chores::run(app.clone(), stopping.clone()));
    tokio::spawn(systemd::watchdog(stopping.clone()));
    tracing::info!(
        address = server.address().map(tracing::field::display),
        public_url = %config.public_url,
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    systemd::ready();
    let sites = sites(&config, &app, &server, &stopping);
    server.run(sites, &OsRandom, stopping).await;
    if let Err(error) = chores.await {
        tracing::error!(%error, "a chore failed");
    }
    chores::finish(&app).await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn sites(config: &Config, app: &Arc<App>, server: &Server, stopping: &Stopping) -> Sites {
    let health = Health::new(app.store.clone(), app.clock.clone(), stopping.clone())
        .with_certificate(server.keeper());
    let api = Api::new(app.clone(), config.limits.body_bytes, stopping.clone());
    let scripts = AdminApi::new(app.clone(), config.limits.body_bytes);
    let portal = Portal::new(app.clone());
    let public = health::router(Arc::new(health))
        .merge(api::router(api))
        .merge(admin::router(&scripts))
        .merge(portal::router(&portal));
    let page = portal::nowhere(&portal);
    let public = public.merge(portal_site::router());
    let public = public.fallback(move |request| nowhere(page.clone(), request));
    let phone = PhoneApi::new(app.clone(), config.limits.body_bytes, stopping.clone());
    let phone = phone::router(phone).merge(phone_site::router());
    let phone_host = config.phone_url.host().to_owned();
    let tls_only = tls_only(&[&config.public_url, &config.phone_url]);
    Sites { public, phone, phone_host, uploads: UPLOADS, tls_only }
}

/// Not on one's own machine, whose name others' programs have too.
fn tls_only(urls: &[&Origin]) -> bool {
    urls.iter().all(|url| url.is_https() && !url.is_loopback())
}

/// Where nothing is: a page for people, what the API says for programs.
async fn nowhere(page: Router, request: Request) -> Response {
    let accepts = request.headers().get(header::ACCEPT).map(HeaderValue::to_str);
    let person = accepts.is_some_and(|text| text.is_ok_and(|text| text.contains("text/html")));
    if !person || request.method() != Method::GET {
        return api::nothing();
    }
    page.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// SIGTERM (systemd) and SIGINT (a terminal) mean the same: finish and go.
fn stop_on_signal(stop: Stop) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests under way are answered");
        systemd::ending();
        stop.stop();
    });
    Ok(())
}

/// Raises the soft limit on open files, often 1,024, to the hard one, and leaves some for the
/// database: a waiting login is an open connection.
fn most_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
    let files = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok());
    files.map_or(usize::MAX, |files| files.saturating_sub(OTHER_FILES).max(1))
}

const OTHER_FILES: usize = 256;

/// Where users come in from files.
const UPLOADS: &[(&str, usize)] = &[portal::UPLOAD, admin::UPLOAD];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_machine_and_what_has_no_tls_are_not_told_to_come_by_tls_only() {
        let told = |public: &str, phone: &str| {
            tls_only(&[&public.parse().unwrap(), &phone.parse().unwrap()])
        };
        assert!(told("https://mfa.example.com", "https://phone.mfa.example.com"));
        assert!(!told("https://localhost:8443", "https://phone.localhost:8443"));
        assert!(!told("http://127.0.0.1:8080", "http://phone.localhost:8080"));
    }
}
