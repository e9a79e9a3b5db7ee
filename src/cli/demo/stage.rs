//! The stage: what a tenant sets up before its first customer writes (skills, a team, a queue,
//! agents with keys, a channel account, a rule, promises of time), all through the API and with
//! names that no other run has; and what is switched off afterwards, so that runs do not stand in
//! each other's way.

use super::script::Script;
use anyhow::{Context as _, Result, anyhow};
use futures::{StreamExt, TryStreamExt};
use omnichannel_sdk::v1::{self, ChannelKind, ConditionField, ConditionOperator};
use omnichannel_sdk::{Client, Error};
use std::fmt;

/// Agents that are made at the same time.
const AT_ONCE: usize = 16;

/// Level of the skill that the queue requires, and what agents have.
const LEVEL: i32 = 3;

/// One in so many agents lacks the skill that the rule about invoices adds.
const UNSKILLED_EVERY: usize = 4;

/// An agent and what it takes to be one. The key never shows in debug output.
#[derive(Clone)]
pub(super) struct Player {
    pub(super) number: usize,
    pub(super) agent_id: String,
    pub(super) key: String,
    key_id: String,
    /// Whether the agent has the skill for invoices.
    pub(super) billing: bool,
    /// How much at a time.
    pub(super) units: usize,
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").field("number", &self.number).finish_non_exhaustive()
    }
}

/// What the first agents are called.
const AGENTS: [&str; 8] = [
    "Ruth Adeyemi",
    "Samir Costa",
    "Tilda Berg",
    "Uma Krishnan",
    "Viktor Novak",
    "Wanda Ilves",
    "Yusuf Demir",
    "Zoe Laurent",
];

/// What customers are promised: short enough for some of it to be broken before all is answered.
const PROMISES: [(v1::SlaMetric, i64); 2] =
    [(v1::SlaMetric::TimeToAnswer, 2), (v1::SlaMetric::FirstResponse, 4)];

/// At how many percent of a promise it is told that it is at risk.
const WARN_AT: [i32; 1] = [50];

/// What was set up.
pub(super) struct Stage {
    pub(super) queue_id: String,
    /// The webhook account, and that of the mailbox if the play has mail.
    pub(super) account_ids: Vec<String>,
    pub(super) rule_id: String,
    promises: String,
    pub(super) players: Vec<Player>,
    /// Path on the server that takes the customers' messages.
    pub(super) inbound_path: String,
    /// Signs in both directions.
    pub(super) secret: String,
}

struct Skills {
    care: String,
    billing: String,
}

impl Stage {
    /// Sets everything up.
    pub(super) async fn set_up(
        client: &Client,
        script: &Script,
        agents: usize,
        (receiver_url, mail_port): (&str, Option<u16>),
    ) -> Result<Self> {
        let run = &script.run;
        let skills = Skills {
            care: skill(client, format!("demo-{run}-care")).await?,
            billing: skill(client, format!("demo-{run}-billing")).await?,
        };
        let team_id = team(client, run).await?;
        let queue_id = queue(client, run, &skills, &team_id).await?;
        let (account, secret) = account(client, run, &queue_id, receiver_url).await?;
        let Some(v1::channel_account::Config::Webhook(webhook)) = account.config else {
            return Err(anyhow!("the channel account came back without its settings"));
        };
        let mut account_ids = vec![account.id];
        if let Some(port) = mail_port {
            account_ids.push(mailbox(client, script, &queue_id, port).await?);
        }
        let rule_id = rule(client, run, &skills, (&queue_id, &account_ids)).await?;
        let promises = promises(client, run, &queue_id).await?;
        let made = (0..agents).map(|number| player(client, run, number, (&skills, &team_id)));
        let players = futures::stream::iter(made).buffered(AT_ONCE).try_collect().await?;
        let inbound_path = webhook.inbound_path;
        Ok(Self { queue_id, account_ids, rule_id, promises, players, inbound_path, secret })
    }

    /// Switches off what could matter to others: keys, accounts and rule. The rest stays to be
    /// looked at. Answers with how many of them could not be switched off.
    pub(super) async fn strike(&self, client: &Client) -> usize {
        let mut failed = usize::from(self.disable(client).await.is_err());
        for player in &self.players {
            let api_key_id = player.key_id.clone();
            let revoke = v1::RevokeApiKeyRequest { api_key_id, ..Default::default() };
            failed += usize::from(client.call(revoke).await.is_err());
        }
        failed
    }

    async fn disable(&self, client: &Client) -> Result<(), Error> {
        let mask = |path: &str| Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
        let rule = v1::RoutingRule { id: self.rule_id.clone(), ..Default::default() };
        let update = v1::UpdateRoutingRuleRequest {
            routing_rule: Some(rule),
            update_mask: mask("enabled"),
            ..Default::default()
        };
        client.call(update).await?;
        let sla_policy_id = self.promises.clone();
        client.call(v1::DeleteSlaPolicyRequest { sla_policy_id, ..Default::default() }).await?;
        for id in &self.account_ids {
            let status = v1::AccountStatus::Disabled.into();
            let account = v1::ChannelAccount { id: id.clone(), status, ..Default::default() };
            let update = v1::UpdateChannelAccountRequest {
                channel_account: Some(account),
                update_mask: mask("status"),
                ..Default::default()
            };
            client.call(update).await?;
        }
        Ok(())
    }
}

/// What an answer must hold.
fn present<T>(value: Option<T>, what: &str) -> Result<T> {
    value.ok_or_else(|| anyhow!("the server answered without the {what} it made"))
}

async fn skill(client: &Client, name: String) -> Result<String> {
    let skill = Some(v1::Skill { name, ..Default::default() });
    let request = v1::CreateSkillRequest { skill, ..Default::default() };
    let made = client.call(request).await.context("a skill")?;
    Ok(present(made.skill, "skill")?.id)
}

async fn team(client: &Client, run: &str) -> Result<String> {
    let team = Some(v1::Team { name: format!("demo-{run}-team"), ..Default::default() });
    let request = v1::CreateTeamRequest { team, ..Default::default() };
    let made = client.call(request).await.context("a team")?;
    Ok(present(made.team, "team")?.id)
}

async fn queue(client: &Client, run: &str, skills: &Skills, team_id: &str) -> Result<String> {
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let queue = v1::Queue {
        name: format!("Customer care ({run})"),
        description: "Made by omnichannel demo.".to_owned(),
        strategy: v1::RoutingStrategy::LeastLoaded.into(),
        priority_step: seconds(60),
        offer_timeout: seconds(20),
        wrap_up_limit: seconds(0),
        decline_cool_down: seconds(30),
        required_skills: vec![requirement(&skills.care)],
        team_ids: vec![team_id.to_owned()],
        ..Default::default()
    };
    let request = v1::CreateQueueRequest { queue: Some(queue), ..Default::default() };
    let made = client.call(request).await.context("a queue")?;
    Ok(present(made.queue, "queue")?.id)
}

/// Promises for this run's queue alone.
async fn promises(client: &Client, run: &str, queue_id: &str) -> Result<String> {
    let target = |(metric, seconds): (v1::SlaMetric, i64)| v1::SlaTarget {
        metric: metric.into(),
        target: Some(prost_types::Duration { seconds, nanos: 0 }),
        ..Default::default()
    };
    let policy = v1::SlaPolicy {
        name: format!("demo-{run}-promises"),
        position: 1,
        enabled: true,
        queue_ids: vec![queue_id.to_owned()],
        targets: PROMISES.map(target).to_vec(),
        warn_at_percent: WARN_AT.to_vec(),
        ..Default::default()
    };
    let request = v1::ConfigureSlaRequest { policy: Some(policy), ..Default::default() };
    let made = client.call(request).await.context("a policy of promises")?;
    Ok(present(made.policy, "policy")?.id)
}

fn requirement(skill_id: &str) -> v1::SkillRequirement {
    v1::SkillRequirement { skill_id: skill_id.to_owned(), min_level: LEVEL }
}

async fn account(
    client: &Client,
    run: &str,
    queue_id: &str,
    url: &str,
) -> Result<(v1::ChannelAccount, String)> {
    let webhook = v1::WebhookConfig { url: url.to_owned(), ..Default::default() };
    let account = v1::ChannelAccount {
        kind: ChannelKind::Webhook.into(),
        name: format!("demo-{run}-webhook"),
        config: Some(v1::channel_account::Config::Webhook(webhook)),
        default_queue_id: queue_id.to_owned(),
        ..Default::default()
    };
    let request =
        v1::CreateChannelAccountRequest { channel_account: Some(account), ..Default::default() };
    let made = client.call(request).await.map_err(|error| {
        let hint = "may the server post to this machine? `serve --demo` allows it, and so do the \
                    settings egress.allow_http and egress.allow_private";
        let refused = error.is(v1::ErrorReason::ValidationFailed);
        let context = if refused {
            format!("a channel account ({hint})")
        } else {
            "a channel account".into()
        };
        anyhow!(error).context(context)
    })?;
    Ok((present(made.channel_account, "channel account")?, made.signing_secret))
}

/// The mailbox of the desk; its answers leave by the customers' own mail server.
async fn mailbox(client: &Client, script: &Script, queue_id: &str, port: u16) -> Result<String> {
    let relay = v1::MailRelay {
        host: "127.0.0.1".to_owned(),
        port: port.into(),
        security: v1::RelaySecurity::None.into(),
        ..Default::default()
    };
    let email = v1::EmailConfig {
        address: script.mailbox(),
        display_name: "Demo desk".to_owned(),
        relay: Some(relay),
        ..Default::default()
    };
    let account = v1::ChannelAccount {
        kind: ChannelKind::Email.into(),
        name: format!("demo-{}-mailbox", script.run),
        config: Some(v1::channel_account::Config::Email(email)),
        default_queue_id: queue_id.to_owned(),
        ..Default::default()
    };
    let request =
        v1::CreateChannelAccountRequest { channel_account: Some(account), ..Default::default() };
    let made = client.call(request).await.context("the account of a mailbox")?;
    Ok(present(made.channel_account, "channel account")?.id)
}

/// Only what comes over this run's accounts, so that other runs keep their own.
async fn rule(
    client: &Client,
    run: &str,
    skills: &Skills,
    (queue_id, account_ids): (&str, &[String]),
) -> Result<String> {
    let condition = |field: ConditionField, operator: ConditionOperator, values: &[String]| {
        let (field, operator) = (field.into(), operator.into());
        v1::Condition { field, operator, values: values.to_vec(), ..Default::default() }
    };
    let rule = v1::RoutingRule {
        name: format!("demo-{run}-invoices"),
        position: 1,
        enabled: true,
        r#match: v1::RuleMatch::All.into(),
        conditions: vec![
            condition(
                ConditionField::Keyword,
                ConditionOperator::Contains,
                &["invoice".to_owned()],
            ),
            condition(ConditionField::ChannelAccount, ConditionOperator::In, account_ids),
        ],
        action: Some(v1::RuleAction {
            queue_id: queue_id.to_owned(),
            set_priority: v1::Priority::High.into(),
            add_required_skills: vec![requirement(&skills.billing)],
            ..Default::default()
        }),
        ..Default::default()
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    let made = client.call(request).await.context("a routing rule")?;
    Ok(present(made.routing_rule, "routing rule")?.id)
}

async fn player(
    client: &Client,
    run: &str,
    number: usize,
    (skills, team_id): (&Skills, &str),
) -> Result<Player> {
    let billing = number % UNSKILLED_EVERY != UNSKILLED_EVERY - 1;
    let units = 2 + number % 2;
    let known = [Some(&skills.care), billing.then_some(&skills.billing)];
    let skill = |id: &String| v1::AgentSkill { skill_id: id.clone(), level: LEVEL };
    let agent = v1::Agent {
        name: match AGENTS.get(number) {
            Some(name) => (*name).to_owned(),
            None => format!("Agent {}", number + 1),
        },
        team_ids: vec![team_id.to_owned()],
        skills: known.into_iter().flatten().map(skill).collect(),
        languages: vec!["en".to_owned()],
        capacity: Some(v1::Capacity {
            units: i32::try_from(units).context("the capacity of an agent")?,
            ..Default::default()
        }),
        ..Default::default()
    };
    let request = v1::CreateAgentRequest { agent: Some(agent), ..Default::default() };
    let made = client.call(request).await.context("an agent")?;
    let agent_id = present(made.agent, "agent")?.id;
    let api_key = v1::ApiKey {
        name: format!("demo-{run}-agent-{number}"),
        role: v1::Role::Agent.into(),
        agent_id: agent_id.clone(),
        ..Default::default()
    };
    let request = v1::CreateApiKeyRequest { api_key: Some(api_key), ..Default::default() };
    let made = client.call(request).await.context("the API key of an agent")?;
    let key_id = present(made.api_key, "API key")?.id;
    Ok(Player { number, agent_id, key: made.key, key_id, billing, units })
}
