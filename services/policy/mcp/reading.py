"""The tools that read: one provision as a quotation, and the contents of a version."""

from services.policy.documents.addresses import provision_href, version_href
from services.policy.documents.domain import Axes, Expression
from services.policy.documents.notices import earlier_notice
from services.policy.documents.render import provision_text
from services.policy.documents.service import Alias, Elsewhere, Wanted, read_provision
from services.policy.mcp.answers import Entry, OutlineAnswer, ProvisionAnswer
from services.policy.mcp.arguments import Outline, Provision
from services.policy.mcp.holdings import Holdings, find_version, find_work, is_law, name_of, place_of, standing
from shared.errors import Invalid


async def provision(holdings: Holdings, asked: Provision) -> tuple[str, ProvisionAnswer]:
    """One provision, with all that a citation needs."""
    place = place_of(asked, asked.date, asked.eid)
    if not place.eid:
        raise Invalid("Which provision? Give its eid, such as sec_2; the tool `outline` lists them.")
    key, lang, day = place.key, place.lang, place.day
    if lang is None:
        lead = await find_work(holdings, key)
        key, lang = lead.work.key, lead.lead.lang
    view = await read_provision(holdings.database, key, lang, day, place.eid, Axes(holdings.today))
    while isinstance(view, Alias | Elsewhere):
        key, day = view.key, view.date if isinstance(view, Elsewhere) else day
        view = await read_provision(holdings.database, key, lang, day, place.eid, Axes(holdings.today))
    found, row = view.expression, view.provision
    version = found.version
    newer = found.next
    answer = ProvisionAnswer(
        address=holdings.public(provision_href(found.work.key, version.lang, version.date, row.eid)),
        title=version.title, citations=list(version.citations), lang=version.lang, date=version.date.isoformat(),
        status=row.status, in_force=is_law(found, row.status), sha256=row.hash.hex(),
        eid=row.eid, num=row.num, heading=row.heading, note=row.note, path=list(view.path),
        text=provision_text(row).strip("\n"),
        version=holdings.public(version_href(found.work.key, version.lang, version.date)), current=found.is_current,
        in_force_from=row.in_force_from and row.in_force_from.isoformat(),
        in_force_to=row.in_force_to and row.in_force_to.isoformat(),
        newer=newer and holdings.public(version_href(found.work.key, newer.lang, newer.date)),
    )  # fmt: skip
    lines = [
        _headline(found), *([f"Under: {' > '.join(view.path)}"] if view.path else []), f"Provision: {name_of(row)}",
        standing(found, row.status, holdings.today),
        *([earlier_notice(version.lang, view.asked, version.date, view.since)] if view.asked and view.since else []),
        f"Address: {answer.address}",
        f"SHA-256: {answer.sha256}", "", answer.text,
    ]  # fmt: skip
    return "\n".join(lines), answer


async def outline(holdings: Holdings, asked: Outline) -> tuple[str, OutlineAnswer]:
    """What a version contains, by eid."""
    found = await find_version(holdings, place_of(asked, asked.date), Wanted())
    version = found.version
    rows = found.provisions[asked.offset : asked.offset + asked.limit]
    answer = OutlineAnswer(
        address=holdings.public(version_href(found.work.key, version.lang, version.date)), title=version.title,
        citations=list(version.citations), lang=version.lang, date=version.date.isoformat(), status=version.status,
        in_force=is_law(found, version.status), sha256=version.content_hash.hex(), current=found.is_current,
        total=len(found.provisions),
        items=[
            Entry(eid=row.eid, level=row.level, num=row.num, heading=row.heading or row.note, status=row.status)
            for row in rows
        ],
    )  # fmt: skip
    lines = [
        _headline(found), standing(found, version.status, holdings.today), f"Address: {answer.address}",
        f"SHA-256: {answer.sha256}", f"Provisions {asked.offset + 1} to {asked.offset + len(rows)} of {answer.total}:",
    ]  # fmt: skip
    for row in rows:
        mark = "" if row.status == "in-force" else f" ({row.status})"
        lines.append(f"{'  ' * row.level}{row.eid}: {name_of(row)}{mark}")
    return "\n".join(lines), answer


def _headline(found: Expression) -> str:
    cited = f" ({'; '.join(found.version.citations)})" if found.version.citations else ""
    return f"{found.version.title}{cited} [{found.version.lang}]"
