"""The JSON of two languages side by side."""

from typing import Any

from services.policy.documents.addresses import work_href
from services.policy.documents.domain import ProvisionRow, VersionHead, Work
from services.policy.documents.render import provision_html
from services.policy.documents.wire import Content, permanent_href, provision_body
from services.policy.languages.domain import OneSided, Pair
from services.policy.languages.service import Differences, Parallel


def parallel_body(found: Parallel, content: Content, *, only_unpaired: bool) -> dict[str, Any]:
    """Two texts, row by row; a side that is missing is null."""
    first, second = found.langs
    pairs = [pair for pair in found.pairs if pair.by is None] if only_unpaired else found.pairs
    return {
        "work": _work(found.work),
        "langs": list(found.langs),
        "versions": _versions(found.work, found.heads),
        "paired": sum(pair.by is not None for pair in found.pairs),
        "unpaired": {
            first: sum(pair.right is None for pair in found.pairs),
            second: sum(pair.left is None for pair in found.pairs),
        },
        "rows": [_row(pair, first, second, content) for pair in pairs],
    }


def differences_body(found: Differences) -> dict[str, Any]:
    """What changed in one language only."""
    old = dict(zip(found.langs, found.old, strict=True))
    new = dict(zip(found.langs, found.new, strict=True))
    return {
        "work": _work(found.work),
        "langs": list(found.langs),
        "from": _versions(found.work, found.old),
        "to": _versions(found.work, found.new),
        "changed": dict(zip(found.langs, found.changed, strict=True)),
        "items": [_difference(found, item, old, new) for item in found.items],
    }


def _row(pair: Pair, first: str, second: str, content: Content) -> dict[str, Any]:
    row = pair.left or pair.right
    eid = row.eid if row is not None else ""
    return {"eid": eid, "paired_by": pair.by, first: _side(pair.left, content), second: _side(pair.right, content)}


def _side(row: ProvisionRow | None, content: Content) -> dict[str, Any] | None:
    return None if row is None else provision_body(row, content, provision_html(row) if content == "html" else "")


def _difference(
    found: Differences, item: OneSided, old: dict[str, VersionHead], new: dict[str, VersionHead]
) -> dict[str, Any]:
    changed = item.changed
    other = next(lang for lang in found.langs if lang != item.lang)
    there = old if changed.change == "removed" else new

    def at(head: VersionHead, eid: str) -> str:
        return permanent_href(found.work.key, head, eid)

    return {
        "lang": item.lang,
        "eid": changed.eid,
        "change": changed.change,
        "num": changed.num,
        "heading": changed.heading,
        "from": None if changed.change == "added" else at(old[item.lang], changed.eid),
        "to": None if changed.change == "removed" else at(new[item.lang], changed.eid),
        "other": None if item.other_eid is None else at(there[other], item.other_eid),
    }


def _work(work: Work) -> dict[str, Any]:
    key = work.key
    return {
        "jurisdiction": key.jurisdiction,
        "kind": key.kind,
        "number": key.number,
        "href": work_href(key),
        "titles": work.titles,
    }


def _versions(work: Work, heads: tuple[VersionHead, VersionHead]) -> dict[str, str]:
    return {head.lang: permanent_href(work.key, head) for head in heads}
