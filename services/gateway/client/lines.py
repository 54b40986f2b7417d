"""Header fields of answers, line by line: what each says, and whether the client gets it.

Services repeat themselves: most lines are looked up rather than worked out.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from services.gateway.client.headers import of_response

LENGTH, DATE, NOSNIFF, REFERRER, CACHING, ABOUT_CACHING, CACHING_HERE, UNUSUAL, CONTENT_POLICY = (
    1 << bit for bit in range(9)
)
"""What a field is, as one bit of a number: `Content-Length`, `Date`, `X-Content-Type-Options`, `Referrer-Policy`,
`Cache-Control`; others that say how an answer may be kept; `CDN-Cache-Control`; and those that say how the message is
framed, or what becomes of the connection; `Content-Security-Policy`."""
_KINDS = {
    b"content-length": LENGTH, b"date": DATE, b"x-content-type-options": NOSNIFF, b"referrer-policy": REFERRER,
    b"content-security-policy": CONTENT_POLICY,
    b"cache-control": CACHING, b"expires": ABOUT_CACHING, b"last-modified": ABOUT_CACHING, b"etag": ABOUT_CACHING,
    b"cdn-cache-control": CACHING_HERE, b"connection": UNUSUAL, b"transfer-encoding": UNUSUAL, b"trailer": UNUSUAL,
    b"upgrade": UNUSUAL, b"keep-alive": UNUSUAL, b"proxy-connection": UNUSUAL,
}  # fmt: skip
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e]*)")
_DIGITS = re.compile(rb"[0-9]{1,15}")
_KNOWN = 1024


class Line(NamedTuple):
    """One field. `kind` is one of the above, or 0."""

    name: bytes
    value: bytes
    kind: int
    passed: bytes
    """As the client gets it, with its line end; empty when it does not."""


@lru_cache(maxsize=_KNOWN)
def read_line(text: bytes) -> Line | None:
    """The field that a line (without its end) of a service's answer holds; None for what a parser has to look at.

    To be given short lines only: they are remembered."""
    match = _FIELD.fullmatch(text)
    if match is None:
        return None
    name, value = match[1], match[2].rstrip(b"\t ")
    plain, passes = of_response(name)
    kind = _KINDS.get(plain, 0)
    if kind == UNUSUAL or (kind == LENGTH and not _DIGITS.fullmatch(value)):
        return None
    return Line(name, value, kind, b"%b: %b\r\n" % (name, value) if passes else b"")


@lru_cache(maxsize=_KNOWN)
def kind_of(name: bytes) -> int:
    """What a field with this name is."""
    return _KINDS.get(name.lower(), 0)
