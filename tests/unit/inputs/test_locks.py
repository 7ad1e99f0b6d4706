"""Where a system has no locks of directories, results are written all the same."""

import sys

from glut4sim.sim.inputs import storage


def test_without_locks_nothing_is_held(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as if there were none
    with storage.held(tmp_path), storage.held(tmp_path):
        storage.write(tmp_path / "a", "text")
    assert (tmp_path / "a").read_text() == "text"
