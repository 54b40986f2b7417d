"""The editor's workplace, below `/editor`: the queue, drafts, their sections, and the steps to publication."""

from aiohttp import web

from services.web.views.editor import beginning, draft, imports, queue, section, steps


def add_routes(app: web.Application) -> None:
    """Every page below `/editor`."""
    for module in (queue, beginning, imports, steps, section, draft):
        module.add_routes(app)
