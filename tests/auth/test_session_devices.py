"""The words for a device and its place."""

import pytest

from services.auth.sessions.devices import Device, device_of, network_of

_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (_CHROME, Device("Chrome", "Linux")),
        (_CHROME + " Edg/141.0.0.0", Device("Edge", "Linux")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Firefox/144.0", Device("Firefox", "macOS")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1", Device("Safari", "iPhone")),
        ("Mozilla/5.0 (Something)", Device()),
        ("curl/8.14.1", Device("curl")),
        ("", Device()),
        ("<script>", Device()),
    ],
)  # fmt: skip
def test_a_device_is_named_as_it_names_itself(said: str, device: Device) -> None:
    assert device_of(said) == device


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_a_place_is_no_more_than_a_network(address: str, network: str) -> None:
    assert network_of(address) == network
