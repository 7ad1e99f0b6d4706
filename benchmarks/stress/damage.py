"""Results that are damaged in 20 ways, then exported and gone on with."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.going_on import Whole, whole
from glut4sim.benchmarks.stress.tally import Case, Tally, judged

WHAT = (
    "A file of whole results is damaged. To export them gives the table of the whole ones, or names what is "
    "damaged; to go on with them computes it anew, to the same bits, or names what to restore."
)


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes() or b" ")
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _cut(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(max(1, len(content)))])


def _into_directory(path: Path, _: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _into_link(path: Path, _: random.Random) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def _without_folder(path: Path, _: random.Random) -> None:
    shutil.rmtree(path.parent)


def _into_text(path: Path, _: random.Random) -> None:
    path.write_text("<html>404 Not Found</html>")  # as downloads leave it


def _json(change: Callable[[object, random.Random], object]) -> Callable[[Path, random.Random], None]:
    def work(path: Path, chance: random.Random) -> None:
        path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")), chance)), encoding="utf-8")

    return work


def _less(content: object, chance: random.Random) -> object:
    if isinstance(content, dict) and content:
        del content[chance.choice(list(content))]
    return content


def _other_value(content: object, chance: random.Random) -> object:
    if isinstance(content, dict) and content:
        content[chance.choice(list(content))] = chance.choice((None, -1, "x", [], {}, 1e300, True))
    return content


CHUNK, META, RECORD, TEXT = "chunk of numbers", "metadata of the store", "JSON beside it", "scenario beside it"
PARTS = {
    CHUNK: lambda path: "results.zarr" in path.as_posix() and path.name != "zarr.json",
    META: lambda path: path.name == "zarr.json",
    RECORD: lambda path: path.suffix == ".json" and path.name != "zarr.json",
    TEXT: lambda path: path.suffix == ".toml",
}
WAYS: list[tuple[str, str, Callable[[Path, random.Random], object]]] = [
    ("a bit flipped", CHUNK, _flip),
    ("cut off", CHUNK, _cut),
    ("emptied", CHUNK, lambda path, _: path.write_bytes(b"")),
    ("removed", CHUNK, lambda path, _: path.unlink()),
    ("a directory in its place", CHUNK, _into_directory),
    ("a link to nowhere in its place", CHUNK, _into_link),
    ("a text in its place", CHUNK, _into_text),
    ("its array removed", META, _without_folder),
    ("removed", META, lambda path, _: path.unlink()),
    ("cut off", META, _cut),
    ("garbage", META, lambda path, chance: path.write_bytes(chance.randbytes(50))),
    ("a key removed", META, _json(_less)),
    ("another value", META, _json(_other_value)),
    ("removed", RECORD, lambda path, _: path.unlink()),
    ("a list", RECORD, _json(lambda content, _: [content])),
    ("a key removed", RECORD, _json(_less)),
    ("another value", RECORD, _json(_other_value)),
    ("cut off", RECORD, _cut),
    ("removed", TEXT, lambda path, _: path.unlink()),
    ("cut off", TEXT, _cut),
]
STUDIES = ("run with events", "run with assays", "compare", "sweep", "fit", "uncertainty")


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many damages, each of the 20 ways in turn."""
    small.write_files(folder)
    names = STUDIES[: max(1, cases // 5)]
    wholes = {name: whole(name, folder) for name in names}
    found, counts = [], {"exported as nothing were": 0, "computed anew to the same bits": 0}
    for number in range(cases):
        chance = random.Random(f"{seed} {number}")
        what, part, way = WAYS[number % len(WAYS)]
        name = chance.choice(names)
        files = sorted(
            path for path in (folder / wholes[name].folder).rglob("*") if path.is_file() and PARTS[part](path)
        )
        if not files:
            continue
        path = chance.choice(files)
        label = f"{seed}/{number}: {name}, {path.relative_to(folder / wholes[name].folder)} {what}"
        out = folder / f"{number}"
        shutil.copytree(folder / wholes[name].folder, out)
        way(out / path.relative_to(folder / wholes[name].folder), chance)
        found += _met(label, name, out, wholes[name], counts)
        shutil.rmtree(out)
    return Tally("damage", WHAT, found, counts)


def _met(label: str, name: str, out: Path, expected: Whole, counts: dict[str, int]) -> list[Case]:
    """The cases of results that are damaged: exported, and gone on with."""
    ended = program.call(["export", "csv", str(out)], out.parent)
    also = None
    if ended.status == 0:
        table = program.call(["export", "csv", str(out.parent / expected.folder)], out.parent).out
        also = None if ended.out == table else "exports another table, and says nothing"
        counts["exported as nothing were"] += also is None
    cases = [judged(f"{label}, exported", ended, (0, 2), also)]
    ended = program.call(["resume", str(out), "--threads", "1", "-q"], out.parent)
    also = None
    if ended.status == 0:
        digest = small.digest(out)
        different = sorted(key for key in expected.digest if digest.get(key) != expected.digest[key])
        also = f"goes on to other results: {', '.join(different)[:300]}" if different else None
        counts["computed anew to the same bits"] += also is None
    return [*cases, judged(f"{label}, gone on with", ended, (0, 2), also)]
