"""`simulate`: the simulated Authentik alone."""

from __future__ import annotations

import asyncio

import click

from dezky_audit_tui.cli.output import write_json
from dezky_audit_tui.cli.running import run_until_done
from dezky_audit_tui.demo.log import Generation
from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.errors import AuditError


class PortTaken(AuditError):
    """The simulated server cannot listen there."""

    kind = "port"


@click.command(
    "simulate",
    epilog="""\b
Examples:
  dezky-audit-tui simulate --events 5000 --rate 2
  dezky-audit-tui simulate --port 9000 --control >address.json &

The first line on stdout is JSON: {"url": ..., "token": ...}; set AUTHENTIK_URL and AUTHENTIK_TOKEN to them. It
listens on this machine alone, and runs until it is interrupted or gets SIGTERM.

\b
With --control, and the same token:
  curl -X POST   -H "Authorization: Bearer $TOKEN" -d '{}' $URL/sim/events                     a login now
  curl -X POST   -H "Authorization: Bearer $TOKEN" -d '{"kind": "starting", "count": 3}' $URL/sim/faults
  curl -X DELETE -H "Authorization: Bearer $TOKEN" $URL/sim/faults                             all is well again
  curl           -H "Authorization: Bearer $TOKEN" $URL/sim/requests                           what was asked for""",
)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, metavar="P", help="Default: any free port.")
@click.option(
    "--events",
    type=click.IntRange(0, 2_000_000),
    default=5_000,
    show_default=True,
    metavar="N",
    help="Events of history at the start.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 1_000),
    default=0.5,
    show_default=True,
    metavar="PER_S",
    help="About how many new events a second; 0: none.",
)
@click.option("--seed", type=int, default=1, show_default=True, metavar="S", help="The same seed, the same story.")
@click.option(
    "--generation",
    type=click.Choice(["2025.8", "2025.12"]),
    default="2025.12",
    show_default=True,
    help="Whose way of paging it has.",
)
@click.option("--control", is_flag=True, help="Open the paths below /sim/ that make things happen or fail.")
def command(port: int, events: int, rate: float, seed: int, generation: Generation, control: bool) -> None:
    """Run a simulated Authentik on this machine: a real HTTP server with a story that goes on."""
    simulation = Simulation(events, rate, seed, generation, port, control=control)
    try:
        simulation.start()
    except OSError as error:
        raise PortTaken(f"cannot listen on port {port}: {error.strerror}; choose another with --port") from None
    try:
        run_until_done(lambda: _serve(simulation))
    finally:
        simulation.stop()


async def _serve(simulation: Simulation) -> None:
    # Told from here, since a signal ends it cleanly from now on.
    write_json({"url": simulation.url, "token": simulation.token})
    await asyncio.Event().wait()
