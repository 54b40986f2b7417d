"""Files that attack whoever reads them: entities, bombs, archives with names that lead elsewhere."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from tests.security.security_stack import Platform

SECRET = "the-words-of-a-file-of-ours"
_AKN = """<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><act name="act"><meta>
<identification source="#x"><FRBRWork><FRBRuri value="/akn/xx/act/2020-{number}"/></FRBRWork><FRBRExpression>
<FRBRdate date="2020-01-01" name=""/><FRBRlanguage language="eng"/></FRBRExpression></identification></meta>
<body><section eId="sec_1"><num>1</num><content><p>{words}</p></content></section></body></act></akomaNtoso>"""


def act(number: int, words: str, prolog: str = "") -> str:
    """A small act."""
    return prolog + _AKN.format(number=number, words=words)


def zipped(files: dict[str, bytes]) -> bytes:
    """An archive of these files, whatever they are called."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


@pytest.fixture
def ours(tmp_path: Path) -> str:
    """The address of a file of ours that nobody outside may read."""
    file = tmp_path / "ours.txt"
    file.write_text(SECRET)
    return file.as_uri()


async def test_entities_are_refused_and_no_file_of_ours_is_read(platform: Platform, ours: str) -> None:
    editor = await platform.person("editor")
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))
    files = {
        "external.xml": act(1, "&x;", f'<!DOCTYPE a [<!ENTITY x SYSTEM "{ours}">]>'),
        "parameter.xml": act(2, "&x;", f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{ours}"> %p; <!ENTITY x "y">]>'),
        "laughs.xml": act(3, "&l12;", f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]>'),
        "utf16.xml": act(4, "&x;", f'<!DOCTYPE a [<!ENTITY x SYSTEM "{ours}">]>'),
        "dtd.xml": act(5, "&x;", f'<!DOCTYPE a SYSTEM "{ours}">'),
        "include.xml": act(6, f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{ours}" parse="text"/>'),
    }
    packed = {name: text.encode("utf-16" if "utf16" in name else "utf-8") for name, text in files.items()}
    ended = await platform.imported("akoma-ntoso", "acts.zip", zipped(packed), by=editor)
    failed = {failure["path"]: failure["message"] for failure in ended["failures"]}
    assert failed.keys() == packed.keys() - {"include.xml"}, ended
    assert SECRET not in str(ended)
    for name in ("external.xml", "parameter.xml", "laughs.xml", "utf16.xml"):
        assert "entities" in failed[name], failed
    status, found, _ = await platform.call("GET", "/api/v1/policies/xx/act/2020-6/en@2020-01-01")
    assert status == 200, found
    assert SECRET not in str(found)


async def test_names_in_archives_lead_nowhere(platform: Platform, tmp_path: Path) -> None:
    """Nothing is ever unpacked to disk, and what an archive calls a file is only what reports call it."""
    editor = await platform.person("editor")
    outside = tmp_path / "slipped.xml"
    climbing = "../" * 12 + str(outside).lstrip("/")
    files = {climbing: act(7, "a").encode(), str(outside): act(8, "b").encode(), "..\\slip.xml": act(9, "c").encode()}
    ended = await platform.imported("akoma-ntoso", "slip.zip", zipped(files), by=editor)
    assert not outside.exists()
    assert ended["state"] == "failed" or ended["failures"], ended


async def test_a_link_in_an_archive_is_not_followed(platform: Platform, ours: str) -> None:
    editor = await platform.person("editor")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link.xml")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, ours.removeprefix("file://"))
        archive.writestr("good.xml", act(10, "good"))
    ended = await platform.imported("akoma-ntoso", "link.zip", packed.getvalue(), by=editor)
    assert SECRET not in str(ended)
    assert "link.xml" in str(ended["failures"]) or ended["state"] == "failed", ended


@pytest.mark.parametrize("form", ["one file", "many files", "a size that lies", "an archive in an archive"])
async def test_bombs_do_not_go_off(platform: Platform, form: str) -> None:
    editor = await platform.person("editor")
    blanks = b" " * (20 * 2**20)
    if form == "one file":
        data = zipped({"bomb.xml": blanks})
    elif form == "many files":
        data = zipped({f"{n}.xml": blanks for n in range(4)})
    elif form == "a size that lies":
        lying = bytearray(zipped({"bomb.xml": blanks}))
        for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
            struct.pack_into("<I", lying, lying.index(mark) + at, 100)
        data = bytes(lying)
    else:
        data = zipped({"inner.zip": zipped({"a.xml": act(11, "a").encode()})})
    ended = await platform.imported("akoma-ntoso", "bomb.zip", data, by=editor)
    assert ended["state"] == "failed" or ended["failures"], ended
    assert "Traceback" not in str(ended)


async def test_what_is_no_archive_is_refused_as_such(platform: Platform) -> None:
    editor = await platform.person("editor")
    ended = await platform.imported("akoma-ntoso", "noise.zip", b"PK\x03\x04" + os.urandom(500), by=editor)
    assert ended["state"] == "failed", ended
