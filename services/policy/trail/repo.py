"""The policy service's trail in PostgreSQL."""

from shared.sql import load_queries
from shared.trail.program import Trail

QUERIES = load_queries(__file__)
TRAIL = Trail(
    "policy",
    QUERIES,
    {
        "editorial_event": (
            "at", "account", "request_id", "action", "draft_id", "revision", "eid", "from_state", "to_state", "before",
            "after", "detail", "version_id",
        ),
        "import_event": ("at", "account", "request_id", "action", "run_id", "from_state", "to_state", "detail"),
        "refusal_event": ("at", "account", "request_id", "method", "route", "reason", "times"),
    },
)  # fmt: skip
