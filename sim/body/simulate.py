"""A test of a body, from its start to its end."""

from collections.abc import Iterator

import numpy as np

from glut4sim.sim.body.blood import Given
from glut4sim.sim.body.body import Body
from glut4sim.sim.body.engine import EXCHANGE, BodyEngine
from glut4sim.sim.body.protocols import Protocol
from glut4sim.sim.body.result import SERIES, BodyResult, numbers


def simulate(
    body: Body,
    protocol: Protocol,
    agents: bool = False,
    exchange: float = EXCHANGE,
    seed: int = 1,
    number: int = 0,
    threads: int = 1,
) -> BodyResult:
    """Put a body to a test.

    Parameters
    ----------
    body : Body
    protocol : Protocol
        A Clamp, or what `protocols.meal` and `ogtt` give, or Fasting.
    agents : bool
        Whether its cells are sampled agents; else their mean field.
    exchange : float
        Between blood and cells [s].
    seed, number : int
        Of the random numbers; bodies of a seed with different numbers are independent.
    threads : int
        On which its cells advance; changes no bit.

    Returns
    -------
    BodyResult

    Raises
    ------
    InputError
        if the body does not come to rest
    """
    engine = BodyEngine(body, agents, exchange, seed, number, threads)
    rows = [first_row(engine), *follow(engine, protocol)]
    return result(engine, protocol, np.array(rows))


def first_row(engine: BodyEngine) -> list[float]:
    """The fasting body, by the names of `SERIES`."""
    return _row(engine, Given())


def follow(engine: BodyEngine, protocol: Protocol) -> Iterator[list[float]]:
    """Go on with a test to its end; yields what there is after each exchange, by the names of `SERIES`."""
    for given in engine.follow(protocol, protocol.duration):
        yield _row(engine, given)


def _row(engine, given):
    now = engine.now(given)
    return [now[name] for name in SERIES]


def result(engine: BodyEngine, protocol: Protocol, rows: np.ndarray) -> BodyResult:
    """What a test has given, from its rows (K, n_series)."""
    series = dict(zip(SERIES, rows.T))
    return BodyResult(engine.body, protocol, series, numbers(engine.body, protocol, series), engine.books())
