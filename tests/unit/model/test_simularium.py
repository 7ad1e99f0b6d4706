"""The trajectory for the Simularium viewer, read back by its makers' reader: places, states and times of the cell."""

import sys

import numpy as np
import pytest

from glut4sim import Cell
from glut4sim.agents import vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.simularium import trajectory
from tests.support import small_scenario

simulariumio = pytest.importorskip("simulariumio")
FRAMES, EVERY, SHOWN = 4, 10, 20


@pytest.fixture(scope="module")
def scenario():
    return small_scenario()


def test_its_reader_finds_the_vesicles_of_the_cell(scenario, tmp_path, capsys):
    file = tmp_path / "run.simularium"
    calls = []
    file.write_bytes(
        trajectory(scenario, scenario.run.seed, FRAMES, EVERY, SHOWN, lambda done, total: calls.append((done, total)))
    )
    assert capsys.readouterr().out == ""
    read = simulariumio.FileConverter(simulariumio.InputFileData(str(file)))._data
    agents, cell = read.agent_data, Cell(scenario)
    which = np.arange(SHOWN) * len(cell.vesicles) // SHOWN
    step = scenario.run.step
    np.testing.assert_allclose(agents.times, np.arange(FRAMES + 1) * EVERY * step)
    for k in range(FRAMES + 1):
        np.testing.assert_allclose(agents.positions[k][:SHOWN], cell.vesicles.position[which], rtol=1e-5, atol=1e-4)
        names = [name.partition("#")[2] for name in agents.types[k][:SHOWN]]
        assert names == [vesicle.State(s).name.lower() for s in cell.vesicles.state[which]]
        cell.run_for(EVERY * step)
    assert read.spatial_units.name == "µm"
    assert calls[-1] == (FRAMES * EVERY * step, FRAMES * EVERY * step)


def test_without_simulariumio_one_line_says_what_to_install(scenario, monkeypatch):
    monkeypatch.setitem(sys.modules, "simulariumio", None)
    with pytest.raises(InputError, match=r"^export simularium: needs simulariumio; install it with: pip install "):
        trajectory(scenario, 1, 1, 1, 1)
