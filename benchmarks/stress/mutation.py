"""TOML files made wrong by chance: as text, as a table, and byte by byte."""

import random
import re
import tomllib
from collections.abc import Callable, Sequence

import tomli_w

NUMBERS = (
    "0", "-0.0", "-1", "1", "3", "1e308", "1e-320", "1e999", "nan", "-inf", "0x" + "f" * 40, "9" * 400, "9" * 5000,
    "0b101", "1_0", "0.1", "1e6", "4503599627370497", "18446744073709551616", "true", "1979-05-27", "07:32:00", '""',
    "[]", "{}",
)  # fmt: skip
UNITS = (
    "nM", "pM", "uU/mL", "ng/mL", "ng/dL", "mM", "mg/dL", "mEq/L", "mg%", "mol", "mg", "ug", "IU", "s", "min", "h",
    "d", "Hz", "1/min", "um", "um^2/s", "percent", "%", "dB", "dB/min", "degC", "delta_degC", "Å", "kg", "lb", "bit",
    "1/0", "m**1e9", "s^-1", "nM**2", "µM", "nM nM", "1", "", "pi", "inf", "__class__", "nM/(", "\u0000",
)  # fmt: skip
TEXTS = (
    "", " ", "a" * 5000, "../x", "/etc/passwd", "x/y", "a\\\\b", "\\u0000", "\\ud800", "é", "\U0001f9ea", "[bold]",
    "{{7*7}}", "%s", "nan", "-1 nM", "1..2", "1e400 nM", "1 nM ± 2", "~", "con", "s3://b/k", "__proto__", "fasting",
    "men/trt", "10 min",
)  # fmt: skip
_WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")
_UNIT = re.compile(r'(?<=\d )[A-Za-zµ%/^0-9*()-]+(?=")')
_KEY = re.compile(r"^\s*([\w.\"-]+)\s*=", re.MULTILINE)


class Mutator:
    """Changes texts by chance; the same seed, the same changes.

    Parameters
    ----------
    corpus : texts whose lines, words and keys may be put into others
    """

    def __init__(self, corpus: Sequence[str]):
        self.corpus = list(corpus)
        self.lines = sorted({line for text in corpus for line in text.splitlines() if line.strip()})
        self.words = sorted({word for text in corpus for word in _WORD.findall(text)})
        self.keys = sorted({key for text in corpus for key in _KEY.findall(text)})

    def mutate(self, text: str, chance: random.Random) -> bytes:
        """A text with one to four changes."""
        for _ in range(chance.choice((1, 1, 2, 4))):
            text = chance.choice(self.ways)(self, text, chance)
        content = text.encode(errors="surrogateescape")
        if chance.random() < 0.05:
            content = _bytes(content, chance)
        return content

    def _line(self, text: str, chance: random.Random) -> str:
        """A line is gone, said twice, at another place, or one of another file."""
        lines = text.splitlines() or [""]
        at = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[at])
            case 2:
                lines.insert(chance.randrange(len(lines)), lines.pop(at))
            case _:
                lines.insert(at, chance.choice(self.lines))
        return "\n".join(lines) + "\n"

    def _number(self, text: str, chance: random.Random) -> str:
        return _one(_NUMBER, text, chance, lambda _: chance.choice(NUMBERS))

    def _unit(self, text: str, chance: random.Random) -> str:
        return _one(_UNIT, text, chance, lambda _: chance.choice(UNITS))

    def _word(self, text: str, chance: random.Random) -> str:
        def other(_: str) -> str:
            return chance.choice(self.words) if chance.random() < 0.5 else f'"{chance.choice(TEXTS)}"'

        return _one(_WORD, text, chance, other)

    def _key(self, text: str, chance: random.Random) -> str:
        return _one(_KEY, text, chance, lambda found: f"{chance.choice(self.keys)} =")

    def _character(self, text: str, chance: random.Random) -> str:
        at = chance.randrange(len(text) + 1)
        return text[:at] + chance.choice("[]{}\"'=.,#\\\0\t\n\udcff-+eE0") + text[at + chance.randrange(3) :]

    def _table(self, text: str, chance: random.Random) -> str:
        """A value anywhere in the table is gone, of another type, or deeper."""
        try:
            table = tomllib.loads(text)
        except (ValueError, RecursionError):
            return text
        holder, key = table, None
        while isinstance(holder, dict | list) and holder:
            key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
            if not isinstance(holder[key], dict | list) or chance.random() < 0.3:
                break
            holder = holder[key]
        if key is None or not holder:
            return text
        match chance.randrange(5):
            case 0:
                del holder[key]
            case 1:
                holder[key] = {f"{key}": holder[key]}
            case 2:
                holder[key] = [holder[key]] * chance.choice((0, 1, 3))
            case 3:
                holder[key] = chance.choice((True, -1, 0, 2**63, 1e300, float("nan"), float("inf"), "", "x", [], {}))
            case _ if isinstance(holder, dict):
                holder[chance.choice(self.keys).strip('"')] = holder.pop(key)
        try:
            return tomli_w.dumps(table)
        except (TypeError, ValueError):
            return text

    ways = (_line, _number, _number, _unit, _unit, _word, _word, _key, _character, _table, _table)


def _one(pattern: re.Pattern, text: str, chance: random.Random, new: Callable[[str], str]) -> str:
    """The text with one place that the pattern finds replaced."""
    found = list(pattern.finditer(text))
    if not found:
        return text
    at = chance.choice(found)
    return text[: at.start()] + new(at[0]) + text[at.end() :]


def _bytes(content: bytes, chance: random.Random) -> bytes:
    """Cut off, or with one byte changed."""
    at = chance.randrange(len(content) + 1)
    return content[:at] + (b"" if chance.random() < 0.5 else bytes([chance.randrange(256)]) + content[at + 1 :])
