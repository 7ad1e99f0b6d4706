"""Malformed invocations: sound command lines with one or two words made wrong by chance, and run with small inputs."""

import random
from pathlib import Path

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.tally import Case, Tally, judged

WHAT = (
    "Sound command lines of every command get one or two words by chance that are wrong: a value of another kind, "
    "an unknown option, a name that does not exist, a directory in place of a file. A few are right after all, and run."
)
SECONDS = 10.0  # after which one that is right after all gets SIGTERM
WORDS = (
    "", " ", "-", "--", "-1", "0", "1", "1.5", "1e9", "1e400", "nan", "inf", "9" * 400, "0x10", "true", "x", "a b",
    "x" * 5000, "é", "\udcff", "[bold]", "{{7*7}}", "%s", "~nobody/x", "/", "/dev/null", "/dev/full", ".", "..",
    "nowhere.toml", "nowhere", "small.toml", "strong.toml", "data/curve.csv", "suite.toml", "problem.toml",
    "broken.toml", "there", "file.txt", "s3://", "s3:///x", "what://x/y", "memory://a", "http://127.0.0.1:9/x.toml",
    "tcp://127.0.0.1:9", "fasting", "men/trt", "validation", "a=b", "=", "a=", "=b", "bath.insulin=1nM",
    "bath.insulin=", "bath.insulin=1nM..10nM/3", "bath.insulin=1nM..1nM/3", "bath.insulin=10nM..1nM/0",
    "bath.insulin=0nM..1nM/3", "cell.vesicles=1..9/3", "cell.vesicles=-1", "cell.vesicles=1e300", "run.duration=1 kg",
    "run.step=0 s", "run.duration=9e99 d", "parameters.vesicle.fuse=1 dB/min", "parameters=1",
    "hormones.insulin=1 nM", "assay.at=-1 d", "title=\x01", "10 min", "0 s", "-5 s", "1 s", "threads", "processes",
    "dask",
)  # fmt: skip
OPTIONS = (
    "--set", "--seed", "--replicates", "--replicate", "--threads", "--executor", "--scheduler", "--checkpoint-every",
    "--mean-field", "--out", "--json", "-q", "--quiet", "--vary", "--observable", "--method", "--draws", "--ranges",
    "--assay", "--endocrine-only", "--starts", "--steps", "--columns", "--time", "--frames", "--port",
    "--no-such-option", "-x", "--help", "--uncertain",
)  # fmt: skip
MORE = [
    ["export", "csv", "there"],
    ["export", "csv", "there", "--columns", "insulin,pip3", "--time", "min"],
    ["export", "sbml", "small.toml"],
    ["export", "omex", "small.toml", "--out", "OUT"],
    ["export", "petab", "problem.toml", "--out", "OUT"],
    ["export", "simularium", "small.toml", "--out", "OUT", "--frames", "3"],
    ["resume", "there", "-q"],
    ["scenarios", "show", "therapy.toml"],
    ["scenarios", "check", "small.toml"],
    ["scenarios", "schema"],
    ["parameters", "list", "--json"],
    ["parameters", "show", "vesicle.fuse"],
    ["hormones", "list"],
    ["hormones", "show", "testosterone"],
    ["drugs", "show", "anastrozole"],
    ["effects", "list"],
    ["dashboard", "small.toml", "--port", "0", "--no-browser"],
    ["run", "small.toml", "--mean-field", "--out", "OUT", "-q"],
    ["bench", "suite.toml", "--mean-field", "--out", "OUT"],
]


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many invocations, each in a fork of this process."""
    small.write_files(folder)
    (folder / "file.txt").write_text("text")
    (folder / "broken.toml").write_bytes(b"[run\nduration = \xff")
    program.call(["run", "small.toml", "--mean-field", "--out", "there", "-q"], folder)
    sound = [[*words, "--out", "OUT"] for words in small.STUDIES.values()] + list(small.OTHERS.values()) + MORE
    return Tally("invocations", WHAT, [_one(sound, seed, number, folder) for number in range(cases)], {})


def _one(sound: list[list[str]], seed: int, number: int, folder: Path) -> Case:
    chance = random.Random(f"{seed} {number}")
    words = [f"out-{number}" if word == "OUT" else word for word in chance.choice(sound)]
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(1, len(words) + 1)
        match chance.randrange(5):
            case 0 if at < len(words):
                del words[at]
            case 1:
                words.insert(at, chance.choice(WORDS))
            case 2:
                words.insert(at, chance.choice(OPTIONS))
            case 3:
                words[at:at] = [chance.choice(OPTIONS), chance.choice(WORDS)]
            case _ if at < len(words):
                words[at] = chance.choice(WORDS)
    words = [word for word in words if "\0" not in word]  # which no system passes on
    command = program.Command(words, folder)
    ended = command.ended_within(SECONDS)
    return judged(f"{seed}/{number}: {' '.join(map(repr, words))}"[:400], ended, (0, 2, 3, 143))
