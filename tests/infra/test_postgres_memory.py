"""How much memory the embedded PostgreSQL takes for pages."""

import pytest

from infra.local.postgres import buffers_mb


@pytest.mark.parametrize(
    ("machine", "buffers"), [(512, 128), (1024, 128), (2048, 256), (3072, 384), (24_000, 384), (1_000_000, 384)]
)
def test_a_small_machine_is_left_its_memory_and_a_large_one_gives_no_more_than_helps(
    machine: int, buffers: int
) -> None:
    assert buffers_mb(machine) == buffers
