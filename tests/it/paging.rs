//! Every list in pages: three pages make the whole, each item once and in the same order, and a
//! token is good for its list, its filters and its tenant only.

use crate::support::fixture::{Case, opening};
use crate::support::refusal::judge;
use crate::support::unique;
use omnichannel_sdk::{Client, Error, ListCall, v1};
use prost::Message;
use std::collections::BTreeSet;
use v1::list_messages_request::Scope;

both!(
    nouns_of_routing_in_pages,
    people_in_pages,
    work_in_pages,
    what_was_said_in_pages,
    keys_and_accounts_in_pages,
    the_log_in_pages,
    tenants_in_pages,
    sizes_are_defaulted_and_bounded,
    pages_of_long_messages_end_early,
);

/// How many items a page has here, and how many there are of everything.
const SIZE: i32 = 2;
const ALL: usize = 5;

/// Walks a list by pages of two and compares it with the whole; answers with a token of its middle.
async fn walk<C: ListCall + Sync>(
    client: &Client,
    request: C,
    sized: fn(&mut C, i32),
    name: fn(&C::Item) -> String,
) -> String {
    let what = std::any::type_name::<C>();
    let mut whole = request.clone();
    sized(&mut whole, 500);
    let whole = C::page(client.call(whole).await.unwrap());
    assert_eq!(whole.next_page_token, "", "{what}: the last page has no token");
    let names: Vec<String> = whole.items.iter().map(name).collect();
    assert!(names.len() >= ALL, "{what}: {names:?}");
    let (mut walked, mut token, mut tokens) = (Vec::new(), String::new(), Vec::new());
    let pages = names.len().div_ceil(SIZE as usize);
    for number in 1..=pages {
        let mut next = request.clone();
        sized(&mut next, SIZE);
        next.set_page_token(token);
        let page = C::page(client.call(next).await.unwrap());
        walked.extend(page.items.iter().map(name));
        token = page.next_page_token;
        assert_eq!(token.is_empty(), number == pages, "{what}: only the last page has no token");
        tokens.push(token.clone());
    }
    assert!(pages >= 3);
    assert_eq!(walked, names, "{what}: the pages make the whole");
    assert_eq!(walked.iter().collect::<BTreeSet<_>>().len(), walked.len(), "{what}: each once");
    tampered(client, &request, &tokens[0], what).await;
    tokens.swap_remove(0)
}

/// A token that was bent is refused, wherever it was bent.
async fn tampered<C: ListCall>(client: &Client, request: &C, token: &str, what: &str) {
    let ends = [format!("{token}A"), token[..token.len() - 1].to_owned(), "nonsense".to_owned()];
    let bent = (0..token.len()).step_by(7).map(|at| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("still text")
    });
    for bent in bent.chain(ends) {
        refused(client, request.clone(), bent, what).await;
    }
}

/// A token is refused by a list.
async fn refused<C: ListCall>(client: &Client, mut request: C, token: String, what: &str) {
    request.set_page_token(token);
    match client.call(request).await {
        Ok(_) => panic!("{what}: a token that is not of this list was taken"),
        Err(error) => {
            let status = error.status().expect("an answer of the server").clone();
            judge(status, v1::ErrorReason::PageTokenInvalid, what);
        }
    }
}

async fn nouns_of_routing_in_pages(case: Case) {
    let mut rules = Vec::new();
    for position in (1..=5).rev() {
        case.skill().await;
        let queue = case.plain_queue().await;
        let rule = v1::RoutingRule {
            name: unique("rule"),
            position,
            enabled: true,
            action: Some(v1::RuleAction { queue_id: queue.id, ..Default::default() }),
            ..Default::default()
        };
        let request =
            v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
        rules.push(ok!(case.admin.routing().create_routing_rule(request)).routing_rule.unwrap());
    }
    let client = &case.admin;
    let queues = v1::ListQueuesRequest::default();
    let token = walk(client, queues.clone(), |r, s| r.page_size = s, |q| q.name.clone()).await;
    let listed = ok!(client.routing().list_queues(queues)).queues;
    assert!(listed.is_sorted_by(|a, b| a.name <= b.name), "queues are ordered by name");
    let skills = v1::ListSkillsRequest::default();
    walk(client, skills.clone(), |r, s| r.page_size = s, |skill| skill.name.clone()).await;
    refused(client, skills.clone(), token.clone(), "a token of another list").await;
    let listed = ok!(client.routing().list_skills(skills)).skills;
    assert!(listed.is_sorted_by(|a, b| a.name <= b.name), "skills are ordered by name");
    let list = v1::ListRoutingRulesRequest::default();
    walk(client, list, |r, s| r.page_size = s, |rule| format!("{:02} {}", rule.position, rule.id))
        .await;
    let list = v1::ListRoutingRulesRequest::default();
    let listed = ok!(client.routing().list_routing_rules(list)).routing_rules;
    assert!(listed.is_sorted_by(|a, b| a.position <= b.position), "rules by position");

    let stranger = case.stranger().await;
    let foreign = v1::ListQueuesRequest::default();
    refused(&stranger.admin, foreign, token, "a token of another tenant").await;
}

async fn people_in_pages(case: Case) {
    let team = case.team().await;
    for number in 0..4 {
        case.team().await;
        let agent = v1::Agent {
            name: format!("agent {number}"),
            team_ids: vec![team.id.clone()],
            ..Default::default()
        };
        case.agent_as(agent).await;
        case.customer(&format!("customer {number}")).await;
    }
    case.agent("agent 4").await;
    case.customer("customer 4").await;
    let client = &case.admin;
    let agents = v1::ListAgentsRequest::default();
    let token = walk(client, agents.clone(), |r, s| r.page_size = s, |a| a.id.clone()).await;
    let listed = ok!(client.agents().list_agents(agents.clone())).agents;
    let names: Vec<_> = listed.iter().map(|agent| agent.name.as_str()).collect();
    assert_eq!(names[0], "agent 0", "by time of creation: {names:?}");
    let filtered = v1::ListAgentsRequest { team_id: team.id, ..agents };
    refused(client, filtered, token, "a token of other filters").await;
    let teams = v1::ListTeamsRequest::default();
    walk(client, teams.clone(), |r, s| r.page_size = s, |team| team.name.clone()).await;
    let listed = ok!(client.agents().list_teams(teams)).teams;
    assert!(listed.is_sorted_by(|a, b| a.name <= b.name), "teams are ordered by name");
    let customers = v1::ListCustomersRequest::default();
    walk(client, customers.clone(), |r, s| r.page_size = s, |c| c.id.clone()).await;
    let listed = ok!(client.customers().list_customers(customers)).customers;
    assert_eq!(listed[0].display_name, "customer 4", "newest first");
}

async fn work_in_pages(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    for _ in 0..5 {
        case.open(&queue).await;
        console.take().await;
    }
    let client = &case.admin;
    let list = v1::ListInteractionsRequest::default();
    let size: fn(&mut v1::ListInteractionsRequest, i32) = |r, s| r.page_size = s;
    let token = walk(client, list.clone(), size, |i| i.id.clone()).await;
    let other = v1::ListInteractionsRequest { queue_id: queue.id, ..list };
    refused(client, other.clone(), token, "a token of other filters").await;
    walk(client, other, size, |i| i.id.clone()).await;
    let offers = v1::ListOffersRequest { agent_id: agent.id, ..Default::default() };
    walk(client, offers.clone(), |r, s| r.page_size = s, |offer| offer.id.clone()).await;
    let mine = v1::ListOffersRequest { agent_id: String::new(), ..offers };
    walk(&agent.client, mine, |r, s| r.page_size = s, |offer| offer.id.clone()).await;
}

async fn what_was_said_in_pages(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    case.notes(&made.id, 5).await;
    let client = &case.admin;
    for scope in
        [Scope::InteractionId(made.id.clone()), Scope::ConversationId(made.conversation_id.clone())]
    {
        let list = v1::ListMessagesRequest { scope: Some(scope), ..Default::default() };
        walk(client, list, |r, s| r.page_size = s, |message| message.id.clone()).await;
    }
    let list = v1::GetHistoryRequest { customer_id: made.customer_id, ..Default::default() };
    walk(client, list, |r, s| r.page_size = s, |item| format!("{:?}", item.item)).await;
}

async fn keys_and_accounts_in_pages(case: Case) {
    for _ in 0..5 {
        case.role(v1::Role::Analyst).await;
        case.account("http://127.0.0.1:9/in").await;
    }
    let client = &case.admin;
    let list = v1::ListApiKeysRequest::default();
    walk(client, list, |r, s| r.page_size = s, |key| key.id.clone()).await;
    let list = v1::ListChannelAccountsRequest::default();
    let size: fn(&mut v1::ListChannelAccountsRequest, i32) = |r, s| r.page_size = s;
    let token = walk(client, list.clone(), size, |account| account.id.clone()).await;
    let kind = v1::ListChannelAccountsRequest { kind: v1::ChannelKind::Webhook.into(), ..list };
    refused(client, kind, token, "a token of other filters").await;
}

async fn the_log_in_pages(case: Case) {
    for _ in 0..5 {
        case.skill().await;
    }
    let client = &case.admin;
    let list = v1::ListAuditLogRequest::default();
    let size: fn(&mut v1::ListAuditLogRequest, i32) = |r, s| r.page_size = s;
    let token = walk(client, list.clone(), size, |entry| entry.seq.to_string()).await;
    let later = v1::ListAuditLogRequest { from_seq: 2, ..list };
    refused(client, later.clone(), token, "a token of other filters").await;
    walk(client, later, size, |entry| entry.seq.to_string()).await;
    // One commit may write many events: a page is a page all the same.
    case.create(opening("")).await;
    let one = v1::ListAuditLogRequest { page_size: 1, ..Default::default() };
    let one = ok!(client.admin().list_audit_log(one));
    assert_eq!(one.entries.len(), 1);
    assert!(!one.next_page_token.is_empty());
}

async fn tenants_in_pages(case: Case) {
    let mut made = BTreeSet::new();
    for _ in 0..5 {
        made.insert(case.stranger().await.id);
    }
    let operator = case.operator();
    // Others make tenants at the same time; what was there before is seen once.
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListTenantsRequest { page_size: 3, page_token: token };
        let page = ok!(operator.admin().list_tenants(request));
        assert!(page.tenants.len() <= 3);
        seen.extend(page.tenants);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let ids: Vec<_> = seen.iter().filter(|one| made.contains(&one.id)).collect();
    assert_eq!(ids.len(), made.len(), "each once");
    assert!(seen.is_sorted_by(|a, b| a.name <= b.name), "ordered by name");
    let request = v1::ListTenantsRequest { page_size: 1, page_token: "nonsense".into() };
    refused!(operator.admin().list_tenants(request), PageTokenInvalid);
}

async fn sizes_are_defaulted_and_bounded(case: Case) {
    for chunk in 0..11 {
        let many = (0..5).map(|number| case.customer_named(chunk * 5 + number));
        futures::future::join_all(many).await;
    }
    let sized = |page_size| v1::ListCustomersRequest { page_size, ..Default::default() };
    let plain = ok!(case.admin.customers().list_customers(sized(0)));
    assert_eq!(plain.customers.len(), 50, "0 means 50");
    assert!(!plain.next_page_token.is_empty());
    let large = ok!(case.admin.customers().list_customers(sized(100_000)));
    assert_eq!(large.customers.len(), 55, "more than 500 is taken as 500");
    let negative = case.admin.customers().list_customers(sized(-1)).await;
    let error = Error::from(negative.expect_err("negative"));
    assert_eq!(error.violations()[0].field, "page_size");
    let long = v1::ListCustomersRequest { page_token: "x".repeat(513), ..Default::default() };
    refused!(case.admin.customers().list_customers(long), ValidationFailed);
}

/// A page is never larger than a message may be: it ends before, and the next one goes on.
async fn pages_of_long_messages_end_early(case: Case) {
    const LONG: usize = 16 << 10;
    const MANY: usize = 80;
    let made = case.open(&case.plain_queue().await).await;
    for number in 0..MANY {
        let note = v1::SendMessageRequest {
            interaction_id: made.id.clone(),
            body: format!("{number:>LONG$}"),
            kind: v1::SendKind::InternalNote.into(),
            ..Default::default()
        };
        ok!(case.admin.interactions().send_message(note));
    }
    let scope = Some(Scope::InteractionId(made.id.clone()));
    let list = v1::ListMessagesRequest { scope, page_size: 500, ..Default::default() };
    let long = every_page(&case.admin, list, |message| message.body.clone()).await;
    let numbers = long.iter().filter_map(|body| body.trim().parse().ok());
    assert_eq!(numbers.collect::<Vec<usize>>(), (0..MANY).collect::<Vec<_>>());
    let history = v1::GetHistoryRequest {
        customer_id: made.customer_id,
        page_size: 500,
        ..Default::default()
    };
    let lines = every_page(&case.admin, history, |line| match &line.item {
        Some(v1::history_item::Item::Message(message)) => message.body.trim().to_owned(),
        _ => String::new(),
    })
    .await;
    let numbers = lines.iter().filter_map(|body| body.parse().ok());
    assert_eq!(numbers.collect::<Vec<usize>>(), (0..MANY).rev().collect::<Vec<_>>());
}

/// All items of a list, whose pages keep the bound of bytes and are more than one.
async fn every_page<C: ListCall + Sync>(
    client: &Client,
    mut request: C,
    name: fn(&C::Item) -> String,
) -> Vec<String>
where
    C::Item: Message,
{
    let (mut all, mut pages) = (Vec::new(), 0);
    loop {
        let page = C::page(client.call(request.clone()).await.unwrap());
        let bytes: usize = page.items.iter().map(Message::encoded_len).sum();
        assert!(bytes <= 1 << 20 && !page.items.is_empty(), "{bytes} bytes");
        all.extend(page.items.iter().map(name));
        pages += 1;
        if page.next_page_token.is_empty() {
            break;
        }
        request.set_page_token(page.next_page_token);
    }
    assert!(pages > 1, "one page was all");
    all
}

impl Case {
    async fn customer_named(&self, number: usize) -> v1::Customer {
        self.customer(&format!("customer {number}")).await
    }
}
