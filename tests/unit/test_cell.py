"""The cell as a mesa.Model: steps, records, agents, batch_run; the same with Mesa 3.3, 3.4 and 3.5."""

import copy
import inspect
import warnings

import mesa
import numpy as np
import pytest

from glut4sim import Cell, Scenario
from glut4sim import run as simulate
from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.cell import SCALARS
from glut4sim.sim.inputs.errors import InputError

HAS_EVENTS = hasattr(mesa.Model, "schedule_event")  # from Mesa 3.5
TABLE = {
    "title": "A test",
    "cell": {"vesicles": 300, "receptors": 500, "glucose_agents": 400},
    "bath": {"insulin": [["0 s", "0 nM"], ["5 s", "100 nM"]]},
    "run": {"duration": "20 s", "record_every": "2 s"},
}
# A dose of growth hormone in the first day of an irregular cycle, so that time, seed and hormones all matter.
HORMONES = {
    "body": {"sex": "woman", "age": "48 yr"},
    "cycle": {"amplitude_sd": 0.5},
    "therapy": [{"drug": "growth hormone intravenous", "dose": "5 mg"}],
    "assay": {"at": "1 h"},
    "run": {"duration": "5 min", "step": "0.5 s", "record_every": "30 s"},
}


@pytest.fixture
def scenario():
    return Scenario.from_table(TABLE, "test")


@pytest.fixture
def cell(scenario):
    return Cell(scenario, seed=3)


def records(cell):
    """The collected records."""
    return cell.datacollector.get_model_vars_dataframe()


# ---- time ----


def test_a_step_is_a_step_of_the_scenario(cell):
    assert (cell.time, cell.steps, cell.running) == (0.0, 0, True)
    cell.step()
    assert (cell.time, cell.steps) == (0.1, 1)
    cell.step()
    cell.step()
    assert (cell.time, cell.steps) == (0.3, 3)
    assert cell.engine.step == 3


def test_run_goes_by_minutes_seconds_or_to_the_end(cell):
    cell.run(minutes=0.1)
    assert (cell.time, cell.steps) == (6.0, 60)
    cell.run_for(1.5)
    assert cell.time == 7.5
    cell.run_until(9.0)
    assert (cell.time, cell.running) == (9.0, True)
    cell.run()
    assert (cell.time, cell.steps, cell.running) == (20.0, 200, False)
    cell.run()
    assert cell.time == 20.0


@pytest.mark.parametrize("seconds", [0.05, 0.25, 0.1001, np.nan, np.inf])
def test_a_time_that_is_no_whole_number_of_steps_is_refused(cell, seconds):
    for run in (cell.run_for, cell.run_until, lambda seconds: cell.run(minutes=seconds / 60.0)):
        with pytest.raises(InputError, match=r"expected a whole multiple of run.step \(0.1 s\), got .* s\."):
            run(seconds)
    assert cell.steps == 0
    cell.run_for(0.1 + 0.2)  # which is not quite 0.3
    assert cell.steps == 3


def test_a_cell_can_be_stepped_beyond_its_scenario(cell):
    cell.run()
    cell.step()
    assert cell.time == 20.1
    assert records(cell).insulin.iloc[-1] == 100.0


def test_run_model_stops_at_the_end(cell):
    cell.run_model()
    assert (cell.time, cell.running) == (20.0, False)


def test_mesa_does_not_warn(scenario):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cell = Cell(scenario)
        cell.step()
        cell.run(minutes=0.1)


# ---- the same cell as elsewhere ----


def test_records_are_those_of_run(cell, scenario):
    cell.run()
    dataset = simulate(scenario, seed=3).dataset.isel(replicate=0)
    table = records(cell)
    np.testing.assert_array_equal(table["time"], dataset.time)
    for observable in SCALARS:
        np.testing.assert_array_equal(table[observable.name], dataset[observable.name], err_msg=observable.name)


@pytest.mark.parametrize(("seed", "replicate"), [(3, 0), (3, 2), (4, 2)])
def test_hormones_and_variable_cells_are_those_of_run(seed, replicate):
    """To the bit, whichever replicate: hormones that are drawn follow the seed, and cells differ as they do there."""
    variable = TABLE["cell"] | {"preset": "skeletal-muscle", "receptors_cv": 0.3, "glut4_cv": 0.3, "volume_cv": 0.3}
    scenario = Scenario.from_table({**TABLE, **HORMONES, "cell": variable}, "test")
    cell = Cell(scenario, seed=seed, replicate=replicate)
    assert len(cell.scenario.parameter_schedule.times) > 1
    cell.run()
    dataset = simulate(scenario, seed=seed, replicates=replicate + 1).dataset.isel(replicate=replicate)
    for observable in SCALARS:
        np.testing.assert_array_equal(records(cell)[observable.name], dataset[observable.name], err_msg=observable.name)


def test_hormones_drawn_at_random_follow_the_seed():
    scenario = Scenario.from_table({**TABLE, **HORMONES}, "test")
    copies = [Cell(scenario, seed=seed).scenario.parameter_set.vesicle.glut4_copies for seed in (1, 2)]
    assert copies[0] != copies[1]
    assert scenario.run.seed == 1


def test_steps_and_runs_of_any_length_give_the_same_cell(scenario):
    whole, pieces, steps = (Cell(scenario, seed=3) for _ in range(3))
    whole.run()
    for seconds in (0.1, 2.0, 1.9, 6.5, 0.3, 9.2):
        pieces.run_for(seconds)
    while steps.running:
        steps.step()
    for other in (pieces, steps):
        assert records(other).equals(records(whole))
        for kind in ("receptors", "vesicles", "glucose"):
            for field in getattr(whole, kind).fields:
                np.testing.assert_array_equal(
                    getattr(getattr(other, kind), field), getattr(getattr(whole, kind), field)
                )


def test_seeds(scenario):
    table = {seed: Cell(scenario, seed=seed).vesicles.x for seed in (1, 2, None)}
    assert not np.array_equal(table[1], table[2])
    assert np.array_equal(table[1], table[None])  # the scenario's seed
    assert np.array_equal(Cell(scenario, seed=np.int64(2)).vesicles.x, table[2])
    assert np.array_equal(Cell(scenario, rng=2).vesicles.x, table[2])
    assert np.array_equal(Cell(scenario, seed="2", replicate="0").vesicles.x, table[2])  # as typed in a field
    assert not np.array_equal(Cell(scenario, seed=2, replicate=1).vesicles.x, table[2])


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "1.5", "", str(2**64), True])
def test_a_seed_that_is_none_is_refused(scenario, seed):
    with pytest.raises(InputError, match="seed: expected a whole number"):
        Cell(scenario, seed=seed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 1, "rng": 1}, "seed: expected either rng or seed"),
        ({"rng": np.random.default_rng(1)}, "rng: expected a whole number from 0 to .*, got a Generator"),
        ({"replicate": -1}, "replicate: expected a whole number"),
        ({"replicate": "first"}, "replicate: expected a whole number"),
    ],
)
def test_what_says_no_seed_or_no_replicate_is_refused(scenario, arguments, message):
    with pytest.raises(InputError, match=message):
        Cell(scenario, **arguments)


# ---- scenarios and overrides ----


def test_a_scenario_by_name_with_overrides():
    fields = {"vesicles": 50, "receptors": np.int64(60), "glucose_agents": 70, "duration": "1 min"}
    paths = {"run.step": "0.5 s", "parameters.vesicle.fuse": "3 1/min", "bath.insulin": "10 nM"}
    times = {f"bath.insulin.{i}.0": time for i, time in ((1, "12 s"), (2, "48 s"))}
    cell = Cell("insulin-challenge", **fields, **times, **paths)
    assert (len(cell.vesicles), len(cell.receptors), len(cell.glucose)) == (50, 60, 70)
    assert cell.scenario.name == "insulin-challenge"
    assert cell.scenario.bath.insulin == ((0.0, 12.0, 48.0), (0.0, 10.0, 0.0))
    assert cell.scenario.parameter_set.vesicle.fuse == pytest.approx(0.05)
    cell.step()
    assert cell.time == 0.5


def test_overrides_leave_the_scenario_alone(scenario):
    cell = Cell(scenario, vesicles=50)
    assert len(cell.vesicles) == cell.scenario.cell.vesicles == 50
    assert scenario.cell.vesicles == 300


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"vesicels": 50}, 'Did you mean "vesicles"'),
        ({"cell.vesicels": 50}, 'Did you mean "vesicles"'),
        ({"vesicles": 0}, "cell.vesicles: expected a whole number"),
        ({"bath.insulin": "10 s"}, "bath.insulin"),
        ({"parameters.vesicle.fus": "1 1/s"}, 'Did you mean "vesicle.fuse"'),
    ],
)
def test_wrong_overrides_are_refused(scenario, overrides, message):
    with pytest.raises(InputError, match=message):
        Cell(scenario, **overrides)


# ---- agents ----


@pytest.mark.parametrize(("name", "kind"), [("receptors", receptor), ("vesicles", vesicle), ("glucose", glucose)])
def test_populations_are_live_arrays_that_cannot_be_written_to(cell, name, kind):
    population = getattr(cell, name)
    assert population.fields == tuple(field.name for field in kind.FIELDS)
    for field in population.fields:
        assert np.shares_memory(getattr(population, field), getattr(getattr(cell.engine, name), field))
    state = population.state
    cell.run()
    np.testing.assert_array_equal(state, population.state)
    (counts,) = getattr(cell.engine.snapshot(), name)
    np.testing.assert_array_equal(np.bincount(state, minlength=len(kind.State)), counts)
    with pytest.raises(ValueError, match="read-only"):
        population.state[0] = 1
    with pytest.raises(AttributeError, match="has no 'colour'"):
        _ = population.colour


def test_positions(cell):
    position = cell.vesicles.position
    assert position.shape == (300, 3)
    assert position.dtype == np.float32
    np.testing.assert_array_equal(position[:, 1], cell.vesicles.y)
    with pytest.raises(AttributeError):
        _ = cell.receptors.position


def test_one_vesicle_as_an_agent(cell):
    agent = cell.vesicles[17]
    assert agent.unique_id == 17
    assert agent.model is cell
    assert agent.state is vesicle.State(cell.vesicles.state[17])
    assert agent.glut4 == cell.vesicles.glut4[17]
    assert type(agent.glut4) is int
    assert agent.pos == pytest.approx(tuple(cell.vesicles.position[17]))
    assert cell.vesicles[-1].unique_id == 299
    assert cell.vesicles[17] == agent
    assert cell.vesicles[18] != agent
    assert cell.receptors[17] != agent
    assert len({agent, cell.vesicles[17], cell.receptors[17]}) == 2
    assert cell.receptors[17].pos is None
    assert [a.unique_id for a in cell.glucose] == list(range(400))
    assert cell.vesicles[2:7:2] == [cell.vesicles[2], cell.vesicles[4], cell.vesicles[6]]
    assert cell.vesicles[-2:][1].state is cell.vesicles[299].state
    assert cell.vesicles[300:] == []
    assert "glut4" in dir(agent)
    assert "vesicle 17" in repr(agent)
    assert "300 vesicles" in repr(cell.vesicles)
    with pytest.raises(IndexError):
        cell.vesicles[300]
    with pytest.raises(AttributeError):
        agent.state = vesicle.State.FUSED
    assert copy.copy(agent) == agent


def test_an_agent_view_follows_its_agent(scenario):
    cell = Cell(scenario, seed=3, duration="30 s")
    mover = next(a for a in cell.vesicles if a.state in (vesicle.State.MOBILE, vesicle.State.ENDOCYTOSED))
    before = mover.pos
    cell.step()
    assert mover.pos != before


# ---- Mesa's tools ----


def test_own_reporters_see_the_cell_as_it_is_at_the_record(scenario):
    by_run, by_step = Cell(scenario), Cell(scenario)
    for cell in (by_run, by_step):
        cell.datacollector = mesa.DataCollector({"x": lambda c: float(c.vesicles.x.sum()), "time": "time"})
    by_run.run()
    while by_step.running:
        by_step.step()
    table = records(by_run)
    assert table["time"].tolist() == [2.0 * k for k in range(1, 11)]
    assert table["x"].nunique() > 5
    assert table.equals(records(by_step))


def test_a_subclass_may_do_more_in_a_step(scenario):
    class Watched(Cell):
        def __init__(self, *args, **kwargs):
            self.seen = []
            super().__init__(*args, **kwargs)

        def step(self):
            super().step()
            self.seen.append(self.time)

    cell = Watched(scenario)
    cell.run(minutes=0.05)
    cell.step()
    assert cell.seen == [round(0.1 * k, 9) for k in range(1, 32)]


@pytest.mark.skipif(not HAS_EVENTS, reason="Mesa schedules events from 3.5 on")
def test_scheduled_events_happen_in_time(cell):
    seen = []

    def look():
        seen.append(cell.steps)

    cell.schedule_event(look, at=1.234)
    cell.schedule_recurring(look, mesa.time.Schedule(interval=4.0, start=4.0))
    cell.run()
    assert seen == [13, 40, 80, 120, 160, 200]


@pytest.mark.skipif(not HAS_EVENTS, reason="Mesa schedules events from 3.5 on")
def test_events_may_be_called_off_paused_and_gone_on_with(cell):
    seen = []

    def look():
        seen.append(cell.steps)

    cell.schedule_event(look, at=1.0).cancel()
    cell.schedule_event(look, after=2.55)
    looks = cell.schedule_recurring(look, mesa.time.Schedule(interval=4.0, start=4.0))
    cell.run_until(5.0)
    looks.pause()
    cell.run_until(9.0)
    cell.schedule_event(look, after=0.05)
    looks.resume()
    cell.run()
    assert seen == [26, 40, 91, 130, 170]


def batch(model, parameters, **options):
    return mesa.batch_run(model, parameters, max_steps=10**9, display_progress=False, **options)


def assert_last_record(row, dataset):
    for observable in SCALARS:
        assert row[observable.name] == dataset[observable.name].item(), observable.name


def test_batch_run():
    pulse = {"bath.insulin": '[["0 s", "0 nM"], ["3 s", "100 nM"]]', "run.duration": "6 s"}
    parameters = {
        "scenario": [Scenario.load("insulin-challenge", pulse)],
        "vesicles": [50, 60],
        "receptors": 100,
        "glucose_agents": 100,
        "bath.insulin": ["0 nM", "10 nM"],
        "record_every": "2 s",
    }
    rows = batch(Cell, parameters)
    assert [(row["vesicles"], row["bath.insulin"], row["insulin"]) for row in rows] == [
        (50, "0 nM", 0.0), (50, "10 nM", 10.0), (60, "0 nM", 0.0), (60, "10 nM", 10.0),
    ]  # fmt: skip
    for row in rows:
        assert row["time"] == 6.0
        assert row.keys() >= {observable.name for observable in SCALARS}


@pytest.mark.parametrize("processes", [1, 2])
def test_batch_run_of_replicates_ends_with_the_bits_of_run(processes):
    """Hormonal scenarios as parameters; in other processes rows come back in the order in which they end."""
    scenarios = [
        Scenario.from_table({**TABLE, **HORMONES, "assay": {"at": at}}, name)
        for name, at in (("early", "1 h"), ("late", "40 d"))
    ]
    rows = batch(Cell, {"scenario": scenarios, "replicate": range(2)}, number_processes=processes)
    assert len({row["surface_glut4"] for row in rows}) == len(rows) == 4
    datasets = {scenario: simulate(scenario, replicates=2).dataset.isel(time=-1) for scenario in scenarios}
    for row in rows:
        assert row["time"] == 300.0
        assert_last_record(row, datasets[row["scenario"]].isel(replicate=row["replicate"]))


@pytest.mark.parametrize("processes", [1, 2])
def test_iterations_are_replicates_unless_something_else_makes_cells_differ(scenario, processes):
    """In Mesa's iterations are independent; a seed that is given makes all the same there too."""
    has_rng = "rng" in inspect.signature(mesa.batch_run).parameters
    three = {"rng": [None] * 3} if has_rng else {"iterations": 3}
    rows = batch(Cell, {"scenario": [scenario]}, number_processes=processes, **three)
    dataset = simulate(scenario, replicates=3).dataset.isel(time=-1)
    assert sorted(row["iteration"] for row in rows) == [0, 1, 2]
    for row in rows:
        assert_last_record(row, dataset.isel(replicate=row["iteration"]))
    if not has_rng:
        for fixed, replicate in (({"seed": [1]}, 0), ({"replicate": [1]}, 1)):
            for row in batch(Cell, {"scenario": [scenario], **fixed}, iterations=2):
                assert_last_record(row, dataset.isel(replicate=replicate))


def test_batch_run_over_seeds(scenario):
    """Seeds may be a parameter like any other, and from Mesa 3.5 on also what batch_run calls rng."""
    ways = [({"scenario": [scenario], "seed": [3, 4]}, {})]
    if "rng" in inspect.signature(mesa.batch_run).parameters:
        ways.append(({"scenario": [scenario]}, {"rng": [3, 4]}))
    for parameters, options in ways:
        rows = batch(Cell, parameters, **options)
        assert [row["time"] for row in rows] == [20.0, 20.0]
        for row, seed in zip(rows, (3, 4), strict=True):
            assert_last_record(row, simulate(scenario, seed=seed).dataset.isel(replicate=0, time=-1))


class Own(Cell):
    """A subclass with a collector of its own, as Mesa's users write them."""

    def __init__(self, *args, collect_first=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.datacollector = mesa.DataCollector({"time": "time", "far": lambda cell: float(cell.vesicles.x.max())})
        if collect_first:
            self.datacollector.collect(self)


@pytest.mark.parametrize("collect_first", [True, False])
def test_batch_run_of_a_subclass_with_its_own_collector(scenario, collect_first):
    (row,) = batch(Own, {"scenario": [scenario], "seed": 3, "collect_first": collect_first})
    cell = Cell(scenario, seed=3)
    cell.run()
    assert (row["time"], row["far"]) == (20.0, float(cell.vesicles.x.max()))


def test_batch_run_over_time(scenario):
    """Whatever Mesa's version makes of it, a value belongs to the time beside it, and the end is reached."""
    rows = batch(Cell, {"scenario": [scenario]}, data_collection_period=1)
    same = Cell(scenario)
    same.run()
    expected = records(same).set_index("time")
    assert {row["time"] for row in rows} == set(expected.index)
    for row in rows:
        assert row["surface_glut4"] == expected.surface_glut4[row["time"]]
