"""Properties of the canonical form, over any input."""

import string
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.client.paths import Target, canonical_target
from services.gateway.routes import Service, find_route
from shared.errors import Invalid

_PIECES = st.sampled_from(
    ["/", "a", "~", ".", "..", "%2e", "%2E", "%2f", "%5c", "%00", "%25", "%41", "%7E", "%e2%82%ac", "%ff", "\\", "é",
     ";", "@", "internal", "api", "v1", "auth", "?", "#", " ", "\t", "\udce9", "%", "%4"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_what_is_accepted_has_one_reading(raw: str) -> None:
    try:
        target = canonical_target(raw)
    except Invalid:
        return
    assert canonical_target(str(target)) == target, "canonical means canonical"
    decoded = unquote_to_bytes(target.path).decode("utf-8")
    assert decoded.startswith("/")
    assert not {".", ".."} & set(decoded.split("/"))
    assert "//" not in decoded
    assert decoded.count("/") == target.path.count("/")
    assert not any(ord(c) < 32 or c in "\\\x7f" for c in decoded)
    assert target.path.isascii()


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_no_spelling_leads_to_what_is_internal(raw: str) -> None:
    try:
        target = canonical_target("/" + raw)
    except Invalid:
        return
    decoded = unquote_to_bytes(target.path).decode("utf-8")
    if decoded == "/internal" or decoded.startswith("/internal/"):
        assert find_route(target.path).service is None


@given(
    st.text(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@", min_size=1).filter(
        lambda s: s not in (".", "..")
    )
)
def test_plain_paths_stay_as_they_are(segment: str) -> None:
    assert canonical_target(f"/{segment}?a=%2F") == Target(f"/{segment}", "a=%2F")


def test_an_empty_query_is_kept() -> None:
    assert str(canonical_target("/a?")) == "/a?"
    assert str(canonical_target("/a")) == "/a"


@pytest.mark.parametrize("query", ["a b", "a\tb", "a\x00", "a\x7f", "\udce9", "a\\b"])
def test_queries_with_raw_controls_are_refused(query: str) -> None:
    with pytest.raises(Invalid):
        canonical_target(f"/?{query}")


@pytest.mark.parametrize("query", ["q=%FF", "q=%ED%A0%80", "%C3=1", "q=%C3%28", "q=caf\udce9", "q=%F4%90%80%80"])
def test_queries_that_are_no_text_are_refused(query: str) -> None:
    with pytest.raises(Invalid, match="UTF-8"):
        canonical_target(f"/?{query}")


@pytest.mark.parametrize("query", ["q=caf%C3%A9", "q=100%", "q=%zz", "q=café", "q=%F0%9F%92%A9", "q=%00"])
def test_other_queries_are_passed_on_as_they_are(query: str) -> None:
    assert canonical_target(f"/?{query}").query == query


def test_a_version_address_passes() -> None:
    path = "/api/v1/policies/ca/act/A-1/en@2026-06-14/~sec_2"
    assert canonical_target(path).path == path
    assert find_route(path).service is Service.POLICY
