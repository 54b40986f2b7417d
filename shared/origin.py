"""The platform's address as a setting; apart from the others, so that the command that only checks it starts fast."""

import re
from typing import Annotated

from pydantic import AfterValidator

_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")


def _origin(value: str) -> str:
    address = value.rstrip("/")
    if not _ORIGIN.fullmatch(address):
        raise ValueError("must be an address such as https://policy.example.org, without a path")
    return address


Origin = Annotated[str, AfterValidator(_origin)]
"""Scheme, host and port without a slash at the end, so that all services spell it alike: it is the tokens' issuer."""
