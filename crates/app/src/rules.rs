//! Rules looked at without changing anything: a dry run of an arrival, and the search for flaws.
//! Both ask the code that routes.

use crate::context::Context;
use crate::error::Result;
use crate::{App, RULES_WAIT, unavailable};
use domain::channel::ChannelKind;
use domain::id::{AccountId, CustomerId, RuleId};
use domain::interaction::Priority;
use engine::floor::Floor;
pub use engine::routing::intake::{Placement, Said};
pub use engine::routing::lint::{FINDINGS_MAX, Finding, Report};
pub use engine::routing::rules::{Spot, Verdict};
use engine::routing::{intake, lint};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Something that could arrive, as a caller describes it.
#[derive(Clone, Debug, Default)]
pub struct Imagined {
    /// The kind of channel.
    pub channel: Option<ChannelKind>,
    /// The account.
    pub account_id: Option<AccountId>,
    /// The priority asked for.
    pub priority: Option<Priority>,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// Its language.
    pub language: String,
    /// Words on it.
    pub tags: Vec<String>,
    /// Who it is about; only compared, nobody is looked up.
    pub customer_id: Option<CustomerId>,
    /// The customer's tier.
    pub tier: String,
    /// The customer's attributes.
    pub attributes: BTreeMap<String, String>,
}

impl App {
    /// Where something would go if it arrived now, and what each rule up to the one that takes it
    /// says of it.
    ///
    /// # Errors
    /// If the tenant's floor cannot be loaded.
    pub async fn test_rules(
        &self,
        context: &Context,
        imagined: &Imagined,
    ) -> Result<(Placement, Vec<Said>)> {
        let rules = self.rules(context.caller.tenant).await?;
        let arrival = intake::Arrival {
            now: self.now().await?,
            channel: imagined.channel,
            account_id: imagined.account_id,
            priority: imagined.priority,
            subject: &imagined.subject,
            text: &imagined.body,
            language: &imagined.language,
            tags: &imagined.tags,
            customer_id: imagined.customer_id,
            tier: &imagined.tier,
            attributes: Some(&imagined.attributes),
            status: None,
            created_at: None,
        };
        let (mut placement, said) = rules.dry_run(&arrival);
        // What is asked for outright counts as when it arrives.
        if let Some(priority) = imagined.priority {
            placement.priority = placement.priority.max(priority);
        }
        Ok((placement, said))
    }

    /// Flaws of the tenant's routing, or those that concern one rule.
    ///
    /// # Errors
    /// If the tenant's floor cannot be loaded.
    pub async fn lint(&self, context: &Context, rule: Option<RuleId>) -> Result<Report> {
        let floor = self.floor_of(context).await?;
        let found = tokio::task::spawn_blocking(move || match rule {
            Some(rule) => lint::of_rule(&floor, rule),
            None => lint::all(&floor),
        });
        found.await.map_err(|_| unavailable())
    }

    /// The tenant's floor; loads it if this node has none.
    async fn floor_of(&self, context: &Context) -> Result<Floor> {
        let tenant = context.caller.tenant;
        let started = Instant::now();
        loop {
            if let Some(floor) = self.ledger.floor(tenant).await {
                return Ok(floor);
            }
            if started.elapsed() > RULES_WAIT {
                return Err(unavailable());
            }
            self.ledger.poke(tenant);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
