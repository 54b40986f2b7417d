"""`python -m services.web`."""

import sys

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
    serve(lambda: create_app(settings), settings, service="web")


if __name__ == "__main__":
    main()
