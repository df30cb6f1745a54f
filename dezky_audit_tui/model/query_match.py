"""What a filter means: the plain answer whether an event matches, which every store has to agree with."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.query import Flag, Is, Match, Network, Pattern, Query, Since, Term, Until, Words

SEPARATOR = "\x1f"
"""Never in a folded text: a store may join several with it and search them as one."""

_USUAL_ADDRESS = 45
"""Characters of an IPv6 address without a zone, at most."""


def fold(text: str) -> str:
    """`text` as it is compared where case does not count."""
    return text.casefold().replace(SEPARATOR, " ")


def address_of(text: str | None) -> IPv4Address | IPv6Address | None:
    """The address that `text` is, IPv4 written as IPv6 (`::ffff:192.0.2.1`) as IPv4; None where it is none."""
    if text is None:
        return None
    return _cached_address(text) if len(text) <= _USUAL_ADDRESS else _address(text)


def actor_texts(event: AuditEvent) -> list[str]:
    """What `actor:` looks at, folded: the name and the email."""
    return [fold(text) for text in (event.actor_name, event.actor_email) if text is not None]


def target_texts(event: AuditEvent) -> list[str]:
    """What `target:` looks at, folded: the type, the name and the id."""
    target = event.target
    return [fold(text) for text in (target.type, target.name, target.id) if text is not None] if target else []


def word_texts(event: AuditEvent) -> list[str]:
    """What free text looks at, folded: actor, target (name and id), verb and address."""
    target = event.target
    named = (target.name, target.id) if target else ()
    texts = [fold(text) for text in (*named, event.action, event.actor_ip) if text is not None]
    return actor_texts(event) + texts


def matches(query: Query, event: AuditEvent) -> bool:
    """Whether all terms hold."""
    return all(_holds(term, event) for term in query.terms)


def exact_holds(match: Match, value: str | None) -> bool:
    """Whether `match` holds for the value of a field whose case counts: tenant, verb, source, outcome, ip.

    A verb's pattern without a dot also fits what follows the verb's last dot.
    """
    return any(_exact_fits(match, pattern, value) for pattern in match.patterns)


def fits(pattern: Pattern, value: str) -> bool:
    """Whether `value` as a whole fits."""
    if pattern.open_start and pattern.open_end:
        return pattern.text in value
    if pattern.open_start:
        return value.endswith(pattern.text)
    return value.startswith(pattern.text) if pattern.open_end else value == pattern.text


def folded(pattern: Pattern) -> Pattern:
    """The pattern for folded texts."""
    return Pattern(fold(pattern.text), pattern.open_start, pattern.open_end)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


# Most events come from few addresses, and to read one takes as long as to read a row.
_cached_address = lru_cache(maxsize=4096)(_address)


def _exact_fits(match: Match, pattern: Pattern | None, value: str | None) -> bool:
    if pattern is None or value is None:
        return pattern is None and value is None
    if fits(pattern, value):
        return True
    return match.field == "verb" and "." not in pattern.text and fits(pattern, value.rpartition(".")[2])


def _holds(term: Term, event: AuditEvent) -> bool:
    return _condition_holds(term, event) is not term.negated


def _condition_holds(term: Term, event: AuditEvent) -> bool:
    match term.condition:
        case Since(at):
            return event.at >= at
        case Until(at):
            return event.at < at
        case Is(flags):
            return any(flag_holds(flag, event) for flag in flags)
        case Words(text):
            return any(fold(text) in each for each in word_texts(event))
        case Network(networks):
            address = address_of(event.actor_ip)
            return address is not None and any(address in network for network in networks)
        case Match() as match:
            return _match_holds(match, event)


def flag_holds(flag: Flag, event: AuditEvent) -> bool:
    """`unmapped`: the action has no verb of ours. `impersonated`: done as somebody else. `unresolved`: its tenant
    was looked for and not found, whatever the reason; so not the rows of writers that look for none."""
    match flag:
        case "unmapped":
            return event.unmapped
        case "impersonated":
            return event.on_behalf_of is not None
        case "unresolved":
            return event.tenant_slug is None and event.tenant_why is not None


def _match_holds(match: Match, event: AuditEvent) -> bool:
    match match.field:
        case "tenant":
            return exact_holds(match, event.tenant_slug)
        case "verb":
            return exact_holds(match, event.action)
        case "source":
            return exact_holds(match, event.source)
        case "outcome":
            return exact_holds(match, event.outcome)
        case "ip":
            return exact_holds(match, event.actor_ip)
        case "actor":
            return _any_fits(match, actor_texts(event))
        case "target":
            return _any_fits(match, target_texts(event))


def _any_fits(match: Match, texts: list[str]) -> bool:
    """A pattern of None (`none`) fits where there is no text at all."""
    return any(
        not texts if pattern is None else any(fits(folded(pattern), text) for text in texts)
        for pattern in match.patterns
    )
