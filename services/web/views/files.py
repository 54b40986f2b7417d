"""Static files, and the few addresses that browsers and robots ask for by themselves."""

from aiohttp import web

from services.web.keys import ASSETS

_DAY = "public, max-age=86400"
_ROBOTS = """User-agent: *
Disallow: /search
Disallow: /account
Disallow: /login
Disallow: /register
Disallow: /first-admin
Disallow: /fragments/
"""


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/static/{version}/{name:.+}", static_file)
    app.router.add_get("/favicon.ico", favicon)
    app.router.add_get("/favicon.svg", favicon)
    app.router.add_get("/robots.txt", robots)


async def static_file(request: web.Request) -> web.Response:
    """A style sheet, script, font or picture."""
    return request.app[ASSETS].answer(request)


async def favicon(request: web.Request) -> web.Response:
    """The mark of the site."""
    asset = request.app[ASSETS].file("mark.svg")
    return web.Response(body=asset.body, headers={"Content-Type": asset.content_type, "Cache-Control": _DAY})


async def robots(request: web.Request) -> web.Response:
    """What crawlers should leave alone: pages that differ by person, and searches without end."""
    return web.Response(text=_ROBOTS, headers={"Cache-Control": _DAY})
