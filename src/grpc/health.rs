//! Health, as load balancers ask for it: overall and per service, and it follows the database and
//! the ledger: a server that can read but decide or write nothing does not serve. One that is
//! shutting down says so first, before it refuses anything.

use crate::policy;
use app::App;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

/// What health is followed by.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    /// How often database and ledger are asked.
    pub interval: Duration,
    /// How long they may take to answer.
    pub timeout: Duration,
}

/// Tells the health of the server.
#[derive(Clone, Debug)]
pub struct Health {
    reporter: HealthReporter,
    services: BTreeSet<&'static str>,
    ready: watch::Sender<bool>,
}

impl Health {
    /// The health of a server that does not serve yet.
    pub async fn begin() -> Self {
        let path = |policy: &policy::MethodPolicy| policy.path.split('/').nth(1);
        let services = policy::all().iter().filter_map(path);
        // The empty name is the server as a whole.
        let services = services.chain([""]).collect();
        let ready = watch::Sender::new(false);
        let health = Self { reporter: HealthReporter::new(), services, ready };
        health.tell(false).await;
        health
    }

    /// The service that answers with it.
    #[must_use]
    pub fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }

    /// Whether the server can serve, for the probe.
    #[must_use]
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }

    /// Says whether the server can serve.
    pub async fn tell(&self, serving: bool) {
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in &self.services {
            self.reporter.set_service_status(service, status).await;
        }
        self.ready.send_replace(serving);
    }

    /// Asks database and ledger once and says what it found.
    pub async fn look(&self, app: &App, limit: Duration) {
        let (answer, decides) =
            tokio::join!(timeout(limit, app.store().ping()), app.ledger().answers(limit));
        let answers = matches!(answer, Ok(Ok(())));
        let writes = app.writes();
        let serving = answers && decides && writes;
        if serving == *self.ready.borrow() {
            return;
        }
        match (answers, decides, writes) {
            (true, true, true) => tracing::info!("database and ledger answer; serving"),
            (true, true, false) => tracing::error!("the database takes no writes; not serving"),
            (true, false, _) => tracing::error!("the ledger does not answer; not serving"),
            (false, ..) => tracing::error!("the database does not answer; not serving"),
        }
        self.tell(serving).await;
    }

    /// Follows the database until the server shuts down, then says that it does not serve.
    pub async fn follow(self, app: App, pulse: Pulse, mut draining: watch::Receiver<bool>) {
        let pulsing = async {
            loop {
                sleep(pulse.interval).await;
                self.look(&app, pulse.timeout).await;
            }
        };
        tokio::select! {
            () = pulsing => {}
            _ = draining.wait_for(|draining| *draining) => {}
        }
        self.tell(false).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::{Code, Request};
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_check_response::ServingStatus as Wire;
    use tonic_health::pb::health_server::Health as _;

    #[tokio::test]
    async fn every_service_and_the_whole_are_told_together() {
        let health = Health::begin().await;
        assert_eq!(health.services.len(), 8, "seven services and the whole");
        let service = HealthService::from_health_reporter(health.reporter.clone());
        for serving in [false, true, false] {
            health.tell(serving).await;
            assert_eq!(*health.ready().borrow(), serving);
            for name in &health.services {
                let request = HealthCheckRequest { service: (*name).to_owned() };
                let answer = service.check(Request::new(request)).await.expect("known");
                let expected = if serving { Wire::Serving } else { Wire::NotServing };
                assert_eq!(answer.into_inner().status(), expected, "{name}");
            }
        }
        let request = HealthCheckRequest { service: "other".into() };
        let unknown = service.check(Request::new(request)).await.expect_err("unknown");
        assert_eq!(unknown.code(), Code::NotFound);
    }
}
