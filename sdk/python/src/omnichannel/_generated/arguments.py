# Generated from the contract by tools/generate.py. Do not edit.
"""Arguments of the calls, by name; for type checkers alone."""

from collections.abc import Iterable, Mapping
from typing import TypedDict

from google.protobuf import field_mask_pb2, timestamp_pb2

from omnichannel import v1


class CreateTenantFields(TypedDict, total=False):
    """Fields of CreateTenantRequest."""

    tenant: v1.Tenant
    request_id: str


class GetTenantFields(TypedDict, total=False):
    """Fields of GetTenantRequest."""

    tenant_id: str


class ListTenantsFields(TypedDict, total=False):
    """Fields of ListTenantsRequest."""

    page_size: int
    page_token: str


class UpdateTenantFields(TypedDict, total=False):
    """Fields of UpdateTenantRequest."""

    tenant: v1.Tenant
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class CreateApiKeyFields(TypedDict, total=False):
    """Fields of CreateApiKeyRequest."""

    api_key: v1.ApiKey
    request_id: str


class GetApiKeyFields(TypedDict, total=False):
    """Fields of GetApiKeyRequest."""

    api_key_id: str


class ListApiKeysFields(TypedDict, total=False):
    """Fields of ListApiKeysRequest."""

    page_size: int
    page_token: str


class RevokeApiKeyFields(TypedDict, total=False):
    """Fields of RevokeApiKeyRequest."""

    api_key_id: str
    request_id: str


class ListAuditLogFields(TypedDict, total=False):
    """Fields of ListAuditLogRequest."""

    page_size: int
    page_token: str
    from_seq: int


class VerifyAuditLogFields(TypedDict, total=False):
    """Fields of VerifyAuditLogRequest."""

    from_seq: int
    to_seq: int


class ListAccessLogFields(TypedDict, total=False):
    """Fields of ListAccessLogRequest."""

    page_size: int
    page_token: str
    principal_id: str
    customer_id: str
    interaction_id: str
    from_time: timestamp_pb2.Timestamp
    to_time: timestamp_pb2.Timestamp


class GetServerInfoFields(TypedDict, total=False):
    """Fields of GetServerInfoRequest."""


class WhoAmIFields(TypedDict, total=False):
    """Fields of WhoAmIRequest."""


class ListStreamsFields(TypedDict, total=False):
    """Fields of ListStreamsRequest."""

    page_size: int
    page_token: str


class CloseStreamFields(TypedDict, total=False):
    """Fields of CloseStreamRequest."""

    stream_id: str
    action: v1.GoodbyeAction.ValueType
    request_id: str


class ListSessionsFields(TypedDict, total=False):
    """Fields of ListSessionsRequest."""

    page_size: int
    page_token: str


class CloseSessionFields(TypedDict, total=False):
    """Fields of CloseSessionRequest."""

    session_id: str
    request_id: str


class ListDeliveriesFields(TypedDict, total=False):
    """Fields of ListDeliveriesRequest."""

    page_size: int
    page_token: str
    states: Iterable[v1.DeliveryState.ValueType]


class RetryDeliveryFields(TypedDict, total=False):
    """Fields of RetryDeliveryRequest."""

    delivery_id: str
    request_id: str


class CancelDeliveryFields(TypedDict, total=False):
    """Fields of CancelDeliveryRequest."""

    delivery_id: str
    request_id: str


class ListDeadLettersFields(TypedDict, total=False):
    """Fields of ListDeadLettersRequest."""

    page_size: int
    page_token: str


class ReplayDeadLetterFields(TypedDict, total=False):
    """Fields of ReplayDeadLetterRequest."""

    channel_account_id: str
    dead_letter_id: str
    request_id: str


class DeleteDeadLetterFields(TypedDict, total=False):
    """Fields of DeleteDeadLetterRequest."""

    channel_account_id: str
    dead_letter_id: str
    request_id: str


class CreateAgentFields(TypedDict, total=False):
    """Fields of CreateAgentRequest."""

    agent: v1.Agent
    request_id: str


class GetAgentFields(TypedDict, total=False):
    """Fields of GetAgentRequest."""

    agent_id: str


class ListAgentsFields(TypedDict, total=False):
    """Fields of ListAgentsRequest."""

    page_size: int
    page_token: str
    team_id: str
    skill_id: str
    effective_status: v1.EffectiveStatus.ValueType


class UpdateAgentFields(TypedDict, total=False):
    """Fields of UpdateAgentRequest."""

    agent: v1.Agent
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteAgentFields(TypedDict, total=False):
    """Fields of DeleteAgentRequest."""

    agent_id: str
    etag: str
    request_id: str


class CreateTeamFields(TypedDict, total=False):
    """Fields of CreateTeamRequest."""

    team: v1.Team
    request_id: str


class GetTeamFields(TypedDict, total=False):
    """Fields of GetTeamRequest."""

    team_id: str


class ListTeamsFields(TypedDict, total=False):
    """Fields of ListTeamsRequest."""

    page_size: int
    page_token: str


class UpdateTeamFields(TypedDict, total=False):
    """Fields of UpdateTeamRequest."""

    team: v1.Team
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteTeamFields(TypedDict, total=False):
    """Fields of DeleteTeamRequest."""

    team_id: str
    etag: str
    request_id: str


class SetPresenceFields(TypedDict, total=False):
    """Fields of SetPresenceRequest."""

    agent_id: str
    status: v1.PresenceStatus.ValueType
    reason: str
    request_id: str
    after_current_work: bool
    channels: Iterable[v1.ChannelKind.ValueType]


class AcceptOfferFields(TypedDict, total=False):
    """Fields of AcceptOfferRequest."""

    offer_id: str
    request_id: str


class DeclineOfferFields(TypedDict, total=False):
    """Fields of DeclineOfferRequest."""

    offer_id: str
    reason: str
    request_id: str


class TakeNextFields(TypedDict, total=False):
    """Fields of TakeNextRequest."""

    agent_id: str
    queue_ids: Iterable[str]
    request_id: str


class CompleteInteractionFields(TypedDict, total=False):
    """Fields of CompleteInteractionRequest."""

    interaction_id: str
    resolution: str
    wrap_up_code: str
    request_id: str


class ListOffersFields(TypedDict, total=False):
    """Fields of ListOffersRequest."""

    page_size: int
    page_token: str
    agent_id: str
    open_only: bool


class ConfigureScheduleFields(TypedDict, total=False):
    """Fields of ConfigureScheduleRequest."""

    schedule: v1.Schedule
    request_id: str


class ListSchedulesFields(TypedDict, total=False):
    """Fields of ListSchedulesRequest."""

    page_size: int
    page_token: str


class DeleteScheduleFields(TypedDict, total=False):
    """Fields of DeleteScheduleRequest."""

    schedule_id: str
    etag: str
    request_id: str


class CreateTimeOffFields(TypedDict, total=False):
    """Fields of CreateTimeOffRequest."""

    time_off: v1.TimeOff
    request_id: str


class ListTimeOffFields(TypedDict, total=False):
    """Fields of ListTimeOffRequest."""

    page_size: int
    page_token: str
    agent_id: str


class DeleteTimeOffFields(TypedDict, total=False):
    """Fields of DeleteTimeOffRequest."""

    time_off_id: str
    request_id: str


class GetRealTimeStatsFields(TypedDict, total=False):
    """Fields of GetRealTimeStatsRequest."""


class GetTrendFields(TypedDict, total=False):
    """Fields of GetTrendRequest."""

    step: v1.TrendStep.ValueType
    steps: int
    end_time: timestamp_pb2.Timestamp
    utc_offset_minutes: int
    queue_id: str


class ConfigureSlaFields(TypedDict, total=False):
    """Fields of ConfigureSlaRequest."""

    policy: v1.SlaPolicy
    request_id: str


class ListSlaPoliciesFields(TypedDict, total=False):
    """Fields of ListSlaPoliciesRequest."""

    page_size: int
    page_token: str


class DeleteSlaPolicyFields(TypedDict, total=False):
    """Fields of DeleteSlaPolicyRequest."""

    sla_policy_id: str
    etag: str
    request_id: str


class ConfigureEscalationFields(TypedDict, total=False):
    """Fields of ConfigureEscalationRequest."""

    policy: v1.EscalationPolicy
    request_id: str


class ListEscalationPoliciesFields(TypedDict, total=False):
    """Fields of ListEscalationPoliciesRequest."""

    page_size: int
    page_token: str


class DeleteEscalationPolicyFields(TypedDict, total=False):
    """Fields of DeleteEscalationPolicyRequest."""

    escalation_policy_id: str
    etag: str
    request_id: str


class ListSlaBreachesFields(TypedDict, total=False):
    """Fields of ListSlaBreachesRequest."""

    page_size: int
    page_token: str
    queue_id: str
    interaction_id: str
    metric: v1.SlaMetric.ValueType
    start_time: timestamp_pb2.Timestamp
    end_time: timestamp_pb2.Timestamp


class CreateChannelAccountFields(TypedDict, total=False):
    """Fields of CreateChannelAccountRequest."""

    channel_account: v1.ChannelAccount
    request_id: str


class GetChannelAccountFields(TypedDict, total=False):
    """Fields of GetChannelAccountRequest."""

    channel_account_id: str


class ListChannelAccountsFields(TypedDict, total=False):
    """Fields of ListChannelAccountsRequest."""

    page_size: int
    page_token: str
    kind: v1.ChannelKind.ValueType


class UpdateChannelAccountFields(TypedDict, total=False):
    """Fields of UpdateChannelAccountRequest."""

    channel_account: v1.ChannelAccount
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteChannelAccountFields(TypedDict, total=False):
    """Fields of DeleteChannelAccountRequest."""

    channel_account_id: str
    etag: str
    request_id: str


class RotateChannelSecretFields(TypedDict, total=False):
    """Fields of RotateChannelSecretRequest."""

    channel_account_id: str
    request_id: str


class ReceiveMessageFields(TypedDict, total=False):
    """Fields of ReceiveMessageRequest."""

    channel_account_id: str
    from_address: str
    display_name: str
    body: str
    subject: str
    external_id: str
    language: str
    priority: v1.Priority.ValueType
    request_id: str


class GetMessageStatusFields(TypedDict, total=False):
    """Fields of GetMessageStatusRequest."""

    message_id: str


class CreateCustomerFields(TypedDict, total=False):
    """Fields of CreateCustomerRequest."""

    customer: v1.Customer
    request_id: str


class GetCustomerFields(TypedDict, total=False):
    """Fields of GetCustomerRequest."""

    customer_id: str


class ListCustomersFields(TypedDict, total=False):
    """Fields of ListCustomersRequest."""

    page_size: int
    page_token: str


class UpdateCustomerFields(TypedDict, total=False):
    """Fields of UpdateCustomerRequest."""

    customer: v1.Customer
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteCustomerFields(TypedDict, total=False):
    """Fields of DeleteCustomerRequest."""

    customer_id: str
    etag: str
    request_id: str


class AddContactPointFields(TypedDict, total=False):
    """Fields of AddContactPointRequest."""

    customer_id: str
    contact_point: v1.ContactPoint
    request_id: str


class RemoveContactPointFields(TypedDict, total=False):
    """Fields of RemoveContactPointRequest."""

    customer_id: str
    contact_point_id: str
    request_id: str


class LiftSuppressionFields(TypedDict, total=False):
    """Fields of LiftSuppressionRequest."""

    customer_id: str
    contact_point_id: str
    request_id: str


class FindCustomerFields(TypedDict, total=False):
    """Fields of FindCustomerRequest."""

    contact: v1.ContactAddress
    external_id: str


class GetHistoryFields(TypedDict, total=False):
    """Fields of GetHistoryRequest."""

    page_size: int
    page_token: str
    customer_id: str


class CreateInteractionFields(TypedDict, total=False):
    """Fields of CreateInteractionRequest."""

    customer_id: str
    contact: v1.ContactInput
    channel: v1.ChannelKind.ValueType
    channel_account_id: str
    subject: str
    body: str
    priority: v1.Priority.ValueType
    language: str
    tags: Iterable[str]
    required_skills: Iterable[v1.SkillRequirement]
    queue_id: str
    request_id: str
    place: v1.Place
    callback_time: timestamp_pb2.Timestamp


class GetInteractionFields(TypedDict, total=False):
    """Fields of GetInteractionRequest."""

    interaction_id: str


class ListInteractionsFields(TypedDict, total=False):
    """Fields of ListInteractionsRequest."""

    page_size: int
    page_token: str
    statuses: Iterable[v1.InteractionStatus.ValueType]
    channel: v1.ChannelKind.ValueType
    queue_id: str
    agent_id: str
    customer_id: str
    create_after: timestamp_pb2.Timestamp
    create_before: timestamp_pb2.Timestamp


class UpdateInteractionFields(TypedDict, total=False):
    """Fields of UpdateInteractionRequest."""

    interaction: v1.Interaction
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class SendMessageFields(TypedDict, total=False):
    """Fields of SendMessageRequest."""

    interaction_id: str
    body: str
    kind: v1.SendKind.ValueType
    request_id: str
    attachment_ids: Iterable[str]


class UploadAttachmentFields(TypedDict, total=False):
    """Fields of UploadAttachmentRequest."""

    interaction_id: str
    attachment_id: str
    name: str
    declared_type: str
    size: int
    offset: int
    data: bytes


class DownloadAttachmentFields(TypedDict, total=False):
    """Fields of DownloadAttachmentRequest."""

    attachment_id: str


class ListMessagesFields(TypedDict, total=False):
    """Fields of ListMessagesRequest."""

    page_size: int
    page_token: str
    interaction_id: str
    conversation_id: str


class TransferInteractionFields(TypedDict, total=False):
    """Fields of TransferInteractionRequest."""

    interaction_id: str
    agent_id: str
    queue_id: str
    note: str
    request_id: str
    override_limits: bool


class ConsultAgentFields(TypedDict, total=False):
    """Fields of ConsultAgentRequest."""

    interaction_id: str
    agent_id: str
    note: str
    request_id: str


class EndConsultFields(TypedDict, total=False):
    """Fields of EndConsultRequest."""

    offer_id: str
    request_id: str


class EscalateInteractionFields(TypedDict, total=False):
    """Fields of EscalateInteractionRequest."""

    interaction_id: str
    reason: str
    queue_id: str
    priority: v1.Priority.ValueType
    request_id: str


class CloseInteractionFields(TypedDict, total=False):
    """Fields of CloseInteractionRequest."""

    interaction_id: str
    resolution: str
    wrap_up_code: str
    request_id: str


class CancelInteractionFields(TypedDict, total=False):
    """Fields of CancelInteractionRequest."""

    interaction_id: str
    reason: str
    request_id: str


class AbandonInteractionFields(TypedDict, total=False):
    """Fields of AbandonInteractionRequest."""

    interaction_id: str
    request_id: str


class ParkInteractionFields(TypedDict, total=False):
    """Fields of ParkInteractionRequest."""

    interaction_id: str
    wake_time: timestamp_pb2.Timestamp
    reason: str
    request_id: str


class RequestCallbackFields(TypedDict, total=False):
    """Fields of RequestCallbackRequest."""

    interaction_id: str
    callback_time: timestamp_pb2.Timestamp
    reason: str
    request_id: str


class WakeInteractionFields(TypedDict, total=False):
    """Fields of WakeInteractionRequest."""

    interaction_id: str
    request_id: str


class ReopenInteractionFields(TypedDict, total=False):
    """Fields of ReopenInteractionRequest."""

    interaction_id: str
    reason: str
    request_id: str


class RateInteractionFields(TypedDict, total=False):
    """Fields of RateInteractionRequest."""

    interaction_id: str
    rating: int
    comment: str
    request_id: str


class GetWaitEstimateFields(TypedDict, total=False):
    """Fields of GetWaitEstimateRequest."""

    interaction_id: str


class CreateQueueFields(TypedDict, total=False):
    """Fields of CreateQueueRequest."""

    queue: v1.Queue
    request_id: str


class GetQueueFields(TypedDict, total=False):
    """Fields of GetQueueRequest."""

    queue_id: str


class ListQueuesFields(TypedDict, total=False):
    """Fields of ListQueuesRequest."""

    page_size: int
    page_token: str


class UpdateQueueFields(TypedDict, total=False):
    """Fields of UpdateQueueRequest."""

    queue: v1.Queue
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteQueueFields(TypedDict, total=False):
    """Fields of DeleteQueueRequest."""

    queue_id: str
    etag: str
    request_id: str


class CreateSkillFields(TypedDict, total=False):
    """Fields of CreateSkillRequest."""

    skill: v1.Skill
    request_id: str


class GetSkillFields(TypedDict, total=False):
    """Fields of GetSkillRequest."""

    skill_id: str


class ListSkillsFields(TypedDict, total=False):
    """Fields of ListSkillsRequest."""

    page_size: int
    page_token: str


class UpdateSkillFields(TypedDict, total=False):
    """Fields of UpdateSkillRequest."""

    skill: v1.Skill
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteSkillFields(TypedDict, total=False):
    """Fields of DeleteSkillRequest."""

    skill_id: str
    etag: str
    request_id: str


class CreateRoutingRuleFields(TypedDict, total=False):
    """Fields of CreateRoutingRuleRequest."""

    routing_rule: v1.RoutingRule
    request_id: str


class GetRoutingRuleFields(TypedDict, total=False):
    """Fields of GetRoutingRuleRequest."""

    routing_rule_id: str


class ListRoutingRulesFields(TypedDict, total=False):
    """Fields of ListRoutingRulesRequest."""

    page_size: int
    page_token: str


class UpdateRoutingRuleFields(TypedDict, total=False):
    """Fields of UpdateRoutingRuleRequest."""

    routing_rule: v1.RoutingRule
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteRoutingRuleFields(TypedDict, total=False):
    """Fields of DeleteRoutingRuleRequest."""

    routing_rule_id: str
    etag: str
    request_id: str


class TestRulesFields(TypedDict, total=False):
    """Fields of TestRulesRequest."""

    channel: v1.ChannelKind.ValueType
    channel_account_id: str
    priority: v1.Priority.ValueType
    subject: str
    body: str
    language: str
    tags: Iterable[str]
    customer_id: str
    customer_tier: str
    customer_attributes: Mapping[str, str]


class LintRoutingFields(TypedDict, total=False):
    """Fields of LintRoutingRequest."""

    routing_rule_id: str


class CreateRoutingPlanFields(TypedDict, total=False):
    """Fields of CreateRoutingPlanRequest."""

    routing_plan: v1.RoutingPlan
    request_id: str


class GetRoutingPlanFields(TypedDict, total=False):
    """Fields of GetRoutingPlanRequest."""

    routing_plan_id: str


class ListRoutingPlansFields(TypedDict, total=False):
    """Fields of ListRoutingPlansRequest."""

    page_size: int
    page_token: str


class UpdateRoutingPlanFields(TypedDict, total=False):
    """Fields of UpdateRoutingPlanRequest."""

    routing_plan: v1.RoutingPlan
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteRoutingPlanFields(TypedDict, total=False):
    """Fields of DeleteRoutingPlanRequest."""

    routing_plan_id: str
    etag: str
    request_id: str


class ExplainFields(TypedDict, total=False):
    """Fields of ExplainRequest."""

    interaction_id: str
    agent_id: str
    at_seq: int
    at_time: timestamp_pb2.Timestamp
    page_size: int
    page_token: str


class SimulateFields(TypedDict, total=False):
    """Fields of SimulateRequest."""

    example: str
    json: str
    past: v1.SimulatedPast
    runs: int
    seed: int
    arrivals: int
    policy: v1.RoutingPolicy
    against: v1.RoutingPolicy


class RouteInteractionFields(TypedDict, total=False):
    """Fields of RouteInteractionRequest."""

    interaction_id: str
    queue_id: str
    agent_id: str
    request_id: str
    override_limits: bool


class GetRoutingSettingsFields(TypedDict, total=False):
    """Fields of GetRoutingSettingsRequest."""


class UpdateRoutingSettingsFields(TypedDict, total=False):
    """Fields of UpdateRoutingSettingsRequest."""

    routing_settings: v1.RoutingSettings
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class GetQueueStatsFields(TypedDict, total=False):
    """Fields of GetQueueStatsRequest."""

    queue_ids: Iterable[str]


class CreateCalendarFields(TypedDict, total=False):
    """Fields of CreateCalendarRequest."""

    calendar: v1.Calendar
    request_id: str


class GetCalendarFields(TypedDict, total=False):
    """Fields of GetCalendarRequest."""

    calendar_id: str


class ListCalendarsFields(TypedDict, total=False):
    """Fields of ListCalendarsRequest."""

    page_size: int
    page_token: str


class UpdateCalendarFields(TypedDict, total=False):
    """Fields of UpdateCalendarRequest."""

    calendar: v1.Calendar
    update_mask: field_mask_pb2.FieldMask
    request_id: str


class DeleteCalendarFields(TypedDict, total=False):
    """Fields of DeleteCalendarRequest."""

    calendar_id: str
    etag: str
    request_id: str


class GetCalendarStatusFields(TypedDict, total=False):
    """Fields of GetCalendarStatusRequest."""

    calendar_id: str
    time: timestamp_pb2.Timestamp
