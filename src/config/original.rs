//! Names of the Python service this one descends from: which of them still mean what they meant,
//! and what took the place of the others. They are told by `check-config` and in refusals of a key
//! that nobody knows; none of them stops a start.

/// Variables of its environment, and what became of them.
const VARIABLES: [(&str, &str); 12] = [
    ("OMNICHANNEL_REDIS_URL", "not needed: what it cached is kept in memory and in the database"),
    ("OMNICHANNEL_CELERY_BROKER", "not needed: the server does its background work itself"),
    ("SENDGRID_API_KEY", "per account: a ChannelAccount of kind EMAIL holds its own relay"),
    ("TWILIO_ACCOUNT_SID", "not yet: SMS goes through a ChannelAccount of kind WEBHOOK"),
    ("TWILIO_AUTH_TOKEN", "not yet: SMS goes through a ChannelAccount of kind WEBHOOK"),
    ("TWITTER_API_KEY", "not yet: goes through a ChannelAccount of kind WEBHOOK"),
    ("TWITTER_API_SECRET", "not yet: goes through a ChannelAccount of kind WEBHOOK"),
    ("FACEBOOK_PAGE_TOKEN", "not yet: goes through a ChannelAccount of kind WEBHOOK"),
    (
        "CRM_API_ENDPOINT",
        "AdminService.WatchFeed tells a CRM what happened; it calls the RPCs back",
    ),
    ("NOTIFICATION_SERVICE_URL", "AdminService.WatchFeed tells a notifier what happened"),
    ("OMNICHANNEL_DEFAULT_ROUTING_STRATEGY", "Queue.strategy, for each queue"),
    ("OMNICHANNEL_MAX_INTERACTION_QUEUE_SIZE", "Queue.max_size, for each queue"),
];

/// Keys of its configuration, and what became of them.
const KEYS: [(&str, &str); 10] = [
    ("default_routing_strategy", "Queue.strategy, for each queue"),
    ("max_interaction_queue_size", "Queue.max_size, for each queue"),
    (
        "agent_timeout_minutes",
        "Queue.offer_timeout, for each queue; presence ends with its session",
    ),
    ("enable_caching", "not needed: what is read often is kept in memory, and never stale"),
    ("cache_ttl_seconds", "not needed: what is read often is kept in memory, and never stale"),
    ("max_concurrent_interactions_per_agent", "Agent.capacity.units, for each agent"),
    ("default_response_time_sla", "not yet: SLAs are a later part of the service"),
    ("default_resolution_time_sla", "not yet: SLAs are a later part of the service"),
    ("escalation_reminder_intervals", "not yet: SLAs are a later part of the service"),
    ("channels", "ChannelAccounts, made by ChannelService.CreateChannelAccount"),
];

/// What became of a variable, if it is one of those.
pub(super) fn variable(name: &str) -> Option<&'static str> {
    find(&VARIABLES, name)
}

/// What became of a key, if it is one of those.
pub(super) fn key(name: &str) -> Option<&'static str> {
    find(&KEYS, name)
}

fn find(of: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    of.iter().find(|(known, _)| *known == name).map(|(_, became)| *became)
}

/// An address of the database as the original wrote it, in the way that is read here.
pub(super) fn database(url: &str) -> String {
    let spelt = ["postgresql", "postgresql+asyncpg", "postgresql+psycopg2", "postgresql+psycopg"];
    let rest = url.split_once("://").filter(|(scheme, _)| spelt.contains(scheme));
    rest.map_or_else(|| url.to_owned(), |(_, rest)| format!("postgres://{rest}"))
}
