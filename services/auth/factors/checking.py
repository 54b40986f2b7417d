"""Checking what somebody shows: codes of an app, recovery codes, passkeys."""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.auth.factors import repo
from services.auth.factors.domain import (
    CEREMONY_LIFE,
    Ceremony,
    CeremonyOver,
    Passkey,
    Purpose,
    hash_ceremony,
    matching_step,
    new_ceremony_secret,
    read_recovery_code,
)
from services.auth.factors.passkeys import PasskeyRefused, RelyingParty
from services.auth.factors.sealing import FactorBox, SecretLost
from services.auth.sessions.domain import Method
from shared.db import Connection
from shared.log import get_logger

OVER = "This took too long, or was finished elsewhere. Begin again."
_CHALLENGE_BYTES = 32
_log = get_logger(__name__)


class FactorChecks:
    """Checks factors in the caller's transaction, and keeps track of what was begun."""

    def __init__(self, box: FactorBox, relying: RelyingParty) -> None:
        self.box = box
        self.relying = relying

    async def asks_for_more(self, connection: Connection, account_id: UUID) -> bool:
        """Whether this account's sign-in needs more than a password."""
        return await repo.has_factor(connection, account_id)

    async def use_code(self, connection: Connection, account_id: UUID, code: str, now: datetime) -> Method | None:
        """What the code is of, now used up; None for a wrong one, or one that was used."""
        recovery = read_recovery_code(code)
        if recovery is not None:
            for kept in self.box.hashes_of_recovery(recovery, account_id):
                if await repo.use_recovery_code(connection, account_id, kept, now):
                    return Method.RECOVERY
            return None
        app = await repo.app(connection, account_id)
        if app is None:
            return None
        try:
            secret = self.box.open(app.sealed_secret, account_id)
        except SecretLost:
            _log.exception("totp_secret_lost", account=str(account_id))
            return None  # recovery codes and passkeys still work
        step = matching_step(secret, code, now, app.last_step)
        if step is None or not await repo.use_step(connection, account_id, step):
            return None
        return Method.TOTP

    async def use_passkey(
        self, connection: Connection, credential: dict[str, Any], challenge: Ceremony, now: datetime, *, alone: bool
    ) -> Passkey:
        """The passkey that was shown; `alone`: in place of a password too. Raises PasskeyRefused, CeremonyOver.

        The challenge is used up first, whatever comes of it: call it where a failure does not undo that.
        """
        shown = self.relying.shown(credential)
        passkey = await repo.hold_passkey(connection, shown.credential_id)
        if passkey is None or (shown.user_handle and shown.user_handle != passkey.account_id.bytes):
            raise PasskeyRefused
        if challenge.account_id not in (None, passkey.account_id):
            raise PasskeyRefused
        count = self.relying.verify(credential, challenge.challenge, passkey, alone=alone)
        await repo.use_passkey(connection, passkey.id, count, now)
        return passkey

    async def begin(self, connection: Connection, ceremony: Ceremony, now: datetime) -> str:
        """Keep `ceremony` for a while; the secret with which it can be finished."""
        secret = new_ceremony_secret()
        kept = replace(ceremony, hash=hash_ceremony(secret), expires_at=now + CEREMONY_LIFE)
        await repo.begin(connection, kept, now)
        return secret

    async def attempt(self, connection: Connection, secret: str, purpose: Purpose, now: datetime) -> Ceremony:
        """What was begun, with one try less; commit it whatever comes of the try. Raises CeremonyOver."""
        return _known(await repo.attempt(connection, hash_ceremony(secret), purpose, now))

    async def look(self, connection: Connection, secret: str, purpose: Purpose, now: datetime) -> Ceremony:
        """What was begun; raises CeremonyOver."""
        return _known(await repo.look(connection, hash_ceremony(secret), purpose, now))

    async def take(self, connection: Connection, secret: str, purpose: Purpose, now: datetime) -> Ceremony:
        """What was begun, now used up; raises CeremonyOver."""
        ceremony = await self.look(connection, secret, purpose, now)
        await self.finish(connection, ceremony)
        return ceremony

    async def finish(self, connection: Connection, ceremony: Ceremony) -> None:
        """Use a ceremony up; raises CeremonyOver when somebody was faster."""
        if not await repo.finish(connection, ceremony.hash):
            raise CeremonyOver(OVER)


def begun(purpose: Purpose, now: datetime, **members: Any) -> Ceremony:
    """A ceremony that is to begin."""
    return Ceremony(hash=b"", purpose=purpose, expires_at=now, **members)


def new_challenge() -> bytes:
    """256 random bits for an authenticator to sign."""
    return secrets.token_bytes(_CHALLENGE_BYTES)


def _known(ceremony: Ceremony | None) -> Ceremony:
    if ceremony is None:
        raise CeremonyOver(OVER)
    return ceremony
