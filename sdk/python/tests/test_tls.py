"""TLS from outside: whom a client trusts, and what it shows."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from omnichannel import Client, FeedEvent, Tls, errors, v1
from omnichannel.testing import server


def certificate(names: list[x509.GeneralName]) -> tuple[bytes, bytes]:
    """A certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM), private


async def test_clients_trust_whom_they_are_told_to(tmp_path: Path) -> None:
    pem, key = certificate([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    files = {"tls.certificate": tmp_path / "tls.pem", "tls.key": tmp_path / "tls.key"}
    for path, content in zip(files.values(), (pem, key), strict=True):
        path.touch(mode=0o600)
        path.write_bytes(content)
    with server(settings={name: str(path) for name, path in files.items()}) as host:
        assert host.endpoint.startswith("https://")
        host.advance(hours=1)
        with host.client() as client, client.feed(from_seq=1) as feed:
            client.routing.create_skill(skill=v1.Skill(name="secret"))
            assert isinstance(feed.next(10), FeedEvent)
        async with host.async_client() as awaiting:
            assert (await awaiting.admin.get_server_info()).version
        other, _ = certificate([x509.DNSName("localhost")])
        for roots in (None, other):
            stranger = Client(host.endpoint, api_key=host.api_key, tls=Tls(roots), max_attempts=1)
            with stranger, pytest.raises(errors.Unavailable) as refused:
                stranger.admin.get_server_info()
            assert refused.value.is_local


def test_keys_and_certificates_do_not_show() -> None:
    shown = repr(Tls(certificate=b"public", key=b"secret"))
    assert "secret" not in shown
    with Client("http://127.0.0.1:1", api_key="omk_secret") as client:
        assert "secret" not in repr(client)
        assert "secret" not in str(vars(client))
