"""What strangers try: guessing one password, one password on many names, names that bite."""

from __future__ import annotations

from datetime import datetime

from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.demo.places import MACHINES, SCRIPT, TOOLS
from dezky_audit_tui.demo.records import model
from dezky_audit_tui.demo.scenes.everyday import authorize_step, failed_step, login_step
from dezky_audit_tui.demo.stage import Origin, Stage, Step

HOSTILE_NAMES = (
    "\x1b[2J\x1b[31madmin\x1b[0m",
    "\x1b]0;owned\x07root",
    "root\u202enimda",
    "[bold red]admin[/bold red]",
    "[@click=app.quit]quit[/]",
    "ad\u200bm\u200cin\ufeff",
    "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308bc",
    "line\r\none two\tthree",
    "' OR 1=1 --",
    '{"$ne": null}',
    "=cmd|' /C calc'!A0",
    "x" * 900,
    "管理者（偽物）",
    "\u2066right\u2069 👩‍👩‍👧‍👦 family",
)
"""What is typed into a login form by people who wonder what it does. NUL and lone surrogates no database holds."""

_COMMON = ("admin", "administrator", "root", "test", "guest", "info", "support", "backup", "oracle", "postgres")


def guesses_until_it_fits(stage: Stage, at: datetime, low: int = 9, high: int = 34) -> list[Step]:
    """One account, one address, a password list; then it fits, and the guest looks around."""
    person = stage.member()
    origin = stage.stranger(stage.rng.choice(TOOLS))
    steps = []
    for _ in range(stage.rng.randint(low, high)):
        steps.append(failed_step(stage, at, person.user.username, origin, user=person.user.reference))
        at = stage.after(at, 0.3, 2.1)
    steps.append(login_step(stage, stage.after(at, 0.2, 1.0), person, origin, known=False))
    steps.append(authorize_step(stage, stage.after(at, 2, 8), person.user.reference, origin))
    return steps


def guesses_in_vain(stage: Stage, at: datetime) -> list[Step]:
    """A shorter list, and none of it fits."""
    return guesses_until_it_fits(stage, at, 5, 18)[:-2]


def sprays(stage: Stage, at: datetime) -> list[Step]:
    """One address, many names, each once or twice: some real, some not."""
    origin = stage.stranger(stage.rng.choice(TOOLS))
    people = stage.rng.sample(stage.cast.members, stage.rng.randint(8, 20))
    typed: list[tuple[str, Json | None]] = [(person.user.username, person.user.reference) for person in people]
    typed += [(name, None) for name in stage.rng.sample(_COMMON, 4)]
    stage.rng.shuffle(typed)
    steps = []
    for name, user in typed:
        steps.append(failed_step(stage, at, name, origin, user=user))
        at = stage.after(at, 0.8, 5)
    return steps


def types_mischief(stage: Stage, at: datetime) -> list[Step]:
    """A name that tries to be more than a name."""
    agent = stage.rng.choice((*TOOLS, "\x1b[7mNot a browser\x1b[0m", "[link=https://elsewhere.example]UA[/link]"))
    return [failed_step(stage, at, stage.rng.choice(HOSTILE_NAMES), stage.stranger(agent))]


def reuses_token(stage: Stage, at: datetime) -> list[Step]:
    """A refresh token that was revoked is used again."""
    person = stage.member()
    origin = Origin(MACHINES.address(stage.rng), SCRIPT, MACHINES)
    pk = person.user.pk
    context = stage.request_context(origin, "/application/o/token/", "POST")
    context |= {
        "token": model("authentik_providers_oauth2", "refreshtoken", pk, f"Refresh Token for 1 for user {pk}"),
        "message": "Revoked refresh token was used",
        "provider": model("authentik_providers_oauth2", "oauth2provider", 1, "portal"),
    }
    app = "authentik.providers.oauth2.views.token"
    return [stage.step(at, "suspicious_request", app, person.user.reference, context, origin.ip)]
