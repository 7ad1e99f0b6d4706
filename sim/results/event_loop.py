"""An event loop of the results' own, in a thread of its own, so that many reads and writes of a store go in one turn.

Zarr's ordinary functions wait for its threads at every array. A replicate would wait that often, and those threads for
the replicates that compute meanwhile. A store may be bound to the loop that it was first used on: what was opened here
is to be used here.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_starting = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Do work on the loop, from any thread but the loop's own; returns or raises what it does."""
    global _loop
    with _starting:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="results", daemon=True).start()
    return asyncio.run_coroutine_threadsafe(work, _loop).result()


async def together(*works: Awaitable[T]) -> list[T]:
    """Do works at the same time; returns what they do, or raises what the first to fail does.

    Then the others are left undone: where a store does not answer, the next request would wait for all of theirs.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _forget() -> None:
    """In a fork, where the loop's thread is not: whoever waited for it would wait for ever."""
    global _loop, _starting
    _loop, _starting = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
