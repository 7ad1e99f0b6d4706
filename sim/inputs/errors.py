"""What to tell a user whose input is wrong: one line that names place, path, what was expected and what was found."""

import difflib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from numbers import Real
from typing import Any, TypeVar


class InputError(ValueError):
    """The user's input is wrong. Its text is one line: "trt.toml: cell.vesicles: expected ..., got ...".

    Whoever finds the fault knows the sentence; callers add the path and the place on the way up (`within`).

    Attributes
    ----------
    sentence : what is wrong and what to do about it
    path
        dotted path within the place, such as "bath.insulin[1][0]"; may be empty
    place
        file or command-line option that holds the path; may be empty
    key
        name at `path` that should not be there; may be empty
    """

    def __init__(self, sentence: str, path: str = "", place: str = "", key: str = ""):
        super().__init__(sentence, path, place, key)
        self.sentence, self.path, self.place, self.key = sentence, path, place, key

    def __str__(self) -> str:
        parts = (_shorten(self.place, 300), _shorten(self.path, 300), self.sentence)
        line = " ".join(": ".join(filter(None, parts)).split())
        return line.encode(errors="backslashreplace").decode()  # half a character may stand in what was found

    def within(self, path: str = "", place: str = "") -> "InputError":
        """The same fault, seen from the table that holds it at `path`, or from the file `place`."""
        return InputError(self.sentence, join_path(path, self.path), self.place or place, self.key)


class OutsideError(RuntimeError):
    """What surrounds the program has failed: a disk, memory, a scheduler, the network. Its text is one line."""


NO_MEMORY = "there is not enough memory"
NO_THREAD = ("can't start new thread", "can't allocate lock")  # what Python says for want of memory

# What says so by another name: C code that gives up without a word, compressors, the loader of libraries.
MEMORY_ENDED = (
    "returned NULL without setting an exception", "not enough memory", "failed to map segment", "allocate memory",
)  # fmt: skip

# packages that reach places elsewhere, whose errors are not all OSErrors
REMOTE = ("aiohttp", "aiobotocore", "azure", "botocore", "distributed", "fsspec", "gcsfs", "s3fs")


def outside_fault(error: BaseException) -> str | None:
    """What a fault says if it is one of what surrounds the program, in one line; else None."""
    if isinstance(error, OutsideError):
        said = f"{error}"
    elif isinstance(error, MemoryError) or _tells(error, MEMORY_ENDED):
        said = NO_MEMORY
    elif _tells(error, NO_THREAD):
        said = "no more threads can be started, for want of memory or by a limit of the system"
    elif isinstance(error, OSError) and error.strerror and not isinstance(error, BrokenPipeError):
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    elif is_remote(error):
        said = f"{type(error).__name__}: {error}"
    else:
        return None
    return " ".join(said.split()).rstrip(".")


def is_remote(error: BaseException) -> bool:
    """Whether it comes from a package that reaches places elsewhere, also where that has made it one of Python's."""
    return any(type(one).__module__.partition(".")[0] in REMOTE for one in (error, error.__cause__))


def _tells(error: BaseException, words: Iterable[str]) -> bool:
    """Whether it is an error of the interpreter or of a library that says one of these."""
    return isinstance(error, RuntimeError | SystemError | ImportError) and any(one in f"{error}" for one in words)


def unknown(
    what: str, name: str, allowed: Iterable[str], see: str = "", also: Mapping[str, str] | None = None
) -> InputError:
    """The error about a name that does not exist.

    Parameters
    ----------
    what : has the name, such as "preset"
    name : that does not exist
    allowed
        the names that do; the nearest is suggested
    see : said where none is near, instead of naming all
    also : other words for some of the names, which they may be near to

    Returns
    -------
    error : to raise
    """
    allowed = sorted(allowed)
    words = dict(also or {}) | {word: word for word in allowed}
    near = difflib.get_close_matches(name, words, n=1)
    hint = f"Did you mean {describe(words[near[0]])}?" if near else see or f"Allowed: {', '.join(allowed) or 'none'}."
    return InputError(f"unknown {what} {describe(name)}. {hint}", key=name)


Made = TypeVar("Made")


def under(path: str, make: Callable[..., Made], *arguments: Any) -> Made:
    """What `make` makes of the arguments; an InputError names the path, and no place."""
    try:
        return make(*arguments)
    except InputError as error:
        raise InputError(error.sentence, join_path(path, error.path), key=error.key) from None


def join_path(*parts: str | int) -> str:
    """Dotted path of keys and list indices: `join_path("bath", "insulin", 1)` is "bath.insulin[1]"."""
    path = ""
    for part in parts:
        step = f"[{part}]" if isinstance(part, int) else part
        path += step if not path or not step or step.startswith("[") else f".{step}"
    return path


def describe(value: object) -> str:
    """A value as the user may have written it, short enough for one line."""
    match value:
        case bool():
            return f"{str(value).lower()} (a boolean)"
        case str():
            return json.dumps(_shorten(value), ensure_ascii=False)
        case int() if abs(value) >= 10**100:
            return f"a number of about 1e{math.log10(abs(value)):.0f}"
        case Real():  # also those of numpy
            return _shorten(str(value))
        case list() | tuple():
            return f"a list of {len(value)}" if value else "an empty list"
        case dict():
            return "a table"
        case date() | time():
            return "a date or time"
        case None:
            return "nothing"
    return f"a {type(value).__name__}"


def _shorten(text: str, width: int = 60) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
