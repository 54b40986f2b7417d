"""Untrusted XML is read without reaching outside it, and refused in words its owner understands."""

from pathlib import Path

import pytest

from services.policy.imports.model import ImportProblem
from services.policy.imports.xml import MAX_BYTES, MAX_DEPTH, parse_xml

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE a [
<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">
]>
<a>&y;</a>"""


@pytest.mark.parametrize("allow", [True, False])
def test_entity_declarations_are_refused_with_their_line(allow: bool) -> None:
    with pytest.raises(ImportProblem, match="declares entities, which are refused") as problem:
        parse_xml(BOMB, allow_doctype=allow)
    assert problem.value.line == 3


@pytest.mark.parametrize(
    "prolog",
    [
        b'<!DOCTYPE a SYSTEM "<a" [<!ENTITY x "y">]>',
        b'<!-- <a> --><!DOCTYPE a [<!-- <a> --><!ENTITY x "y">]>',
        b"<?p <a?><!DOCTYPE a [<!ENTITY % x 'y'> %x;]>",
    ],
)
def test_entities_are_found_behind_what_looks_like_the_root(prolog: bytes) -> None:
    with pytest.raises(ImportProblem, match="declares entities"):
        parse_xml(prolog + b"<a>&x;</a>", allow_doctype=True)


def test_entities_are_found_in_utf_16() -> None:
    text = BOMB.decode().replace('version="1.0"', 'version="1.0" encoding="utf-16"')
    with pytest.raises(ImportProblem, match="declares entities"):
        parse_xml(text.encode("utf-16"), allow_doctype=True)


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("do not tell")
    data = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode()
    with pytest.raises(ImportProblem, match="declares entities"):
        parse_xml(data, allow_doctype=True)


def test_a_dtd_is_named_but_not_read(tmp_path: Path) -> None:
    dtd = tmp_path / "a.dtd"
    dtd.write_text('<!ENTITY x "do not tell"><!ATTLIST a secret CDATA "default">')
    data = f'<!DOCTYPE a SYSTEM "{dtd.as_uri()}"><a>text</a>'.encode()
    root = parse_xml(data, allow_doctype=True)
    assert (root.text, dict(root.attrib)) == ("text", {})
    with pytest.raises(ImportProblem, match="undeclared entity &x;"):
        parse_xml(data.replace(b"text", b"&x;"), allow_doctype=True)


def test_a_doctype_is_refused_unless_allowed() -> None:
    data = b'<!DOCTYPE Bill PUBLIC "-//x//y" "x.dtd"><Bill/>'
    with pytest.raises(ImportProblem, match="has a DOCTYPE, which is refused"):
        parse_xml(data)
    assert parse_xml(data, allow_doctype=True).tag == "Bill"


def test_default_attributes_cannot_be_declared() -> None:
    with pytest.raises(ImportProblem, match="declarations of its own"):
        parse_xml(b'<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>', allow_doctype=True)


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"", "empty file", 0),
        (b" \n ", "empty file", 0),
        (b"PK\x03\x04 zip", "not XML", 1),
        (b"hello", "not XML: it does not start with an element", 1),
        (b"<!-- only a comment -->", "not XML", 1),
        (b"<a>\n<b>\n</a>", "not well-formed: ", 3),
        (b"<a>\xff\xfe</a>", "not well-formed: ", 1),
        (b"<a>&#0;</a>", "not well-formed: ", 1),
        (b"<a>&nbsp;</a>", "not well-formed: ", 1),
        (b"<a/><b/>", "not well-formed: ", 1),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "declares the encoding utf-7", 1),
        (b"<\x00a\x00/\x00>\x00", "without a byte order mark", 0),
    ],
)
def test_unreadable_files_say_why_and_where(data: bytes, message: str, line: int) -> None:
    with pytest.raises(ImportProblem) as problem:
        parse_xml(data)
    assert message in problem.value.message
    assert problem.value.line == line


def test_depth_is_bounded() -> None:
    assert parse_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH).tag == "a"
    for depth in (MAX_DEPTH + 1, 5000):
        with pytest.raises(ImportProblem, match=f"deeper than {MAX_DEPTH} levels"):
            parse_xml(b"<a>" * depth + b"</a>" * depth)


def test_size_is_bounded() -> None:
    with pytest.raises(ImportProblem, match="too large"):
        parse_xml(b"<a>" + b" " * MAX_BYTES + b"</a>")


def test_comments_and_instructions_leave_the_text_whole() -> None:
    root = parse_xml(b"\xef\xbb\xbf<a>one <!-- no --><?p no?>two<![CDATA[ <3]]></a>")
    assert root.text == "one two <3"
    assert len(root) == 0
