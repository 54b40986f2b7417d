"""Links of a trail: what breaks a chain is told apart, and an exported line holds all that its hash was made of."""

import itertools
from dataclasses import replace

import pytest

from shared.trail.chain import (
    START,
    Anchor,
    Broken,
    Link,
    Verifier,
    export_line,
    hash_of,
    import_line,
    read_anchors,
    verify_export,
)

NAMES = ("at", "who", "detail")


def chain(*events: tuple[str | None, ...]) -> list[Link]:
    links: list[Link] = []
    for number, fields in enumerate(events, 1):
        link = Link(number, "event", number + 10, links[-1].hash if links else START, b"", fields)
        links.append(replace(link, hash=hash_of(link)))
    return links


LINKS = chain(("t1", "a", "{}"), ("t2", None, "{not json"), ("t3", "c", '{"to": "x", "from": "é\\n"}'), ("t4", "d", ""))


def verify(links: list[Link], *anchors: Anchor) -> Anchor:
    verifier = Verifier("auth", None, anchors)
    for link in links:
        verifier.take(link)
    verifier.end()
    return verifier.head


def test_a_whole_chain_ends_where_its_anchor_says() -> None:
    anchors = read_anchors(f"auth 2 {LINKS[1].hash.hex()}\nline of a log: policy 9 {'ab' * 32}, auth 0 {'00' * 32}")
    assert verify(LINKS, *anchors) == Anchor("auth", 4, LINKS[3].hash)


@pytest.mark.parametrize(
    ("links", "said"),
    [
        (
            [LINKS[0], replace(LINKS[1], fields=("t2", "", "{not json")), *LINKS[2:]],
            "link 2 (event 12): it is not what",
        ),
        ([LINKS[0], *LINKS[2:]], "link 2 is missing"),
        ([LINKS[0], replace(LINKS[1], fields=None), *LINKS[2:]], "link 2 (event 12): its event was removed"),
        ([LINKS[0], chain(("x",), ("y", "y", "y"))[1], *LINKS[2:]], "link 2 (event 12) does not follow"),
        ([replace(LINKS[0], event=5), *LINKS[1:]], "link 1 (event 5): it is not what"),
        (LINKS[:3], "the end was cut off: it had reached 4, now it ends at 3"),
        (chain(*(link.fields or () for link in LINKS[:3]), ("t4", "another", "")), "link 4 is not the one"),
    ],
)
def test_the_first_broken_row_is_named(links: list[Link], said: str) -> None:
    with pytest.raises(Broken) as broken:
        verify(links, Anchor("auth", 4, LINKS[3].hash))
    assert said in str(broken.value)


def test_values_cannot_flow_into_one_another() -> None:
    hashes = {hash_of(replace(LINKS[0], fields=fields))
              for fields in itertools.product(("", "a", "1:a,", None, "-,"), repeat=2)}  # fmt: skip
    assert len(hashes) == 25


def test_an_exported_line_holds_all_that_its_hash_was_made_of() -> None:
    lines = [export_line("auth", link, NAMES) for link in LINKS]
    assert [import_line(line) for line in lines] == [("auth", link) for link in LINKS]
    assert '"detail":{"to":"x","from":"é\\n"}' in lines[2]
    assert verify_export(lines[1:]) == [(Anchor("auth", 1, LINKS[0].hash), Anchor("auth", 4, LINKS[3].hash))]
    with pytest.raises(Broken, match="it is not what was recorded"):
        verify_export([lines[0], lines[1].replace("t2", "t5")])
