"""Ctrl-C before a command listens, or before anything has begun: one line, that promises what there is."""

import subprocess
import sys

import pytest

from glut4sim.sim import cli
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import outside_fault

# Ctrl-C comes while the command line is being imported.
PROGRAM = """
import sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "glut4sim.sim.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from glut4sim.__main__ import program
program()
"""


def test_while_it_is_being_read():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Stopped.\n")


def test_while_its_options_are_being_put_together(glut4sim, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "with_plain_help", interrupt)
    assert glut4sim("scenarios", "list") == (130, "", "Stopped.\n")


def test_a_directory_in_which_nothing_has_begun_is_not_promised_to_go_on(tmp_path):
    from glut4sim.sim.cli.options import Stopped, stopping

    (tmp_path / "scenario.toml").write_text("")
    said = r"nothing had been computed; run it again, with another --out than "
    with pytest.raises(Stopped, match=said), stopping(tmp_path, resumable=True):
        raise KeyboardInterrupt
    (tmp_path / "provenance.json").write_text("{}")
    with pytest.raises(Stopped, match=r"kept in .*; go on: glut4sim resume "), stopping(tmp_path, resumable=True):
        raise KeyboardInterrupt


def test_threads_that_cannot_be_started_are_no_fault_of_the_program():
    for said in ("can't start new thread", "can't allocate lock"):
        assert outside_fault(RuntimeError(said)).startswith("no more threads can be started")
    assert outside_fault(RuntimeError("wrong")) is None


def test_what_a_package_for_places_elsewhere_makes_an_error_of_python_is_no_fault_of_the_program(glut4sim, monkeypatch):
    """s3fs makes a PermissionError without a number of a denied access, where the server denies it only later, too."""
    denied = PermissionError("Access Denied.")
    assert outside_fault(denied) is None
    denied.__cause__ = type("ClientError", (Exception,), {"__module__": "botocore.exceptions"})()
    assert outside_fault(denied) == "PermissionError: Access Denied"

    def deny(*_, **__):
        raise denied

    pytest.importorskip("upath")
    there = storage.place("memory://denied/run")
    for name in ("exists", "mkdir", "open"):
        with monkeypatch.context() as patch:
            patch.setattr(type(there), name, deny)
            options = (
                ("export", "sbml", "fasting", "--out", f"{there}.xml")
                if name == "open"
                else ("run", "fasting", "--out", there)
            )
            status, _, err = glut4sim(*options)
            assert (status, err.count("\n"), "Access Denied" in err) == (3, 1, True), err
