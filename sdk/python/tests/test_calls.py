"""Calls from outside: refusals, deadlines, repeats, pages, credentials and the generated stubs, on
a real server, through a proxy where the network has to fail."""

from __future__ import annotations

import time

import pytest
from conftest import PATIENCE_SECONDS, Tenant, background, eventually
from proxy import Proxy

import omnichannel
from omnichannel import AsyncClient, Client, FeedEvent, errors, v1
from omnichannel.testing import Server, server


def test_a_refusal_says_code_reason_facts_and_violations(tenant: Tenant) -> None:
    with pytest.raises(errors.NameTakenError) as taken:
        tenant.client.routing.create_queue(queue=v1.Queue(name="support"))
    error = taken.value
    assert isinstance(error, errors.AlreadyExists)
    assert (error.reason, error.code.name) == ("NAME_TAKEN", "ALREADY_EXISTS")
    assert error.metadata == {"resource": "queue", "field": "name"}
    assert error.request_id
    assert not error.is_local
    assert not error.is_retryable
    with pytest.raises(errors.ValidationFailedError) as invalid:
        tenant.client.routing.create_queue(queue=v1.Queue(name=" ", description="x" * 1001))
    fields = sorted(violation.field for violation in invalid.value.violations)
    assert fields == ["queue.description", "queue.name"]
    assert "queue.name" in str(invalid.value)


async def test_the_asynchronous_client_raises_the_same(tenant: Tenant) -> None:
    async with tenant.host.async_client(api_key=tenant.key) as client:
        with pytest.raises(errors.NameTakenError):
            await client.routing.create_queue(queue=v1.Queue(name="support"))
        with pytest.raises(errors.ResourceNotFoundError):
            await client.routing.get_queue(queue_id=omnichannel.new_request_id())


def test_requests_are_messages_or_fields_and_never_changed(tenant: Tenant) -> None:
    request = v1.CreateSkillRequest(skill=v1.Skill(name="French"))
    made = tenant.client.routing.create_skill(request)
    assert made.skill.name == "French"
    assert request.request_id == ""
    with pytest.raises(TypeError):
        tenant.client.routing.create_skill(request, request_id="x")


def test_a_repeat_after_a_lost_answer_does_not_do_it_twice(tenant: Tenant, proxy: Proxy) -> None:
    with Client(proxy.endpoint, api_key=tenant.key) as client, tenant.client.feed() as feed:
        client.admin.get_server_info()
        answers: list[v1.CreateSkillResponse] = []
        proxy.swallow(True)
        skill = v1.Skill(name="once")
        call = background(lambda: answers.append(client.routing.create_skill(skill=skill)))
        first = feed.next(PATIENCE_SECONDS)
        assert isinstance(first, FeedEvent)
        proxy.swallow(False)
        proxy.cut()
        call.join(PATIENCE_SECONDS)
        assert answers[0].skill.id == first.event.config_changed.resource_id
        assert answers[0].skill.name == "once"
        tenant.skills(1, "after")
        after = feed.next(PATIENCE_SECONDS)
        assert isinstance(after, FeedEvent)
        assert after.seq == first.seq + 1
        assert first.event.request_id
        assert proxy.connections >= 2


async def test_asynchronous_repeats_do_not_do_it_twice(tenant: Tenant, proxy: Proxy) -> None:
    import asyncio

    async with AsyncClient(proxy.endpoint, api_key=tenant.key) as client:
        await client.admin.get_server_info()
        with tenant.client.feed() as feed:
            proxy.swallow(True)
            skill = v1.Skill(name="once")
            call = asyncio.create_task(client.routing.create_skill(skill=skill))
            first = await asyncio.to_thread(feed.next, PATIENCE_SECONDS)
            proxy.swallow(False)
            proxy.cut()
            answer = await call
            assert isinstance(first, FeedEvent)
            assert answer.skill.id == first.event.config_changed.resource_id
            tenant.skills(1, "after")
            after = await asyncio.to_thread(feed.next, PATIENCE_SECONDS)
            assert isinstance(after, FeedEvent)
            assert after.seq == first.seq + 1


def test_the_deadline_covers_all_attempts(tenant: Tenant, proxy: Proxy) -> None:
    with Client(proxy.endpoint, api_key=tenant.key) as client:
        client.admin.get_server_info()
        proxy.freeze(True)
        begun = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded) as passed:
            client.admin.get_server_info(timeout=0.5)
        assert 0.4 < time.monotonic() - begun < 3
        assert passed.value.is_local
        proxy.freeze(False)


def test_an_address_where_nobody_answers_is_unavailable_after_four_attempts() -> None:
    from omnichannel.testing import free_port

    seen: list[str] = []

    class Counting:
        def call(self, method: str) -> Counting:
            seen.append(method)
            return self

        def headers(self) -> dict[str, str]:
            return {}

        def repeated(self, error: omnichannel.OmnichannelError, wait: float) -> None:
            seen.append("repeat")

        def ended(self, error: omnichannel.OmnichannelError | None) -> None:
            seen.append("end")

    endpoint = f"http://127.0.0.1:{free_port()}"
    with Client(endpoint, api_key="omk_x", hooks=Counting()) as client:
        with pytest.raises(errors.Unavailable) as lost:
            client.admin.get_server_info()
    assert lost.value.is_local
    info = "omnichannel.v1.AdminService/GetServerInfo"
    assert seen == [info, "repeat", "repeat", "repeat", "end"]


def test_the_server_is_taken_at_its_word_when_it_says_how_long_to_wait() -> None:
    slow = {"limits.calls_per_second_per_key": "4", "limits.calls_burst_per_key": "2"}
    with server(settings=slow) as host, host.client() as client:
        begun = time.monotonic()
        for _ in range(8):
            client.admin.get_server_info()
        assert time.monotonic() - begun > 1
        single = Client(host.endpoint, api_key=host.api_key, max_attempts=1)
        with single, pytest.raises(errors.RateLimitedError) as limited:
            for _ in range(20):
                single.admin.get_server_info()
        assert limited.value.retry_after is not None
        assert limited.value.retry_after > 0
        assert limited.value.is_retryable


def test_listings_are_followed_page_by_page_and_can_be_taken_up_later(tenant: Tenant) -> None:
    made = tenant.skills(7)
    found = [skill.id for skill in tenant.client.routing.list_skills(page_size=3)]
    assert sorted(found) == sorted(made)
    listing = tenant.client.routing.list_skills(page_size=3)
    pages = listing.pages()
    first = next(pages)
    assert len(first.items) == 3
    assert listing.page_token == first.next_page_token != ""
    rest = tenant.client.routing.list_skills(page_size=3, page_token=listing.page_token)
    later = [skill.id for skill in rest]
    assert [skill.id for skill in first.items] + later == found
    assert rest.page_token == ""
    assert list(rest) == []
    with pytest.raises(errors.PageTokenInvalidError):
        list(tenant.client.routing.list_skills(page_token="nonsense"))


async def test_listings_are_followed_asynchronously(tenant: Tenant) -> None:
    made = tenant.skills(5)
    async with tenant.host.async_client(api_key=tenant.key) as client:
        found = [skill.id async for skill in client.routing.list_skills(page_size=2)]
        assert sorted(found) == sorted(made)
        sizes = [len(page.items) async for page in client.routing.list_skills(page_size=2).pages()]
        assert sizes == [2, 2, 1]


def test_a_refused_token_is_asked_for_anew_once(tenant: Tenant) -> None:
    tokens = iter(["omk_stale", tenant.key, "omk_never"])
    asked: list[str] = []

    def provider() -> str:
        asked.append(next(tokens))
        return asked[-1]

    with Client(tenant.host.endpoint, token_provider=provider) as client:
        client.admin.get_server_info()
        client.admin.get_server_info()
    assert asked == ["omk_stale", tenant.key]
    stale = Client(tenant.host.endpoint, token_provider=lambda: "omk_stale")
    with stale, pytest.raises(errors.CredentialsInvalidError):
        stale.admin.get_server_info()
    nobody = Client(tenant.host.endpoint)
    with nobody, pytest.raises(errors.CredentialsMissingError):
        nobody.admin.get_server_info()


async def test_asynchronous_tokens_come_from_functions_of_both_kinds(tenant: Tenant) -> None:
    tokens = iter(["omk_stale", tenant.key])

    async def provider() -> str:
        return next(tokens)

    async with AsyncClient(tenant.host.endpoint, token_provider=provider) as client:
        await client.admin.get_server_info()
    endpoint = tenant.host.endpoint
    async with AsyncClient(endpoint, token_provider=lambda: tenant.key) as client:
        await client.admin.get_server_info()


async def test_the_generated_stubs_are_in_reach(tenant: Tenant) -> None:
    info = tenant.client.raw.admin.GetServerInfo(v1.GetServerInfoRequest(), timeout=5)
    async with tenant.host.async_client(api_key=tenant.key) as client:
        same = await client.raw.admin.GetServerInfo(v1.GetServerInfoRequest(), timeout=5)
    assert info.version == same.version != ""


def test_content_comes_in_pieces(tenant: Tenant) -> None:
    interaction = tenant.interaction()
    content = bytes(range(256)) * 4096
    size, attachment, at = len(content), omnichannel.new_request_id(), 0
    while at < size:
        piece = content[at : at + 256 * 1024]
        tenant.client.interactions.upload_attachment(
            interaction_id=interaction.id,
            attachment_id=attachment,
            name="numbers.bin",
            size=size,
            offset=at,
            data=piece,
        )
        at += len(piece)
    sent = tenant.client.interactions.send_message(
        interaction_id=interaction.id,
        body="see the file",
        kind=v1.SEND_KIND_INTERNAL_NOTE,
        attachment_ids=[attachment],
    )
    found = sent.message.attachments[0]
    pieces = tenant.client.interactions.download_attachment(attachment_id=found.id)
    assert b"".join(piece.data for piece in pieces) == content
    with pytest.raises(errors.ResourceNotFoundError):
        unknown = omnichannel.new_request_id()
        list(tenant.client.interactions.download_attachment(attachment_id=unknown))


def test_headers_of_the_caller_go_with_a_call(tenant: Tenant) -> None:
    with pytest.raises(errors.ResourceNotFoundError) as refused:
        tenant.client.routing.get_queue(
            queue_id=omnichannel.new_request_id(), metadata={"x-request-id": "my-own-id"}
        )
    assert refused.value.request_id == "my-own-id"


@pytest.mark.parametrize(
    ("endpoint", "options"),
    [
        ("", {}),
        ("ftp://127.0.0.1", {}),
        ("http://contact.example:1", {}),
        ("http://127.0.0.1:1", {"max_attempts": 0}),
        ("http://127.0.0.1:1", {"tls": omnichannel.Tls()}),
        ("http://127.0.0.1:1", {"api_key": "a\nb"}),
        ("http://127.0.0.1:1", {"api_key": "a", "token_provider": str}),
    ],
)
def test_settings_out_of_order_are_refused(endpoint: str, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        Client(endpoint, **options)  # type: ignore[arg-type]
    assert "a\nb" not in str(refused.value)


def test_a_client_goes_on_with_a_server_that_was_started_again(own: Server) -> None:
    def answers() -> bool:
        try:
            return client.admin.get_server_info().version != ""
        except errors.Unavailable:
            return False

    with own.client() as client:
        assert answers()
        assert own.stop() == 0
        assert not answers()
        own.start()
        eventually(answers, "it answers again")


async def test_a_closed_client_says_so(tenant: Tenant) -> None:
    blocking = tenant.host.client(api_key=tenant.key)
    awaiting = tenant.host.async_client(api_key=tenant.key)
    blocking.admin.get_server_info()
    await awaiting.admin.get_server_info()
    later = blocking.routing.list_skills()
    blocking.close()
    await awaiting.close()
    for use in (
        blocking.admin.get_server_info,
        lambda: list(later),
        lambda: blocking.feed().open(),
        lambda: next(blocking.agent_session()),
    ):
        with pytest.raises(errors.FailedPrecondition, match="the client is closed") as closed:
            use()
        assert closed.value.is_local
    for waits in (awaiting.admin.get_server_info, awaiting.feed().open, awaiting.feed().next):
        with pytest.raises(errors.FailedPrecondition, match="the client is closed"):
            await waits()
