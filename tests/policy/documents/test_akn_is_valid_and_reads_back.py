"""Every document that is at hand, exported: valid against the schema of Akoma Ntoso 3.0, and read back to the same."""

from pathlib import Path

import pytest
from lxml import etree

from services.policy.documents.akn_marks import MARKS
from services.policy.documents.render import version_akn
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ParsedVersion
from tests.policy.documents.akn_documents import MISSING, PUBLISHED, SAMPLE, described, differences, problems


def check(path: Path) -> tuple[ParsedVersion, bytes]:
    version = AkomaNtoso().parse(path.name, path.read_bytes())
    exported = version_akn(described(version), version.provisions)
    assert problems(exported) == []
    assert differences(version, AkomaNtoso().parse("exported.xml", exported)) == []
    return version, exported


@pytest.mark.parametrize("path", SAMPLE, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_the_sample_is_exported_as_valid_and_read_back_the_same(path: Path) -> None:
    check(path)


@pytest.mark.skipif(not PUBLISHED, reason=MISSING)
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_published_documents_are_exported_as_valid_and_read_back_the_same(path: Path) -> None:
    check(path)


@pytest.mark.parametrize("path", SAMPLE[::9] + PUBLISHED[::4], ids=lambda p: p.stem)
def test_a_reader_who_knows_no_marks_finds_every_word_and_nothing_else(path: Path) -> None:
    version, exported = check(path)
    root = etree.fromstring(exported)
    for filler in root.findall(f".//*[@{{{MARKS}}}made='filler']"):
        filler.clear()
    for meta in list(root.iter("{*}meta")):
        meta.clear()
    shown = "".join("".join(str(text) for text in root.itertext()).split())
    parts = [etree.fromstring(f"<x>{p.content}</x>") for p in version.provisions]
    stored = "".join(
        f"{p.num}{p.heading}{p.note}{''.join(str(text) for text in part.itertext())}"
        for p, part in zip(version.provisions, parts, strict=True)
    )
    assert sorted(shown) == sorted("".join(stored.split()))


def test_all_the_published_documents_are_there_when_any_is() -> None:
    if not PUBLISHED:
        pytest.skip(MISSING)
    assert len([path for path in PUBLISHED if path.parent.name == "eu"]) == 19
    assert len([path for path in PUBLISHED if path.parent.name == "oasis"]) == 6
