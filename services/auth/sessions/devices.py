"""What a list of sessions says of a device and its place: the little that can be known honestly.

A User-Agent says what it likes. It is read for the few words by which people recognise their own devices; whatever is
not known is left out rather than guessed.
"""

import ipaddress
import re
from dataclasses import dataclass

# In this order: each of these also calls itself by the names that follow it.
_BROWSERS = (
    ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"), ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Macintosh", "macOS"), ("Mac OS X", "macOS"), ("Linux", "Linux"), ("FreeBSD", "FreeBSD"),
)  # fmt: skip
_PROGRAM = re.compile(r"[A-Za-z][\w.+-]{1,39}")
_PREFIX = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class Device:
    """The words for a device; empty where nothing is known. Both are names, the same in every language."""

    program: str = ""
    system: str = ""


def device_of(user_agent: str) -> Device:
    """The browser and system, or the program that an API client calls itself."""
    if not user_agent.startswith("Mozilla/"):
        named = _PROGRAM.match(user_agent)
        return Device(named.group() if named else "")
    return Device(_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))


def network_of(address: str) -> str:
    """The network that an address is in, by its first 24 (IPv4) or 48 bits (IPv6); empty for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, _PREFIX[parsed.version]), strict=False))


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in table if mark in text), "")
