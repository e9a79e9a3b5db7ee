-- Version 1 of every table. Types are PostgreSQL's; SQLite reads uuid and bytea as blob. Every tenant
-- table's primary key begins with its tenant, instants are microseconds, lists are JSON text. On
-- PostgreSQL the log is partitioned by day. There are no foreign keys: one path writes all of it.

CREATE TABLE head (
    tenant_id uuid NOT NULL,
    seq bigint NOT NULL,
    generation bigint NOT NULL,
    hash bytea NOT NULL,
    last_now bigint NOT NULL,
    PRIMARY KEY (tenant_id)
);

CREATE TABLE log (
    tenant_id uuid NOT NULL,
    last_seq bigint NOT NULL,
    day integer NOT NULL,
    first_seq bigint NOT NULL,
    batch_id uuid NOT NULL,
    generation bigint NOT NULL,
    now bigint NOT NULL,
    seed bigint NOT NULL,
    touched bytea NOT NULL,
    payload bytea NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, last_seq, day)
);

CREATE TABLE idempotency (
    tenant_id uuid NOT NULL,
    key bytea NOT NULL,
    request_hash bytea NOT NULL,
    resource_id uuid NOT NULL,
    seq bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, key)
);

CREATE TABLE tenant (
    id uuid NOT NULL,
    name text NOT NULL,
    status smallint NOT NULL,
    wrapped_key bytea NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE api_key (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    role smallint NOT NULL,
    permissions integer NOT NULL,
    agent_id uuid,
    secret_hash bytea NOT NULL,
    last4 text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE customer (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    profile bytea NOT NULL,
    external_index bytea,
    tier text NOT NULL,
    language text NOT NULL,
    last_agent_id uuid,
    account_owner_id uuid,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE customer_key (
    tenant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (tenant_id, customer_id)
);

CREATE TABLE contact_point (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind smallint NOT NULL,
    address bytea NOT NULL,
    address_index bytea NOT NULL,
    verified boolean NOT NULL,
    suppressed_for smallint NOT NULL,
    suppressed_at bigint,
    soft_bounces text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE channel_account (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind smallint NOT NULL,
    name text NOT NULL,
    status smallint NOT NULL,
    url text NOT NULL,
    mail text NOT NULL,
    secrets bytea NOT NULL,
    secret_last4 text NOT NULL,
    default_queue_id uuid,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE conversation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    channel smallint NOT NULL,
    account_id uuid,
    contact_point_id uuid,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE interaction (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    channel smallint NOT NULL,
    account_id uuid,
    status smallint NOT NULL,
    queue_id uuid,
    priority smallint NOT NULL,
    subject bytea NOT NULL,
    tags bytea NOT NULL,
    labels text NOT NULL,
    language text NOT NULL,
    customer_tier text NOT NULL,
    place_north integer,
    place_east integer,
    required_skills text NOT NULL,
    matched_rule_id uuid,
    matched_rule_version bigint NOT NULL,
    owner_agent_id uuid,
    target_agent_id uuid,
    consult_agent_id uuid,
    consult text NOT NULL,
    cool_downs text NOT NULL,
    last_agent_id uuid,
    account_owner_id uuid,
    plan text NOT NULL,
    offers_made integer NOT NULL,
    offers_failed integer NOT NULL,
    escalation_level integer NOT NULL,
    created_at bigint NOT NULL,
    enqueued_at bigint,
    enqueued_seq bigint NOT NULL,
    first_offered_at bigint,
    accepted_at bigint,
    first_response_at bigint,
    resolved_at bigint,
    closed_at bigint,
    updated_at bigint NOT NULL,
    resolution bytea NOT NULL,
    wrap_up_code text NOT NULL,
    rating smallint NOT NULL,
    rated_at bigint,
    rating_comment bytea NOT NULL,
    sla text NOT NULL,
    ladder text NOT NULL,
    sentiment smallint,
    sla_risk smallint NOT NULL,
    wake_at bigint,
    rests boolean NOT NULL,
    callbacks smallint,
    version bigint NOT NULL,
    last_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE message (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    direction smallint NOT NULL,
    author_kind smallint NOT NULL,
    author_id uuid NOT NULL,
    body bytea NOT NULL,
    status smallint NOT NULL,
    failure text NOT NULL,
    steps text NOT NULL,
    external_id bytea NOT NULL,
    sender bytea NOT NULL,
    attachments smallint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE offer (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    role smallint NOT NULL,
    queue_id uuid NOT NULL,
    channel smallint NOT NULL,
    state smallint NOT NULL,
    attempt integer NOT NULL,
    offered_at bigint NOT NULL,
    offered_seq bigint NOT NULL,
    expires_at bigint NOT NULL,
    answered_at bigint,
    wrap_until bigint,
    ended_at bigint,
    reason text NOT NULL,
    note bytea NOT NULL,
    note_id uuid,
    shadow_agent_id uuid,
    labels text NOT NULL,
    override_limits boolean NOT NULL,
    last_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE agent (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name bytea NOT NULL,
    email bytea NOT NULL,
    spec text NOT NULL,
    presence_reason bytea NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE agent_presence (
    tenant_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    intended smallint NOT NULL,
    effective smallint NOT NULL,
    lease_until bigint,
    since bigint NOT NULL,
    next smallint NOT NULL,
    channels bigint NOT NULL,
    idle_seq bigint NOT NULL,
    asked_seq bigint NOT NULL,
    credit smallint NOT NULL,
    duty smallint NOT NULL,
    PRIMARY KEY (tenant_id, agent_id)
);

CREATE TABLE agent_session (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    agent_id uuid NOT NULL,
    node_id uuid NOT NULL,
    epoch bigint NOT NULL,
    max_open_offers smallint NOT NULL,
    opened_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE team (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    parent_team_id uuid,
    escalation_team_id uuid,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE skill (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE queue (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    spec text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE routing_settings (
    tenant_id uuid NOT NULL,
    work_order smallint NOT NULL,
    gap_step bigint NOT NULL,
    version bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id)
);

CREATE TABLE routing_rule (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    spec text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    uses bigint NOT NULL DEFAULT 0,
    last_used_at bigint,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE routing_plan (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    spec text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE routing_plan_version (
    tenant_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    version bigint NOT NULL,
    spec text NOT NULL,
    PRIMARY KEY (tenant_id, plan_id, version)
);

CREATE TABLE calendar (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    versions text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE schedule (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    spec text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE time_off (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    agent_id uuid NOT NULL,
    start_at bigint NOT NULL,
    end_at bigint NOT NULL,
    reason bytea NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE sla_policy (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    spec text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE escalation_policy (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    spec text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE sla_breach (
    tenant_id uuid NOT NULL,
    seq bigint NOT NULL,
    interaction_id uuid NOT NULL,
    metric smallint NOT NULL,
    round smallint NOT NULL,
    policy_id uuid,
    queue_id uuid,
    priority smallint NOT NULL,
    due_at bigint NOT NULL,
    breached_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

CREATE TABLE inbox (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    dedup_key bytea NOT NULL,
    raw bytea NOT NULL,
    received_at bigint NOT NULL,
    state smallint NOT NULL,
    attempts integer NOT NULL,
    next_at bigint NOT NULL,
    error text NOT NULL,
    PRIMARY KEY (tenant_id, account_id, dedup_key)
);

CREATE TABLE outbox (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    lane bytea NOT NULL,
    message_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    account_id uuid NOT NULL,
    state smallint NOT NULL,
    attempt integer NOT NULL,
    next_at bigint NOT NULL,
    lease_until bigint,
    lease_owner uuid,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint,
    error text NOT NULL,
    page text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE mailbox (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    address bytea NOT NULL,
    open boolean NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
);

CREATE TABLE mail_reference (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    reference bytea NOT NULL,
    headers bytea NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE mail_participant (
    tenant_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    address bytea NOT NULL,
    replied_at bigint,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, conversation_id, address)
);

CREATE TABLE mail_sender (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    address bytea NOT NULL,
    inbound text NOT NULL,
    replies text NOT NULL,
    conversation_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, account_id, address)
);

CREATE TABLE attachment (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    message_id uuid,
    position smallint NOT NULL,
    meta bytea NOT NULL,
    size bigint NOT NULL,
    received bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE attachment_part (
    tenant_id uuid NOT NULL,
    attachment_id uuid NOT NULL,
    start bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (tenant_id, attachment_id, start)
);

CREATE TABLE access_log (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    at bigint NOT NULL,
    principal_id uuid NOT NULL,
    agent_id uuid,
    method text NOT NULL,
    resources text NOT NULL,
    customer_id uuid,
    interaction_id uuid,
    code smallint NOT NULL,
    request_id text NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE node (
    id uuid NOT NULL,
    epoch bigint NOT NULL,
    lease_until bigint NOT NULL,
    version text NOT NULL,
    features text NOT NULL,
    started_at bigint NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE tenant_due (
    tenant_id uuid NOT NULL,
    due_at bigint NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- Below, the tenant never comes first unless an index is partial: PostgreSQL, knowing nothing yet of
-- a new table, would otherwise find a tenant's rows by any index that begins with the tenant and then
-- filter all of them. A unique key is the same key in any order.
CREATE UNIQUE INDEX tenant_name ON tenant (name);
CREATE UNIQUE INDEX customer_external ON customer (external_index, tenant_id);
CREATE UNIQUE INDEX contact_point_address ON contact_point (address_index, kind, tenant_id);
CREATE INDEX contact_point_customer ON contact_point (customer_id);
CREATE UNIQUE INDEX channel_account_name ON channel_account (name, tenant_id);
CREATE INDEX conversation_contact_point ON conversation (contact_point_id, id);
CREATE INDEX conversation_customer ON conversation (customer_id);
CREATE INDEX interaction_conversation ON interaction (conversation_id, id);
CREATE INDEX interaction_open ON interaction (tenant_id, enqueued_seq, id) WHERE status < 10;
CREATE INDEX interaction_resolved ON interaction (tenant_id, resolved_at) WHERE status = 10;
CREATE INDEX message_interaction ON message (interaction_id, id);
CREATE UNIQUE INDEX offer_owner ON offer (tenant_id, interaction_id) WHERE state IN (2, 3, 4, 5) AND role = 1;
CREATE UNIQUE INDEX offer_consult ON offer (tenant_id, interaction_id) WHERE state < 6 AND role = 2;
CREATE INDEX offer_live ON offer (tenant_id, agent_id) WHERE state < 6;
CREATE INDEX time_off_agent ON time_off (agent_id);
CREATE INDEX agent_session_node ON agent_session (node_id);
CREATE UNIQUE INDEX team_name ON team (name, tenant_id);
CREATE UNIQUE INDEX skill_name ON skill (name, tenant_id);
CREATE UNIQUE INDEX queue_name ON queue (name, tenant_id);
CREATE UNIQUE INDEX routing_rule_name ON routing_rule (name, tenant_id);
CREATE UNIQUE INDEX routing_plan_name ON routing_plan (name, tenant_id);
CREATE UNIQUE INDEX calendar_name ON calendar (name, tenant_id);
CREATE UNIQUE INDEX schedule_name ON schedule (name, tenant_id);
CREATE UNIQUE INDEX sla_policy_name ON sla_policy (name, tenant_id);
CREATE UNIQUE INDEX escalation_policy_name ON escalation_policy (name, tenant_id);
CREATE INDEX sla_breach_queue ON sla_breach (queue_id, seq) WHERE queue_id IS NOT NULL;
CREATE INDEX sla_breach_interaction ON sla_breach (interaction_id, seq);
CREATE INDEX access_log_principal ON access_log (principal_id, id);
CREATE INDEX access_log_customer ON access_log (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX access_log_interaction ON access_log (interaction_id, id)
    WHERE interaction_id IS NOT NULL;
CREATE INDEX inbox_new ON inbox (received_at) WHERE state = 1;
CREATE INDEX inbox_dead ON inbox (tenant_id, received_at) WHERE state = 3;
CREATE INDEX outbox_lane ON outbox (lane, id) WHERE state IN (1, 2);
CREATE INDEX outbox_unfinished ON outbox (next_at) WHERE state IN (1, 2);
CREATE INDEX outbox_page ON outbox (interaction_id, id) WHERE page <> '';
CREATE UNIQUE INDEX mailbox_address ON mailbox (address);
CREATE INDEX mail_reference_index ON mail_reference (reference);
CREATE INDEX mail_reference_conversation ON mail_reference (conversation_id, id);
CREATE INDEX mail_sender_old ON mail_sender (updated_at);
CREATE INDEX attachment_message ON attachment (message_id);
CREATE INDEX attachment_customer ON attachment (customer_id);
CREATE INDEX attachment_loose ON attachment (conversation_id) WHERE message_id IS NULL;
CREATE INDEX tenant_due_at ON tenant_due (due_at);
