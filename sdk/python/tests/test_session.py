"""An agent's session from outside: offers taken, left and missed, commands over lost connections,
and what outlives what."""

from __future__ import annotations

import asyncio
import time

import pytest
from conftest import PATIENCE_SECONDS, Tenant, background, eventually
from proxy import Proxy

import omnichannel
from omnichannel import (
    AgentSession,
    Assigned,
    AsyncClient,
    Client,
    MessageChanged,
    Offered,
    OfferEnded,
    PresenceChanged,
    SnapshotBegan,
    SnapshotEnded,
    StreamState,
    Unassigned,
    errors,
    v1,
)
from omnichannel.testing import Server

AVAILABLE = v1.PRESENCE_STATUS_AVAILABLE


def until(session: AgentSession, kind: type[omnichannel.Update]) -> omnichannel.Update:
    """The next update of a kind."""
    while True:
        update = session.next(PATIENCE_SECONDS)
        if isinstance(update, kind):
            return update


def test_an_agent_works(tenant: Tenant) -> None:
    agent, key = tenant.agent()
    with tenant.host.client(api_key=key) as client, client.agent_session() as session:
        begun = [session.next(PATIENCE_SECONDS) for _ in range(3)]
        assert isinstance(begun[0], SnapshotBegan)
        assert isinstance(begun[1], PresenceChanged)
        assert begun[1].in_snapshot
        assert isinstance(begun[2], SnapshotEnded)
        assert session.set_presence(AVAILABLE).seq > 0
        made = tenant.interaction("Where is my parcel?")
        offer = next(session.offers())
        assert offer.interaction.id == made.id
        assert offer.last_message is not None
        assert offer.last_message.body == "Where is my parcel?"
        assert 50 < offer.remaining <= 61
        assert offer.is_open
        offer.accept()
        offer.accept()
        assigned = until(session, Assigned)
        assert isinstance(assigned, Assigned)
        assert assigned.interaction.owner_agent_id == agent.id
        assert not offer.is_open
        with pytest.raises(errors.ChannelCannotSendError):
            session.send_message(made.id, "On its way.")
        session.ack(assigned.seq)
        session.complete(made.id, "told", "parcel")
        unassigned = until(session, Unassigned)
        assert isinstance(unassigned, Unassigned)
        assert unassigned.interaction_id == made.id
        session.leave()
    read = tenant.client.agents.get_agent(agent_id=agent.id).agent
    assert read.presence.intended == v1.PRESENCE_STATUS_OFFLINE


def test_an_offer_is_declined_and_refused_afterwards(tenant: Tenant) -> None:
    _, key = tenant.agent()
    with tenant.host.client(api_key=key) as client, client.agent_session() as session:
        session.set_presence(AVAILABLE)
        tenant.interaction()
        offer = next(session.offers())
        offer.decline("lunch")
        with pytest.raises(errors.OfferAnsweredError) as late:
            offer.accept()
        assert late.value.metadata["offer_id"] == offer.id
        ended = until(session, OfferEnded)
        assert isinstance(ended, OfferEnded)
        assert ended.offer.id == offer.id
        assert not offer.is_open
        with pytest.raises(errors.ValidationFailedError) as wrong:
            session.accept("no uuid")
        assert wrong.value.violations


def test_an_offer_that_nobody_answers_is_not_handed_out_any_more(own: Server) -> None:
    tenant = Tenant(own)
    _, key = tenant.agent()
    with own.client(api_key=key) as client, client.agent_session() as session:
        session.set_presence(AVAILABLE)
        tenant.interaction()
        offer = next(session.offers())
        own.advance(minutes=2)
        eventually(lambda: not offer.is_open, "the offer has ended")
        begun = time.monotonic()
        with pytest.raises(errors.OfferExpiredError):
            offer.accept()
        assert time.monotonic() - begun < 5
    tenant.close()


def test_max_open_offers_bounds_what_is_offered(tenant: Tenant) -> None:
    agent, key = tenant.agent(units=8)
    with tenant.host.client(api_key=key) as client:
        session = client.agent_session(max_open_offers=1)
        assert session.open().limits.max_open_offers == 1
        session.set_presence(AVAILABLE)
        made = {tenant.interaction().id for _ in range(3)}
        taken: set[str] = set()
        for offer in session.offers():
            listed = tenant.client.agents.list_offers(agent_id=agent.id, open_only=True)
            pending = [one.id for one in listed if one.state == v1.OFFER_STATE_PENDING]
            assert pending == [offer.id]
            offer.accept()
            taken.add(offer.interaction.id)
            if taken == made:
                break
        session.close()


def test_commands_survive_lost_answers(tenant: Tenant, proxy: Proxy) -> None:
    agent, key = tenant.agent()
    with Client(proxy.endpoint, api_key=key) as client, client.agent_session() as session:
        session.set_presence(AVAILABLE)
        made = tenant.interaction()
        offer = next(session.offers())
        proxy.swallow(True)
        results: list[v1.CommandOk] = []
        work = background(lambda: results.append(offer.accept()))

        def is_owned() -> bool:
            read = tenant.client.interactions.get_interaction(interaction_id=made.id)
            return read.interaction.owner_agent_id == agent.id

        eventually(is_owned, "the server has taken the command")
        assert results == []
        proxy.swallow(False)
        proxy.cut()
        work.join(PATIENCE_SECONDS)
        assert len(results) == 1
        until(session, Assigned)
        assert session.last_error is not None
        assert session.state is StreamState.CONNECTED


def test_updates_over_many_cuts_come_once_and_in_order(tenant: Tenant, proxy: Proxy) -> None:
    _, key = tenant.agent(units=8)
    with Client(proxy.endpoint, api_key=key) as client, client.agent_session() as session:
        session.set_presence(AVAILABLE)
        made = tenant.interaction()
        next(session.offers()).accept()
        until(session, Assigned)
        for index in range(20):
            tenant.client.interactions.send_message(
                interaction_id=made.id, body=f"note {index}", kind=v1.SEND_KIND_INTERNAL_NOTE
            )
            if index % 4 == 0:
                proxy.cut()
        bodies: list[str] = []
        seqs: list[int] = []
        while len(bodies) < 20:
            update = until(session, MessageChanged)
            assert isinstance(update, MessageChanged)
            bodies.append(update.message.body)
            seqs.append(update.seq)
        assert bodies == [f"note {index}" for index in range(20)]
        assert seqs == sorted(set(seqs))


def test_a_session_outlives_a_restart_of_the_server(own: Server) -> None:
    tenant = Tenant(own)
    _, key = tenant.agent()
    states: list[StreamState] = []
    with own.client(api_key=key) as client, client.agent_session(on_state=states.append) as session:
        session.set_presence(AVAILABLE)
        own.restart()
        made = tenant.interaction()
        offer = next(session.offers())
        assert offer.interaction.id == made.id
        offer.accept()
        until(session, Assigned)
    assert StreamState.DRAINING in states
    tenant.close()


def test_a_session_taken_over_stops(tenant: Tenant) -> None:
    _, key = tenant.agent()
    with tenant.host.client(api_key=key) as client, client.agent_session() as old:
        with client.agent_session(session_id=old.session_id):
            with pytest.raises(errors.StreamStoppedError) as ended:
                list(old)
            assert ended.value.goodbye == v1.GOODBYE_REASON_REPLACED
            with pytest.raises(errors.StreamStoppedError):
                old.set_presence(AVAILABLE)


def test_a_command_without_a_connection_ends_in_time(tenant: Tenant, proxy: Proxy) -> None:
    _, key = tenant.agent()
    with Client(proxy.endpoint, api_key=key) as client, client.agent_session() as session:
        proxy.freeze(True)
        begun = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded):
            session.set_presence(AVAILABLE, timeout=0.3)
        assert time.monotonic() - begun < 3
        proxy.freeze(False)
        session.set_presence(AVAILABLE)


async def test_an_agent_works_asynchronously_through_cuts(tenant: Tenant, proxy: Proxy) -> None:
    _, key = tenant.agent(units=16)
    taken: set[str] = set()
    async with (
        AsyncClient(proxy.endpoint, api_key=key) as client,
        client.agent_session() as session,
    ):
        await session.set_presence(AVAILABLE)
        made = {(await asyncio.to_thread(tenant.interaction)).id for _ in range(4)}

        async def take() -> None:
            async for offer in session.offers():
                proxy.cut()
                await offer.accept()
                taken.add(offer.interaction.id)
                if taken == made:
                    return

        await asyncio.wait_for(take(), 3 * PATIENCE_SECONDS)
        await session.complete(next(iter(made)), "done")
        with pytest.raises(errors.ResourceNotFoundError):
            await session.accept(omnichannel.new_request_id())
        async for update in session:
            if isinstance(update, Unassigned):
                break
        await session.leave()
    for one in made:
        read = tenant.client.interactions.get_interaction(interaction_id=one).interaction
        assert read.status != v1.INTERACTION_STATUS_QUEUED


async def test_many_commands_at_once_keep_the_server_s_limit(tenant: Tenant) -> None:
    _, key = tenant.agent()
    async with tenant.host.async_client(api_key=key) as client, client.agent_session() as session:
        statuses = [v1.PRESENCE_STATUS_BREAK, AVAILABLE] * 150
        work = [session.set_presence(status, timeout=60) for status in statuses]
        results = await asyncio.gather(*work)
        assert len(results) == 300
        hello = await session.open()
        assert 0 < hello.limits.max_pending_commands < 300


def test_offers_of_a_snapshot_are_offers_too(tenant: Tenant) -> None:
    _, key = tenant.agent()
    with tenant.host.client(api_key=key) as client:
        with client.agent_session() as first:
            first.set_presence(AVAILABLE)
            tenant.interaction()
            kept = next(first.offers())
        with client.agent_session(session_id=first.session_id) as second:
            update = until(second, Offered)
            assert isinstance(update, Offered)
            assert update.in_snapshot
            assert update.offer.id == kept.id
            update.offer.accept()
