"""What the command line says besides: what is being done, and how words can go on."""

import logging
import os
import re
import subprocess
import sys

import pytest

from glut4sim.sim.inputs import storage


@pytest.fixture
def logger():
    """As it was, afterwards."""
    logger = logging.getLogger("glut4sim")
    before = logger.handlers, logger.level
    yield logger
    logger.handlers, logger.level = before


def test_what_is_done_is_said_on_stderr_when_asked_for(glut4sim, logger, tmp_path, capsys):
    assert glut4sim("scenarios", "check", "fasting")[2] == ""
    storage.write(tmp_path / "a", "text")
    assert capsys.readouterr().err == ""
    assert glut4sim("-v", "scenarios", "check", "fasting")[0] == 0
    storage.write(tmp_path / "b", "text")
    assert re.fullmatch(
        rf"\d\d:\d\d:\d\d glut4sim\.sim\.inputs\.storage: write {tmp_path}/b, 4 bytes\n", capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("words", "number", "expected"),
    [
        ("glut4sim un", 1, ["uncertainty"]),
        ("glut4sim compare fasting men/trt", 3, ["men/trt", "men/trt-full-protocol"]),
        ("glut4sim run here.t", 2, []),
    ],
)
def test_shells_complete_commands_and_scenarios(words, number, expected):
    asked = {"_GLUT4SIM_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    code = "import sys; sys.argv = ['glut4sim']; from glut4sim.sim.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (expected, "")


def test_what_libraries_log_is_not_said():
    code = """
import logging, sys
from glut4sim.sim import cli
def main():
    logging.getLogger("asyncio").error("Exception in callback")
    sys.exit(3)
cli.main = main
cli.program()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "")


def test_who_does_not_read_on_makes_no_fault_of_it():
    with subprocess.Popen(
        [sys.executable, "-m", "glut4sim", "scenarios", "show", "fasting"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as program:  # fmt: skip
        program.stdout.close()
        assert program.stderr.read() == ""
    assert program.returncode == 141
