"""Imports as jobs: what is known of one, and who may see and move it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, NotFound


class State(StrEnum):
    """Where an import stands. `stopped`: its program was gone before the end, and nothing goes on with it."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


OVER = frozenset({State.DONE, State.FAILED, State.CANCELLED, State.STOPPED})
MAX_WAITING = 20
"""Imports of one account that may wait or run at a time."""


class ImportNotFound(NotFound):
    """There is no import of this number, or it is not the caller's to see."""


class NotNow(Conflict):
    """The state of the import does not allow it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `sees_all` also sees the imports of others, and those of the command; `moves_all` may end them."""

    account: str
    sees_all: bool
    moves_all: bool
    request_id: str
    permissions: str
    """All that they may do, separated by spaces, for the database."""
    areas: str
    """Where they may do it, as in shared.areas; they see what others import only where it may touch these."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived."""

    id: UUID
    filename: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Job:
    """One import. `done` of `total` is bytes in the phase importing, texts in the phase indexing."""

    id: int
    origin: str
    account: str | None
    importer: str
    source: str
    asked_release: date | None
    release: date | None
    state: State
    upload_id: UUID | None
    upload_size: int | None
    upload_sha256: bytes | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime
    cancel_requested: bool
    phase: str
    done: int
    total: int
    files: int
    files_done: int
    counts: Mapping[str, int]
    failures: int
    trouble: str

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in OVER

    @property
    def can_resume(self) -> bool:
        """Whether a worker could go on where it ended."""
        return self.is_over and self.state is not State.DONE and self.upload_id is not None

    def may_be_moved_by(self, caller: Caller) -> bool:
        """Whether `caller` may cancel and resume it."""
        return caller.moves_all or self.account == caller.account


@dataclass(frozen=True, slots=True)
class FileFailure:
    """A file that could not be imported. `line` is 1-based, 0 when unknown."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Event:
    """A step of an import, and who took it: an account, or user and machine of a program."""

    at: datetime
    account: str
    request_id: str
    action: str
    from_state: str
    to_state: str
    detail: str


def check_can_cancel(job: Job) -> None:
    """Raises NotNow for an import that has ended otherwise."""
    if job.is_over and job.state is not State.CANCELLED:
        raise NotNow(f"This import is {job.state.value}; only one that waits or runs can be cancelled.")


def check_can_resume(job: Job) -> None:
    """Raises NotNow for an import that cannot be gone on with."""
    if job.can_resume:
        return
    if not job.is_over:
        raise NotNow(f"This import is {job.state.value} already.")
    if job.state is State.DONE:
        raise NotNow("This import was carried out to its end. To import again, upload again.")
    if job.origin == "command":
        raise NotNow("Only the caller of the command has its source: run the command again.")
    raise NotNow("The uploaded file is no longer kept. Upload it again; what was imported is recognised.")
