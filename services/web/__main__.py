"""`python -m services.web`."""

import sys
import warnings

from aiohttp.web import NotAppKeyWarning

from services.web.app import create_app
from services.web.settings import WebSettings
from shared.settings import BadSettings
from shared.web import serve


def main() -> None:
    """Read the environment and serve until TERM."""
    try:
        settings = WebSettings.load()
    except BadSettings as error:
        sys.stderr.write(f"services.web cannot start:\n{error}\n")
        raise SystemExit(2) from None
    # aiohttp-session keeps its state under plain strings, of which aiohttp warns once a process.
    warnings.filterwarnings("ignore", category=NotAppKeyWarning, module="aiohttp_session")
    serve(lambda: create_app(settings), settings, service="web")


if __name__ == "__main__":
    main()
