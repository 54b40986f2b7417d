"""Our gateway in its full job: request id, token check, leased rate limit, balancing, metrics, JSON access log."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.local.binaries import find_valkey
from shared.contracts.sessions import ANNOUNCED_KEY
from shared.identity import Identity
from shared.permissions import Role
from shared.tokens import sign_access_token
from tests.bench.gateway.programs import Cores, Program, free_port, started

_KID = "bench"
ISSUER = "http://localhost"
SESSION = "session-1"
_KEY = Ed25519PrivateKey.from_private_bytes(b"bench" + bytes(27))
_PLENTY = {
    f"RATE_LIMIT_{who}_{what}": "1000000" for who in ("ANONYMOUS", "ACCOUNT") for what in ("PER_MINUTE", "BURST")
}


def jwks() -> str:
    """The key set that the upstream publishes."""
    public = base64.urlsafe_b64encode(_KEY.public_key().public_bytes_raw()).decode().rstrip("=")
    return json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": _KID, "x": public}]})


def signed_in() -> Mapping[str, str]:
    """The header of a signed-in client; its token lives five minutes."""
    identity = Identity("account-1", Role.READER, sid=SESSION, epoch=1)
    return {"Authorization": f"Bearer {sign_access_token(identity, key=_KEY, kid=_KID, issuer=ISSUER)}"}


@contextmanager
def valkey(folder: Path, cores: Cores) -> Iterator[Program]:
    """A Valkey for limits and revocations, on the processor of the client and the upstream."""
    port = free_port()
    command = [str(find_valkey().path), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with started("valkey", command, port, core=cores.rest, log=folder / "valkey.log") as program:
        with redis.Redis(port=port) as client:
            client.set(ANNOUNCED_KEY, "1")
        yield program


@contextmanager
def gateway(
    folder: Path, cores: Cores, upstreams: str, store: Program, *, name: str = "ours", **settings: str
) -> Iterator[Program]:
    """A gateway process before `upstreams` (addresses with commas)."""
    port = free_port()
    environment = {
        "INTERNAL_KEY": "0123456789abcdefghijklmnopqrstuvwxyz", "REDIS_URL": f"redis://127.0.0.1:{store.port}/0",
        "AUTH_URL": upstreams.partition(",")[0], "POLICY_URL": upstreams, "WEB_URL": upstreams.partition(",")[0],
        "PUBLIC_URL": ISSUER, "HOST": "127.0.0.1", "PORT": str(port), "LOG_FORMAT": "json", "LOG_LEVEL": "info",
        "REDIS_SECONDS": "5",  # its processor is shared: a busy one must not look like a Redis that is away
        **_PLENTY, **settings,
    }  # fmt: skip
    command = [sys.executable, "-m", "services.gateway"]
    log = folder / f"{name}.access.log"
    with started(name, command, port, core=cores.proxy, log=log, environment=environment, ready="/readyz") as program:
        yield program
