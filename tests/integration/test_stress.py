"""A small version of `make stress`: faults by chance, and that it would find a program that trips over them."""

import errno
import os

import pytest

from glut4sim.benchmarks.stress import invocations, program, report, scenarios, small
from glut4sim.benchmarks.stress.tally import Case, Ended, Tally, fault
from glut4sim.sim.scenario.scenario import Scenario
from tests.processes import COUNTED


@pytest.fixture(autouse=True)
def _unprepared(monkeypatch):
    """Forks read what they need themselves, as tests have most of it already."""
    monkeypatch.setattr(program, "prepare", lambda: None)


def faults(found):
    return [case for case in found.cases if case.fault]


def test_fuzzed_scenarios(tmp_path):
    found = scenarios.tally(40, 7, tmp_path)
    assert faults(found) == []
    endings = found.content()["endings"]
    assert endings["input refused"] > 15
    assert endings["done"] > 3


@pytest.mark.parametrize("error", [KeyError("vesicles"), OSError(errno.ENOSPC, "No space left")])
def test_a_program_that_trips_over_scenarios_is_found(tmp_path, monkeypatch, error):
    def trip(*_):
        raise error

    monkeypatch.setattr(Scenario, "load", trip)
    assert len(faults(scenarios.tally(2, 7, tmp_path))) == 2


@pytest.mark.parametrize(
    ("status", "err", "wrong"),
    [
        (0, "", None),
        (0, "Warning: the step is long\n", None),
        (2, "small.toml: run.step: expected a time.\n", None),
        (3, "Warning: replicate 1 failed\nthe disk is full; go on: glut4sim resume a\n", None),
        (143, "Stopped.\n", None),
        (0, "/x.py:3: RuntimeWarning: overflow\n", "done, and yet it complains"),
        (1, "glut4sim failed, which is a fault of its own: KeyError: 3\n", "a fault of our own"),
        (2, "one\ntwo\n", "2 lines"),
        (2, "", "0 lines"),
        (1, "", "status 1"),
        (-11, "", "status -11"),
        (3, "Traceback (most recent call last):\nOSError: full\n", "a fault of our own"),
    ],
)
def test_what_counts_as_a_clear_end(status, err, wrong):
    found = fault(Ended(status, "", err), (0, 2, 3, 143))
    assert (found is None) == (wrong is None)
    assert wrong is None or wrong in found


def test_malformed_invocations(tmp_path, monkeypatch):
    """Those that begin to compute are stopped at once, but where what they do is counted, which takes its time."""
    monkeypatch.setattr(invocations, "SECONDS", 10.0 if COUNTED in os.environ else 0.5)
    found = invocations.tally(4, 4, tmp_path)
    assert faults(found) == []
    assert found.content()["endings"]["input refused"] >= 2
    assert (tmp_path / "there" / "results.zarr").is_dir()  # which some of them read


def test_the_report_lists_what_is_not_as_it_has_to_be():
    cases = [Case("1/0: run", "done", None), Case("1/1: sweep", "status 1", "status 1: KeyError")]
    piece = Tally("disk", "Disks are full.", cases, {"gone on with": 1}).content() | {"date": "2026-01-02", "seed": 1}
    text = report.text([piece])
    assert "| [disk](#disk) | 2026-01-02 | 1 | 2 | 1 | 1 |" in text
    assert "- `1/1: sweep`: status 1: KeyError" in text
    assert "gone on with: 1." in text


@pytest.mark.parametrize("name", [*small.STUDIES, *small.OTHERS])
def test_small_inputs_are_sound(glut4sim, tmp_path, monkeypatch, name):
    """Else whatever is done to a command would meet one that has refused them."""
    monkeypatch.chdir(small.write_files(tmp_path))
    words = small.STUDIES.get(name)
    words = small.OTHERS[name] if words is None else [*words, "--out", "OUT"]
    if words[0] == "sensitivity":
        pytest.importorskip("SALib")
    if words[:2] == ["export", "sbml"]:
        pytest.importorskip("libsbml")
    status, _, err = glut4sim(*words)
    assert (status, err) == (0, "")
