"""Asks a health page and says so by exit code: `python3 -m shared.probe http://127.0.0.1:8080/readyz`.

For container health checks, where no curl is; standard library only, so that it starts quickly.
"""

import http.client
import sys
from urllib.parse import urlsplit


def main(address: str) -> int:
    """0 when the page answers 200 within two seconds."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname or "127.0.0.1", url.port or 80, timeout=2)
    try:
        connection.request("GET", url.path or "/")
        return 0 if connection.getresponse().status == 200 else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
