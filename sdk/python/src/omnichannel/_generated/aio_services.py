# Generated from the contract by tools/generate.py. Do not edit.
"""The services of the asynchronous client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import grpc.aio

from omnichannel import v1
from omnichannel._generated import methods
from omnichannel._method import DEFAULT, Metadata, Timeout
from omnichannel._aio.calls import Calls
from omnichannel._aio.pages import Pages
from omnichannel.v1 import admin_service_pb2_grpc
from omnichannel.v1 import agent_service_pb2_grpc
from omnichannel.v1 import analytics_service_pb2_grpc
from omnichannel.v1 import channel_service_pb2_grpc
from omnichannel.v1 import customer_service_pb2_grpc
from omnichannel.v1 import interaction_service_pb2_grpc
from omnichannel.v1 import routing_service_pb2_grpc

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from omnichannel._generated import arguments


class AdminService:
    """Manages tenants and API keys; shows auditors and integrations what was done, and operators what
    is under way.

    Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
    TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
    RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_tenant(
        self,
        request: v1.CreateTenantRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateTenantFields]",
    ) -> v1.CreateTenantResponse:
        """Creates a tenant with a first key of role TENANT_ADMIN, which the answer shows once.

        Errors: NAME_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_CREATE_TENANT, request, fields, timeout, metadata
        )

    async def get_tenant(
        self,
        request: v1.GetTenantRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetTenantFields]",
    ) -> v1.GetTenantResponse:
        """Reads one tenant.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ADMIN_GET_TENANT, request, fields, timeout, metadata
        )

    def list_tenants(
        self,
        request: v1.ListTenantsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListTenantsFields]",
    ) -> Pages[v1.Tenant]:
        """Lists tenants, ordered by name.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ADMIN_LIST_TENANTS, request, fields, timeout, metadata
        )

    async def update_tenant(
        self,
        request: v1.UpdateTenantRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateTenantFields]",
    ) -> v1.UpdateTenantResponse:
        """Changes the fields named by the mask. Suspending a tenant ends its streams.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
        LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_UPDATE_TENANT, request, fields, timeout, metadata
        )

    async def create_api_key(
        self,
        request: v1.CreateApiKeyRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateApiKeyFields]",
    ) -> v1.CreateApiKeyResponse:
        """Creates an API key of the own tenant. The answer shows the key, once.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_CREATE_API_KEY, request, fields, timeout, metadata
        )

    async def get_api_key(
        self,
        request: v1.GetApiKeyRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetApiKeyFields]",
    ) -> v1.GetApiKeyResponse:
        """Reads one API key, without the key itself.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ADMIN_GET_API_KEY, request, fields, timeout, metadata
        )

    def list_api_keys(
        self,
        request: v1.ListApiKeysRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListApiKeysFields]",
    ) -> Pages[v1.ApiKey]:
        """Lists the API keys of the tenant, newest first.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ADMIN_LIST_API_KEYS, request, fields, timeout, metadata
        )

    async def revoke_api_key(
        self,
        request: v1.RevokeApiKeyRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.RevokeApiKeyFields]",
    ) -> v1.RevokeApiKeyResponse:
        """Makes an API key invalid for good; its streams end within 15 seconds, and carry out no command
        before. A repeat succeeds. The last key with which the tenant can manage its keys stays: make
        another one first.

        Errors: RESOURCE_NOT_FOUND, RESOURCE_IN_USE, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_REVOKE_API_KEY, request, fields, timeout, metadata
        )

    def list_audit_log(
        self,
        request: v1.ListAuditLogRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListAuditLogFields]",
    ) -> Pages[v1.AuditEntry]:
        """Lists the audit log of the tenant by rising sequence.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ADMIN_LIST_AUDIT_LOG, request, fields, timeout, metadata
        )

    async def verify_audit_log(
        self,
        request: v1.VerifyAuditLogRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.VerifyAuditLogFields]",
    ) -> v1.VerifyAuditLogResponse:
        """Recomputes the hash chain over a stretch of the audit log.

        Errors: only the common ones.
        """
        return await self._calls.unary(
            methods.ADMIN_VERIFY_AUDIT_LOG, request, fields, timeout, metadata
        )

    def list_access_log(
        self,
        request: v1.ListAccessLogRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListAccessLogFields]",
    ) -> Pages[v1.AccessEntry]:
        """Lists who read personal data, or touched keys, tenants, secrets or a log, newest first. A call
        is listed within a few seconds, and kept as long as the operator says.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ADMIN_LIST_ACCESS_LOG, request, fields, timeout, metadata
        )

    async def get_server_info(
        self,
        request: v1.GetServerInfoRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetServerInfoFields]",
    ) -> v1.GetServerInfoResponse:
        """Tells which server answers.

        Errors: only the common ones.
        """
        return await self._calls.unary(
            methods.ADMIN_GET_SERVER_INFO, request, fields, timeout, metadata
        )

    async def who_am_i(
        self,
        request: v1.WhoAmIRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.WhoAmIFields]",
    ) -> v1.WhoAmIResponse:
        """Tells who calls: tenant, role, permissions and the agent the credential speaks for. A console
        asks this first.

        Errors: only the common ones.
        """
        return await self._calls.unary(
            methods.ADMIN_WHO_AM_I, request, fields, timeout, metadata
        )

    def list_streams(
        self,
        request: v1.ListStreamsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListStreamsFields]",
    ) -> Pages[v1.OpenStream]:
        """Lists the open streams of the node that answers, and of no other, newest first. Keys of a
        tenant see the streams of their tenant, the operator of the platform those of all tenants. A
        page token is good on the same node only.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ADMIN_LIST_STREAMS, request, fields, timeout, metadata
        )

    async def close_stream(
        self,
        request: v1.CloseStreamRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CloseStreamFields]",
    ) -> v1.CloseStreamResponse:
        """Tells an open stream of the node that answers to end, with goodbye CLOSED_BY_OPERATOR. A
        session survives its stream for its grace.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_CLOSE_STREAM, request, fields, timeout, metadata
        )

    def list_sessions(
        self,
        request: v1.ListSessionsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListSessionsFields]",
    ) -> Pages[v1.ConsoleSession]:
        """Lists the agents' sessions of the tenant on all nodes, ordered by identifier.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ADMIN_LIST_SESSIONS, request, fields, timeout, metadata
        )

    async def close_session(
        self,
        request: v1.CloseSessionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CloseSessionFields]",
    ) -> v1.CloseSessionResponse:
        """Closes an agent's session on whichever node: its stream ends with goodbye CLOSED_BY_OPERATOR
        and action STOP. Presence and offers keep their grace, as after any lost session.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_CLOSE_SESSION, request, fields, timeout, metadata
        )

    def list_deliveries(
        self,
        request: v1.ListDeliveriesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListDeliveriesFields]",
    ) -> Pages[v1.OutboundDelivery]:
        """Lists the deliveries of the tenant's outbound messages, newest first. A page may be short or
        empty and yet not the last: go on while there is a token.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ADMIN_LIST_DELIVERIES, request, fields, timeout, metadata
        )

    async def retry_delivery(
        self,
        request: v1.RetryDeliveryRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.RetryDeliveryFields]",
    ) -> v1.RetryDeliveryResponse:
        """Makes a delivery due at once. One that is UNKNOWN is tried once more, under the same message
        identifier, so that the other side can recognise it. One that is being sent is left alone.

        Errors: RESOURCE_NOT_FOUND, DELIVERY_NOT_PENDING, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_RETRY_DELIVERY, request, fields, timeout, metadata
        )

    async def cancel_delivery(
        self,
        request: v1.CancelDeliveryRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CancelDeliveryFields]",
    ) -> v1.CancelDeliveryResponse:
        """Withdraws a delivery that was not sent; its message becomes CANCELED, and its lane goes on. A
        repeat succeeds.

        Errors: RESOURCE_NOT_FOUND, DELIVERY_NOT_PENDING, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_CANCEL_DELIVERY, request, fields, timeout, metadata
        )

    def list_dead_letters(
        self,
        request: v1.ListDeadLettersRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListDeadLettersFields]",
    ) -> Pages[v1.DeadLetter]:
        """Lists what came in and could not be taken in, newest first.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ADMIN_LIST_DEAD_LETTERS, request, fields, timeout, metadata
        )

    async def replay_dead_letter(
        self,
        request: v1.ReplayDeadLetterRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ReplayDeadLetterFields]",
    ) -> v1.ReplayDeadLetterResponse:
        """Gives a dead letter back to be taken in, the same way as the first time: what of it was taken
        in then is not taken in twice. If it fails again it is a dead letter again.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_REPLAY_DEAD_LETTER, request, fields, timeout, metadata
        )

    async def delete_dead_letter(
        self,
        request: v1.DeleteDeadLetterRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteDeadLetterFields]",
    ) -> v1.DeleteDeadLetterResponse:
        """Throws a dead letter away for good. The same delivery of its sender is still recognised.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ADMIN_DELETE_DEAD_LETTER, request, fields, timeout, metadata
        )


class AgentService:
    """Manages agents and teams, and carries the live session of an agent: presence, offers and
    assignments.

    Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
    TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
    RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_agent(
        self,
        request: v1.CreateAgentRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateAgentFields]",
    ) -> v1.CreateAgentResponse:
        """Creates an agent.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_CREATE_AGENT, request, fields, timeout, metadata
        )

    async def get_agent(
        self,
        request: v1.GetAgentRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetAgentFields]",
    ) -> v1.GetAgentResponse:
        """Reads one agent.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.AGENT_GET_AGENT, request, fields, timeout, metadata
        )

    def list_agents(
        self,
        request: v1.ListAgentsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListAgentsFields]",
    ) -> Pages[v1.Agent]:
        """Lists agents, ordered by time of creation.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.AGENT_LIST_AGENTS, request, fields, timeout, metadata
        )

    async def update_agent(
        self,
        request: v1.UpdateAgentRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateAgentFields]",
    ) -> v1.UpdateAgentResponse:
        """Changes the fields named by the mask.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, REQUEST_ID_REUSED,
        LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_UPDATE_AGENT, request, fields, timeout, metadata
        )

    async def delete_agent(
        self,
        request: v1.DeleteAgentRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteAgentFields]",
    ) -> v1.DeleteAgentResponse:
        """Deletes an agent. Refused while the agent owns interactions, has open offers, or a plan names
        the agent.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_DELETE_AGENT, request, fields, timeout, metadata
        )

    async def create_team(
        self,
        request: v1.CreateTeamRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateTeamFields]",
    ) -> v1.CreateTeamResponse:
        """Creates a team.

        Errors: NAME_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_CREATE_TEAM, request, fields, timeout, metadata
        )

    async def get_team(
        self,
        request: v1.GetTeamRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetTeamFields]",
    ) -> v1.GetTeamResponse:
        """Reads one team.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.AGENT_GET_TEAM, request, fields, timeout, metadata
        )

    def list_teams(
        self,
        request: v1.ListTeamsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListTeamsFields]",
    ) -> Pages[v1.Team]:
        """Lists teams, ordered by name.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.AGENT_LIST_TEAMS, request, fields, timeout, metadata
        )

    async def update_team(
        self,
        request: v1.UpdateTeamRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateTeamFields]",
    ) -> v1.UpdateTeamResponse:
        """Changes the fields named by the mask.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
        LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_UPDATE_TEAM, request, fields, timeout, metadata
        )

    async def delete_team(
        self,
        request: v1.DeleteTeamRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteTeamFields]",
    ) -> v1.DeleteTeamResponse:
        """Deletes a team. Refused while it has members, or a queue or a plan names it.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_DELETE_TEAM, request, fields, timeout, metadata
        )

    async def set_presence(
        self,
        request: v1.SetPresenceRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.SetPresenceFields]",
    ) -> v1.SetPresenceResponse:
        """Sets what an agent chose. Setting it again to the same value changes nothing, except that it
        ends NOT_RESPONDING and MISSED. It does not by itself make an agent available: that takes a
        session. What was chosen without one takes effect when a session opens.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, AGENT_NOT_BOUND, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_SET_PRESENCE, request, fields, timeout, metadata
        )

    async def accept_offer(
        self,
        request: v1.AcceptOfferRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.AcceptOfferFields]",
    ) -> v1.AcceptOfferResponse:
        """Takes an offer. Exactly one agent wins an interaction; a repeat by the winner succeeds. Of a
        consult, the agent advises from then on and the owner stays who they are.

        Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, OUTSIDE_TEAM, AGENT_NOT_BOUND,
        OFFER_EXPIRED, OFFER_CANCELLED, OFFER_RESCINDED, OFFER_ANSWERED, OFFER_LOST, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_ACCEPT_OFFER, request, fields, timeout, metadata
        )

    async def decline_offer(
        self,
        request: v1.DeclineOfferRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeclineOfferFields]",
    ) -> v1.DeclineOfferResponse:
        """Declines an offer. The interaction goes on with its waiting time kept; a repeat succeeds.

        Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, OUTSIDE_TEAM, AGENT_NOT_BOUND,
        OFFER_EXPIRED, OFFER_CANCELLED, OFFER_RESCINDED, OFFER_ANSWERED, OFFER_LOST, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_DECLINE_OFFER, request, fields, timeout, metadata
        )

    async def take_next(
        self,
        request: v1.TakeNextRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.TakeNextFields]",
    ) -> v1.TakeNextResponse:
        """Takes the agent's next work: of all that waits in queues of mode PULL and is for the agent by
        team, skill and open step of a plan, what the work order puts first; what they declined or
        missed comes after everything else. It is theirs at once. The agent is available and has room,
        as for an offer; work of queues of mode PUSH comes by offers alone. A repeat with the same
        `request_id` answers with the same interaction.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, AGENT_NOT_BOUND, AGENT_UNAVAILABLE, NOTHING_TO_TAKE,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_TAKE_NEXT, request, fields, timeout, metadata
        )

    async def complete_interaction(
        self,
        request: v1.CompleteInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CompleteInteractionFields]",
    ) -> v1.CompleteInteractionResponse:
        """Ends the contact of an interaction the agent owns. Where the queue has wrap-up, an active
        interaction starts wrapping and a second call resolves it; elsewhere it is resolved at once.

        Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, OUTSIDE_TEAM, AGENT_NOT_BOUND,
        INTERACTION_NOT_OPEN, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_COMPLETE_INTERACTION, request, fields, timeout, metadata
        )

    def list_offers(
        self,
        request: v1.ListOffersRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListOffersFields]",
    ) -> Pages[v1.Offer]:
        """Lists the offers of an agent, newest first.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, AGENT_NOT_BOUND, PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.AGENT_LIST_OFFERS, request, fields, timeout, metadata
        )

    async def configure_schedule(
        self,
        request: v1.ConfigureScheduleRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ConfigureScheduleFields]",
    ) -> v1.ConfigureScheduleResponse:
        """Creates the schedule of this name, or replaces all that it says; what it says now holds for its
        agents at once.

        Errors: ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_CONFIGURE_SCHEDULE, request, fields, timeout, metadata
        )

    def list_schedules(
        self,
        request: v1.ListSchedulesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListSchedulesFields]",
    ) -> Pages[v1.Schedule]:
        """Lists schedules in the order of their creation.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.AGENT_LIST_SCHEDULES, request, fields, timeout, metadata
        )

    async def delete_schedule(
        self,
        request: v1.DeleteScheduleRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteScheduleFields]",
    ) -> v1.DeleteScheduleResponse:
        """Deletes a schedule. Refused while an agent goes by it.

        Errors: RESOURCE_NOT_FOUND, RESOURCE_IN_USE, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_DELETE_SCHEDULE, request, fields, timeout, metadata
        )

    async def create_time_off(
        self,
        request: v1.CreateTimeOffRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateTimeOffFields]",
    ) -> v1.CreateTimeOffResponse:
        """Books time off of an agent: from its start to its end nothing new comes, whatever their
        schedule says and whatever they choose. It may overlap with other time off of theirs.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_CREATE_TIME_OFF, request, fields, timeout, metadata
        )

    def list_time_off(
        self,
        request: v1.ListTimeOffRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListTimeOffFields]",
    ) -> Pages[v1.TimeOff]:
        """Lists time off that is not over, in the order in which it was booked.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.AGENT_LIST_TIME_OFF, request, fields, timeout, metadata
        )

    async def delete_time_off(
        self,
        request: v1.DeleteTimeOffRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteTimeOffFields]",
    ) -> v1.DeleteTimeOffResponse:
        """Withdraws time off, also while it goes on: the agent's schedule and choice count again at once.
        What is over is not found.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.AGENT_DELETE_TIME_OFF, request, fields, timeout, metadata
        )


class AnalyticsService:
    """Tells what is going on, as figures at a moment and as a live dashboard; configures promises of
    time and what happens when nobody takes care.

    Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
    TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
    RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def get_real_time_stats(
        self,
        request: v1.GetRealTimeStatsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetRealTimeStatsFields]",
    ) -> v1.GetRealTimeStatsResponse:
        """Reads the figures of the tenant at this moment.

        Errors: only the common ones.
        """
        return await self._calls.unary(
            methods.ANALYTICS_GET_REAL_TIME_STATS, request, fields, timeout, metadata
        )

    async def get_trend(
        self,
        request: v1.GetTrendRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetTrendFields]",
    ) -> v1.GetTrendResponse:
        """Reads how work went over past hours or days: what was created in each of them, and what has
        become of that.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ANALYTICS_GET_TREND, request, fields, timeout, metadata
        )

    async def configure_sla(
        self,
        request: v1.ConfigureSlaRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ConfigureSlaFields]",
    ) -> v1.ConfigureSlaResponse:
        """Creates the SLA policy of this name, or replaces all that it says. What was promised under it
        stays promised.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ANALYTICS_CONFIGURE_SLA, request, fields, timeout, metadata
        )

    def list_sla_policies(
        self,
        request: v1.ListSlaPoliciesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListSlaPoliciesFields]",
    ) -> Pages[v1.SlaPolicy]:
        """Lists SLA policies in the order in which they are tried.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ANALYTICS_LIST_SLA_POLICIES, request, fields, timeout, metadata
        )

    async def delete_sla_policy(
        self,
        request: v1.DeleteSlaPolicyRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteSlaPolicyFields]",
    ) -> v1.DeleteSlaPolicyResponse:
        """Deletes an SLA policy. What was promised under it stays promised.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ANALYTICS_DELETE_SLA_POLICY, request, fields, timeout, metadata
        )

    async def configure_escalation(
        self,
        request: v1.ConfigureEscalationRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ConfigureEscalationFields]",
    ) -> v1.ConfigureEscalationResponse:
        """Creates the escalation policy of this name, or replaces all that it says. Ladders that were
        put up by it stay as they are.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ANALYTICS_CONFIGURE_ESCALATION, request, fields, timeout, metadata
        )

    def list_escalation_policies(
        self,
        request: v1.ListEscalationPoliciesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListEscalationPoliciesFields]",
    ) -> Pages[v1.EscalationPolicy]:
        """Lists escalation policies in the order of their creation.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ANALYTICS_LIST_ESCALATION_POLICIES, request, fields, timeout, metadata
        )

    async def delete_escalation_policy(
        self,
        request: v1.DeleteEscalationPolicyRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteEscalationPolicyFields]",
    ) -> v1.DeleteEscalationPolicyResponse:
        """Deletes an escalation policy. Refused while a queue names it; ladders that were put up by it
        stay.

        Errors: RESOURCE_NOT_FOUND, RESOURCE_IN_USE, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ANALYTICS_DELETE_ESCALATION_POLICY, request, fields, timeout, metadata
        )

    def list_sla_breaches(
        self,
        request: v1.ListSlaBreachesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListSlaBreachesFields]",
    ) -> Pages[v1.SlaBreach]:
        """Lists promises that were not kept, newest first.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ANALYTICS_LIST_SLA_BREACHES, request, fields, timeout, metadata
        )


class ChannelService:
    """Connects channels: accounts, secrets, inbound messages and delivery status.

    Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
    TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
    RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_channel_account(
        self,
        request: v1.CreateChannelAccountRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateChannelAccountFields]",
    ) -> v1.CreateChannelAccountResponse:
        """Creates a channel account. The answer shows its signing secret, once.

        Errors: NAME_TAKEN, MAILBOX_TAKEN, RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CHANNEL_CREATE_CHANNEL_ACCOUNT, request, fields, timeout, metadata
        )

    async def get_channel_account(
        self,
        request: v1.GetChannelAccountRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetChannelAccountFields]",
    ) -> v1.GetChannelAccountResponse:
        """Reads one channel account.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.CHANNEL_GET_CHANNEL_ACCOUNT, request, fields, timeout, metadata
        )

    def list_channel_accounts(
        self,
        request: v1.ListChannelAccountsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListChannelAccountsFields]",
    ) -> Pages[v1.ChannelAccount]:
        """Lists channel accounts, ordered by name.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.CHANNEL_LIST_CHANNEL_ACCOUNTS, request, fields, timeout, metadata
        )

    async def update_channel_account(
        self,
        request: v1.UpdateChannelAccountRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateChannelAccountFields]",
    ) -> v1.UpdateChannelAccountResponse:
        """Changes the fields named by the mask.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, MAILBOX_TAKEN,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CHANNEL_UPDATE_CHANNEL_ACCOUNT, request, fields, timeout, metadata
        )

    async def delete_channel_account(
        self,
        request: v1.DeleteChannelAccountRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteChannelAccountFields]",
    ) -> v1.DeleteChannelAccountResponse:
        """Deletes a channel account. Refused while an open interaction runs over it.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CHANNEL_DELETE_CHANNEL_ACCOUNT, request, fields, timeout, metadata
        )

    async def rotate_channel_secret(
        self,
        request: v1.RotateChannelSecretRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.RotateChannelSecretFields]",
    ) -> v1.RotateChannelSecretResponse:
        """Replaces the signing secret of an account of kind WEBHOOK at once. The answer shows the new
        one, once.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CHANNEL_ROTATE_CHANNEL_SECRET, request, fields, timeout, metadata
        )

    async def receive_message(
        self,
        request: v1.ReceiveMessageRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ReceiveMessageFields]",
    ) -> v1.ReceiveMessageResponse:
        """Hands in a message of a customer, for integrations without a webhook. It is threaded into the
        conversation of its address and, when no interaction is open there, a new one is created and
        routed. With an `external_id` a message applies once, whatever the `request_id`.

        Errors: RESOURCE_NOT_FOUND, CHANNEL_DISABLED, NO_QUEUE, QUEUE_FULL, REQUEST_ID_REUSED,
        LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CHANNEL_RECEIVE_MESSAGE, request, fields, timeout, metadata
        )

    async def get_message_status(
        self,
        request: v1.GetMessageStatusRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetMessageStatusFields]",
    ) -> v1.GetMessageStatusResponse:
        """Tells how far the delivery of a message has come.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.CHANNEL_GET_MESSAGE_STATUS, request, fields, timeout, metadata
        )


class CustomerService:
    """Keeps customers, their addresses and their history over all channels.

    Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
    TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
    RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_customer(
        self,
        request: v1.CreateCustomerRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateCustomerFields]",
    ) -> v1.CreateCustomerResponse:
        """Creates a customer. Contact points given with it are added.

        Errors: NAME_TAKEN, CONTACT_POINT_TAKEN, RESOURCE_NOT_FOUND for the account's owner,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CUSTOMER_CREATE_CUSTOMER, request, fields, timeout, metadata
        )

    async def get_customer(
        self,
        request: v1.GetCustomerRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetCustomerFields]",
    ) -> v1.GetCustomerResponse:
        """Reads one customer.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.CUSTOMER_GET_CUSTOMER, request, fields, timeout, metadata
        )

    def list_customers(
        self,
        request: v1.ListCustomersRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListCustomersFields]",
    ) -> Pages[v1.Customer]:
        """Lists customers, ordered by time of creation, newest first.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.CUSTOMER_LIST_CUSTOMERS, request, fields, timeout, metadata
        )

    async def update_customer(
        self,
        request: v1.UpdateCustomerRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateCustomerFields]",
    ) -> v1.UpdateCustomerResponse:
        """Changes the fields named by the mask.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
        LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CUSTOMER_UPDATE_CUSTOMER, request, fields, timeout, metadata
        )

    async def delete_customer(
        self,
        request: v1.DeleteCustomerRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteCustomerFields]",
    ) -> v1.DeleteCustomerResponse:
        """Deletes a customer. Deletes the contact points and what was attached to messages too; what was
        said can be read by nobody any more. Refused while an interaction of the
        customer is open.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CUSTOMER_DELETE_CUSTOMER, request, fields, timeout, metadata
        )

    async def add_contact_point(
        self,
        request: v1.AddContactPointRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.AddContactPointFields]",
    ) -> v1.AddContactPointResponse:
        """Adds an address to a customer.

        Errors: RESOURCE_NOT_FOUND, CONTACT_POINT_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CUSTOMER_ADD_CONTACT_POINT, request, fields, timeout, metadata
        )

    async def remove_contact_point(
        self,
        request: v1.RemoveContactPointRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.RemoveContactPointFields]",
    ) -> v1.RemoveContactPointResponse:
        """Removes an address from a customer. Messages that came over it stay.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CUSTOMER_REMOVE_CONTACT_POINT, request, fields, timeout, metadata
        )

    async def lift_suppression(
        self,
        request: v1.LiftSuppressionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.LiftSuppressionFields]",
    ) -> v1.LiftSuppressionResponse:
        """Has messages go to an address again after mail to it came back or was called unwanted.

        Errors: RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.CUSTOMER_LIFT_SUPPRESSION, request, fields, timeout, metadata
        )

    async def find_customer(
        self,
        request: v1.FindCustomerRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.FindCustomerFields]",
    ) -> v1.FindCustomerResponse:
        """Finds the one customer who has an address or an external identifier.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.CUSTOMER_FIND_CUSTOMER, request, fields, timeout, metadata
        )

    def get_history(
        self,
        request: v1.GetHistoryRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetHistoryFields]",
    ) -> Pages[v1.HistoryItem]:
        """Reads the history of a customer over all channels: messages and the moments of interactions,
        newest first.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.CUSTOMER_GET_HISTORY, request, fields, timeout, metadata
        )


class InteractionService:
    """Creates, follows and ends interactions: the units of work that customers bring and agents do.

    Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
    TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
    RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_interaction(
        self,
        request: v1.CreateInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateInteractionFields]",
    ) -> v1.CreateInteractionResponse:
        """Creates an interaction with its first message, finds or makes the customer and the
        conversation, and routes it. An open conversation of the customer on the channel account is
        continued.

        Errors: RESOURCE_NOT_FOUND, NO_QUEUE, QUEUE_FULL, CHANNEL_DISABLED, OUTSIDE_HOURS,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_CREATE_INTERACTION, request, fields, timeout, metadata
        )

    async def get_interaction(
        self,
        request: v1.GetInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetInteractionFields]",
    ) -> v1.GetInteractionResponse:
        """Reads one interaction.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM.
        """
        return await self._calls.unary(
            methods.INTERACTION_GET_INTERACTION, request, fields, timeout, metadata
        )

    def list_interactions(
        self,
        request: v1.ListInteractionsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListInteractionsFields]",
    ) -> Pages[v1.Interaction]:
        """Lists interactions that match every given filter, newest first.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.INTERACTION_LIST_INTERACTIONS, request, fields, timeout, metadata
        )

    async def update_interaction(
        self,
        request: v1.UpdateInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateInteractionFields]",
    ) -> v1.UpdateInteractionResponse:
        """Changes the fields named by the mask: priority, subject, language, tags and required skills.
        A change that matters to routing is used at once while the interaction waits.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, INTERACTION_NOT_OPEN,
        NOT_INTERACTION_OWNER, OUTSIDE_TEAM, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_UPDATE_INTERACTION, request, fields, timeout, metadata
        )

    async def send_message(
        self,
        request: v1.SendMessageRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.SendMessageFields]",
    ) -> v1.SendMessageResponse:
        """Writes a message to the customer, or an internal note. A reply is queued for delivery when
        the call returns; its status tells how far it has come. An agent who is consulted on the
        interaction may write internal notes, and no replies.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        CHANNEL_CANNOT_SEND, CHANNEL_DISABLED, CONTACT_SUPPRESSED, ATTACHMENT_INCOMPLETE,
        ATTACHMENT_LIMIT, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_SEND_MESSAGE, request, fields, timeout, metadata
        )

    async def upload_attachment(
        self,
        request: v1.UploadAttachmentRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UploadAttachmentFields]",
    ) -> v1.UploadAttachmentResponse:
        """Takes in one piece of a file that an answer or note is to carry. Pieces follow one another; one
        that is here already changes nothing. When all are here, SendMessage takes the file by its id;
        a file that no message takes is forgotten after a week.

        Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, ATTACHMENT_INCOMPLETE, ATTACHMENT_LIMIT.
        """
        return await self._calls.unary(
            methods.INTERACTION_UPLOAD_ATTACHMENT, request, fields, timeout, metadata
        )

    def download_attachment(
        self,
        request: v1.DownloadAttachmentRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DownloadAttachmentFields]",
    ) -> AsyncIterator[v1.DownloadAttachmentResponse]:
        """Gives the content of a file that belongs to a message: first what it is, then its bytes.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, STREAM_LIMIT.
        """
        return self._calls.content(
            methods.INTERACTION_DOWNLOAD_ATTACHMENT, request, fields, timeout, metadata
        )

    def list_messages(
        self,
        request: v1.ListMessagesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListMessagesFields]",
    ) -> Pages[v1.Message]:
        """Lists the messages of an interaction or of a whole conversation, oldest first.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.INTERACTION_LIST_MESSAGES, request, fields, timeout, metadata
        )

    async def transfer_interaction(
        self,
        request: v1.TransferInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.TransferInteractionFields]",
    ) -> v1.TransferInteractionResponse:
        """Hands an interaction to another agent, by an offer, or to another queue. It keeps its waiting
        time, and the present owner keeps it until somebody accepts. An agent who does not take it or
        stops being available leaves it to the queue. The agent who is consulted on it gets it at once,
        without an offer; any other transfer ends the consult. The agent is available and has room, or
        `override_limits` says that it does not matter, which takes LIMITS_OVERRIDE too.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        AGENT_UNAVAILABLE, QUEUE_FULL, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_TRANSFER_INTERACTION, request, fields, timeout, metadata
        )

    async def consult_agent(
        self,
        request: v1.ConsultAgentRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ConsultAgentFields]",
    ) -> v1.ConsultAgentResponse:
        """Asks another agent to advise the owner of an ACTIVE interaction. They get an offer with role
        CONSULT, which they accept or decline like any other and which counts against their capacity;
        the owner keeps the interaction. One agent at a time is consulted. It ends with EndConsult,
        when either agent goes offline, and when the interaction ends, rests or goes elsewhere.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        AGENT_UNAVAILABLE, CONSULT_LIMIT, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_CONSULT_AGENT, request, fields, timeout, metadata
        )

    async def end_consult(
        self,
        request: v1.EndConsultRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.EndConsultFields]",
    ) -> v1.EndConsultResponse:
        """Ends a consult, by its owner or by the agent who is consulted: an offer is withdrawn or
        declined, advice is done without wrap-up. A repeat succeeds, whatever ended it.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, NOT_A_CONSULT, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_END_CONSULT, request, fields, timeout, metadata
        )

    async def escalate_interaction(
        self,
        request: v1.EscalateInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.EscalateInteractionFields]",
    ) -> v1.EscalateInteractionResponse:
        """Raises the escalation level by one and, if asked, the priority and the queue.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        QUEUE_FULL, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_ESCALATE_INTERACTION, request, fields, timeout, metadata
        )

    async def close_interaction(
        self,
        request: v1.CloseInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CloseInteractionFields]",
    ) -> v1.CloseInteractionResponse:
        """Ends the work on an open interaction and frees its agent: it becomes RESOLVED, also when
        nobody has taken it, and CLOSED when the reopen window has passed. A repeat succeeds.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_CLOSE_INTERACTION, request, fields, timeout, metadata
        )

    async def cancel_interaction(
        self,
        request: v1.CancelInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CancelInteractionFields]",
    ) -> v1.CancelInteractionResponse:
        """Ends an interaction that nobody has taken yet, and any offer of it. One that was taken and then
        handed back to a queue is closed instead.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_CANCEL_INTERACTION, request, fields, timeout, metadata
        )

    async def abandon_interaction(
        self,
        request: v1.AbandonInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.AbandonInteractionFields]",
    ) -> v1.AbandonInteractionResponse:
        """Tells that the customer left. What waits becomes ABANDONED, and any offer of it ends; what an
        agent has is over as by CompleteInteraction, with wrap-up where the queue has it. A repeat
        succeeds.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_ABANDON_INTERACTION, request, fields, timeout, metadata
        )

    async def park_interaction(
        self,
        request: v1.ParkInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ParkInteractionFields]",
    ) -> v1.ParkInteractionResponse:
        """Sets work aside that an agent owns: PARKED, until its customer writes, the time comes, or
        WakeInteraction is called. It frees the agent's place, unless `parked_counts` of the queue says
        otherwise. Again with another time sets that one.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_PARK_INTERACTION, request, fields, timeout, metadata
        )

    async def request_callback(
        self,
        request: v1.RequestCallbackRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.RequestCallbackFields]",
    ) -> v1.RequestCallbackResponse:
        """Has the customer called back who waits, or whom an agent owns. Who waits keeps their place
        without holding the line: AbandonInteraction and `max_wait` leave it alone from then on. With a
        time it is SCHEDULED and out of the line until then, and enters its queue as old as it was; it
        wakes before if the customer writes or WakeInteraction is called. Again with another time sets
        that one. An agent who called in vain sets another time, as often as the queue allows.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        OUTSIDE_HOURS, CALLBACK_ATTEMPTS_USED, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_REQUEST_CALLBACK, request, fields, timeout, metadata
        )

    async def wake_interaction(
        self,
        request: v1.WakeInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.WakeInteractionFields]",
    ) -> v1.WakeInteractionResponse:
        """Takes up again what is parked or scheduled. Parked work goes back to its agent if they are
        available with room; else it waits with its age kept, first for that agent if they are
        available, then for anybody. What is awake already stays as it is.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_WAKE_INTERACTION, request, fields, timeout, metadata
        )

    async def reopen_interaction(
        self,
        request: v1.ReopenInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ReopenInteractionFields]",
    ) -> v1.ReopenInteractionResponse:
        """Opens a resolved interaction again within the reopen window and routes it anew; its customer
        must still be there.

        Errors: RESOURCE_NOT_FOUND, NOT_INTERACTION_OWNER, OUTSIDE_TEAM, INTERACTION_NOT_RESOLVED,
        REOPEN_WINDOW_PASSED, NO_QUEUE, QUEUE_FULL, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_REOPEN_INTERACTION, request, fields, timeout, metadata
        )

    async def rate_interaction(
        self,
        request: v1.RateInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.RateInteractionFields]",
    ) -> v1.RateInteractionResponse:
        """Records the customer's rating of a resolved or closed interaction, once.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_RESOLVED, INTERACTION_ALREADY_RATED,
        REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.INTERACTION_RATE_INTERACTION, request, fields, timeout, metadata
        )

    async def get_wait_estimate(
        self,
        request: v1.GetWaitEstimateRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetWaitEstimateFields]",
    ) -> v1.GetWaitEstimateResponse:
        """Where an interaction stands in the line of its queue and how long it will still wait: what to
        tell a customer. How far such estimates are off is in `QueueStats.wait_calibration`.

        Errors: RESOURCE_NOT_FOUND, OUTSIDE_TEAM, INTERACTION_NOT_OPEN.
        """
        return await self._calls.unary(
            methods.INTERACTION_GET_WAIT_ESTIMATE, request, fields, timeout, metadata
        )


class RoutingService:
    """Configures how work finds agents: queues, skills, rules, plans and calendars; routes single
    interactions by hand, and explains why one waits.

    Common errors of every RPC: CREDENTIALS_MISSING, CREDENTIALS_INVALID, PERMISSION_DENIED,
    TENANT_SUSPENDED, VALIDATION_FAILED, MESSAGE_TOO_LARGE, NOT_SUPPORTED, DEADLINE_PASSED,
    RATE_LIMITED, SERVICE_UNAVAILABLE, DRAINING, INTERNAL_ERROR.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create_queue(
        self,
        request: v1.CreateQueueRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateQueueFields]",
    ) -> v1.CreateQueueResponse:
        """Creates a queue.

        Errors: NAME_TAKEN, RESOURCE_NOT_FOUND, OVERFLOW_CYCLE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_CREATE_QUEUE, request, fields, timeout, metadata
        )

    async def get_queue(
        self,
        request: v1.GetQueueRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetQueueFields]",
    ) -> v1.GetQueueResponse:
        """Reads one queue.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_GET_QUEUE, request, fields, timeout, metadata
        )

    def list_queues(
        self,
        request: v1.ListQueuesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListQueuesFields]",
    ) -> Pages[v1.Queue]:
        """Lists queues, ordered by name.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ROUTING_LIST_QUEUES, request, fields, timeout, metadata
        )

    async def update_queue(
        self,
        request: v1.UpdateQueueRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateQueueFields]",
    ) -> v1.UpdateQueueResponse:
        """Changes the fields named by the mask. Interactions that wait are matched again.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, RESOURCE_IN_USE,
        OVERFLOW_CYCLE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_UPDATE_QUEUE, request, fields, timeout, metadata
        )

    async def delete_queue(
        self,
        request: v1.DeleteQueueRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteQueueFields]",
    ) -> v1.DeleteQueueResponse:
        """Deletes a queue. Refused while interactions wait in it or rules, accounts or the default
        point to it.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_DELETE_QUEUE, request, fields, timeout, metadata
        )

    async def create_skill(
        self,
        request: v1.CreateSkillRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateSkillFields]",
    ) -> v1.CreateSkillResponse:
        """Creates a skill.

        Errors: NAME_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_CREATE_SKILL, request, fields, timeout, metadata
        )

    async def get_skill(
        self,
        request: v1.GetSkillRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetSkillFields]",
    ) -> v1.GetSkillResponse:
        """Reads one skill.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_GET_SKILL, request, fields, timeout, metadata
        )

    def list_skills(
        self,
        request: v1.ListSkillsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListSkillsFields]",
    ) -> Pages[v1.Skill]:
        """Lists skills, ordered by name.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ROUTING_LIST_SKILLS, request, fields, timeout, metadata
        )

    async def update_skill(
        self,
        request: v1.UpdateSkillRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateSkillFields]",
    ) -> v1.UpdateSkillResponse:
        """Changes the fields named by the mask.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
        LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_UPDATE_SKILL, request, fields, timeout, metadata
        )

    async def delete_skill(
        self,
        request: v1.DeleteSkillRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteSkillFields]",
    ) -> v1.DeleteSkillResponse:
        """Deletes a skill. Refused while an agent, a queue, a rule or an open interaction names it.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_DELETE_SKILL, request, fields, timeout, metadata
        )

    async def create_routing_rule(
        self,
        request: v1.CreateRoutingRuleRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateRoutingRuleFields]",
    ) -> v1.CreateRoutingRuleResponse:
        """Creates a routing rule.

        Errors: NAME_TAKEN, CONDITION_INVALID, EXPRESSION_INVALID, RULE_DUPLICATE, RULE_TOO_COSTLY,
        RESOURCE_NOT_FOUND, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_CREATE_ROUTING_RULE, request, fields, timeout, metadata
        )

    async def get_routing_rule(
        self,
        request: v1.GetRoutingRuleRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetRoutingRuleFields]",
    ) -> v1.GetRoutingRuleResponse:
        """Reads one routing rule.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_GET_ROUTING_RULE, request, fields, timeout, metadata
        )

    def list_routing_rules(
        self,
        request: v1.ListRoutingRulesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListRoutingRulesFields]",
    ) -> Pages[v1.RoutingRule]:
        """Lists routing rules, ordered by position.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ROUTING_LIST_ROUTING_RULES, request, fields, timeout, metadata
        )

    async def update_routing_rule(
        self,
        request: v1.UpdateRoutingRuleRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateRoutingRuleFields]",
    ) -> v1.UpdateRoutingRuleResponse:
        """Changes the fields named by the mask. The next interaction to be routed sees it.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, CONDITION_INVALID,
        EXPRESSION_INVALID, RULE_DUPLICATE, RULE_TOO_COSTLY, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_UPDATE_ROUTING_RULE, request, fields, timeout, metadata
        )

    async def delete_routing_rule(
        self,
        request: v1.DeleteRoutingRuleRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteRoutingRuleFields]",
    ) -> v1.DeleteRoutingRuleResponse:
        """Deletes a routing rule.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_DELETE_ROUTING_RULE, request, fields, timeout, metadata
        )

    async def test_rules(
        self,
        request: v1.TestRulesRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.TestRulesFields]",
    ) -> v1.TestRulesResponse:
        """Tells where an interaction would go if it arrived now, and what each rule says of it, up to
        the one that takes it. Nothing is changed or kept.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_TEST_RULES, request, fields, timeout, metadata
        )

    async def lint_routing(
        self,
        request: v1.LintRoutingRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.LintRoutingFields]",
    ) -> v1.LintRoutingResponse:
        """Looks for flaws of rules and queues: rules that nothing reaches, rules that compete, and work
        that no agent could take, as agents, queues and rules are now.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_LINT_ROUTING, request, fields, timeout, metadata
        )

    async def create_routing_plan(
        self,
        request: v1.CreateRoutingPlanRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateRoutingPlanFields]",
    ) -> v1.CreateRoutingPlanResponse:
        """Creates a routing plan.

        Errors: NAME_TAKEN, RESOURCE_NOT_FOUND, PLAN_STEP_NEVER_OPENS, PLAN_STEP_WITHOUT_EFFECT,
        PLAN_STRANDS, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_CREATE_ROUTING_PLAN, request, fields, timeout, metadata
        )

    async def get_routing_plan(
        self,
        request: v1.GetRoutingPlanRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetRoutingPlanFields]",
    ) -> v1.GetRoutingPlanResponse:
        """Reads one routing plan.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_GET_ROUTING_PLAN, request, fields, timeout, metadata
        )

    def list_routing_plans(
        self,
        request: v1.ListRoutingPlansRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListRoutingPlansFields]",
    ) -> Pages[v1.RoutingPlan]:
        """Lists routing plans, ordered by name.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ROUTING_LIST_ROUTING_PLANS, request, fields, timeout, metadata
        )

    async def update_routing_plan(
        self,
        request: v1.UpdateRoutingPlanRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateRoutingPlanFields]",
    ) -> v1.UpdateRoutingPlanResponse:
        """Changes the fields named by the mask. What waits keeps the version it came with.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN,
        PLAN_STEP_NEVER_OPENS, PLAN_STEP_WITHOUT_EFFECT, PLAN_STRANDS, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_UPDATE_ROUTING_PLAN, request, fields, timeout, metadata
        )

    async def delete_routing_plan(
        self,
        request: v1.DeleteRoutingPlanRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteRoutingPlanFields]",
    ) -> v1.DeleteRoutingPlanResponse:
        """Deletes a routing plan. Refused while a queue names it or an interaction that waits goes by
        it.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_DELETE_ROUTING_PLAN, request, fields, timeout, metadata
        )

    def explain(
        self,
        request: v1.ExplainRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ExplainFields]",
    ) -> Pages[v1.ExplainedAgent]:
        """Explains why an interaction waits, or waited before it was offered: whom it is for, what
        stands against every agent, the terms of its score, what goes before it, and single changes
        that would place it. What is parked or scheduled is explained as if it woke at that moment.
        Asks the code that routes, now or at a moment of the log, and changes nothing.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, OUTSIDE_TEAM, MOMENT_NOT_HELD,
        MOMENT_TOO_FAR, PAGE_TOKEN_INVALID, SERVICE_UNAVAILABLE.
        """
        return self._calls.pages(
            methods.ROUTING_EXPLAIN, request, fields, timeout, metadata
        )

    def simulate(
        self,
        request: v1.SimulateRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.SimulateFields]",
    ) -> AsyncIterator[v1.SimulateResponse]:
        """Tries out a world of customers and agents, or the tenant's own past, with the router that
        routes live: answers with how far it is, and last with what it came to. Nothing is changed; of
        the tenant the log alone is read, and only for a past. It ends with UNAVAILABLE when the server
        shuts down, and with DEADLINE_EXCEEDED after 120 seconds.

        Errors: WORLD_INVALID, SIMULATION_RUNNING, STREAM_LIMIT, MOMENT_NOT_HELD, MOMENT_TOO_FAR.
        """
        return self._calls.content(
            methods.ROUTING_SIMULATE, request, fields, timeout, metadata
        )

    async def route_interaction(
        self,
        request: v1.RouteInteractionRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.RouteInteractionFields]",
    ) -> v1.RouteInteractionResponse:
        """Routes an interaction that waits: by the rules, to a named queue, or to a named agent by an
        offer. Its waiting time is kept. The agent is available and has room, or `override_limits` says
        that it does not matter, which takes LIMITS_OVERRIDE too.

        Errors: RESOURCE_NOT_FOUND, INTERACTION_NOT_OPEN, NOT_INTERACTION_OWNER, OUTSIDE_TEAM,
        AGENT_UNAVAILABLE, NO_QUEUE, QUEUE_FULL, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_ROUTE_INTERACTION, request, fields, timeout, metadata
        )

    async def get_routing_settings(
        self,
        request: v1.GetRoutingSettingsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetRoutingSettingsFields]",
    ) -> v1.GetRoutingSettingsResponse:
        """Reads what routing goes by in all queues."""
        return await self._calls.unary(
            methods.ROUTING_GET_ROUTING_SETTINGS, request, fields, timeout, metadata
        )

    async def update_routing_settings(
        self,
        request: v1.UpdateRoutingSettingsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateRoutingSettingsFields]",
    ) -> v1.UpdateRoutingSettingsResponse:
        """Changes the fields named by the mask. They count from the next decision on.

        Errors: FIELD_MASK_INVALID, ETAG_MISMATCH, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_UPDATE_ROUTING_SETTINGS, request, fields, timeout, metadata
        )

    async def get_queue_stats(
        self,
        request: v1.GetQueueStatsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetQueueStatsFields]",
    ) -> v1.GetQueueStatsResponse:
        """Reads the figures of queues at this moment.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_GET_QUEUE_STATS, request, fields, timeout, metadata
        )

    async def create_calendar(
        self,
        request: v1.CreateCalendarRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.CreateCalendarFields]",
    ) -> v1.CreateCalendarResponse:
        """Creates a business calendar.

        Errors: NAME_TAKEN, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_CREATE_CALENDAR, request, fields, timeout, metadata
        )

    async def get_calendar(
        self,
        request: v1.GetCalendarRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetCalendarFields]",
    ) -> v1.GetCalendarResponse:
        """Reads one calendar.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_GET_CALENDAR, request, fields, timeout, metadata
        )

    def list_calendars(
        self,
        request: v1.ListCalendarsRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.ListCalendarsFields]",
    ) -> Pages[v1.Calendar]:
        """Lists calendars, ordered by name.

        Errors: PAGE_TOKEN_INVALID.
        """
        return self._calls.pages(
            methods.ROUTING_LIST_CALENDARS, request, fields, timeout, metadata
        )

    async def update_calendar(
        self,
        request: v1.UpdateCalendarRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.UpdateCalendarFields]",
    ) -> v1.UpdateCalendarResponse:
        """Changes the fields named by the mask. Queues follow at once; clocks that run go on by the
        hours they were started under.

        Errors: RESOURCE_NOT_FOUND, FIELD_MASK_INVALID, ETAG_MISMATCH, NAME_TAKEN, REQUEST_ID_REUSED,
        LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_UPDATE_CALENDAR, request, fields, timeout, metadata
        )

    async def delete_calendar(
        self,
        request: v1.DeleteCalendarRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.DeleteCalendarFields]",
    ) -> v1.DeleteCalendarResponse:
        """Deletes a calendar. Refused while a queue, an SLA policy or an open interaction goes by it.

        Errors: RESOURCE_NOT_FOUND, ETAG_MISMATCH, RESOURCE_IN_USE, REQUEST_ID_REUSED, LEDGER_BUSY.
        """
        return await self._calls.unary(
            methods.ROUTING_DELETE_CALENDAR, request, fields, timeout, metadata
        )

    async def get_calendar_status(
        self,
        request: v1.GetCalendarStatusRequest | None = None,
        /,
        *,
        timeout: Timeout = DEFAULT,
        metadata: Metadata | None = None,
        **fields: "Unpack[arguments.GetCalendarStatusFields]",
    ) -> v1.GetCalendarStatusResponse:
        """Tells whether a calendar is open at a moment, and when that changes next.

        Errors: RESOURCE_NOT_FOUND.
        """
        return await self._calls.unary(
            methods.ROUTING_GET_CALENDAR_STATUS, request, fields, timeout, metadata
        )


class Raw:
    """The generated stubs, on the connection of the client's calls.

    They carry the credential; deadlines, repeats and typed errors are for the services.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.admin: admin_service_pb2_grpc.AdminServiceAsyncStub = (
            admin_service_pb2_grpc.AdminServiceStub(channel)  # type: ignore[assignment]
        )
        self.agents: agent_service_pb2_grpc.AgentServiceAsyncStub = (
            agent_service_pb2_grpc.AgentServiceStub(channel)  # type: ignore[assignment]
        )
        self.analytics: analytics_service_pb2_grpc.AnalyticsServiceAsyncStub = (
            analytics_service_pb2_grpc.AnalyticsServiceStub(channel)  # type: ignore[assignment]
        )
        self.channels: channel_service_pb2_grpc.ChannelServiceAsyncStub = (
            channel_service_pb2_grpc.ChannelServiceStub(channel)  # type: ignore[assignment]
        )
        self.customers: customer_service_pb2_grpc.CustomerServiceAsyncStub = (
            customer_service_pb2_grpc.CustomerServiceStub(channel)  # type: ignore[assignment]
        )
        self.interactions: interaction_service_pb2_grpc.InteractionServiceAsyncStub = (
            interaction_service_pb2_grpc.InteractionServiceStub(channel)  # type: ignore[assignment]
        )
        self.routing: routing_service_pb2_grpc.RoutingServiceAsyncStub = (
            routing_service_pb2_grpc.RoutingServiceStub(channel)  # type: ignore[assignment]
        )


class Services:
    """All services, as attributes."""

    def __init__(self, calls: Calls) -> None:
        self.admin = AdminService(calls)
        self.agents = AgentService(calls)
        self.analytics = AnalyticsService(calls)
        self.channels = ChannelService(calls)
        self.customers = CustomerService(calls)
        self.interactions = InteractionService(calls)
        self.routing = RoutingService(calls)
