"""Python's collector of reference cycles, told how a service lives."""

import gc

_ALLOCATIONS = 20_000  # between two looks at what is new; Python's own 700 make each request wait for several
_YOUNG, _OLD = 20, 50


def spare_the_collector() -> None:
    """To be called once everything is set up. What is here now stays, and is not looked at again; what a request leaves
    is freed as soon as nothing refers to it, and hardly ever in cycles that would have to be looked for."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, _YOUNG, _OLD)
