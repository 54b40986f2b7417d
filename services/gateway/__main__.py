"""`python -m services.gateway`: runs until TERM or Ctrl-C."""

import sys

from shared.footprint import without

# structlog, redis and cryptography load these where they are installed, for what the gateway does not ask of them. It
# speaks TLS with nobody; what sends spans loads what it needs later.
with without("bcrypt", "greenlet", "opentelemetry", "rich"):
    from services.gateway.serving import main

if __name__ == "__main__":
    sys.exit(main())
