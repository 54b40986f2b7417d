"""Which of several answers at one address a request gets: the request fields that `Vary` names, in a normal form."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from multidict import CIMultiDict, CIMultiDictProxy

Fields = CIMultiDictProxy[str] | CIMultiDict[str]
_MOST_CHARACTERS = 1000
"""Of a field; a longer one is compared as it is."""


def variant_of(vary: Sequence[bytes], asked: Fields) -> tuple[str, ...]:
    """What the fields named in `vary` say in a request; equal for requests that mean the same."""
    return tuple([_normal(name, asked) for name in vary])


def _normal(name: bytes, asked: Fields) -> str:
    text = name.decode("latin-1")
    values = asked.getall(text, None)
    normalise = _NORMAL.get(text)
    if values is None:
        return normalise("") if normalise is not None else "\0"  # unlike any value, also the empty one
    value = values[0] if len(values) == 1 else ",".join(values)
    if normalise is None or len(value) > _MOST_CHARACTERS:
        return ",".join([part.strip() for part in value.split(",")])
    return normalise(value)


@lru_cache(maxsize=512)
def _accept(value: str) -> str:
    """No wish is any wish. The order stays: services decide by it between equal wishes."""
    return ",".join(_items(value)) or "*/*"


@lru_cache(maxsize=512)
def _by_weight(value: str) -> str:
    """Languages and codings: their order means nothing, their weights do."""
    weighed = []
    for item in _items(value):
        name, _, parameters = item.partition(";")
        weighed.append((-_weight(parameters), name.strip()))
    return ",".join([f"{name};{-weight}" for weight, name in sorted(weighed)])


def _items(value: str) -> list[str]:
    return [item for part in value.lower().replace(" ", "").replace("\t", "").split(",") if (item := part)]


def _weight(parameters: str) -> float:
    name, _, digits = parameters.partition("=")
    if name != "q":
        return 1.0
    try:
        return float(digits)
    except ValueError:
        return 0.0


_NORMAL: Mapping[str, Callable[[str], str]] = {
    "accept": _accept,
    "accept-language": _by_weight,
    "accept-encoding": _by_weight,
}
