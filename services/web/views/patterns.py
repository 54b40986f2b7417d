"""Every component of the interface on one page, for those who build pages and those who check them."""

from datetime import date
from types import SimpleNamespace

from aiohttp import web

from services.web.answers import Provision
from services.web.change_answers import Run
from services.web.charts import yearly
from services.web.reading import contents_of
from services.web.redlines import pieces_of
from services.web.render import page

_MAX_AGE = 3600
_PROVISIONS = (
    Provision(eid="part_1", kind="part", level=0, num="Part 1", heading="Lamps"),
    Provision(
        eid="sec_1",
        kind="section",
        level=1,
        num="1",
        note="Lit lamps",
        in_force_from=date(2024, 7, 1),
        html='<section id="sec_1" class="akn-section"><h3 class="akn-heading"><span class="akn-num">1</span> '
        '<span class="akn-note">Lit lamps</span></h3><p class="akn-p">Every lamp is lit at dusk.</p></section>',
    ),
    Provision(
        eid="sec_2",
        kind="section",
        level=1,
        num="2",
        status="repealed",
        html='<section id="sec_2" class="akn-section" data-status="repealed"><h3 class="akn-heading">'
        '<span class="akn-num">2</span></h3><p class="akn-p">[Repealed]</p></section>',
    ),
)
_RUNS = (
    Run(op="equal", text="Every lamp is lit at "),
    Run(op="delete", text="six o’clock"),
    Run(op="insert", text="dusk"),
    Run(op="equal", text="."),
)
_COLOURS = (
    "paper",
    "sunk",
    "ink",
    "muted",
    "link",
    "accent",
    "border",
    "hairline",
    "focus",
    "insert",
    "delete",
    "mark",
)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/patterns", show_patterns)


async def show_patterns(request: web.Request) -> web.Response:
    """GET /patterns"""
    context = {
        "provisions": _PROVISIONS,
        "contents_tree": contents_of(_PROVISIONS),
        "pieces": pieces_of(_RUNS),
        "bars": yearly({"2021": 3, "2022": 9, "2024": 5}),
        "colours": _COLOURS,
        "counts": (SimpleNamespace(value="by-law", count=12), SimpleNamespace(value="motion", count=3)),
    }
    return page(request, "patterns", context, max_age=_MAX_AGE)
