"""The platform's address as a setting; apart from the others, so that the command that only checks it starts fast."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")


def _origin(value: str) -> str:
    address = value.rstrip("/")
    if not _ORIGIN.fullmatch(address):
        raise ValueError("must be an address such as https://policy.example.org, without a path")
    return address


Origin = Annotated[str, AfterValidator(_origin)]
"""Scheme, host and port without a slash at the end, so that all services spell it alike: it is the tokens' issuer."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_on_loopback(origin: str) -> bool:
    """Whether the platform of this address is one that nobody but its developer reaches."""
    return is_loopback(urlsplit(origin).hostname or "")
