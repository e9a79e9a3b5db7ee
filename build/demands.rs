//! Writes the Rust for requests that ask for nothing beyond the rules of the contract: an empty
//! implementation of `Demands`. Those that ask for more have theirs by hand; one that is missing
//! there, or is there twice, does not compile.

use super::validate::{requests, type_path};
use prost_reflect::DescriptorPool;

/// The requests with an implementation in `src/validate/demands.rs`.
const BY_HAND: [&str; 16] = [
    "CreateAgentRequest",
    "CreateApiKeyRequest",
    "CreateChannelAccountRequest",
    "CreateQueueRequest",
    "CreateRoutingRuleRequest",
    "CreateSkillRequest",
    "CreateTeamRequest",
    "CreateTenantRequest",
    "UpdateAgentRequest",
    "UpdateChannelAccountRequest",
    "UpdateCustomerRequest",
    "UpdateQueueRequest",
    "UpdateRoutingRuleRequest",
    "UpdateSkillRequest",
    "UpdateTeamRequest",
    "UpdateTenantRequest",
];

/// The code of `demands.rs` for the contract in `pool`.
pub(super) fn generate(pool: &DescriptorPool) -> String {
    let all = requests(pool);
    let plain = all.values().filter(|message| !BY_HAND.contains(&message.name()));
    let empty = plain.map(|message| {
        format!("impl super::Demands for {} {{}}\n", type_path(message.full_name()))
    });
    empty.collect()
}
