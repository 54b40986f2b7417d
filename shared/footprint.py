"""What a process need not hold: libraries of which nothing is used, and the code that only its start ran."""

import contextlib
import ctypes
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ ([0-9]+)")
_MADV_DONTNEED = 4  # of Linux, on every architecture that Python runs on


@contextlib.contextmanager
def without(*modules: str) -> Iterator[None]:
    """Within it none of `modules` can be imported, so that libraries that like them when they are there go without.

    Nor are the certificates of all authorities read, which aiohttp does on import for clients that speak TLS: within
    it these clients trust nobody. What was imported before stays as it is.
    """
    hidden = [name for name in modules if name not in sys.modules]
    certificates = {name: os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python marks what is not there
    os.environ.update(dict.fromkeys(certificates, os.devnull))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
        for name, value in certificates.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def give_back_code() -> int:
    """Let go of the pages of programs and libraries; how many bytes of the address space that was about.

    To be called once everything is set up. Most of these pages were run for the last time then; what is run again is
    mapped again from the kernel's page cache, a few microseconds each time. Only mappings of files that cannot be
    written to and in which no page differs from its file are let go. Elsewhere than on Linux nothing is done.
    """
    try:
        text = Path("/proc/self/smaps").read_text()
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError):
        return 0
    given = 0
    for start, end in _unchanged(text):
        if advise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED) == 0:
            given += end - start
    return given


def _unchanged(smaps: str) -> list[tuple[int, int]]:
    found = []
    mapping = None
    for line in smaps.splitlines():
        if line[0] in "0123456789abcdef" and (match := _MAPPING.match(line)):
            mapping = match
        elif line.startswith("Anonymous:") and mapping is not None:
            start, end, may, inode = mapping.groups()
            if inode != "0" and "w" not in may and line.split()[1] == "0":
                found.append((int(start, 16), int(end, 16)))
    return found
