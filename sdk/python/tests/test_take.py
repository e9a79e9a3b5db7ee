"""Work of queues of mode PULL, which agents take: on their session and by a call of its own, in
both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from conftest import PATIENCE_SECONDS, Tenant, background, eventually
from google.protobuf import field_mask_pb2
from proxy import Proxy

import omnichannel
from omnichannel import (
    AgentSession,
    Assigned,
    AsyncAgentSession,
    AsyncClient,
    AsyncOffer,
    Client,
    Offer,
    Offered,
    errors,
    v1,
)

AVAILABLE = v1.PRESENCE_STATUS_AVAILABLE
BREAK = v1.PRESENCE_STATUS_BREAK
QUEUED = v1.INTERACTION_STATUS_QUEUED


@pytest.fixture
def pull(tenant: Tenant) -> Tenant:
    """A tenant whose queue leaves its work to be taken."""
    queue = v1.Queue(id=tenant.queue.id, assignment_mode=v1.ASSIGNMENT_MODE_PULL)
    mask = field_mask_pb2.FieldMask(paths=["assignment_mode"])
    tenant.queue = tenant.client.routing.update_queue(queue=queue, update_mask=mask).queue
    return tenant


def until_assigned(session: AgentSession, interaction_id: str) -> list[Offer]:
    """Reads until the agent has an interaction; answers with the offers that came."""
    offers: list[Offer] = []
    while True:
        update = session.next(PATIENCE_SECONDS)
        if isinstance(update, Offered):
            offers.append(update.offer)
        if isinstance(update, Assigned) and update.interaction.id == interaction_id:
            return offers


async def until_assigned_async(session: AsyncAgentSession, interaction_id: str) -> list[AsyncOffer]:
    """Reads until the agent has an interaction; answers with the offers that came."""
    offers: list[AsyncOffer] = []
    async for update in session:
        if isinstance(update, Offered):
            offers.append(update.offer)
        if isinstance(update, Assigned) and update.interaction.id == interaction_id:
            break
    return offers


def unavailable(agent: v1.Agent, take: Callable[[], object]) -> str:
    """Refused for what is with the agent; answers with the condition that fails."""
    with pytest.raises(errors.AgentUnavailableError) as refused:
        take()
    error = refused.value
    assert isinstance(error, errors.FailedPrecondition)
    assert error.metadata["agent_id"] == agent.id
    assert not error.is_retryable
    return error.metadata["condition"]


def nothing(take: Callable[[], object]) -> tuple[str, str]:
    """Refused for want of work; answers with how many wait and what is between."""
    with pytest.raises(errors.NothingToTakeError) as refused:
        take()
    error = refused.value
    assert isinstance(error, errors.FailedPrecondition)
    assert error.reason == "NOTHING_TO_TAKE"
    assert not error.is_local
    assert not error.is_retryable
    return error.metadata["waiting"], error.metadata["condition"]


def test_a_session_takes_what_waits_and_has_it_at_once(pull: Tenant) -> None:
    agent, key = pull.agent()
    with pull.host.client(api_key=key) as client, client.agent_session() as session:
        session.set_presence(AVAILABLE)
        first, second = pull.interaction("first"), pull.interaction("second")
        assert list(pull.client.agents.list_offers(agent_id=agent.id)) == []
        done = session.take_next([pull.queue.id])
        assert done.interaction_id == first.id
        assert done.seq > 0
        assert session.take_next().interaction_id == second.id
        # What is taken was offered and accepted in one: nobody needs to answer, or can decline.
        for offer in until_assigned(session, second.id):
            assert not offer.is_open
            offer.accept()
            with pytest.raises(errors.OfferAnsweredError):
                offer.decline()
        states = [one.state for one in pull.client.agents.list_offers(agent_id=agent.id)]
        assert states == [v1.OFFER_STATE_CONNECTED] * 2
        assert nothing(session.take_next) == ("0", "")
        session.complete(first.id)
        owned = pull.client.interactions.get_interaction(interaction_id=second.id).interaction
        assert (owned.owner_agent_id, owned.status) == (agent.id, v1.INTERACTION_STATUS_ACTIVE)


def test_what_may_not_be_taken_says_why(pull: Tenant) -> None:
    agent, key = pull.agent(units=1)
    made = pull.interaction()
    team = pull.client.agents.create_team(team=v1.Team(name="others")).team
    queue = v1.Queue(name="theirs", team_ids=[team.id], assignment_mode=v1.ASSIGNMENT_MODE_PULL)
    ours, theirs = pull.queue, pull.client.routing.create_queue(queue=queue).queue
    with pull.host.client(api_key=key) as client:
        assert unavailable(agent, client.agents.take_next) == "PRESENCE"
        with client.agent_session() as session:
            assert unavailable(agent, session.take_next) == "PRESENCE"
            session.set_presence(BREAK)
            assert unavailable(agent, session.take_next) == "PRESENCE"
            session.set_presence(AVAILABLE)
            with pytest.raises(errors.ResourceNotFoundError):
                session.take_next([omnichannel.new_request_id()])
            with pytest.raises(errors.ValidationFailedError):
                session.take_next(["no uuid"])
            pull.queue = theirs
            pull.interaction("not for them")
            assert nothing(lambda: session.take_next([theirs.id])) == ("1", "TEAM")
            assert session.take_next().interaction_id == made.id
            pull.queue = ours
            pull.interaction("one too many")
            assert unavailable(agent, session.take_next) == "UNITS"


def test_a_call_takes_too_once_for_each_request(pull: Tenant) -> None:
    agent, key = pull.agent()
    with pull.host.client(api_key=key) as client, client.agent_session() as session:
        session.set_presence(AVAILABLE)
        made = [pull.interaction(f"number {index}").id for index in range(3)]
        request_id = omnichannel.new_request_id()
        for _ in range(2):
            taken = client.agents.take_next(request_id=request_id).interaction
            assert (taken.id, taken.owner_agent_id) == (made[0], agent.id)
        with pytest.raises(errors.RequestIdReusedError):
            client.agents.take_next(request_id=request_id, queue_ids=[pull.queue.id])
        assert client.agents.take_next(queue_ids=[pull.queue.id]).interaction.id == made[1]
        # Who may answer for others names the agent.
        third = pull.client.agents.take_next(v1.TakeNextRequest(agent_id=agent.id)).interaction
        assert (third.id, third.owner_agent_id) == (made[2], agent.id)
        assert nothing(client.agents.take_next) == ("0", "")
        until_assigned(session, made[2])
    with pytest.raises(errors.AgentNotBoundError):
        pull.client.agents.take_next()


def test_an_answer_that_is_lost_takes_nothing_more(pull: Tenant, proxy: Proxy) -> None:
    agent, key = pull.agent()
    with Client(proxy.endpoint, api_key=key) as client, client.agent_session() as session:
        session.set_presence(AVAILABLE)
        first, second = pull.interaction("first"), pull.interaction("second")

        def lost(take: Callable[[], str], interaction_id: str) -> str:
            taken: list[str] = []
            proxy.swallow(True)
            work = background(lambda: taken.append(take()))

            def is_owned() -> bool:
                read = pull.client.interactions.get_interaction(interaction_id=interaction_id)
                return read.interaction.owner_agent_id == agent.id

            eventually(is_owned, "the server has taken the command")
            assert taken == []
            proxy.swallow(False)
            proxy.cut()
            work.join(PATIENCE_SECONDS)
            return taken[0]

        assert lost(lambda: session.take_next().interaction_id, first.id) == first.id
        read = pull.client.interactions.get_interaction(interaction_id=second.id)
        assert read.interaction.status == QUEUED
        client.agents.get_agent(agent_id=agent.id)  # what is connected can lose an answer
        assert lost(lambda: client.agents.take_next().interaction.id, second.id) == second.id
        until_assigned(session, second.id)
        assert len(list(pull.client.agents.list_offers(agent_id=agent.id))) == 2


async def test_an_agent_takes_asynchronously(pull: Tenant) -> None:
    agent, key = pull.agent(units=4)
    async with pull.host.async_client(api_key=key) as client:
        with pytest.raises(errors.AgentUnavailableError) as absent:
            await client.agents.take_next()
        assert absent.value.metadata == {"agent_id": agent.id, "condition": "PRESENCE"}
        async with client.agent_session() as session:
            await session.set_presence(BREAK)
            with pytest.raises(errors.AgentUnavailableError) as away:
                await session.take_next()
            assert away.value.metadata["condition"] == "PRESENCE"
            await session.set_presence(AVAILABLE)
            with pytest.raises(errors.NothingToTakeError) as empty:
                await session.take_next()
            assert empty.value.metadata == {"waiting": "0", "condition": ""}
            with pytest.raises(errors.ResourceNotFoundError):
                await session.take_next([omnichannel.new_request_id()])
            made = [(await asyncio.to_thread(pull.interaction)).id for _ in range(4)]
            done = await session.take_next([pull.queue.id])
            assert done.interaction_id == made[0]
            # Whoever asks for several at once gets several, each another.
            both = await asyncio.gather(session.take_next(), session.take_next())
            assert {one.interaction_id for one in both} == set(made[1:3])
            called = await client.agents.take_next(queue_ids=[pull.queue.id])
            assert (called.interaction.id, called.interaction.owner_agent_id) == (made[3], agent.id)
            reading = until_assigned_async(session, made[3])
            for offer in await asyncio.wait_for(reading, PATIENCE_SECONDS):
                assert not offer.is_open
                await offer.accept()
                with pytest.raises(errors.OfferAnsweredError):
                    await offer.decline()
            await asyncio.to_thread(pull.interaction)
            with pytest.raises(errors.AgentUnavailableError) as full:
                await session.take_next()
            assert full.value.metadata["condition"] == "UNITS"


async def test_an_asynchronous_take_is_one_over_many_cuts(pull: Tenant, proxy: Proxy) -> None:
    agent, key = pull.agent(units=16)
    made = [(await asyncio.to_thread(pull.interaction)).id for _ in range(4)]
    async with (
        AsyncClient(proxy.endpoint, api_key=key) as client,
        client.agent_session() as session,
    ):
        await session.set_presence(AVAILABLE)
        taken: list[str] = []
        while len(taken) < len(made):
            taking = asyncio.create_task(session.take_next(timeout=PATIENCE_SECONDS))
            await asyncio.sleep(0)
            proxy.cut()
            taken.append((await taking).interaction_id)
        assert taken == made
        with pytest.raises(errors.NothingToTakeError):
            await client.agents.take_next()
    offers = pull.client.agents.list_offers(agent_id=agent.id)
    assert sorted(one.interaction_id for one in offers) == sorted(made)
