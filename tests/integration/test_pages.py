"""Every command and every snippet of the documentation is right (tests/pages.py says what is done to see that)."""

import shutil

import matplotlib as mpl
import pytest

from tests.pages import Block, blocks, command, commands, do
from tests.support import ROOT

NOT_PAGES = ("docs/validation.md", "docs/evidence.md", "docs/fits")  # written by programs, and without blocks
PAGES = ["README.md", "CONTRIBUTING.md"] + [
    name
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if not (name := path.relative_to(ROOT).as_posix()).startswith(NOT_PAGES)
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Where a reader would type all this: beside the files of the examples, and those that pages tell to write."""
    shutil.copytree(ROOT / "docs" / "examples", tmp_path, dirs_exist_ok=True)
    for page in PAGES:
        for block in blocks((ROOT / page).read_text("utf-8")):
            if name := block.comments.get("file"):
                (tmp_path / name).write_text(block.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with mpl.rc_context({"backend": "agg"}):
        yield


@pytest.mark.parametrize("page", [page for page in PAGES if list(blocks((ROOT / page).read_text("utf-8")))])
def test_what_a_page_says_can_be_done(page, capsys):
    names = {"__name__": "page"}
    for block in blocks((ROOT / page).read_text("utf-8")):
        try:
            do(block, names)
        except BaseException as fault:
            fault.add_note(f"in the block at {page}:{block.line}")
            raise


@pytest.mark.parametrize(
    "wrong",
    [
        "glut4sim run insulin-chalenge",
        "glut4sim run insulin-challenge --set bath.insulin=5",
        "glut4sim run insulin-challenge --replicate-count 3",
        "glut4sim sweep insulin-pulse",
        "glut4sim resume results/x --threeds 2",
        "glut4sim compare a=men/eugonadal b=nobody.toml",
        "make tset",
        "pip install 'glut4sim[clusters]'",
        "python docs/examples/none.py",
        "curl somewhere",
    ],
)
def test_a_command_that_is_wrong_is_found(wrong, capsys):
    for words in commands(wrong):
        with pytest.raises((Exception, pytest.fail.Exception)):
            command(words)


def test_a_snippet_that_is_wrong_is_found():
    with pytest.raises(ImportError):
        do(Block("python", "from glut4sim import walk", 1, {}), {})
    with pytest.raises(ImportError):
        do(Block("python", "from glut4sim import walk\nwalk()", 1, {"not run": "there is no such thing"}), {})


def test_blocks_are_found_with_their_comments():
    said = "<!-- first: x = 1 -->\n<!-- file: a.toml -->"
    page = f"Text\n\n{said}\n  ```sh\n  make   # all\n  glut4sim a \\\n    b\n  ```\n"
    (block,) = blocks(page)
    assert block.comments == {"first": "x = 1", "file": "a.toml"}
    assert list(commands(block.text)) == [["make"], ["glut4sim", "a", "b"]]
