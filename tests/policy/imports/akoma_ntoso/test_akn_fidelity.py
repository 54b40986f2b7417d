"""No text is lost or made up: what is stored is compared with what another XML library reads in the source."""

import os
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ParsedVersion

ROOT = Path(__file__).parents[4]
SAMPLE = sorted((ROOT / "services/policy/sample").rglob("*.xml"))
DATA = Path(os.environ.get("OPENPOLICY_DATA", ROOT.parent / "shared/data")) / "akoma_ntoso"
NOT_POLICIES = {"cl_Sesion56_2.xml", "ke_Debate_Bungeni_2011-06-10.xml", "za_Judgement_2008-11-26.xml"}
MALFORMED = {"reg_2020_nr-397_seq-0016_akn.xml"}
PUBLISHED = [p for p in sorted(DATA.rglob("*.xml")) if p.name not in NOT_POLICIES | MALFORMED]


def pieces(element: ElementTree.Element) -> Iterator[str]:
    """Every run of text outside the metadata, and the notes inside them."""
    name = element.tag.rpartition("}")[2]
    if name == "meta":
        for note in element.iter():
            if note.tag.endswith("}note") and "legaldocml" in note.tag:
                yield from note.itertext()
        return
    yield element.text or ""
    for child in element:
        yield from pieces(child)
        yield child.tail or ""


def squeezed(text: str) -> str:
    return "".join(text.split())


def stored(version: ParsedVersion) -> list[str]:
    """Each provision's text. A component's heading is left out: it repeats the title of the document within."""
    return [
        squeezed(f"{p.num} {'' if p.kind == 'component' else p.heading} {p.note} {p.text}") for p in version.provisions
    ]


@pytest.mark.parametrize("path", SAMPLE, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_all_text_of_the_sample_is_stored(path: Path) -> None:
    assert_same_text(path)


@pytest.mark.skipif(not PUBLISHED, reason=f"no published Akoma Ntoso in {DATA}")
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.name)
def test_all_text_of_published_documents_is_stored(path: Path) -> None:
    assert_same_text(path)


def assert_same_text(path: Path) -> None:
    version = AkomaNtoso().parse(path.name, path.read_bytes())
    source = [squeezed(piece) for piece in pieces(ElementTree.parse(path).getroot())]  # noqa: S314 - as above
    provisions = stored(version)
    everything = "".join(provisions)
    lost = [piece for piece in source if piece and piece not in everything]
    assert lost == []
    assert Counter("".join(source)) == Counter(everything)
    # And the markup holds the same text as the plain text beside it.
    for provision in version.provisions:
        root = ElementTree.fromstring(f"<x>{provision.content}</x>")  # noqa: S314 - just written by the importer
        assert squeezed("".join(root.itertext())) == squeezed(provision.text), provision.eid
