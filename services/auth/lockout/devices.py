"""Marks that a browser keeps, and shows when it signs in again: who signed in with it before.

A mark is `DEVICE.MAC.MAC…`: a random name of the browser, and for each account a keyed hash of both. It says nothing to
others, gives no access, and only spares its owner the delays that others have earned.
"""

import hmac
import re
import secrets
from uuid import UUID

MOST_ACCOUNTS = 4
_MARK = re.compile(r"[A-Za-z0-9_-]{22}(\.[0-9a-f]{32}){1,4}")


class Devices:
    """Makes and checks marks."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"openpolicy known devices", "sha256")

    def mark(self, account: UUID, before: str = "") -> str:
        """The mark of a browser that signed in now, and had the mark `before`."""
        device, macs = _parse(before) or (secrets.token_urlsafe(16), [])
        mine = self._mac(device, account)
        return ".".join([device, mine, *(mac for mac in macs if mac != mine)][: MOST_ACCOUNTS + 1])

    def knows(self, mark: str, account: UUID) -> str:
        """The device's name when the account signed in with it before; else an empty text."""
        device, macs = _parse(mark) or ("", [])
        mine = self._mac(device, account)
        known = [mac for mac in macs if hmac.compare_digest(mac, mine)]
        return device if known else ""

    def _mac(self, device: str, account: UUID) -> str:
        return hmac.digest(self._key, f"{device}.{account}".encode(), "sha256").hex()[:32]


def _parse(mark: str) -> tuple[str, list[str]] | None:
    if not _MARK.fullmatch(mark):
        return None
    device, *macs = mark.split(".")
    return device, macs
