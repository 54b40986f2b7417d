"""The JSON of citations and dependants."""

from typing import Any

from services.policy.citations.domain import Citation
from services.policy.citations.service import Impact
from services.policy.documents.addresses import provision_href, version_href, work_href
from services.policy.documents.domain import WorkKey


def citation(item: Citation) -> dict[str, Any]:
    """One citation: where it stands, and what it points at."""
    href = version_href(item.citing, item.lang, item.date)
    if item.eid:
        href = provision_href(item.citing, item.lang, item.date, item.eid)
    return {
        "relation": item.relation,
        "label": item.label,
        "from": {"work": _work(item.citing, item.citing_title), "lang": item.lang, "date": item.date.isoformat(),
                 "eid": item.eid, "num": item.num, "href": href},
        "to": {"work": None if item.target is None else _work(item.target.key, item.target.title),
               "frbr_uri": item.target_uri, "eid": item.target_eid, "state": item.state, "href": _target(item)},
    }  # fmt: skip


def impact(found: Impact) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What an answer says of the whole list, and the items of its page."""
    levels = [
        {"depth": step, "works": sum(kinds.values()), "kinds": kinds} for step, kinds in enumerate(found.levels, 1)
    ]
    items = [
        {"depth": item.depth, "relations": list(item.relations),
         "work": {**_work(work.key, work.title), "status": work.status}, "via": _work(via.key, via.title)}
        for item, work, via in found.items
    ]  # fmt: skip
    return {"levels": levels, "complete": found.complete}, items


def _target(item: Citation) -> str | None:
    """Where what is cited can be read; a provision that is not found leads to its work."""
    if item.target is None:
        return None
    if item.target_eid and item.state == "resolved":
        return provision_href(item.target.key, item.target.lang, item.target.date, item.target_eid)
    return work_href(item.target.key)


def _work(key: WorkKey, title: str) -> dict[str, str]:
    return {
        "jurisdiction": key.jurisdiction,
        "kind": key.kind,
        "number": key.number,
        "href": work_href(key),
        "title": title,
    }
