"""What papers and people call a level or a drug, and the one name that it has here.

"Growth hormone", "growth_hormone", "somatotropin" and "GH" are all `gh`: capitals, and spaces, hyphens or underscores
between words make no difference, and an entry has other words (`also`) besides its name. The title of a level is one;
that of a drug is none, for what is given by several routes has the same title in all of them. Whatever reads what a
user wrote asks here; everything else knows the one name.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from glut4sim.sim.inputs.errors import InputError, describe, unknown

_GREEK = {"α": "alpha", "β": "beta", "ß": "beta", "γ": "gamma"}


class Named(Protocol):
    """What has other words for it, such as a Level."""

    @property
    def words(self) -> tuple[str, ...]: ...


def plain(text: str) -> str:
    """A name without what makes no difference: "17β-Estradiol" is "17beta estradiol"."""
    for letter, spelt in _GREEK.items():
        text = text.replace(letter, spelt)
    return " ".join(re.split(r"[\s_-]+", text.casefold())).strip()


def other_words(entries: Mapping[str, Named]) -> dict[str, str]:
    """Everything that entries are called, in plain words -> name.

    A name is that of its entry, whatever else is called so; what several are called otherwise is left out.
    """
    found: dict[str, set[str]] = {}
    for name, entry in entries.items():
        for word in entry.words:
            found.setdefault(plain(word), set()).add(name)
    words = {word: names.pop() for word, names in found.items() if len(names) == 1}
    return words | {plain(name): name for name in entries}


def resolved(text: str, entries: Mapping[str, Named]) -> str:
    """The name of the entry that a text means; the text itself if it means none."""
    return text if text in entries else other_words(entries).get(plain(text), text)


def named(what: str, text: str, entries: Mapping[str, Named], besides: Iterable[str] = (), see: str = "") -> str:
    """The name of the entry that a text means, or one of the names that may stand there besides.

    Raises
    ------
    InputError
        with the nearest name, if there is no such entry; `what` says what has the name
    """
    name = resolved(text, entries)
    others = {plain(other): other for other in besides}
    if name in entries:
        return name
    if plain(text) in others:
        return others[plain(text)]
    words = other_words(entries)
    also = {word.replace(" ", sign): meant for word, meant in words.items() for sign in " _"}
    raise unknown(what, text, {*entries, *others.values()}, see, also)


def check_new(name: str, taken: Mapping[str, str], remedy: str) -> None:
    """InputError if the name of an entry of a scenario is none, or stands for something else already.

    Parameters
    ----------
    taken : plain words -> what each stands for, such as "an installed drug"
    remedy : what to do then
    """
    if not re.fullmatch(r"[^\W_](?:[\w+ -]{0,58}[\w+])?", name):
        raise InputError(
            "expected a name of up to 60 letters, digits, spaces and _ + -, the first a letter or digit, "
            f"got {describe(name)}."
        )
    if plain(name) in taken:
        raise InputError(f"{describe(name)} is the name of {taken[plain(name)]} already; {remedy}.")
