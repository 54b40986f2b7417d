"""Passkeys (WebAuthn): what is asked of a browser, and whether its answer is good. Nothing is kept here."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.auth.accounts.domain import Account
from services.auth.factors.domain import ISSUER, Passkey
from shared.errors import Conflict, FieldError, Unprocessable

_BAD_ANSWERS = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError)
"""What py_webauthn raises for answers that no browser gives, besides its own."""


class PasskeyRefused(Unprocessable):
    """The browser's answer does not prove what it should."""

    def __init__(self) -> None:
        super().__init__("The passkey was not accepted.", errors=(FieldError("is not accepted", "#/credential"),))


class PasskeysImpossible(Conflict):
    """Browsers have no passkeys for addresses like this platform's."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What a browser made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownCredential:
    """Which credential a browser shows, and whose it says it is. Nothing is proven yet."""

    credential_id: bytes
    user_handle: bytes


class RelyingParty:
    """This platform as passkeys know it: by the host of its public address."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._origin = public_url.rstrip("/")
        self._id = parts.hostname or ""
        self.is_possible = parts.scheme == "https" or self._id == "localhost" or self._id.endswith(".localhost")
        try:
            ipaddress.ip_address(self._id)
            self.is_possible = False
        except ValueError:
            pass

    def creation_options(self, account: Account, known: Sequence[Passkey], challenge: bytes) -> dict[str, Any]:
        """What `navigator.credentials.create` takes, as JSON. Raises PasskeysImpossible."""
        self.require_possible()
        options = generate_registration_options(
            rp_id=self._id,
            rp_name=ISSUER,
            user_id=account.id.bytes,
            user_name=account.email,
            user_display_name=account.display_name,
            challenge=challenge,
            exclude_credentials=[_descriptor(passkey) for passkey in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
        )
        return options_to_json_dict(options)

    def request_options(self, known: Sequence[Passkey], challenge: bytes, *, alone: bool) -> dict[str, Any]:
        """What `navigator.credentials.get` takes, as JSON; `alone`: it stands for the password too, so the person is
        to be verified. Raises PasskeysImpossible."""
        self.require_possible()
        wanted = UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED
        options = generate_authentication_options(
            rp_id=self._id,
            challenge=challenge,
            allow_credentials=[_descriptor(passkey) for passkey in known],
            user_verification=wanted,
        )
        return options_to_json_dict(options)

    def verify_creation(self, credential: dict[str, Any], challenge: bytes) -> NewCredential:
        """The new credential; raises PasskeyRefused."""
        try:
            made = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._id,
                expected_origin=self._origin,
            )
            transports = parse_registration_credential_json(credential).response.transports or []
        except _BAD_ANSWERS:
            raise PasskeyRefused from None
        names = tuple(sorted({transport.value for transport in transports}))
        return NewCredential(made.credential_id, made.credential_public_key, made.sign_count, names)

    def shown(self, credential: dict[str, Any]) -> ShownCredential:
        """Which credential is shown; raises PasskeyRefused."""
        try:
            parsed = parse_authentication_credential_json(credential)
        except _BAD_ANSWERS:
            raise PasskeyRefused from None
        return ShownCredential(parsed.raw_id, parsed.response.user_handle or b"")

    def verify(self, credential: dict[str, Any], challenge: bytes, passkey: Passkey, *, alone: bool) -> int:
        """The authenticator's counter after this use; raises PasskeyRefused, also when the counter did not rise."""
        try:
            verified = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=alone,
            )
        except _BAD_ANSWERS:
            raise PasskeyRefused from None
        return verified.new_sign_count

    def require_possible(self) -> None:
        """Raise PasskeysImpossible where browsers would refuse."""
        if not self.is_possible:
            raise PasskeysImpossible("Passkeys need https and a name, not a number, in the platform's address.")


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(name) for name in passkey.transports]
    return PublicKeyCredentialDescriptor(id=passkey.credential_id, transports=transports or None)
