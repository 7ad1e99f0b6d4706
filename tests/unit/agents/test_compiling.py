"""What the compiler is told not to look after must not be there to look after."""

import importlib
import os
import pkgutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import numba
import pytest
from numba import types

import glut4sim.agents
from glut4sim.agents.compiling import compiled
from glut4sim.sim.model.engine import Engine
from tests.support import small_scenario


def uncounted():
    """Every compiled function that does not count references to arrays, by name."""
    for module in pkgutil.iter_modules(glut4sim.agents.__path__, "glut4sim.agents."):
        for name, member in vars(importlib.import_module(module.name)).items():
            if hasattr(member, "targetoptions") and member.targetoptions.get("_nrt") is False:
                yield f"{module.name}.{name}", member


def returned_by(helper):
    """What it returns, by the types of its arguments: as often as it was compiled, now or for the cache."""
    for arguments, *_ in helper._cache._cache_file._load_index():
        helper.compile(arguments)  # which finds it in the cache
    return [signature.return_type for signature in helper.nopython_signatures]


def holds_arrays(kind):
    return isinstance(kind, types.Array) or (
        isinstance(kind, types.BaseTuple) and any(holds_arrays(part) for part in kind)
    )


def test_no_uncounted_helper_returns_an_array():
    """Its caller would give back a reference that it was never given."""
    Engine(small_scenario(100.0), seed=1).advance(2)
    returned = {name: returned_by(helper) for name, helper in uncounted()}
    assert len(returned) > 25
    assert all(returned.values())
    assert not {name for name, kinds in returned.items() if any(map(holds_arrays, kinds))}


def test_an_array_within_a_tuple_is_seen():
    array = types.Array(types.float64, 1, "C")
    assert holds_arrays(types.Tuple([types.int64, types.Tuple([array])]))
    assert not holds_arrays(types.Tuple([types.int64, types.float32]))


# ---- the cache ----


def double(x):
    return 2 * x


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Where kernels that are made within the test are cached."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def cached_hits():
    """How often a kernel, made and called as a new process does, is found in the cache."""
    kernel = compiled(double)
    assert kernel(3) == 6
    return sum(kernel.stats.cache_hits.values())


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
@pytest.mark.parametrize("keep", [0, 0.5, -1])  # of the file: nothing, half of it, all but a byte
def test_a_damaged_file_of_the_cache_is_compiled_anew(cache, ending, keep):
    assert [cached_hits(), cached_hits()] == [0, 1]
    [file] = cache.rglob(f"*{ending}")
    content = file.read_bytes()
    file.write_bytes(content[: keep if keep == -1 else int(keep * len(content))])
    assert [cached_hits(), cached_hits()] == [0, 1]


def test_what_is_no_cache_at_all_is_compiled_anew(cache):
    cached_hits()
    for file in cache.rglob("*double*"):
        file.write_bytes(os.urandom(1000))
    assert [cached_hits(), cached_hits()] == [0, 1]


def test_a_cache_that_cannot_be_written_is_no_fault(cache, monkeypatch):
    monkeypatch.setattr(numba.core.caching.IndexDataCacheFile, "save", lambda *_: os.write(-1, b""))
    assert [cached_hits(), cached_hits()] == [0, 0]
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")  # there is none
    assert [cached_hits(), cached_hits()] == [0, 0]


# ---- where it lies ----


def chosen(**environment):
    """The folder of the cache in a process with these variables of the environment."""
    kept = {name: value for name, value in os.environ.items() if name not in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR")}
    code = "import numba, glut4sim.agents; print(numba.config.CACHE_DIR)"
    found = subprocess.run([sys.executable, "-c", code], env=kept | environment, capture_output=True, check=True)
    return Path(found.stdout.decode().strip())


def test_the_cache_is_in_the_home(tmp_path):
    assert chosen(HOME=str(tmp_path)).parent == tmp_path / ".cache" / "glut4sim" / "kernels"
    assert stat.S_IMODE((tmp_path / ".cache" / "glut4sim").stat().st_mode) == 0o700
    assert chosen(HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "x")).is_relative_to(tmp_path / "x" / "glut4sim")
    assert chosen(HOME=str(tmp_path), NUMBA_CACHE_DIR=str(tmp_path / "n")) == tmp_path / "n"


def test_where_the_home_cannot_be_used_the_cache_is_a_private_folder_among_temporary_files(tmp_path):
    (tmp_path / "file").write_text("no folder")
    found = chosen(HOME=str(tmp_path / "file"), TMPDIR=str(tmp_path))
    assert found.parent == tmp_path / f"glut4sim-{os.getuid()}" / "kernels"
    assert stat.S_IMODE((tmp_path / f"glut4sim-{os.getuid()}").stat().st_mode) == 0o700


def test_who_has_no_home_gets_one_among_temporary_files_too(monkeypatch, tmp_path):
    def unknown():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert Path(glut4sim.agents._cache_folder()).is_relative_to(tmp_path / f"glut4sim-{os.getuid()}")


def test_what_another_made_is_not_used(monkeypatch, tmp_path):
    """Who makes a folder in the directory for temporary files decides what is run from it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = tmp_path / f"glut4sim-{os.getuid()}"
    assert Path(glut4sim.agents._cache_folder()).is_relative_to(tmp_path / "caches")
    (tmp_path / "caches" / "glut4sim").chmod(0o777)
    assert Path(glut4sim.agents._cache_folder()).is_relative_to(tmp_path / "caches")
    assert stat.S_IMODE((tmp_path / "caches" / "glut4sim").stat().st_mode) == 0o700
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)  # whose caches another has made
    (tmp_path / f"glut4sim-{user + 1}").mkdir()
    assert glut4sim.agents._cache_folder() == ""
    (tmp_path / f"glut4sim-{user + 1}").rmdir()
    (tmp_path / f"glut4sim-{user + 1}").symlink_to(tmp_path / "caches")
    monkeypatch.setattr(os, "getuid", lambda: user)
    own.symlink_to(tmp_path / "caches")
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/caches")
    assert glut4sim.agents._cache_folder() == ""
