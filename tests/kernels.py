"""Compile what tests run, once, before the processes that share the tests would each compile it.

    python -m tests.kernels

Two processes do it side by side: half a minute in a fresh clone, else two seconds.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def of_agents() -> None:
    """Kernels of agents, and of the statistics of their events."""
    from glut4sim import run
    from tests.runs import make_scenario

    run(make_scenario(duration="30 s", replicates=1, events=True))


def of_the_mean_field() -> None:
    """Those of hormones and of the mean field."""
    from glut4sim import Scenario, run

    run(Scenario.load("men/trt"), mean_field=True)


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        for done in [processes.submit(of_agents), processes.submit(of_the_mean_field)]:
            done.result()
