"""Work on the results' own event loop, from any thread."""

import asyncio
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from glut4sim.sim.results.event_loop import together, wait_for


async def where():
    await asyncio.sleep(0.0)
    return asyncio.get_running_loop(), threading.current_thread()


def test_all_threads_share_one_loop():
    with ThreadPoolExecutor(8) as pool:
        found = [future.result() for future in [pool.submit(lambda: wait_for(where())) for _ in range(32)]]
    assert len({loop for loop, _ in found}) == 1
    [thread] = {thread for _, thread in found}
    assert thread.daemon
    assert thread is not threading.main_thread()


def test_a_fault_comes_back_as_it_is():
    async def fail():
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as fault:
        wait_for(fail())
    assert fault.value.errno == 28


def test_when_one_work_fails_the_others_are_left_undone():
    ended = []

    async def work(number):
        try:
            if number == 2:
                raise OSError(28, "No space left on device")
            await asyncio.sleep(60.0)
        finally:
            ended.append(number)

    with pytest.raises(OSError, match="No space left"):
        wait_for(together(*map(work, range(4))))
    assert sorted(ended) == [0, 1, 2, 3]

    async def number(number):
        return number

    assert wait_for(together(number(1), number(2))) == [1, 2]


def test_a_fork_has_a_loop_of_its_own():
    """The thread of the loop is not in it: what waited for it would wait for ever."""
    wait_for(where())
    child = os.fork()
    if not child:
        signal.alarm(60)
        os._exit(not wait_for(where()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
