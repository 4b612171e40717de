"""Which IP addresses are of the public internet: the registries' special ones never, in no disguise."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.oauth.addresses import is_public

SPECIAL_4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
]
SPECIAL_6 = [
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]


@pytest.mark.parametrize("network", SPECIAL_4 + SPECIAL_6)
def test_no_address_of_special_use_is_public(network: str) -> None:
    special = ip_network(network)
    for place in (0, special.num_addresses // 2, special.num_addresses - 1):
        assert not is_public(special[place])


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2a00:1450:4001:80b::200e",
        "64:ff9b::101:101",
    ],
)
def test_what_lies_beside_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def disguises(hidden: IPv4Address) -> list[IPv6Address]:
    """Return the addresses by which IPv6 reaches an address of IPv4, but the well-known ones."""
    low = int(hidden)
    return [
        IPv6Address(low),  # compatible (RFC 4291 §2.5.5.1)
        IPv6Address(0xFFFF << 32 | low),  # mapped (RFC 4291 §2.5.5.2)
        IPv6Address(0xFFFF << 48 | low),  # translated (RFC 2765 §2.1)
        IPv6Address(0x2002 << 112 | low << 80),  # 6to4 (RFC 3056 §2)
        IPv6Address(0x20010000 << 96 | (low ^ 0xFFFF_FFFF)),  # Teredo (RFC 4380 §4)
        IPv6Address(0x0064FF9B0001 << 80 | low),  # NAT64 of a local network (RFC 8215)
    ]


@given(st.ip_addresses(v=4))
def test_ipv4_in_disguise_is_never_public(hidden: IPv4Address) -> None:
    assert not any(map(is_public, disguises(hidden)))


@given(st.ip_addresses(v=4))
def test_what_nat64_translates_is_as_public_as_what_it_stands_for(hidden: IPv4Address) -> None:
    assert is_public(IPv6Address(0x0064FF9B << 96 | int(hidden))) == is_public(hidden)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_special(
    address: IPv4Address | IPv6Address,
) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=6))
def test_an_address_of_one_link_is_not_public(address: IPv6Address) -> None:
    assert not is_public(IPv6Address(f"{address}%eth0"))
