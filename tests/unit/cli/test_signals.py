"""Signals that end a command do so wherever they fall in."""

import signal
import time

import pytest

from glut4sim.sim.cli.signals import heeded


class Interrupted:
    """The signal comes while this is taken down: Python drops what is raised then."""

    def __init__(self, heard):
        self.heard = heard

    def __del__(self):
        self.heard.interrupt(signal.SIGTERM, None)


def test_an_interrupt_that_goes_nowhere_comes_again(capsys):
    with heeded() as heard:
        held = [Interrupted(heard)]
        held.clear()
        with pytest.raises(KeyboardInterrupt):
            time.sleep(30.0)
    assert heard.status == 143
    assert capsys.readouterr().err == ""


def test_other_errors_that_go_nowhere_are_told_as_ever(monkeypatch):
    seen = []
    monkeypatch.setattr("sys.unraisablehook", lambda told: seen.append(told.exc_type))

    class Failing:
        def __del__(self):
            raise KeyError

    with heeded():
        one = Failing()
        del one
    assert seen == [KeyError]
