"""A study of uncertainty that ends before it has said what it is about is not gone on with as if it were a run."""

import errno

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.studies import running
from glut4sim.sim.studies.uncertainty import uncertainty
from tests.support import small_scenario


def test_it_is_refused_by_its_name(tmp_path, monkeypatch):
    write_json = Writer.write_json

    def full(writer, name, content):
        if name == uncertainty.CONTENT:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_json(writer, name, content)

    monkeypatch.setattr(Writer, "write_json", full)
    scenario = small_scenario([(0.0, 0.0), (20.0, 5.0)], step=1.0, duration=60.0)
    with pytest.raises(OSError, match="No space left"):
        uncertainty.uncertainty(scenario, tmp_path / "out", draws=2, mean_field=True)
    assert not (tmp_path / "out" / uncertainty.CONTENT).exists()
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    with pytest.raises(InputError, match=r"expected a study of uncertainty, found no whole .*; run it again"):
        running.resume(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before
