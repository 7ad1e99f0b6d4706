"""Places: the same few things can be done with a directory of this machine and with an address."""

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError


@pytest.fixture(params=["disk", "file://", "memory://"])
def where(request, tmp_path):
    if request.param == "disk":
        return storage.place(tmp_path / "a")
    if request.param == "file://":
        return storage.place(f"file://{tmp_path}/a")
    pytest.importorskip("upath")
    return storage.place(f"memory://{tmp_path.name}/a")


def test_a_file_is_written_whole_and_read_back(where):
    storage.make_directory(where)
    storage.write(where / "text", "größer\n")
    assert storage.read_text(where / "text") == "größer\n"
    storage.write(where / "text", b"less")
    assert (where / "text").read_bytes() == b"less"
    storage.write(where / "new" / "text", "in a new directory")
    assert [path.name for path in (where / "new").iterdir()] == ["text"]


def test_json(where):
    storage.write_json(where / "a.json", {"ü": [1, None]})
    assert storage.read_text(where / "a.json") == '{\n  "ü": [\n    1,\n    null\n  ]\n}\n'
    assert storage.read_json(where / "a.json") == {"ü": [1, None]}
    with pytest.raises(ValueError, match="JSON"):
        storage.write_json(where / "a.json", {"a": float("nan")})
    assert storage.read_json(where / "a.json") == {"ü": [1, None]}
    with pytest.raises(FileNotFoundError):
        storage.read_json(where / "b.json")
    storage.write(where / "a.json", "{")
    with pytest.raises(json.JSONDecodeError):
        storage.read_json(where / "a.json")


def test_a_new_directory_is_refused_where_there_is_one(where):
    storage.make_directory(where / "b")
    storage.write(where / "b" / "text", "")
    with pytest.raises(InputError, match="expected a new directory, got one that exists; choose another"):
        storage.make_directory(where / "b")


def test_a_directory_that_is_claimed_is_made_at_once_and_filled_by_its_claimant_only(tmp_path):
    wanted = tmp_path / "results" / "run"
    assert [storage.claim(wanted).name for _ in range(3)] == ["run", "run-2", "run-3"]
    storage.make_directory(wanted)
    with pytest.raises(InputError, match="expected a new directory"):
        storage.make_directory(wanted)
    storage.give_up(wanted)
    storage.give_up(tmp_path / "results" / "run-2")
    assert sorted(path.name for path in wanted.parent.iterdir()) == ["run", "run-3"]
    storage.write(tmp_path / "results" / "run-3" / "text", "kept")
    storage.give_up(tmp_path / "results" / "run-3")
    assert (tmp_path / "results" / "run-3" / "text").exists()
    with pytest.raises(InputError, match="cannot be made a directory: Not a directory"):
        storage.claim(tmp_path / "results" / "run-3" / "text" / "run")


@pytest.mark.parametrize("source", ["~/runs/a", Path("~/runs/a")])
def test_the_home_is_expanded_as_shells_do(source, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert storage.place(source) == tmp_path / "runs" / "a"
    assert storage.beside(Path("/elsewhere"), str(source)) == tmp_path / "runs" / "a"


def test_what_only_looks_like_a_home_is_a_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert storage.place("~nobody-of-this-name.toml") == tmp_path / "~nobody-of-this-name.toml"
    assert storage.place("a/~/b") == Path("a/~/b")


def test_a_text_is_written_piece_by_piece(where):
    storage.make_directory(where)
    with storage.new_text(where / "text") as file:
        file.write("a\n")
        file.write("ü\r\n")
    assert (where / "text").read_bytes() == "a\nü\r\n".encode()
    with pytest.raises(InputError, match=r"text: cannot be written: "), storage.new_text(where / "text"):
        pass
    assert (where / "text").read_bytes() == "a\nü\r\n".encode()


def test_figures_are_made_here_and_lie_there(where):
    storage.make_directory(where)
    storage.write(where / "text", "stays")
    with storage.folder(where) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "figure.png").write_bytes(b"PNG")
        (folder / "other.png").write_bytes(b"PNG 2")
    assert {path.name for path in where.iterdir()} == {"text", "sub", "other.png"}
    assert (where / "sub" / "figure.png").read_bytes() == b"PNG"


def test_remove(where):
    storage.remove(where)  # there is none
    storage.make_directory(where / "b")
    storage.write(where / "b" / "text", "")
    storage.remove(where)
    assert not (where / "b" / "text").exists()
    assert not where.exists()


def test_a_zarr_store(where):
    import xarray as xr

    storage.make_directory(where)
    xr.Dataset({"a": ("x", [1.0, 2.0])}).to_zarr(
        storage.zarr_store(where / "a.zarr"), zarr_format=3, consolidated=False
    )
    assert xr.open_zarr(storage.zarr_store(where / "a.zarr"), consolidated=False).a.values.tolist() == [1.0, 2.0]


def test_only_the_memory_of_this_process_is_out_of_reach(tmp_path):
    pytest.importorskip("upath")
    for where in (None, tmp_path, storage.place(f"file://{tmp_path}")):
        storage.check_shared(where)
    with pytest.raises(InputError, match=r"^memory://a/b: lies in the memory of this process"):
        storage.check_shared(storage.place("memory://a/b"))


def test_a_file_address_is_a_directory(tmp_path):
    assert storage.place(f"file://{tmp_path}") == tmp_path


def test_addresses_that_cannot_be_used_say_why():
    pytest.importorskip("upath")
    with pytest.raises(InputError, match=r"^what://bucket/run: expected a directory or an address that fsspec knows"):
        storage.place("what://bucket/run")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "upath", None)
    with pytest.raises(InputError, match=r"^s3://bucket/run: cannot be used here .* pip install 'glut4sim\[cluster\]'"):
        storage.place("s3://bucket/run")


def test_a_directory_is_held_by_one(tmp_path):
    first, second, third = (storage.held(tmp_path) for _ in range(3))
    with storage.held(None), first, pytest.raises(InputError, match="is being written by another process"), second:
        pass
    with third:
        pass


@pytest.fixture
def full(monkeypatch):
    """No file can be finished any more."""

    def fail(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.parametrize("name", ["a.json", "b.json"])
def test_on_a_full_disk_a_file_stays_as_it_was_and_no_half_of_one_is_left(tmp_path, request, name):
    storage.write(tmp_path / "a.json", "before")
    request.getfixturevalue("full")
    with pytest.raises(OSError, match="No space left"):
        storage.write(tmp_path / name, "after" * 10_000)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert storage.read_text(tmp_path / "a.json") == "before"


@pytest.mark.skipif(not hasattr(os.stat_result, "st_blocks"), reason="no telling what room a file has")
def test_on_a_full_disk_a_small_file_is_written_over(tmp_path, request):
    storage.write(tmp_path / "a.json", "it was longer before")
    request.getfixturevalue("full")
    storage.write(tmp_path / "a.json", "after")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert storage.read_text(tmp_path / "a.json") == "after"


def test_a_disk_that_is_full_is_no_wrong_input(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="No space left"):
        storage.make_directory(tmp_path / "new")
