//! The server as a whole: where store, use cases, services and listener are put together, and how
//! they end. It starts only when everything it needs is there, and it ends in order: say so, let
//! streams and calls finish, stop the workers, let the ledger commit what waits.

mod master;

pub(crate) use master::master_key;

use crate::config::{Config, Drain, Reflection};
use crate::door::Door;
use crate::grpc::health::{Health, Pulse};
use crate::grpc::limits::{Bounds, Limits};
use crate::grpc::rates::{Rate, RateBounds, Rates};
use crate::grpc::stream::drain_spread;
use crate::grpc::token::Tokens;
use crate::grpc::{Edge, Parts, ServerInfo, services};
use crate::http::{self, Http, Known, Pages, Posted, Take};
use crate::layers::answers::Answers;
use crate::layers::gate::{Gate, GateOptions};
use crate::layers::{Front, cors};
use crate::metrics::{self, Figures};
use crate::proto::v1;
use crate::smtp::{self, Smtp};
use crate::tls::Tls;
use anyhow::{Context as _, Result};
use app::channels::Taken;
use app::ledger::LedgerConfig;
use app::mail::{MailConfig, OwnRelay};
use app::worker::dispatcher::DeliveryConfig;
use app::{App, AppConfig, Running};
use channels::Egress;
use channels::provider::RawRequest;
use domain::id::TenantId;
use domain::mail::Relay;
use domain::time::Span;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::{DatabaseKind, Store, StoreConfig};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tower::util::option_layer;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Streams one connection may have open.
const STREAMS_PER_CONNECTION: u32 = 256;

/// How often, in silence, a connection is asked whether its other end is there, and for how long.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Largest header list of a request.
const HEADERS_MAX: u32 = 16 << 10;

/// Flow-control windows: of a stream, and of a connection, which all its streams share.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 2 << 20;

/// How long workers and ledger may take to end at least, whatever was left of the time for it.
const ENDING: Duration = Duration::from_secs(2);

/// How long they may take where nothing presses.
const ENDING_CALM: Duration = Duration::from_secs(15);

/// How long nothing may have been under way before connections that stay are cut.
const QUIET: Duration = Duration::from_secs(2);

/// How often it is looked whether streams are left.
const LEFT_POLL: Duration = Duration::from_millis(50);

/// Use cases on a database, without a listener.
pub struct Opened {
    /// The use cases.
    pub app: App,
    /// Their tasks.
    pub running: Running,
    /// Ends them.
    pub stop: CancellationToken,
}

/// A server that listens and is about to serve.
pub struct Server {
    config: Config,
    opened: Opened,
    edge: Edge,
    health: Health,
    draining: watch::Sender<bool>,
    door: Door,
    addr: SocketAddr,
    smtp: Option<Smtp>,
    tls: Option<Tls>,
    pages: Pages,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything finished by itself.
    Clean,
    /// Something took too long and was cut.
    Cut,
}

/// Opens the database, brings it up to date and starts the use cases on it.
///
/// # Errors
/// If the master key is missing, the database cannot be reached, or another process holds it.
pub async fn open(config: &Config) -> Result<Opened> {
    let store = open_store(config).await?;
    let limits = &config.ledger;
    let app_config = AppConfig {
        ledger: LedgerConfig {
            floor_bytes_max: limits.floor_mebibytes << 20,
            floor_idle_max: Duration::from_secs(limits.floor_idle_seconds),
        },
        delivery: DeliveryConfig {
            egress: Egress {
                allow_http: config.egress.allow_http,
                allow_private: config.egress.allow_private,
            },
            timeout: Duration::from_secs(config.delivery.timeout_seconds),
        },
        mail: mail(config),
        version: VERSION.to_owned(),
        accesses_kept: Span::from_secs(i64::from(config.access_log.keep_days) * 24 * 3600),
        identity: config.identity.settings()?,
        past_events: config.limits.past_events,
    };
    let stop = CancellationToken::new();
    let (app, running) = App::start(store, app_config, stop.clone()).await?;
    Ok(Opened { app, running, stop })
}

/// What mail needs of the installation.
fn mail(config: &Config) -> MailConfig {
    let of = &config.mail.relay;
    let relay = (!of.host.is_empty()).then(|| OwnRelay {
        relay: Relay {
            host: of.host.clone(),
            port: of.port,
            security: of.security,
            username: of.username.clone(),
        },
        password: of.password.clone(),
    });
    MailConfig { relay, domain: config.mail.domain.clone() }
}

/// Opens the database and brings it up to date.
///
/// # Errors
/// As [`open`].
pub async fn open_store(config: &Config) -> Result<Store> {
    let master_key = master_key(config)?;
    let store = Store::open(StoreConfig {
        url: config.database.url.clone(),
        read_connections: config.database.read_connections,
        master_key,
    });
    let store = store.await?;
    store.migrate().await?;
    // Asked here, where the answer reaches whoever starts this; below it is an inner fault.
    if let Some((_, wrapped)) = store.tenant(TenantId::SYSTEM).tenant_row(TenantId::SYSTEM).await? {
        store.seals().master().prove(&wrapped)?;
    }
    Ok(store)
}

impl Opened {
    /// Ends the use cases; whether they did in time.
    pub async fn close(self) -> bool {
        self.close_within(ENDING_CALM).await
    }

    /// Ends the use cases within this time; whether they did.
    async fn close_within(self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let store = self.app.store().clone();
        self.stop.cancel();
        let ended = timeout_at(until, self.running.finish()).await.is_ok();
        drop(self.app);
        let closed = matches!(timeout_at(until, store.close()).await, Ok(Ok(())));
        ended && closed
    }
}

impl Server {
    /// Puts everything together and takes the address. Nothing is served until [`Server::run`].
    ///
    /// # Errors
    /// As [`open`], and if the address cannot be taken.
    pub async fn build(config: Config) -> Result<Self> {
        // First what may be missing, before anything is opened.
        let tls = Tls::open(&config.tls)?;
        let pages = Pages::open(&config.pages)?;
        let others = config.smtp_listen().map_or(0, |_| config.smtp.connections);
        let connections = (config.limits.connections, others);
        let door = Door::open(config.listen, connections, KEEPALIVE_INTERVAL)
            .with_context(|| format!("cannot listen on {}", config.listen))?
            .with_per_address(config.limits.connections_per_address)
            .with_tls(tls.clone());
        let addr = door.addr()?;
        let opened = open(&config).await?;
        if config.metrics.enabled {
            metrics::begin(opened.stop.clone())?;
        }
        let smtp = smtp::setup::open(&config, &opened.app, tls.clone()).await?;
        let draining = watch::Sender::new(false);
        let edge = edge(&config, &opened.app, draining.subscribe(), addr);
        let health = Health::begin().await;
        health.look(&opened.app, Duration::from_secs(config.health.timeout_seconds)).await;
        Ok(Self { config, opened, edge, health, draining, door, addr, smtp, tls, pages })
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address it takes mail at; none if it takes none.
    #[must_use]
    pub fn smtp_addr(&self) -> Option<SocketAddr> {
        self.smtp.as_ref()?.addr().ok()
    }

    /// The use cases.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.opened.app
    }

    /// Where callers reach it.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.edge.info.public_url
    }

    /// Serves until `shutdown`, then ends in order.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<Ended> {
        let Self { config, opened, edge, health, draining, door, smtp, tls, pages, .. } = self;
        let closing = CancellationToken::new();
        let limits = edge.limits.clone();
        let answers = Answers::default();
        tokio::spawn(answers.clone().follow(opened.stop.clone()));
        let options = GateOptions {
            call_limit: Duration::from_secs(config.limits.call_seconds),
            access_log: config.log.access,
            closing: closing.clone(),
            answers,
        };
        let front = front(&config, edge, &health, options, pages);
        let cors = cors::layer(&config.cors.origins)?;
        let pulse = Pulse {
            interval: Duration::from_secs(config.health.interval_seconds),
            timeout: Duration::from_secs(config.health.timeout_seconds),
        };
        let followed = health.follow(opened.app.clone(), pulse, draining.subscribe());
        let followed = tokio::spawn(followed);
        if let Some(tls) = tls {
            tokio::spawn(tls.follow(opened.stop.clone()));
        }

        let (close, closed) = oneshot::channel::<()>();
        let serving = tonic::transport::Server::builder()
            .accept_http1(true)
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .http2_max_header_list_size(HEADERS_MAX)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .layer(option_layer(cors))
            .serve_with_incoming_shutdown(front, door, async {
                // Dropped or sent, both mean that it is time.
                let _ = closed.await;
            });
        let mut serving = tokio::spawn(serving);
        let mail = smtp::setup::Open::begin(smtp);

        tokio::select! {
            ended = &mut serving => ended??,
            () = shutdown => {}
        }
        tracing::info!("shutting down");
        draining.send_replace(true);
        mail.close();
        let streams = drain(&config.drain, &limits).await;
        closing.cancel();
        // The receiver is gone only if serving has ended already.
        let _ = close.send(());
        let hard = Instant::now() + Duration::from_secs(config.drain.hard_seconds);
        let finished = serving.is_finished() || settled(&mut serving, &limits, hard).await;
        serving.abort();
        if !finished {
            tracing::warn!("calls took too long and were cut");
        }
        let finished = mail.finish(hard).await && finished;
        // It has nothing to say after the last word.
        let _ = followed.await;
        let left = hard.saturating_duration_since(Instant::now());
        let stopped = opened.close_within(left.max(ENDING)).await;
        if !stopped {
            tracing::warn!("workers took too long and were cut");
        }
        tracing::info!(streams_cut = streams, "ended");
        Ok(if finished && stopped && streams == 0 { Ended::Clean } else { Ended::Cut })
    }
}

/// Waits until every connection has ended or nothing has been under way on them for a while: a
/// peer that sleeps does not answer a GOAWAY, and takes nothing away with it. Whether that was so
/// before the hard limit.
async fn settled<T>(serving: &mut JoinHandle<T>, limits: &Limits, hard: Instant) -> bool {
    let mut quiet = Instant::now();
    loop {
        tokio::select! {
            _ = &mut *serving => return true,
            () = sleep(LEFT_POLL) => {}
        }
        let now = Instant::now();
        if limits.open_calls() + limits.open_named_streams() > 0 {
            quiet = now;
        }
        if now.duration_since(quiet) >= QUIET {
            return true;
        }
        if now >= hard {
            return false;
        }
    }
}

/// Lets load balancers notice and streams say goodbye; how many had not when time was up.
async fn drain(drain: &Drain, limits: &Limits) -> usize {
    sleep(Duration::from_secs(drain.notice_seconds)).await;
    let until = Instant::now() + Duration::from_secs(drain.streams_seconds);
    while limits.open_named_streams() > 0 && Instant::now() < until {
        sleep(LEFT_POLL).await;
    }
    limits.open_named_streams()
}

fn edge(config: &Config, app: &App, draining: watch::Receiver<bool>, addr: SocketAddr) -> Edge {
    let limits = &config.limits;
    let public_url = match config.public_url.trim_end_matches('/') {
        "" if config.tls.certificate.as_os_str().is_empty() => format!("http://{addr}"),
        "" => format!("https://{addr}"),
        url => url.to_owned(),
    };
    let optional = [
        ("reflection", config.reflects_to() != Reflection::Off),
        ("egress.http", config.egress.allow_http),
        ("egress.private", config.egress.allow_private),
        ("time.shift", config.time.shift_allowed),
    ];
    let switched_on = optional.iter().filter(|(_, on)| *on);
    Edge::new(Parts {
        app: app.clone(),
        tokens: Tokens::new(&app.store().seals().derive("tokens")),
        limits: Limits::new(bounds(limits)),
        streams: Default::default(),
        rings: Default::default(),
        rates: rates(limits),
        draining,
        drain_spread: drain_spread(Duration::from_secs(config.drain.streams_seconds)),
        info: ServerInfo {
            version: VERSION,
            features: switched_on.map(|(name, _)| (*name).to_owned()).collect(),
            database: match app.store().kind() {
                DatabaseKind::Sqlite => v1::DatabaseKind::Sqlite,
                DatabaseKind::Postgres => v1::DatabaseKind::Postgresql,
            },
            public_url,
            reflection: config.reflects_to(),
        },
    })
}

fn bounds(limits: &crate::config::Limits) -> Bounds {
    Bounds {
        streams_per_key: limits.streams_per_key,
        streams_per_tenant: limits.streams_per_tenant,
        streams: limits.streams,
        calls_per_key: limits.calls_per_key,
        calls_per_tenant: limits.calls_per_tenant,
        calls: limits.calls,
        strangers: limits.strangers,
        strangers_per_address: limits.strangers_per_address,
        webhooks: limits.webhooks,
        webhooks_per_address: limits.webhooks_per_address,
        webhooks_per_account: limits.webhooks_per_account,
    }
}

fn rates(limits: &crate::config::Limits) -> Rates {
    let wrong = limits.wrong_credentials_per_minute;
    Rates::new(&RateBounds {
        key: Rate::per_second(limits.calls_per_second_per_key, limits.calls_burst_per_key),
        tenant: Rate::per_second(limits.calls_per_second_per_tenant, limits.calls_burst_per_tenant),
        account: Rate::per_second(
            limits.webhooks_per_second_per_account,
            limits.webhooks_burst_per_account,
        ),
        address: Rate { times: wrong, per: Duration::from_secs(60), burst: wrong },
    })
}

fn front(
    config: &Config,
    edge: Edge,
    health: &Health,
    options: GateOptions,
    pages: Pages,
) -> Front {
    let figures = || Arc::new(Figures::new(edge.app.clone()));
    let http = Http {
        known: known(edge.app.clone()),
        take: take(edge.app.clone()),
        ready: health.ready(),
        limits: edge.limits.clone(),
        figures: config.metrics.enabled.then(figures),
        rates: edge.rates.clone(),
        pages,
    };
    let clock = config.time.shift_allowed.then(|| edge.app.ledger().clone());
    let routes = services(edge.clone(), health.service()).prepare();
    Front::new(Gate::new(routes, edge, options), http::router(http, clock))
}

/// Asks the use case whether there is a hook.
fn known(app: App) -> Known {
    Arc::new(move |hook| {
        let app = app.clone();
        Box::pin(async move { app.knows_hook(&hook).await })
    })
}

/// Hands posted webhooks to the use case, as the channels want them.
fn take(app: App) -> Take {
    Arc::new(move |posted: Posted| {
        let app = app.clone();
        Box::pin(async move {
            let Posted { hook, method, path, headers, body } = posted;
            match RawRequest::new(method, path, headers, body) {
                Ok(request) => app.take_webhook(&hook, &request).await,
                Err(rejection) => Ok(Taken::Rejected(rejection)),
            }
        })
    })
}
