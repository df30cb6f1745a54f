"""Where people log in from: documentation addresses with an invented geography."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A network with its geography. `geo` and `asn` are as Authentik adds them to an event's context."""

    network: str
    geo: Mapping[str, Any]
    asn: Mapping[str, Any]

    def address(self, rng: Random) -> str:
        """One address of the network."""
        network = _network(self.network)
        return str(network[rng.randrange(1, min(network.num_addresses - 1, 2**32))])


@cache
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


def _place(network: str, city: str, country: str, lat: float, long: float, asn: int, org: str | None) -> Place:
    geo = {"lat": lat, "city": city, "long": long, "country": country, "continent": "EU"}
    return Place(network, geo, {"asn": asn, "as_org": org, "network": network})


OFFICES = {
    "nordlys": _place("203.0.113.0/27", "København", "DK", 55.6761, 12.5683, 64496, "Øresund Fiber A/S"),
    "azulejo": _place("203.0.113.32/27", "Lisboa", "PT", 38.7223, -9.1393, 64497, "Rede Atlântica S.A."),
    "kovarna": _place("203.0.113.64/27", "Brno", "CZ", 49.1951, 16.6068, 64498, "Moravská Síť s.r.o."),
    "tramontana": _place("203.0.113.96/27", "Genova", "IT", 44.4056, 8.9463, 64499, "Rete Ligure S.p.A."),
    "platform": _place("192.0.2.0/28", "Aarhus", "DK", 56.1629, 10.2039, 64496, "Øresund Fiber A/S"),
}
"""The office of each tenant, and the platform's own."""

HOMES = {
    "nordlys": (
        _place("203.0.113.128/27", "Roskilde", "DK", 55.6415, 12.0803, 64500, "Hjemmenet ApS"),
        _place("2001:db8:45::/48", "Odense", "DK", 55.4038, 10.4024, 64500, "Hjemmenet ApS"),
        _place("2001:db8:49::/48", "Flensburg", "DE", 54.7833, 9.4333, 64501, "Förde Netz GmbH"),
    ),
    "azulejo": (
        _place("203.0.113.160/27", "Porto", "PT", 41.1579, -8.6291, 64502, "Casa Ligada Lda."),
        _place("2001:db8:351::/48", "Coimbra", "PT", 40.2033, -8.4103, 64502, "Casa Ligada Lda."),
        _place("2001:db8:34::/48", "Donostia", "ES", 43.3183, -1.9812, 64503, "Kable Etxea"),
    ),
    "kovarna": (
        _place("203.0.113.192/27", "Olomouc", "CZ", 49.5938, 17.2509, 64504, None),
        _place("2001:db8:420::/48", "Ostrava", "CZ", 49.8209, 18.2625, 64504, None),
        _place("2001:db8:48::/48", "Kraków", "PL", 50.0647, 19.945, 64505, "Domowy Internet"),
    ),
    "tramontana": (
        _place("203.0.113.224/27", "La Spezia", "IT", 44.1025, 9.8241, 64506, "Golfo Telecom"),
        _place("2001:db8:39::/48", "Bologna", "IT", 44.4949, 11.3426, 64506, "Golfo Telecom"),
        _place("2001:db8:30::/48", "Θεσσαλονίκη", "GR", 40.6401, 22.9444, 64507, "Ελληνικό Δίκτυο"),
    ),
    "platform": (_place("192.0.2.16/28", "Silkeborg", "DK", 56.1697, 9.5451, 64500, "Hjemmenet ApS"),),
}
"""Where the people of each tenant work from when they are not in the office."""

STRANGERS = (
    _place("198.51.100.0/26", "", "NL", 52.3824, 4.8995, 64508, "Budget VPS Hosting"),
    _place("198.51.100.64/26", "Reykjavík", "IS", 64.1466, -21.9426, 64509, "Cheap Cloud ehf."),
    _place("198.51.100.128/26", "", "SC", -4.5833, 55.6667, 64510, None),
    _place("2001:db8:bad::/48", "", "LU", 49.75, 6.1667, 64511, "Exit Relay Society"),
)
"""Where guessing comes from."""

MACHINES = _place("192.0.2.64/26", "Falkenstein", "DE", 50.4779, 12.3713, 64501, "Förde Netz GmbH")
"""Where the platform's own services run."""

BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 "
    "Edg/142.0.0.0",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile "
    "Safari/537.36",
)
SCRIPT = "python-requests/2.34.2"
TOOLS = ("curl/8.16.0", "python-requests/2.28.0", "Go-http-client/1.1", "hydra/9.6")
"""What guessing tools call themselves."""
