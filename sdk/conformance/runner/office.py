"""The office that works beside an SDK under trial: a tenant of its own on the real server, reached
without any faults, and the server itself. It uses the Python SDK, which is itself under trial in
other places; here it only has to make what the scenarios need."""

from __future__ import annotations

import asyncio
import json
import re
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from omnichannel import AsyncClient, v1
from omnichannel.testing import Server

from python_common import method_of, request_of, shown

ISSUER = "http://127.0.0.1:{port}"
AUDIENCE = "omnichannel"
FLOOD_AT_ONCE = 64
FLOOD_FILLING = "x" * 80
_CODE = re.compile(r"Code\s+([A-Z_]+)\.")
_REASON = re.compile(r"^\s*ERROR_REASON_([A-Z_]+) = \d+;")


def encoded(data: bytes) -> str:
    """As JSON Web Tokens write bytes."""
    return urlsafe_b64encode(data).decode().rstrip("=")


class Issuer:
    """Gives access tokens, as an OpenID Connect provider would, and shows its keys."""

    def __init__(self, port: int) -> None:
        self.name = ISSUER.format(port=port)
        self._port = port
        self._key = Ed25519PrivateKey.generate()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Shows its keys."""
        self._server = await asyncio.start_server(self._show, "127.0.0.1", self._port)

    def close(self) -> None:
        """Shows them no more."""
        if self._server is not None:
            self._server.close()

    def settings(self) -> dict[str, str]:
        """What a server must be told to take its tokens."""
        return {"identity.allow_http": "true", "identity.allow_private": "true"}

    def table(self) -> str:
        """The issuer in the configuration of the server."""
        return (
            "[[identity.issuers]]\n"
            f'issuer = "{self.name}"\njwks_url = "{self.name}/keys"\n'
            f'audiences = ["{AUDIENCE}"]\nalgorithms = ["EdDSA"]\n'
            'tenant_claim = "tenant"\nrole = "integration"\n'
        )

    def token(self, tenant: str, subject: str, seconds: int) -> str:
        """A token that is good for so long."""
        now = int(time.time())
        claims = {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": subject,
            "tenant": tenant,
            "iat": now,
            "exp": now + seconds,
        }
        head = {"alg": "EdDSA", "typ": "JWT", "kid": "1"}
        signed = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
        return f"{signed}.{encoded(self._key.sign(signed.encode()))}"

    async def _show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        key = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "1"}
        body = json.dumps({"keys": [{**key, "x": encoded(public)}]})
        head = (
            f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        )
        writer.write(f"{head}connection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()


class Office:
    """A tenant, and the server it is on."""

    def __init__(self, server: Server, issuer: Issuer, contract: Path) -> None:
        self.server = server
        self.key = ""
        self._issuer = issuer
        self._contract = contract
        self.client: AsyncClient | None = None
        """Of the tenant's admin, while the office is open."""
        self._tenant = ""
        self.flooded = ""
        """What the last event of a flood was about."""

    async def open(self, name: str) -> None:
        """Makes the tenant."""
        async with self.server.async_client(api_key=self.server.platform_key) as platform:
            made = await platform.admin.create_tenant(tenant=v1.Tenant(name=name))
        self.key, self._tenant = made.key, made.tenant.id
        self.client = self.server.async_client(api_key=self.key)

    async def close(self) -> None:
        """Leaves it."""
        if self.client is not None:
            await self.client.close()

    async def call(self, rpc: str, request: dict[str, Any]) -> Any:
        """A call, or all of a listing."""
        assert self.client is not None, "the office is open"
        made = method_of(self.client, rpc)(request_of(rpc, request))
        if asyncio.iscoroutine(made):
            return shown(await made)
        return {"items": [shown(item) async for item in made]}

    async def desk(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """An agent with a team and a queue that nobody else takes from, and a key for each."""
        team = await self.call("AgentService.CreateTeam", {"team": {"name": name}})
        teams = [team["team"]["id"]]
        queue = {"name": name, "teamIds": teams, "offerTimeout": given.get("offer_timeout", "600s")}
        queued = await self.call("RoutingService.CreateQueue", {"queue": queue})
        agent = {"name": name, "teamIds": teams, "capacity": {"units": given.get("units", 8)}}
        hired = await self.call("AgentService.CreateAgent", {"agent": agent})
        asked = {"name": name, "role": "ROLE_AGENT", "agentId": hired["agent"]["id"]}
        made = await self.call("AdminService.CreateApiKey", {"apiKey": asked})
        return {
            "queue": queued["queue"]["id"],
            "agent": hired["agent"]["id"],
            "team": teams[0],
            "key": made["key"],
        }

    def token(self, subject: str, seconds: int) -> str:
        """An access token of the issuer, for this tenant."""
        return self._issuer.token(self._tenant, subject, seconds)

    async def serve(self, given: dict[str, Any]) -> None:
        """Something that is done to the server."""
        match given["server"]:
            case "restart":
                await asyncio.to_thread(self.server.restart)
            case "kill":
                await asyncio.to_thread(self.server.kill)
                await asyncio.sleep(given.get("away_ms", 0) / 1000)
                await asyncio.to_thread(self.server.start)
            case "advance":
                await asyncio.to_thread(self.server.advance, seconds=given["seconds"])
            case other:
                raise ValueError(f"nothing is known of {other}")

    async def flood(self, rounds: int) -> None:
        """So many changes, as quick as can be, and then one more."""
        made = await self.call("RoutingService.CreateSkill", {"skill": {"name": "flood"}})
        skill, room = made["skill"]["id"], asyncio.Semaphore(FLOOD_AT_ONCE)

        async def change(index: int) -> None:
            async with room:
                skilled = {"id": skill, "name": f"flood {index} {FLOOD_FILLING}"}
                await self.call("RoutingService.UpdateSkill", {"skill": skilled})

        await asyncio.gather(*[change(index) for index in range(rounds)])
        last = await self.call("RoutingService.CreateSkill", {"skill": {"name": "flooded"}})
        self.flooded = last["skill"]["id"]

    def reasons(self) -> dict[str, str]:
        """Every reason of the contract with the code that it says it has."""
        found: dict[str, str] = {}
        said = ""
        for line in self._contract.read_text(encoding="utf-8").splitlines():
            stripped = line.strip()
            if stripped.startswith("//"):
                said += stripped.removeprefix("//")
                continue
            named, code = _REASON.match(line), _CODE.search(said)
            if named is not None and code is not None:
                found[named[1]] = code[1]
            said = ""
        listed = {name.removeprefix("ERROR_REASON_") for name, _ in v1.ErrorReason.items()}
        assert listed - set(found) == {"UNSPECIFIED"}, "every reason says its code"
        return found
