"""The last resort at the end: whoever was told to end does so, also where something never answers.

A store that fell silent may hold a call up for half a minute, and the interpreter waits for the threads that make it.
Nothing is lost by leaving them: what is not confirmed is read again, and a lease expires by itself.
"""

from __future__ import annotations

import logging
import os
import threading
import time

WITHIN_S = 4.0
"""So long the program may wait for others once it ends."""
_TURN_S = 0.1
_WORKING = 0.05
"""With this part of a turn spent on the processor it is at work and not waiting, however busy the machine is."""
_TOLD_WITHIN_S = 0.2

log = logging.getLogger(__name__)


def end_soon(code: int) -> None:
    """From now on this process waits for `WITHIN_S` in all; then it is ended with that exit code, wherever it is."""
    threading.Thread(target=_end, args=(code,), name="ending", daemon=True).start()


def _end(code: int) -> None:
    waited, used = 0.0, time.process_time()
    while waited < WITHIN_S:
        time.sleep(_TURN_S)
        before, used = used, time.process_time()
        if used - before < _WORKING * _TURN_S:
            waited += _TURN_S
    # In a thread of its own: whoever reads the log may be what does not answer.
    telling = threading.Thread(
        target=log.warning,
        args=("ended without the answer that was waited for; a lease that is still held expires by itself",),
        daemon=True,
    )
    telling.start()
    telling.join(_TOLD_WITHIN_S)
    os._exit(code)
