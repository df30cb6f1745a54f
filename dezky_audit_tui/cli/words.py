"""Shell arguments as one filter."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TERM = re.compile(r"[!-]?(tenant|verb|actor|ip|source|outcome|target|since|until|is):", re.IGNORECASE)
_NAME_TERM = re.compile(r"([!-]?(?:actor|target):)(.*)", re.IGNORECASE | re.DOTALL)


def join_words(arguments: Sequence[str]) -> str:
    """The filter that was meant, since the shell took the quotes away.

    An argument with a blank in it is one text (`"ana lund"`) or one name (`actor:"ana lund"`), unless it holds
    quotes of its own or further terms: then it is a piece of a filter, as it stands.
    """
    return " ".join(_word(argument) for argument in arguments)


def _word(argument: str) -> str:
    words = argument.split()
    if len(words) < 2 or '"' in argument or any(_TERM.match(word) for word in words[1:]):
        return argument
    name = _NAME_TERM.match(argument)
    if name:
        return f'{name[1]}"{name[2]}"'
    return argument if _TERM.match(argument) else f'"{argument}"'
