"""Applying a redline to the old version, as somebody who has only the data would."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """One change: the provision's place in the old version and in the new one, and its words."""

    old: int | None
    new: int | None
    words: Sequence[tuple[str, str]]

    def text(self, without: str) -> str:
        """The text on the side of the redline that lacks the runs of this kind."""
        return "".join(text for op, text in self.words if op != without)


def step_of(item: dict[str, Any]) -> Step:
    """An item of the API's answer."""
    old, new = (item[side] and item[side]["position"] for side in ("from", "to"))
    return Step(old, new, [(run["op"], run["text"]) for run in item["words"]])


def apply(steps: Sequence[Step], old: Sequence[str]) -> list[str]:
    """The texts of the new version: what no step names keeps its order, the others stand at their new place."""
    for step in steps:
        assert step.text("insert") == ("" if step.old is None else old[step.old])
    named = {step.old for step in steps}
    kept = iter([text for at, text in enumerate(old) if at not in named])
    placed = {step.new: step.text("delete") for step in steps if step.new is not None}
    gone = sum(step.new is None for step in steps)
    come = sum(step.old is None for step in steps)
    new = [placed[at] if at in placed else next(kept) for at in range(len(old) - gone + come)]
    assert next(kept, None) is None
    return new
