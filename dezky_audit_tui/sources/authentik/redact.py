"""What must not be kept, taken out: values that could be a secret, queries of links, and whatever is too much.

Authentik masks what it knows to be a secret. It doesn't know the links in messages, the codes in arguments, or what
an expression or a form put into a context.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from dezky_audit_tui.text import clean

MASK = "***"

_LONGEST_TEXT = 500
_LONGEST_LIST = 20
_LONGEST_OBJECT = 40
_DEEPEST = 5
_MOST_LOOKED_AT = 65_536
"""Characters of one context. What is kept of it has to be below 16 KiB in the end."""

# Whole words of a key, or its ends, in lower case: `api_key`, `clientSecret`, `itoken`, `X-Authorization`.
_SMELLS = re.compile(
    r"pass(?:word|wd|code|phrase)|secret|token|credential|cookie|session|authori[sz]ation|bearer|jwt|csrf|otp|nonce"
    r"|signature|assertion|private|recovery|(?:^|[_.\- ])(?:pass|pwd|pin|key|keys|code|codes|state|auth|hash|salt|seed)"
    r"(?:$|[_.\- 0-9])|(?:api|access|secret|private|ssh|pre_?shared)keys?$"
)
_HARMLESS_KEYS = frozenset({"status_code", "error_code", "exit_code", "country_code", "authorized_application"})
# Mails, code, what a form or a request sent, and local variables: nothing of it is safe under any name.
_DROPPED_KEYS = frozenset(
    {
        "args",
        "body",
        "data",
        "diff",
        "environ",
        "exception",
        "expression",
        "frames",
        "headers",
        "html",
        "http_request",
        "kwargs",
        "locals",
        "post",
        "prompt_data",
        "vars",
    }
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LINK = re.compile(r"\b([a-z][a-z0-9+.\-]{1,20}://)([^\s\"'<>\\^`{|}]*)", re.IGNORECASE)
_ARGUMENT = re.compile(r"([?&#;][\w.\-\[\]%]{1,80}=)[^\s&#;\"'<>]+")
_NAMES = (
    r"pass(?:word|wd|code|phrase)?|pwd|secret|token|key|code|state|cookie|credentials?|authorization|otp"
    r"|pin|jwt|session(?:id)?"
)
_ASSIGNED = re.compile(
    rf"(?i)\b([\w.\-]{{0,40}}(?:{_NAMES})[\"']?\s{{0,4}}[=:]\s{{0,4}})"
    r"(?:(?:bearer|basic|token)\s+)?(\"[^\"]*\"?|'[^']*'?|[^\s,;&\"'<>)\]}]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=\-]{8,}")
_GIVEN_AWAY = re.compile(rf"(?:{_NAMES})[\"']?\s{{0,4}}[=:]|(?:bearer|basic)\s")
"""What stands in each text, in lower case, in which one of the two above finds something."""
_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}", re.IGNORECASE)
_TOKEN_PLACES = frozenset({"use-token", "token", "tokens-by-key", "confirm", "reset"})
_ARGUMENT_NAME = re.compile(r"[A-Za-z0-9_.\-\[\]]{1,64}")


def is_secret_name(name: str) -> bool:
    """Whether a key of that name may hold a secret."""
    plain = _CAMEL.sub("_", name).lower()
    return plain not in _HARMLESS_KEYS and _SMELLS.search(plain) is not None


def safe_text(value: str, limit: int = _LONGEST_TEXT) -> str:
    """Free text without the secrets that links and assignments in it may hold, at most `limit` characters long."""
    return _safe_text(value[: limit * 4], limit)


@lru_cache(maxsize=4096)
def _safe_text(value: str, limit: int) -> str:
    """Cached: most texts of a page are the same user agents and names of stages."""
    text = clean(value)
    if "://" in text:
        text = _LINK.sub(_safe_link, text)
    if not text.isidentifier():
        if "=" in text:
            text = _ARGUMENT.sub(rf"\1{MASK}", text)
        # They look around each word, and most texts hold nothing for them: a user agent would cost more than the whole
        # event. Other alphabets have letters that count as one of ASCII where case does not.
        if not text.isascii() or _GIVEN_AWAY.search(text.lower()):
            text = _BEARER.sub(rf"\1 {MASK}", text)
            text = _ASSIGNED.sub(rf"\1{MASK}", text)
    text = _RUN.sub(lambda run: MASK if _is_random(run[0]) else run[0], text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def safe_path(path: str) -> str:
    """The path of a request, without its query and without segments that look like a token."""
    return _safe_path(path[:2048])


@lru_cache(maxsize=1024)
def _safe_path(path: str) -> str:
    bare = re.split(r"[?#;]", clean(path), maxsplit=1)[0]
    segments = bare.split("/")
    for place, segment in enumerate(segments):
        after_token = place > 0 and segments[place - 1] in _TOKEN_PLACES and len(segment) > 8
        if after_token or _looks_like_token(segment):
            segments[place] = MASK
    return "/".join(segments)[:_LONGEST_TEXT]


def argument_names(args: object) -> list[str]:
    """The names of a request's arguments, sorted; a name that is a value in itself is masked."""
    if not isinstance(args, Mapping):
        return []
    return sorted({_argument_name(name[:65]) for name in args})[:_LONGEST_OBJECT]


@lru_cache(maxsize=1024)
def _argument_name(name: str) -> str:
    return name if _ARGUMENT_NAME.fullmatch(name) and not _looks_like_token(name) else MASK


def safe_copy(value: Any) -> Any:
    """A small copy of any JSON value with texts made safe, secrets masked, and what is too deep or too long cut."""
    return _copied(value, 0, _Effort(_MOST_LOOKED_AT))


class _Effort:
    """Characters that may be looked at still: a tree of small branches has millions of leaves too."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


def _copied(value: Any, depth: int, effort: _Effort) -> Any:
    effort.left -= 8 + (min(len(value), _LONGEST_TEXT * 4) if isinstance(value, str) else 0)
    if effort.left < 0:
        return "…"
    match value:
        case None | bool():
            return value
        case int():
            return value if -(2**53) < value < 2**53 else MASK
        case float():
            return value if math.isfinite(value) else None
        case str():
            return safe_text(value)
        case Mapping() if depth < _DEEPEST:
            return _safe_object(value, depth, effort)
        case list() if depth < _DEEPEST:
            return [_copied(each, depth + 1, effort) for each in value[:_LONGEST_LIST]]
    return "…"


def _safe_object(value: Mapping[str, Any], depth: int, effort: _Effort) -> dict[str, Any]:
    copied: dict[str, Any] = {}
    for name, each in islice(value.items(), _LONGEST_OBJECT):
        effort.left -= min(len(name), 64 * 4)
        key = safe_text(name, 64)
        if name.lower() in _DROPPED_KEYS:
            continue
        if is_secret_name(name):
            copied[key] = _masked(each)
        else:
            copied[key] = _copied(each, depth + 1, effort)
    return copied


def _masked(value: Any) -> Any:
    """What is left of a value below a name that smells: nothing, but for which model it points to."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping) and isinstance(value.get("model_name"), str):
        effort = _Effort(_MOST_LOOKED_AT)
        return {name: _copied(value.get(name), _DEEPEST, effort) for name in ("app", "model_name", "pk", "name")}
    return MASK


def _safe_link(found: re.Match[str]) -> str:
    scheme, rest = found[1], found[2]
    place, *queries = re.split(r"[?#]", rest)
    host, slash, path = place.partition("/")
    if "@" in host:
        host = f"{MASK}@" + host.rpartition("@")[2]
    shown = scheme + host + slash + (safe_path(slash + path)[1:] if path else "")
    names = [part.partition("=")[0] for query in queries for part in re.split("[&;]", query)]
    return shown + ("?" + "&".join(f"{name}={MASK}" for name in argument_names(dict.fromkeys(names))) if names else "")


def _looks_like_token(segment: str) -> bool:
    """Whether part of a path or a name is long and mixed as no word is; ids of models are not meant."""
    if len(segment) < 20 or _UUID.fullmatch(segment):
        return False
    return any(_classes(run) > 1 for run in _RUN.findall(segment))


def _is_random(run: str) -> bool:
    return _classes(run) == 3


def _classes(run: str) -> int:
    """How many of digits, capitals and small letters occur."""
    return sum((any(map(str.isdigit, run)), any(map(str.isupper, run)), any(map(str.islower, run))))
