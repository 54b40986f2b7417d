"""The auth service's trail, for `python -m services.auth audit`."""

from services.auth.audit.repo import QUERIES
from shared.trail.program import Trail

TRAIL = Trail(
    "auth",
    QUERIES,
    {"audit_event": ("at", "action", "actor", "subject", "pseudonym", "sid", "detail", "request_id")},
)
