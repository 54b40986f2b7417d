"""The tools that find and check: search, and citations held against what stands."""

from datetime import date

from services.policy.documents.addresses import provision_href, version_href
from services.policy.documents.domain import WorkKey
from services.policy.mcp import repo
from services.policy.mcp.answers import Checked, Found, SearchAnswer, VerifyAnswer
from services.policy.mcp.arguments import Search, Verify
from services.policy.mcp.holdings import Holdings
from services.policy.search.domain import Filters, Hit
from services.policy.verification.addresses import cited_address
from services.policy.verification.domain import Claim
from services.policy.verification.service import verify as verdicts_on
from shared.errors import Invalid


async def search(holdings: Holdings, asked: Search) -> tuple[str, SearchAnswer]:
    """Policies and provisions, best first."""
    year = asked.year
    since, until = (date(year, 1, 1), date(year, 12, 31)) if year else (None, None)
    filters = Filters(asked.jurisdiction, asked.kind, asked.status, None, since, until)
    page = await holdings.search.page(asked.q, lang=asked.lang, filters=filters, limit=asked.limit)
    places = [(hit.passage.version_id, hit.passage.ordinal) for hit in page.hits]
    async with holdings.database.connection() as connection:
        digests = await repo.digests(connection, places)
    items = [
        _found(holdings, hit, digests.get(place, repo.UNKNOWN)) for hit, place in zip(page.hits, places, strict=True)
    ]
    answer = SearchAnswer(total=page.total, exact=page.exact, corrected=page.corrected, items=items)
    lines = [f"{'' if page.exact else 'At least '}{page.total} results for: {asked.q}"]
    if page.corrected:
        lines.append(f"Searched for this spelling: {page.corrected}")
    for number, item in enumerate(items, 1):
        name = " ".join(filter(None, (item.num, item.heading)))
        law = "" if item.in_force else " (not current law)"
        lines += [
            "", f"{number}. {item.title}{': ' + name if name else ''}",
            f"   [{item.lang}] since {item.date}, {item.status}{law}",
            f"   Address: {item.address}", f"   SHA-256: {item.sha256}", f"   {item.snippet}",
        ]  # fmt: skip
    return "\n".join(lines), answer


async def verify(holdings: Holdings, asked: Verify) -> tuple[str, VerifyAnswer]:
    """A verdict on each citation, in order."""
    claims = []
    for item in asked.items:
        try:
            address = cited_address(item.address)
        except Invalid as error:
            wrong = error.errors[0].detail if error.errors else error.detail
            raise Invalid(f"The address {item.address} {wrong}.") from None
        claims.append(Claim(address, bytes.fromhex(item.sha256) if item.sha256 else None, item.text))
    verdicts = await verdicts_on(holdings.database, claims, holdings.today)
    items = [
        Checked(
            address=item.address, state=verdict.state, held=verdict.href and holdings.public(verdict.href),
            sha256=verdict.sha256 and verdict.sha256.hex(),
            detail=verdict.detail or (
                f"This was revision {verdict.earlier_revision}, since corrected by its publisher."
                if verdict.earlier_revision else ""
            ),
        )
        for item, verdict in zip(asked.items, verdicts, strict=True)
    ]  # fmt: skip
    lines = []
    for one in items:
        lines.append(f"- {one.state}: {one.address}")
        told = (one.detail, one.held and f"Held: {one.held}", one.sha256 and f"SHA-256: {one.sha256}")
        lines += [f"  {said}" for said in told if said]
    return "\n".join(lines), VerifyAnswer(items=items)


def _found(holdings: Holdings, hit: Hit, held: repo.Held) -> Found:
    passage = hit.passage
    key = WorkKey(passage.jurisdiction, passage.kind, passage.number)
    href = version_href(key, passage.lang, passage.date)
    if passage.eid:
        href = provision_href(key, passage.lang, passage.date, passage.eid)
    return Found(
        address=holdings.public(href), title=passage.title, citations=list(held.citations), lang=passage.lang,
        date=passage.date.isoformat(), status=passage.status, sha256=held.digest.hex(),
        in_force=passage.status == passage.work_status == "in-force", eid=passage.eid, num=passage.num,
        heading=passage.heading, path=list(passage.path), match=hit.match,
        snippet=" ".join("".join(segment.text for segment in hit.snippet).split()),
    )  # fmt: skip
