"""A provider as it is found: what it says of itself and its keys, remembered for an hour."""

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from services.auth.federation.domain import Flow, Person, SignInRefused, challenge_of
from services.auth.federation.fetching import Fetcher
from services.auth.federation.idtoken import UnknownKey, person_of
from services.auth.federation.settings import Provider, is_safe
from shared.errors import Unavailable

REMEMBER_SECONDS = 3600.0
AGAIN_SECONDS = 10.0
"""So soon may unknown keys make us ask for the keys anew."""
_DISCOVERY = "/.well-known/openid-configuration"
_MOST_TOKEN = 16_384


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself, as far as it matters."""

    authorize: str
    token: str
    keys: str
    says_issuer: bool
    """It names itself in each answer (RFC 9207)."""
    secret_in_body: bool
    until: float


class OpenIdProvider:
    """The authorization code flow with one provider. Raises Unavailable while it is away."""

    def __init__(self, settings: Provider, fetcher: Fetcher) -> None:
        self.settings = settings
        self._fetcher = fetcher
        self._metadata: Metadata | None = None
        self._keys: list[dict[str, Any]] = []
        self._keys_at = float("-inf")
        self._asking = asyncio.Lock()

    async def address(self, flow: Flow, state: str, redirect_uri: str) -> str:
        """Where the browser goes."""
        metadata = await self._discover()
        query = {
            "response_type": "code", "client_id": self.settings.client_id, "redirect_uri": redirect_uri,
            "scope": self.settings.scopes, "state": state, "nonce": flow.nonce,
            "code_challenge": challenge_of(flow.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        joint = "&" if urlsplit(metadata.authorize).query else "?"
        return f"{metadata.authorize}{joint}{urlencode(query)}"

    async def recognise(self, flow: Flow, code: str, said_issuer: str | None, redirect_uri: str) -> Person:
        """Whom the provider recognised, for the code that the browser brought back; raises SignInRefused."""
        metadata = await self._discover()
        if said_issuer is None and metadata.says_issuer:
            raise SignInRefused("no issuer in the answer")
        if said_issuer is not None and said_issuer != self.settings.issuer:
            raise SignInRefused("answered by another issuer")
        token = await self._exchange(metadata, flow, code, redirect_uri)
        try:
            return person_of(token, await self._known_keys(metadata), self.settings, flow.nonce)
        except UnknownKey:  # its keys may have changed since
            return person_of(token, await self._known_keys(metadata, anew=True), self.settings, flow.nonce)

    async def _exchange(self, metadata: Metadata, flow: Flow, code: str, redirect_uri: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
                "code_verifier": flow.verifier}  # fmt: skip
        secret, headers = self.settings.secret, dict[str, str]()
        if secret and not metadata.secret_in_body:
            # RFC 6749, 2.3.1: both parts are form-encoded before they become a password.
            shown = f"{quote_plus(self.settings.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(shown.encode()).decode()}"
        else:
            form |= {"client_id": self.settings.client_id} | ({"client_secret": secret} if secret else {})
        status, body = await self._fetcher.post(metadata.token, form, headers)
        token = body.get("id_token")
        if status != 200:
            raise SignInRefused("the code was refused")
        if not isinstance(token, str) or len(token) > _MOST_TOKEN:
            raise SignInRefused("no identity token")
        return token

    async def _discover(self) -> Metadata:
        async with self._asking:
            known = self._metadata
            if known is not None and time.monotonic() < known.until:
                return known
            try:
                self._metadata = self._read(await self._fetcher.get(self.settings.issuer.rstrip("/") + _DISCOVERY))
            except Unavailable:
                if known is None:
                    raise
                return known  # better what it said an hour ago than nothing
            return self._metadata

    def _read(self, said: dict[str, Any]) -> Metadata:
        addresses = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        methods = said.get("code_challenge_methods_supported", ["S256"])
        good = [each for each in addresses if isinstance(each, str) and is_safe(each)]
        if said.get("issuer") != self.settings.issuer or len(good) < len(addresses) or "S256" not in methods:
            raise Unavailable("The provider's description cannot be used.", retry_after=60)
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        says_issuer = said.get("authorization_response_iss_parameter_supported") is True
        in_body = "client_secret_basic" not in ways and "client_secret_post" in ways
        authorize, token, keys = good
        return Metadata(authorize, token, keys, says_issuer, in_body, time.monotonic() + REMEMBER_SECONDS)

    async def _known_keys(self, metadata: Metadata, *, anew: bool = False) -> list[dict[str, Any]]:
        async with self._asking:
            age = time.monotonic() - self._keys_at
            if age > REMEMBER_SECONDS or (anew and age > AGAIN_SECONDS):
                found = (await self._fetcher.get(metadata.keys)).get("keys")
                if not isinstance(found, list):
                    raise Unavailable("The provider's keys cannot be read.", retry_after=5)
                self._keys = [key for key in found if isinstance(key, dict)]
                self._keys_at = time.monotonic()
            return self._keys
