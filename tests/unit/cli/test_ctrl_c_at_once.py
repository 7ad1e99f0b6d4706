"""Ctrl-C before a command listens: one line and status 130 all the same."""

import subprocess
import sys

from glut4sim.sim import cli

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
