"""A command whose memory ends says so in a line, with status 3, and does not wait for what will not come."""

import resource
import sys
from pathlib import Path

import pytest

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.tally import fault
from glut4sim.sim.inputs import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="others do not keep to the limit")


@pytest.mark.parametrize(
    ("room", "said"), [(memory.ROOM, "are the least that is needed"), (0, "there is not enough memory")]
)
def test_a_limit_on_memory(tmp_path, monkeypatch, room, said):
    """Told before anything is computed; and, where it were not, by what fails then."""
    monkeypatch.setattr(program, "prepare", lambda: None)
    monkeypatch.setattr(memory, "ROOM", room)
    small.write_files(tmp_path)

    def limit():
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**25,) * 2)

    ended = program.call([*small.STUDIES["uncertainty"], "--out", "out"], tmp_path, limit)
    assert fault(ended, (3,)) is None
    assert said in ended.err
