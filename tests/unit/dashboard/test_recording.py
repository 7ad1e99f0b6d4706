"""A recorded run as a page: it is that of the run or there is none; and arrays come back as they were."""

import json
import re
import zlib
from base64 import b64decode

import numpy as np
import pytest
import zarr
from typer.testing import CliRunner

from glut4sim.agents import vesicle
from glut4sim.sim.cli import app
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.studies import running
from tests.support import small_scenario

pytest.importorskip("anywidget")  # with which charts come


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded") / "run"
    scenario = small_scenario([(0.0, 0.0), (5.0, 100.0)], vesicles=200, step=0.5, duration=100.0)
    running.run(scenario.replaced({"run.replicates": 1}), out=folder)
    return folder


def export(run, out, *options):
    return CliRunner().invoke(app, ["export", "html", str(run), "--out", str(out), "-q", *options])


def test_the_page_holds_what_the_engine_does(run, tmp_path):
    said = export(run, tmp_path / "page.html", "--pictures", "30", "--vesicles", "50")
    assert said.exit_code == 0, said.output
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"|https?://(?!www.w3.org)", text)
    told = json.loads(re.search(r'id="told">(.*)</script>', text)[1])
    arrays = zlib.decompress(b64decode(re.search(r'id="arrays">(.*)</script>', text)[1]))
    times = [picture["time"] for picture in told["pictures"]]
    np.testing.assert_allclose(times, [*np.arange(0.0, 100.0, 3.5), 100.0])
    scenario = small_scenario([(0.0, 0.0), (5.0, 100.0)], vesicles=200, step=0.5, duration=100.0)
    engine = Engine(scenario, scenario.run.seed, log_events=True)
    engine.advance(200)
    changes, columns = told["changes"], told["charts"]["rows"] * len(told["charts"]["columns"])
    of_states = 4 * (2 * changes + columns) + 6 * 50 * len(times)
    states = np.frombuffer(arrays, np.uint8, 50 * len(times), of_states).reshape(len(times), 50)
    np.testing.assert_array_equal(np.cumsum(states, axis=0, dtype=np.uint8)[-1], engine.vesicles.state[:50])
    events = engine.take_events()
    own = events.agent < 50
    assert changes == own.sum() > 20
    np.testing.assert_array_equal(np.frombuffer(arrays, np.uint32, changes, 4 * changes), events.agent[own])
    after = [int(vesicle.TRANSITIONS[k][1]) for k in events.transition[own]]
    np.testing.assert_array_equal(np.frombuffer(arrays[-changes:], np.uint8), after)


def test_what_has_no_agents_has_no_page(run, tmp_path):
    scenario = small_scenario(100.0, vesicles=200, step=0.5, duration=10.0)
    running.run(scenario, out=tmp_path / "expected", mean_field=True)
    said = export(tmp_path / "expected", tmp_path / "page.html")
    assert "expected a run of agents in a bath" in str(said.exception)


def test_what_comes_out_otherwise_is_not_passed_off_as_the_run(run, tmp_path):
    fused = zarr.open_array(run / "results.zarr" / "surface_glut4")
    kept = fused[0, 7]
    fused[0, 7] = kept + 1
    said = export(run, tmp_path / "page.html")
    fused[0, 7] = kept
    assert isinstance(said.exception, InputError)
    assert "computed again, surface_glut4 differs from results.zarr" in str(said.exception)
    assert not (tmp_path / "page.html").exists()
    assert "expected the directory of a run" in str(export(run / "results.zarr", tmp_path / "page.html").exception)
