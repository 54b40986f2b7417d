"""Whether two databases hold the same after their imports, whatever their numbers and times.

Usage: python -m tests.fidelity.same_state DATABASE_URL DATABASE_URL
Prints a line for each view, with rows and digest; exit code 0 when all are the same.
"""

import hashlib
import sys

import psycopg

from tests.policy.imported import BY_MEANING


def digest(database_url: str) -> list[tuple[int, str]]:
    """Rows and SHA-256 of each view, read in constant memory."""
    found = []
    with psycopg.connect(database_url) as connection:
        for query in BY_MEANING:
            rows, sha256 = 0, hashlib.sha256()
            with connection.cursor(name="view") as cursor:
                cursor.itersize = 5000
                for row in cursor.execute(query.encode()):
                    rows += 1
                    sha256.update(repr(row).encode())
            found.append((rows, sha256.hexdigest()))
    return found


def main(first: str, second: str) -> int:
    """Compare; returns the exit code."""
    pairs = list(zip(digest(first), digest(second), BY_MEANING, strict=True))
    for one, other, query in pairs:
        sys.stdout.write(f"{'same' if one == other else 'DIFFERENT'} {one} {other} {query[:60]}\n")
    return int(any(one != other for one, other, _ in pairs))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
