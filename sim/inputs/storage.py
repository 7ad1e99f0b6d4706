"""Where files lie: a directory on this machine, or any location that fsspec knows, such as s3://bucket/run.

A place is a `pathlib.Path`, or a `upath.UPath` that behaves as one: both join with `/`, and know `exists()`, `name` and
`glob()`. Everything that a command reads or writes goes through a place. What is written whole at once (text, figures)
is made on this machine and put there; a Zarr store is written there chunk by chunk.
"""

import errno
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Union
from zipfile import BadZipFile

from glut4sim.sim.inputs.errors import InputError, is_remote

if TYPE_CHECKING:
    from upath import UPath

Place = Union[Path, "UPath"]
PlaceLike = Union[str, os.PathLike, "UPath"]  # what may name one
FULL = (errno.ENOSPC, errno.EDQUOT)
DISK_FAULTS = (*FULL, errno.EIO)
SMALL = 2**16  # bytes that one call writes, whole or not at all
BLOCK = 512  # bytes: in these a file's room on a disk is told
LOG = logging.getLogger(__name__)
NOT_WHOLE = (ValueError, LookupError, TypeError, AttributeError, EOFError, BadZipFile)  # what damaged content raises


def place(source: PlaceLike) -> Place:
    """The place that a path or an address such as s3://bucket/run means.

    Raises
    ------
    InputError
        if the address cannot be used here: universal-pathlib or the package for its kind is missing
    """
    if isinstance(source, Path):
        return _local(source)
    if not (address := str(source)).partition("://")[1]:
        return _local(Path(address))
    if address.startswith("file://"):
        return Path(address.removeprefix("file://"))
    try:
        from upath import UPath

        found = UPath(source)
        _ = found.fs  # where fsspec looks for the package that knows this kind
    except ImportError as error:
        missing = f"{error}".rstrip(".")
        raise InputError(
            f"cannot be used here ({missing}); install it, and: pip install 'glut4sim[cluster]'.", place=address
        ) from None
    except ValueError as error:
        raise InputError(f"expected a directory or an address that fsspec knows: {error}.", place=address) from None
    return found


def _local(path: Path) -> Path:
    """A path of this machine, whose ~ is the home: shells leave the one in --out=~/run to the program."""
    try:
        return path.expanduser()
    except RuntimeError:  # there is no such home: then it is the name of a file
        return Path.cwd() / path


def beside(folder: Place, source: str) -> Place:
    """The place that is meant in a file of a folder: another address, or a path, which counts from the folder or ~."""
    if "://" in source or source.startswith("~"):
        return place(source)
    if isinstance(folder, Path) or Path(source).is_absolute():
        return Path(os.path.normpath(folder / source if isinstance(folder, Path) else source))
    return (folder / source).resolve()  # without ".."


@contextmanager
def reading(where: Place) -> Iterator[None]:
    """Whatever keeps a place from being read is an OSError, whose `strerror` says what.

    Packages for places elsewhere have errors of their own for a wrong name, a missing key or a broken line.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if isinstance(where, Path) or isinstance(error, FileNotFoundError):
            raise
        reason = getattr(error, "strerror", None) or f"{error}" or type(error).__name__
        raise OSError(None, reason.rstrip(".")) from error


def check_shared(source: PlaceLike | None) -> None:
    """Check that other processes see a place too; InputError if it lies in the memory of this one."""
    if source is not None and not isinstance(where := place(source), Path) and where.protocol == "memory":
        raise InputError(
            "lies in the memory of this process, where no other can write; choose another, or run on threads.",
            place=str(where),
        )


def zarr_store(where: Place):
    """A place as zarr and xarray want it."""
    if isinstance(where, Path):
        return where
    from zarr.storage import FsspecStore

    return FsspecStore.from_url(str(where), storage_options=dict(where.storage_options))


_claimed: dict[Path, list[Path]] = {}  # directories that only this process may fill, and those made for them above


def claim(wanted: Path) -> Path:
    """Make the directory wanted, or the first of wanted-2, wanted-3 ... that does not exist; `make_directory` takes it.

    Two processes never get the same. Errors as of `make_directory`.
    """
    path, number = wanted, 1
    above = [parent for parent in wanted.parents if not parent.exists()]
    while True:
        try:
            path.mkdir(parents=True)
            _claimed[path] = above
            return path
        except FileExistsError:
            number += 1
            path = wanted.with_name(f"{wanted.name}-{number}")
        except OSError as error:
            raise _unmade(path, error) from None


def give_up(where: Place) -> None:
    """Remove a directory that was claimed, and those above it that were made for it, if nothing has come into them."""
    if isinstance(where, Path) and where in _claimed:
        with suppress(OSError):
            for path in (where, *_claimed.pop(where)):
                path.rmdir()


def make_directory(where: Place) -> None:
    """Make a new directory and those above it; InputError if it exists, unless claimed, or cannot be made.

    OSError if the disk is full or does not work, or the network.
    """
    if isinstance(where, Path) and where in _claimed:
        del _claimed[where]
        return
    try:
        if not isinstance(where, Path) and where.exists():
            raise FileExistsError
        where.mkdir(parents=True)
    except FileExistsError:
        raise InputError("expected a new directory, got one that exists; choose another.", place=str(where)) from None
    except OSError as error:
        raise _unmade(where, error) from error.__cause__  # by which it is known where it comes from


def _unmade(where: Place, error: OSError) -> Exception:
    """What to say of a directory that cannot be made; the error itself where the disk or the network does not work."""
    if error.errno in DISK_FAULTS or is_remote(error):
        return error
    return InputError(f"cannot be made a directory: {error.strerror or error}.", place=str(where))


def read_text(where: Place) -> str:
    """The text of a file, without the mark that some editors begin it with; OSError if there is none, ValueError if it
    is no text."""
    return where.read_text(encoding="utf-8-sig")


def read_json(where: Place) -> Any:
    """The content of a JSON file; OSError if there is none, ValueError if it is no JSON."""
    return json.loads(read_text(where))


@contextmanager
def whole(where: Place, expected: str) -> Iterator[None]:
    """Whatever code within makes of a file that is missing or damaged is an InputError.

    Parameters
    ----------
    where : what the error names
    expected : its sentence, such as "expected the directory of a run."
    """
    try:
        yield
    except InputError:
        raise
    except (*NOT_WHOLE, FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError(expected, place=str(where)) from None


def write(where: Place, content: bytes | str) -> None:
    """Replace a file as a whole, so that a reader never meets half of one; on disk when this returns.

    A full disk has no room for a second file beside the first: a small one is written over where it lies, so that what
    says how far a study has come does not say for ever that it runs.
    """
    if isinstance(content, str):
        content = content.encode()
    LOG.debug("write %s, %d bytes", where, len(content))
    if not isinstance(where, Path):  # what fsspec uploads appears when it is complete
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(content)
        return
    where.parent.mkdir(exist_ok=True)
    draft = where.with_name(f".{where.name}.part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(where)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)  # a full disk has no room for half a file
        if error.errno not in FULL or not _write_over(where, content):
            raise


def _write_over(where: Path, content: bytes) -> bool:
    """Write over a file in the room that it has on its disk; returns whether that is enough."""
    try:
        room = getattr(where.stat(), "st_blocks", 0) * BLOCK
        if len(content) > min(room, SMALL):
            return False
        with where.open("r+b") as file:
            file.write(content)
            file.truncate()
    except OSError:
        return False
    return True


def write_json(where: Place, content: Mapping[str, Any]) -> None:
    """Replace a JSON file, as `write`; ValueError if the content holds NaN, which is not JSON."""
    write(where, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def new_text(where: Place, option: str = "") -> Iterator[IO[str]]:
    """A new text file, to be written piece by piece; InputError if it exists or cannot be made.

    Parameters
    ----------
    option : what names the file on the command line, such as --out
    """
    try:
        if not isinstance(where, Path) and where.exists():
            raise FileExistsError(None, "it exists")
        file = where.open("x" if isinstance(where, Path) else "w", encoding="utf-8", newline="")
    except OSError as error:
        if is_remote(error):
            raise
        called = f"{option} {where}".strip()
        raise InputError(f"cannot be written: {error.strerror or error}.", place=called) from None
    with file:
        yield file


@contextmanager
def folder(where: Place) -> Iterator[Path]:
    """A directory of this machine to write files to that shall lie in a place, such as figures."""
    if isinstance(where, Path):
        yield where
        return
    with TemporaryDirectory() as name:
        yield Path(name)
        where.fs.put(f"{name}/", where.path, recursive=True)


def remove(where: Place) -> None:
    """Remove a directory and all that is in it, if there is one."""
    if isinstance(where, Path):
        shutil.rmtree(where, ignore_errors=True)
    elif where.exists():
        where.fs.rm(where.path, recursive=True)


def _locks() -> Any:
    """The module that locks directories; None where there is none."""
    try:
        import fcntl
    except ImportError:
        return None
    return fcntl


@contextmanager
def held(where: Place | None) -> Iterator[None]:
    """Keep other processes of this machine from writing to a directory; InputError if one does.

    Whatever ends the process gives the directory free. Locations elsewhere, and systems that know no locks of
    directories, such as Windows, are not guarded.
    """
    fcntl = _locks()
    if where is None or not isinstance(where, Path) or fcntl is None:
        yield
        return
    directory = os.open(where, os.O_RDONLY)
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("is being written by another process; wait for its end.", place=str(where)) from None
        except OSError:
            pass
        yield
    finally:
        os.close(directory)
