"""The JSON of second factors: what is read from requests and what is answered."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from services.auth.accounts.domain import parse_display_name
from services.auth.factors.domain import Held, Passkey
from shared.parse import Body

DEFAULT_NAME = "Passkey"


class AppConfirmation(Body):
    """An enrolment, and a code of the app that is enrolled."""

    enrolment: str = Field(max_length=128)
    code: str = Field(max_length=64)


class NewPasskey(Body):
    """An enrolment, what the browser made, and what the owner calls it."""

    enrolment: str = Field(max_length=128)
    name: Annotated[str, Field(max_length=320), AfterValidator(parse_display_name)] = DEFAULT_NAME
    credential: dict[str, Any]


def passkey_json(passkey: Passkey) -> dict[str, Any]:
    """The JSON members of a passkey. Its public key is of no use to anybody else."""
    used = passkey.last_used_at
    return {
        "id": str(passkey.id),
        "name": passkey.name,
        "created_at": passkey.created_at.isoformat(),
        "last_used_at": used.isoformat() if used else None,
        "href": f"/api/v1/auth/factors/passkeys/{passkey.id}",
    }


def held_json(held: Held, *, is_required: bool, passkeys_possible: bool) -> dict[str, Any]:
    """The JSON members of what an account has."""
    return {
        "app": {"created_at": held.app_since.isoformat()} if held.app_since else None,
        "passkeys": [passkey_json(passkey) for passkey in held.passkeys],
        "recovery_codes_left": held.recovery_codes_left,
        "required": is_required,
        "passkeys_possible": passkeys_possible,
    }
