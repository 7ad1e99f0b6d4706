"""A study of uncertainty that ends before it has said what it is about is not gone on with as if it were a run."""

import errno

import pytest

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.studies import running
from glut4sim.sim.studies.uncertainty import uncertainty
from tests.support import small_scenario


@pytest.fixture
def ended(tmp_path, monkeypatch):
    """Ends a study as it is about to say what it is about."""
    write_json = Writer.write_json

    def full(writer, name, content):
        if name == uncertainty.CONTENT:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_json(writer, name, content)

    def end():
        monkeypatch.setattr(Writer, "write_json", full)
        scenario = small_scenario([(0.0, 0.0), (20.0, 5.0)], step=1.0, duration=60.0)
        with pytest.raises(OSError, match="No space left"):
            uncertainty.uncertainty(scenario, tmp_path / "out", draws=2, mean_field=True)
        return tmp_path / "out"

    return end


def test_on_a_full_disk_it_leaves_nothing(ended):
    assert not ended().exists()


def test_what_is_left_when_it_is_killed_is_refused_by_its_name(ended, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(storage, "remove", lambda where: None)  # nothing is cleared away
        out = ended()
    assert not (out / uncertainty.CONTENT).exists()
    before = sorted(path.name for path in out.iterdir())
    with pytest.raises(InputError, match=r"expected a study of uncertainty, found no whole .*; run it again"):
        running.resume(out)
    assert sorted(path.name for path in out.iterdir()) == before
