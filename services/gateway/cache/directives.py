"""What Cache-Control says, in answers and in requests (RFC 9111, 5.2; RFC 5861; RFC 9213)."""

import re
from dataclasses import dataclass
from functools import lru_cache

_MOST_SECONDS = 2**31
_DIRECTIVE = re.compile(rb'([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?\s*(?=,|$)')
_NO_FIELDS: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """What an answer says of being kept. Times are in seconds; None: not said. What is said wrongly counts as 0."""

    no_store: bool = False
    no_cache: bool = False
    private: bool = False
    hidden_fields: frozenset[bytes] = _NO_FIELDS
    """Fields that `no-cache` or `private` name: not to be kept with the rest."""
    public: bool = False
    must_revalidate: bool = False
    must_understand: bool = False
    max_age: int | None = None
    s_maxage: int | None = None
    stale_while_revalidate: int = 0
    stale_if_error: int | None = None

    @property
    def forbids_stale(self) -> bool:
        """Whether it may never be used once it is stale without asking its service."""
        return self.must_revalidate or self.no_cache or self.s_maxage is not None


@dataclass(frozen=True, slots=True)
class RequestRules:
    """What a request says of the answer it wants. Times are in seconds; None: not said."""

    no_store: bool = False
    no_cache: bool = False
    only_if_cached: bool = False
    max_age: int | None = None
    max_stale: int | None = None
    min_fresh: int = 0


NOTHING_ASKED = RequestRules()


@lru_cache(maxsize=2048)
def answer_rules(cache_control: bytes) -> AnswerRules:
    """The rules in an answer's Cache-Control lines, joined with commas."""
    said = _parse(cache_control)
    no_cache, private = said.get(b"no-cache"), said.get(b"private")
    return AnswerRules(
        no_store=b"no-store" in said,
        no_cache=b"no-cache" in said and not no_cache,
        private=b"private" in said and not private,
        hidden_fields=_names(no_cache) | _names(private),
        public=b"public" in said,
        must_revalidate=b"must-revalidate" in said or b"proxy-revalidate" in said,
        must_understand=b"must-understand" in said,
        max_age=_seconds(said, b"max-age"),
        s_maxage=_seconds(said, b"s-maxage"),
        stale_while_revalidate=_seconds(said, b"stale-while-revalidate") or 0,
        stale_if_error=_seconds(said, b"stale-if-error"),
    )


@lru_cache(maxsize=512)
def request_rules(cache_control: str, pragma: str) -> RequestRules:
    """The rules in a request's Cache-Control; `Pragma: no-cache` is what it was called before there was one."""
    said = _parse(cache_control.encode("utf-8", "surrogateescape"))
    return RequestRules(
        no_store=b"no-store" in said,
        no_cache=b"no-cache" in said or (not cache_control and "no-cache" in pragma.lower()),
        only_if_cached=b"only-if-cached" in said,
        max_age=_seconds(said, b"max-age"),
        max_stale=_MOST_SECONDS if said.get(b"max-stale", b"") is None else _seconds(said, b"max-stale"),
        min_fresh=_seconds(said, b"min-fresh") or 0,
    )


def _parse(value: bytes) -> dict[bytes, bytes | None]:
    """Directives by their names in lower case. What is no directive is passed over; the first of two counts."""
    found: dict[bytes, bytes | None] = {}
    place = 0
    while place < len(value):
        match = _DIRECTIVE.match(value, place)
        if match is None:
            place = _after_comma(value, place)
            continue
        quoted, plain = match[2], match[3]
        found.setdefault(match[1].lower(), plain if quoted is None else quoted.replace(b"\\", b""))
        place = match.end() + 1
        while place < len(value) and value[place] in b" \t,":
            place += 1
    return found


def _after_comma(value: bytes, place: int) -> int:
    """Where the next directive may begin: commas in quotes end none."""
    is_quoted = False
    while place < len(value):
        byte = value[place]
        place += 1
        if byte == 0x22:
            is_quoted = not is_quoted
        elif byte == 0x2C and not is_quoted:
            break
    while place < len(value) and value[place] in b" \t":
        place += 1
    return place


def _seconds(said: dict[bytes, bytes | None], name: bytes) -> int | None:
    if name not in said:
        return None
    digits = said[name]
    if digits is None or not digits.isdigit():
        return 0  # somebody wanted to limit it, and it is not known to what
    return min(int(digits[:20]), _MOST_SECONDS)


def _names(fields: bytes | None) -> frozenset[bytes]:
    if not fields:
        return _NO_FIELDS
    return frozenset(name for part in fields.split(b",") if (name := part.strip().lower()))
