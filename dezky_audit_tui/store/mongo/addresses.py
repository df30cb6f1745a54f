"""`ip:` as filters. An address is stored as it came; IPv4 may be written as IPv6."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network

from dezky_audit_tui.model.query import Network
from dezky_audit_tui.store.mongo.anycase import END, START
from dezky_audit_tui.store.mongo.filters import NEVER, Cond, Filter, all_of, among, any_of, found
from dezky_audit_tui.store.mongo.scalars import valueless
from dezky_audit_tui.store.mongo.shapes import ACTOR_IP

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_MAPPED = rf"{START}[0:]*:[fF]{{4}}:"
"""The beginning of an IPv4 address that is written as IPv6."""
_OWN, *_OTHERS = ACTOR_IP
_Make = Callable[[str], Filter]


def is_single(network: IPv4Network | IPv6Network) -> bool:
    """Whether it is one address."""
    return network.prefixlen == network.max_prefixlen


def network_cond(condition: Network) -> Cond:
    """Any of the networks."""
    single = [text for network in condition.networks if is_single(network) for text in _spellings(network)]
    wide = [network for network in condition.networks if not is_single(network)]
    parts = [_any_path(lambda path: among(path, single))] if single else []
    parts += [_of_network(network) for network in wide]
    return Cond(*(any_of(getattr(each, name) for each in parts) for name in ("sure", "maybe", "unsure")))


def other_paths(where: Sequence[Filter]) -> Filter:
    """Any of the filters, on rows that name their address elsewhere."""
    return all_of([valueless(_OWN), any_of(where)])


def _any_path(make: _Make) -> Cond:
    others = other_paths([make(path) for path in _OTHERS])
    return Cond(make(_OWN), any_of([make(_OWN), others]), others)


def _of_network(network: IPv4Network | IPv6Network) -> Cond:
    if isinstance(network, IPv4Network):
        expression = _ipv4(network)
        mapped = any_of(found(path, _MAPPED) for path in ACTOR_IP)
        plain = _any_path(lambda path: found(path, expression))
        return Cond(plain.sure, any_of([plain.maybe, mapped]), any_of([plain.unsure, mapped]))
    candidates = any_of(found(path, _ipv6_start(network)) for path in ACTOR_IP)
    return Cond(NEVER, candidates, candidates)


def _spellings(network: IPv4Network | IPv6Network) -> list[str]:
    """The ways in which an address is written by common programs."""
    address = network.network_address
    if isinstance(address, IPv6Address):
        texts = [str(address), address.exploded]
    else:
        mapped = IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
        high, low = address.packed[:2].hex(), address.packed[2:].hex()
        texts = [
            str(address),
            f"::ffff:{address}",
            f"::ffff:{int(high, 16):x}:{int(low, 16):x}",
            f"0:0:0:0:0:ffff:{address}",
            mapped.exploded,
        ]
    return list(dict.fromkeys(spelling for text in texts for spelling in (text, text.upper())))


def _ipv4(network: IPv4Network) -> str:
    """Finds the addresses of a network in their one spelling."""
    low, high = network.network_address.packed, network.broadcast_address.packed
    octets = []
    for first, last in zip(low, high, strict=True):
        if (first, last) == (0, 255):
            octets.append(_OCTET)
        else:
            octets.append("(?:" + "|".join(map(str, range(first, last + 1))) + ")" if first < last else str(first))
    return START + re.escape(".").join(octets) + END


def _ipv6_start(network: IPv6Network) -> str:
    """Finds all addresses that may lie in a network: by their first group, where that is fixed and not zero."""
    first = int.from_bytes(network.network_address.packed[:2], "big")
    if network.prefixlen < 16 or not first:
        return ":"
    digits = "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{first:x}")
    return f"{START}0{{0,3}}{digits}:"
