"""A body at work: blood, and the cells of its tissues, exchange by exchange.

Order of an exchange

    infusions   as the test has them at its start
    cells       advance in glucose and insulin between them as these stood
    tissues     the mean uptake of a cell, in the order of cells, times cells and gain in the body
    blood       advances by a fixed-step rule, while the tissue compartment loses this uptake
    hormones    answer to insulin in plasma as it stood, and change cells, liver and pancreas of the next exchange

An exchange is 30 s unless said otherwise; what is recorded has no part in it. Splitting costs O(exchange).
"""

from collections.abc import Mapping
from dataclasses import replace
from math import nan

import numpy as np

from glut4sim.sim.body.blood import Blood, Given
from glut4sim.sim.body.body import Body
from glut4sim.sim.body.cells import PM_PER_NM, Agents, Interstitium, MeanField
from glut4sim.sim.body.hormones import Answering
from glut4sim.sim.body.organs import TISSUES
from glut4sim.sim.body.protocols import Protocol
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.threads import Pool
from glut4sim.sim.model.parameters import ParameterSet

EXCHANGE = 30.0  # s


class BodyEngine:
    """One body, from rest after a night without food.

    Parameters
    ----------
    body : Body
    agents : bool
        Whether its cells are sampled agents; else their mean field.
    exchange : float
        [s]
    seed : int
    number : int
        Of the body: bodies of a seed are independent.
    threads : int
        On which its cells advance; changes no bit.

    Raises
    ------
    InputError
        if it does not come to rest
    """

    def __init__(
        self,
        body: Body,
        agents: bool = False,
        exchange: float = EXCHANGE,
        seed: int = 1,
        number: int = 0,
        threads: int = 1,
    ):
        self.body, self.exchange = body, exchange
        self.organs = body.own_organs
        self.blood = Blood(self.organs, body.person)
        self.hormones = None if body.hormones is None else Answering(body.hormones)
        made = self.parameters
        self._tell_organs()
        try:
            self.blood.be_at_rest(lambda glucose, insulin: sum(body.resting_uptake(made, glucose, insulin).values()))
        except ValueError:
            sentence = "the body does not come to rest: what it produces and takes up fasting do not meet."
            raise InputError(sentence, "organs") from None
        self.fasting, self._fasting_insulin = self.blood.glucose, self.blood.insulin
        self.exchanges = 0
        self.uptakes = body.resting_uptake(made, self.blood.tissue_glucose, self.blood.insulin)  # mg/kg/min
        self._start = self.blood.in_body()
        self._eaten = 0.0  # mg/kg
        pool = Pool(threads) if agents and threads > 1 else None
        self.tissues = {}
        for place, tissue in enumerate(TISSUES):
            kind = replace(body.cells[tissue], parameters=made[tissue])
            rests = self.blood.interstitial(tissue) / PM_PER_NM, self.blood.tissue_glucose
            cells = Agents(kind, *rests, seed, number, place, pool) if agents else MeanField(kind, *rests)
            self.tissues[tissue] = Interstitium(cells, kind, rests[0])

    @property
    def time(self) -> float:
        """Since the start [s]."""
        return self.exchanges * self.exchange

    def swallow(self, carbohydrate: float, drunk: bool = False) -> None:
        """Eat carbohydrate [g] now, or drink it."""
        self.blood.swallow(carbohydrate, drunk)
        self._eaten += 1e3 * carbohydrate / self.body.person.mass

    def advance(self, given: Given) -> None:
        """Do an exchange, while this is infused."""
        minutes, glucose, insulin = self.exchange / 60.0, self.blood.tissue_glucose, self.blood.insulin
        for tissue, cells in self.tissues.items():
            between = self.blood.interstitial(tissue)
            molecules = cells.advance(between / PM_PER_NM, glucose, self.time, self.exchange)
            gain = getattr(self.organs, tissue).gain(between)
            self.uptakes[tissue] = molecules * self.body.per_molecule(tissue) * gain / minutes
        self.blood.advance(minutes, given, (self.uptakes["muscle"], self.uptakes["fat"]))
        self.exchanges += 1
        if self.hormones is not None:
            share = insulin / self._fasting_insulin if self._fasting_insulin > 0.0 else 1.0
            self.hormones.advance(self.exchange, share)
            self._tell_cells()
            self._tell_organs()

    @property
    def parameters(self) -> dict[str, ParameterSet]:
        """Of the cells of each tissue now."""
        return self.body.parameters({} if self.hormones is None else self.hormones.factors)

    def _tell_cells(self):
        for tissue, parameters in self.parameters.items():
            self.tissues[tissue].become(parameters)

    def _tell_organs(self):
        if self.hormones is not None:
            self.blood.become(*self.hormones.on_organs)

    def follow(self, protocol: Protocol, until: float):
        """Do exchanges of a test up to a time [s]; yields what was given in each."""
        while self.time < until - 1e-9:
            for time, carbohydrate, drunk in protocol.swallowed():
                if self.time <= time < self.time + self.exchange:
                    self.swallow(carbohydrate, drunk)
            given = protocol.given(self.time, self.body.person, self.fasting)
            self.advance(given)
            yield given

    def now(self, given: Given) -> dict[str, float]:
        """The present, by the names of `result.SERIES`."""
        blood = self.blood
        return {
            "time": self.time,
            "glucose": blood.glucose,
            "insulin": blood.insulin,
            "tissue_glucose": blood.tissue_glucose,
            "muscle_insulin": blood.interstitial("muscle"),
            "fat_insulin": blood.interstitial("fat"),
            "production": blood.production(),
            "infusion": blood.infusion(given),
            "muscle_uptake": self.uptakes["muscle"],
            "fat_uptake": self.uptakes["fat"],
            "splanchnic_uptake": blood.splanchnic_uptake(),
            "other_uptake": self.organs.brain.uptake,
            "fatty_acids": nan if self.hormones is None else self.hormones.fatty_acids,
        }

    def books(self) -> dict[str, float]:
        """Glucose that came in, what became of it, and what is in the body beyond what was at the start [mg/kg]."""
        rest = self.blood.states[1]
        return {
            "eaten": self._eaten,
            "infused": rest.infused,
            "produced": rest.produced,
            "used": rest.used_by_brain
            + rest.used_by_muscle
            + rest.used_by_fat
            + rest.used_by_splanchnic
            + rest.kept_by_gut,
            "excreted": rest.excreted,
            "stored": self.blood.in_body() - self._start,
        }

    # ---- to and from disk ----

    def _parts(self):
        """What has a state of its own, by name."""
        return self.tissues if self.hormones is None else {**self.tissues, "hormones": self.hormones}

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on besides body, seed and number: arrays by name, copies."""
        numbers = np.array([self.blood.full, self.blood.drunk, self._start, self._eaten, *self.uptakes.values()])
        own = {"exchanges": np.array(self.exchanges), "blood": self.blood.y.copy(), "numbers": numbers}
        for name, part in self._parts().items():
            own |= {f"{name}.{of}": array for of, array in part.state().items()}
        return own

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state` of an engine of the same body, seed and number."""
        self.exchanges = int(state["exchanges"])
        self.blood.y[:] = state["blood"]
        self.blood.full, drunk, self._start, self._eaten, *uptakes = state["numbers"].tolist()
        self.blood.drunk = bool(drunk)
        self.uptakes = dict(zip(self.uptakes, uptakes))
        for name, part in self._parts().items():
            prefix = f"{name}."
            part.restore({of[len(prefix) :]: array for of, array in state.items() if of.startswith(prefix)})
        if self.hormones is not None:
            self._tell_cells()
            self._tell_organs()
