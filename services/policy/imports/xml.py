"""Reading XML that a stranger wrote, as every importer does it.

Nothing outside the bytes is ever read (no external entity, no DTD, no network), nothing inside them is expanded (entity
declarations are refused before the parser sees them), and size and depth are bounded. Whatever is wrong is an
`ImportProblem` that the file's owner can act on.
"""

import re

from lxml import etree

from services.policy.imports.model import ImportProblem

MAX_BYTES = 64 * 1024 * 1024
"""Largest file read, in bytes; the largest consolidated act known is a fifth of it."""
MAX_DEPTH = 128
"""Deepest nesting of elements; importers recurse, so this also bounds their stack."""

_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?\bencoding\s*=\s*["']([^"']{1,40})["']""")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_MISC = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_PLAIN_DOCTYPE = re.compile(
    rb"""<!DOCTYPE\s+[^\s<>\["']+(?:\s+(?:SYSTEM|PUBLIC\s*(?:"[^"]*"|'[^']*'))\s*(?:"[^"]*"|'[^']*'))?\s*>""",
    re.IGNORECASE,
)
_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")
_REPEATED_PLACE = re.compile(r",? line \d+, column \d+.*\Z", re.DOTALL)


def parse_xml(data: bytes, *, allow_doctype: bool = False) -> etree._Element:
    """The root element of `data`, without comments and processing instructions.

    `allow_doctype` lets a DOCTYPE stand that names a DTD (which is not read); one that declares entities is refused
    even so. Raises ImportProblem, and nothing else.
    """
    if len(data) > MAX_BYTES:
        raise ImportProblem(f"too large: {len(data):,} bytes, at most {MAX_BYTES:,} are read")
    if not data.strip():
        raise ImportProblem("empty file")
    data = _ascii_compatible(data)
    _check_prolog(data, allow_doctype=allow_doctype)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=False,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as problem:
        line = problem.lineno or 0
        reason = _REPEATED_PLACE.sub("", problem.msg or "unreadable").strip()
        if "xcessive depth" in reason:
            raise ImportProblem(f"elements are nested deeper than {MAX_DEPTH} levels", line=line) from None
        raise ImportProblem(f"not well-formed: {reason}", line=line) from None
    except (ValueError, LookupError) as problem:
        raise ImportProblem(f"not readable as XML: {problem}") from None
    if root is None:  # lxml gives None for a document without a root it could keep
        raise ImportProblem("not XML: there is no element in it")
    if _DEEP(root):
        raise ImportProblem(f"elements are nested deeper than {MAX_DEPTH} levels")
    for entity in root.iter(etree.Entity):  # with an unread DTD the parser lets undeclared entities pass
        raise ImportProblem(f"uses the undeclared entity {entity.text}", line=entity.sourceline or 0)
    return root


def _ascii_compatible(data: bytes) -> bytes:
    """`data` in an encoding whose markup is ASCII, so that the prolog can be checked before it is parsed."""
    if data.startswith(_UTF16_MARKS):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as problem:
            raise ImportProblem(f"not readable as UTF-16: {problem.reason}") from None
        return _DECLARATION.sub("", text, count=1).encode("utf-8", "surrogatepass")
    body = data.removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in body[:4]:
        raise ImportProblem("not XML: UTF-16 or UTF-32 without a byte order mark, or a binary file")
    declared = _DECLARED.match(body)
    if declared:
        name = declared[1].decode("ascii", "replace")
        if name.lower() not in _ENCODINGS:
            raise ImportProblem(f"declares the encoding {name}, which is not read; save the file as UTF-8", line=1)
    return data


def _check_prolog(data: bytes, *, allow_doctype: bool) -> None:
    """Refuse what stands before the root element and must not reach the parser."""
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while match := _MISC.match(data, at):
        at = match.end()
    line = data.count(b"\n", 0, at) + 1
    if data[at : at + 1] != b"<":
        raise ImportProblem("not XML: it does not start with an element", line=line)
    if data[at : at + 9].upper() != b"<!DOCTYPE":
        return
    plain = _PLAIN_DOCTYPE.match(data, at)
    if plain and allow_doctype:
        return
    declared = re.compile(rb"<!ENTITY").search(data, at)
    if declared and not plain:
        raise ImportProblem("declares entities, which are refused", line=line + data.count(b"\n", at, declared.start()))
    what = "has a DOCTYPE" if plain else "has a DOCTYPE with declarations of its own"
    raise ImportProblem(f"{what}, which is refused", line=line)
