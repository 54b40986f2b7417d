"""A small body of law of our own, written straight into the tables that importers fill."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

TOWN = "ca-port-lumen"
KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Part:
    """A provision; `level` 0 stands at the top."""

    num: str
    text: str = ""
    note: str = ""
    heading: str = ""
    terms: tuple[str, ...] = ()
    status: str = "in-force"
    level: int = 1


@dataclass(frozen=True)
class Law:
    """A version of a work."""

    number: str
    title: str
    parts: tuple[Part, ...] = ()
    lang: str = "en"
    kind: str = "act"
    jurisdiction: str = "ca"
    citations: tuple[str, ...] = ()
    long_title: str = ""
    status: str = "in-force"
    date: date = date(2020, 1, 1)
    revision: int = 1
    aliases: tuple[str, ...] = field(default=())
    subjects: tuple[str, ...] = ()


PARKS = Law(
    "P-14",
    "Harbour Parks Act",
    (
        Part("PART 1", heading="Purpose", level=0),
        Part("1", "This Act may be cited as the Harbour Parks Act.", note="Short title"),
        Part(
            "2",
            "In this Act, foreshore means the land between the high and the low water mark. "
            "Warden means a person appointed to look after a park.",
            note="Definitions",
            terms=("foreshore", "warden"),
        ),
        Part("PART 2", heading="Lanterns and Fires", level=0),
        Part("3", "No person shall light a fire on the foreshore without a permit.", note="Fires on the foreshore"),
        Part("4", "A warden may put out any fire. The lantern keeper shall help.", note="Powers of wardens"),
        Part("5", "A person who lights a fire commits an offence.", note="Offence", status="not-in-force"),
        Part("6", "Whoever lights a lantern commits an offence and is liable to a fine.", note="Offence"),
    ),
    citations=("R.S.C., 1985, c. P-14",),
    long_title="An Act respecting the parks of the harbours",
)
PARKS_FR = Law(
    "P-14",
    "Loi sur les parcs portuaires",
    (
        Part("1", "Titre abrégé : Loi sur les parcs portuaires.", note="Titre abrégé"),
        Part("2", "L’école du phare enseigne l’été aux élèves de l'île.", note="École du phare", terms=("école",)),
        Part("3", "Nul ne peut allumer un feu sur la grève sans permis.", note="Feux sur la grève"),
    ),
    lang="fr",
    citations=("L.R.C. (1985), ch. P-14",),
)
FERRIES = Law(
    "SOR-2011-246",
    "Ferry Lantern Regulations",
    (
        Part("1", "Every ferry shall carry two lanterns and/or a horn.", note="Lanterns"),
        Part("2", "The keeper of the lantern shall be at least eighteen years old.", note="Age of keepers"),
        Part("3", "A foreshore permit is not needed for a ferry at its berth.", note="Permits"),
    ),
    kind="regulation",
    citations=("SOR/2011-246",),
    aliases=("DORS-2011-246",),
)
OLD = Law(
    "Q-1",
    "Quarantine Sheds Act",
    (Part("1", "The quarantine shed stands behind the foreshore.", note="Place of sheds"),),
    status="repealed",
    citations=("R.S.C., 1985, c. Q-1",),
)
NOISE = Law(
    "2016-04",
    "Quiet Nights By-law",
    (
        Part("1", "Between ten in the evening and seven in the morning nobody shall disturb the quiet.", note="Quiet"),
        Part("2", "Church bells and fog horns are exempt.", note="Exceptions"),
    ),
    kind="by-law",
    jurisdiction=TOWN,
    citations=("By-law No. 2016-04",),
)
GULLS = tuple(
    Law(
        f"G-{year}",
        title,
        (
            Part("1", "The gull is a guest of the town.", note="Gulls"),
            Part("2", "Feeding a gull on the quay is a nuisance, but not by the tern.", note="Feeding of gulls"),
        ),
        kind=kind,
        date=date(year, 5, 1),
        subjects=subjects,
    )
    for year, title, kind, subjects in (
        (1998, "Young Gulls Act", "act", ("Animals", "Économie bleue")),
        (2004, "Ancient Gulls Act", "act", ("Animals",)),
        (2016, "Middling Gulls Regulations", "regulation", ()),
    )
)
WHELKS = Law(
    "W-2",
    "Whelk Fisheries Act",
    (
        Part("1", "A whelk licence expires when its holder moves to another port.", note="Expiry"),
        Part(
            "2",
            f"Whelk. {'Net, rope and bait are listed. ' * 80} Licence. Different holders. Port. It moves. It expires.",
            note="Register",
        ),
        Part("3", "Whelk may not be landed on Sunday.", note="Days"),
    ),
)
CORPUS = (*GULLS, PARKS, PARKS_FR, FERRIES, OLD, NOISE, WHELKS)


def many_sections(count: int) -> Law:
    """An act of `count` sections that all speak of the beacon."""
    parts = tuple(Part(str(n), f"Beacon number {n} is kept by the harbour.", note=f"Beacon {n}") for n in range(count))
    return Law("B-9", "Beacons Act", parts, citations=("S.C. 2001, c. 9",))


async def insert(connection: Any, *laws: Law) -> list[int]:
    """Write the laws as an import would; returns their version ids. Ranges of currency are made anew."""
    ids = []
    for law in laws:
        await connection.execute("INSERT INTO jurisdiction (id) VALUES ($1) ON CONFLICT DO NOTHING", law.jurisdiction)
        work = await connection.fetchval(
            """INSERT INTO work (jurisdiction, kind, number, frbr_uri) VALUES ($1, $2, $3, $4)
            ON CONFLICT (jurisdiction, kind, number) DO UPDATE SET number = excluded.number RETURNING id""",
            law.jurisdiction, law.kind, law.number, f"/akn/{law.jurisdiction}/{law.kind}/{law.number}",
        )  # fmt: skip
        for alias in law.aliases:
            await connection.execute(
                "INSERT INTO work_alias (jurisdiction, kind, number, work_id) VALUES ($1, $2, $3, $4)",
                law.jurisdiction, law.kind, alias, work,
            )  # fmt: skip
        version = await connection.fetchval(
            """INSERT INTO version (work_id, lang, date, revision, published, title, sort_title, long_title, citations,
            status, subjects, content_hash)
            VALUES ($1, $2, $3, $4, $3, $5, lower($5), $6, $7, $8, $9, '\\x00') RETURNING id""",
            work, law.lang, law.date, law.revision, law.title, law.long_title, list(law.citations), law.status,
            list(law.subjects),
        )  # fmt: skip
        await _insert_parts(connection, version, law)
        await _set_ranges(connection, work, law.lang)
        ids.append(version)
    return ids


async def _insert_parts(connection: Any, version: int, law: Law) -> None:
    above: list[tuple[int, int]] = []
    for ordinal, part in enumerate(law.parts):
        while above and above[-1][1] >= part.level:
            above.pop()
        content = (law.lang, part.num, part.heading, part.note, part.text)
        digest = hashlib.sha256("\0".join(content).encode()).digest()
        await connection.execute(
            """INSERT INTO provision (hash, lang, kind, num, heading, note, content, text)
            VALUES ($1, $2, 'section', $3, $4, $5, '', $6) ON CONFLICT DO NOTHING""",
            digest, *content,
        )  # fmt: skip
        await connection.execute(
            """INSERT INTO version_provision (version_id, ordinal, parent, level, eid, hash, status, terms)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            version, ordinal, above[-1][0] if above else None, part.level, eid_of(part), digest, part.status,
            list(part.terms),
        )  # fmt: skip
        above.append((ordinal, part.level))


def eid_of(part: Part) -> str:
    """The eId a part is given."""
    return ("part_" if part.level == 0 else "sec_") + part.num.split()[-1]


async def _set_ranges(connection: Any, work: int, lang: str) -> None:
    rows: Sequence[Any] = await connection.fetch(
        "SELECT id, date, revision FROM version WHERE work_id = $1 AND lang = $2 ORDER BY date, revision", work, lang
    )
    latest = {row["date"]: row["id"] for row in rows}
    days = sorted(latest)
    for row in rows:
        day = row["date"]
        if latest[day] != row["id"]:
            begin = end = day
        else:
            begin = date.min if day == days[0] else day
            end = next((later for later in days if later > day), date.max)
        await connection.execute(
            "UPDATE version SET current_from = $2, current_until = $3 WHERE id = $1", row["id"], begin, end
        )
