"""The commands and the snippets of the documentation, and what is done to see that they are right.

A fenced block of `sh`, `python` or `toml` may have hidden comments before it:

    <!-- run -->                a block of sh whose commands are run to their end, which takes a second or two
    <!-- not run: why -->       a block that cannot be run here; what it imports from glut4sim is imported all the same
    <!-- file: NAME -->         what the block says is the content of a file that later blocks use
    <!-- first: CODE -->        Python that has to come before a block: what the page takes for granted

All other commands of `glut4sim` that look something up are run to their end, and those that simulate up to the moment
when they begin to: options, scenarios, files and names are read and checked, and nothing is computed. `resume`, `export
csv` and `dashboard`, which need results or a browser, are parsed. All blocks of Python are run, in their order.
"""

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from glut4sim.sim import cli
from tests.support import ROOT

PARSED = (("resume",), ("export", "csv"), ("dashboard",))
STORE = "memory://"  # in place of an object store
_BLOCK = re.compile(
    r"(?P<comments>(?:^ *<!--(?:(?!-->).)*-->\n)*)^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$",
    re.DOTALL | re.MULTILINE,
)
_COMMENT = re.compile(r"<!-- (run|not run|file|first)(?::\s(.*?))?\s*-->", re.DOTALL)


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str
    line: int
    comments: Mapping[str, str]


class Begins(BaseException):
    """A command has read and checked all that it was given, and would begin to compute."""


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page, in order."""
    for found in _BLOCK.finditer(text):
        inner = re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
        comments = dict(_COMMENT.findall(found["comments"]))
        assert found["comments"].count("<!--") == len(comments), f"an unknown comment: {found['comments']}"
        yield Block(found["language"], inner, text[: found.start("text")].count("\n"), comments)


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command of a block of sh."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in line.split("&&"):
            if words := shlex.split(part, comments=True):
                yield words


def do(block: Block, names: dict) -> None:
    """Do what a block says, in the present directory. What Python defines is kept in `names`."""
    if "first" in block.comments:
        exec(block.comments["first"], names)
    if "file" in block.comments:
        Path(block.comments["file"]).write_text(block.text, encoding="utf-8")
    if "not run" in block.comments:
        assert len(block.comments["not run"]) > 10, "say why it is not run"
    if block.language == "python":
        tree = ast.parse(block.text)
        if "not run" in block.comments:
            tree.body = [line for line in tree.body if _of_ours(line)]
        exec(compile(tree, f"line {block.line}", "exec"), names)
    if block.language == "sh" and "not run" not in block.comments:
        for words in commands(block.text):
            command(words, to_the_end="run" in block.comments)


def _of_ours(line: ast.stmt) -> bool:
    """Whether a line imports something of this program."""
    return isinstance(line, ast.ImportFrom) and (line.module or "").startswith("glut4sim")


def command(words: list[str], to_the_end: bool = False) -> None:
    """Run a command, or see that it could be."""
    program, *rest = words
    if program.rpartition("/")[2] == "glut4sim":
        if ">" in rest:
            rest = rest[: rest.index(">")]
        _glut4sim([word.replace("s3://", STORE) for word in rest], to_the_end)
    elif program == "make":
        _make(rest)
    elif program.rpartition("/")[2] == "pip":
        assert rest[0] == "install"
        extras = re.findall(r"glut4sim\[(.*?)\]|\.\[(.*?)\]", " ".join(rest))
        known = _extras()
        assert all(extra in known for found in extras for extra in "".join(found).split(","))
    elif program in ("python", "python3", ".venv/bin/python"):
        if rest[0] == "-m":
            assert importlib.util.find_spec(rest[1]) is not None, rest[1]
        else:
            assert (ROOT / rest[0]).is_file(), rest[0]
    else:
        pytest.fail(f"nobody knows whether this works: {shlex.join(words)}")


def _glut4sim(arguments: list[str], to_the_end: bool) -> None:
    program = typer.main.get_command(cli.app)
    if not to_the_end and any(tuple(arguments[: len(words)]) == words for words in PARSED):
        part, rest = program, list(arguments)
        while hasattr(part, "commands"):  # down to the command that is meant
            part, *rest = part.commands[rest[0]], *rest[1:]
        part.make_context(part.name, rest)
        return
    with pytest.MonkeyPatch.context() as patch:
        if not to_the_end:
            for module in vars(cli).values():
                if hasattr(module, "at_work"):
                    patch.setattr(module, "at_work", _begin)
        with suppress(Begins):
            program(arguments, standalone_mode=False)


@contextmanager
def _begin(*_: object, **__: object) -> Iterator[None]:
    raise Begins
    yield


def _make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    target, *variables = words
    assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target
    for name in (word.partition("=")[0] for word in variables):
        assert re.search(rf"^{name} \?=", makefile, re.MULTILINE), name


def _extras() -> set[str]:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return set(project["optional-dependencies"])
