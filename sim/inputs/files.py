"""TOML files that may extend one another: found, read, merged, and named when one is at fault.

They lie on this machine or at an address, such as s3://bucket/cell.toml. A file is read into layers, its farthest
ancestor first. Merged, they are the content; apart, they tell which file (or `--set` option) a faulty value came from.
"""

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe, join_path, unknown
from glut4sim.sim.inputs.storage import Place, PlaceLike

DEEPEST = 16  # tables within tables


class TomlFile(NamedTuple):
    """A TOML file.

    Attributes
    ----------
    name
        as users call it: the installed name, or the file's name without .toml
    path : where it is
    place : how error messages call it
    """

    name: str
    path: Place
    place: str


class Layer(NamedTuple):
    """What one file or one command-line option says."""

    place: str
    table: dict


class TomlFolder(NamedTuple):
    """A folder of installed TOML files, each known by its path without .toml, such as "men/trt".

    Attributes
    ----------
    what : a file says, such as "scenario"
    folder : where they are
    pattern : which of the files there; by default all, in folders as well
    libraries
        tables that library files hold, which a file may name in `library`; empty where it may name none
    expand : what makes of a file's table, and of files of other kinds that it names, what the file says
    """

    what: str
    folder: Path
    pattern: str = "**/*.toml"
    libraries: tuple[str, ...] = ()
    expand: Callable[[dict, TomlFile], dict] | None = None

    def names(self) -> list[str]:
        """Names of all installed files."""
        return sorted(self.files())

    def files(self) -> dict[str, Path]:
        """Name -> where it is, of all installed files: one's own, and those of other packages behind their names.

        Another package tells of a folder of it by an entry point of the group "glut4sim.scenarios", and so of presets,
        problems and suites: `lab = "lab_cells.scenarios"` makes its `fat.toml` be called "lab/fat".
        """
        found = {}
        for before, folder in {**_of_packages(f"glut4sim.{self.what}s"), "": self.folder}.items():
            for path in folder.glob(self.pattern):
                found[before + path.relative_to(folder).with_suffix("").as_posix()] = path
        return found

    def find(self, source: PlaceLike, base: Place | None = None) -> TomlFile:
        """The file that a user means.

        Parameters
        ----------
        source : an installed name, a path, or an address
        base
            folder from which a path counts; by default the current one

        Raises
        ------
        InputError
            if it is none of these, or an address that cannot be used here
        """
        installed = self.files()
        if isinstance(source, str) and source in installed:
            return TomlFile(source, installed[source], f"{self.folder.name}/{source}.toml")
        path = storage.place(source) if base is None else storage.beside(base, str(source))
        is_local = isinstance(path, Path)
        if path.suffix == ".toml" or not isinstance(source, str) or not is_local or os.path.lexists(path):
            name = path.stem.encode(errors="replace").decode()  # results are in UTF-8, names of files in anything
            return TomlFile(name, path, str(path))
        raise unknown(self.what, source, sorted(installed))

    def read(self, source: PlaceLike) -> tuple[TomlFile, list[Layer]]:
        """Read a file, those that it extends, and the libraries that any of them names.

        Parameters
        ----------
        source : as in `find`

        Returns
        -------
        file : the file itself
        layers
            what each says, its farthest ancestor first and itself last; a library just before whoever names it

        Raises
        ------
        InputError
            if one cannot be found or read, or extends itself
        """
        own = nearest = self.find(source)
        chain = [own]
        layers = []
        while True:
            table = read_toml(nearest)
            parent = table.pop("extends", None)
            named = self._libraries(table.pop("library", None), nearest) if self.libraries else []
            if self.expand is not None:
                table = self.expand(table, nearest)
            layers[:0] = [*named, Layer(nearest.place, table)]
            if parent is None:
                return own, layers
            try:
                if not isinstance(parent, str):
                    raise InputError(f"expected the name of a {self.what}, got {describe(parent)}.")
                nearest = self.find(parent, base=nearest.path.parent)
                with storage.reading(nearest.path):
                    is_there = nearest.path.is_file()
                if not is_there:
                    raise InputError(f"there is no {self.what} {describe(nearest.place)}.")
                if nearest.path.resolve() in [link.path.resolve() for link in chain]:
                    circle = " -> ".join(link.path.name for link in [*chain, nearest])
                    raise InputError(f"expected no circle, got {circle}.", place=own.place)
            except InputError as error:
                raise error.within("extends", chain[-1].place) from None
            except OSError as error:
                unread = f"{nearest.place} cannot be read: {error.strerror}."
                raise InputError(unread, "extends", chain[-1].place) from None
            chain.append(nearest)

    def _libraries(self, names: object, by: TomlFile) -> list[Layer]:
        """The libraries that a file names: one, or a list."""
        found: list[Layer] = []
        for i, name in enumerate(names if isinstance(names, list) else [] if names is None else [names]):
            path = join_path("library", i) if isinstance(names, list) else "library"
            try:
                if not isinstance(name, str) or not name.strip():
                    raise InputError(f"expected the path or address of a library, got {describe(name)}.")
                where = _installed_libraries().get(name) or storage.beside(by.path.parent, name)
                with storage.reading(where):
                    is_there = where.is_file()
                if not is_there:
                    raise InputError(f"there is no library {describe(str(where))}.")
            except InputError as error:
                raise error.within(path, by.place) from None
            except OSError as error:
                raise InputError(f"{name} cannot be read: {error.strerror}.", path, by.place) from None
            layer = Layer(str(where), read_toml(TomlFile(where.stem, where, str(where))))
            for table, entries in layer.table.items():
                if table not in self.libraries:
                    raise unknown("table of a library", table, self.libraries).within(place=layer.place)
                for entry in entries if isinstance(entries, dict) else ():
                    for other in found:
                        if entry in other.table.get(table, {}):
                            raise InputError(f"is in {other.place} as well.", join_path(table, entry), layer.place)
            found.append(layer)
        return found


def _installed_libraries() -> dict[str, Path]:
    """Libraries of other packages by their names, such as "lab/drugs"."""
    folders = _of_packages("glut4sim.libraries").items()
    return {before + path.stem: path for before, folder in folders for path in folder.glob("*.toml")}


@cache
def _of_packages(group: str) -> dict[str, Path]:
    """What stands before its names -> a folder, of each package that tells of one and is there."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    found = {}
    for point in entry_points(group=group):
        with suppress(ImportError):
            spec = find_spec(point.module)
            for folder in (spec and spec.submodule_search_locations) or ():
                found[f"{point.name}/"] = Path(folder)
    return found


def read_toml(source: TomlFile) -> dict:
    """Content of a TOML file; InputError if it cannot be read."""
    try:
        with storage.reading(source.path):
            if source.path.is_dir():
                raise InputError("expected a TOML file, got a directory.")
            if isinstance(source.path, Path) and source.path.exists() and not source.path.is_file():
                raise InputError("expected a TOML file, got a device.")
            content = source.path.read_bytes()
        table = parse(content.decode("utf-8-sig"))
        if not table:
            raise InputError("expected a TOML file with content, got an empty one.")
    except InputError as error:
        raise error.within(place=source.place) from None
    except FileNotFoundError:
        raise InputError("there is no such file.", place=source.place) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}.", place=source.place) from None
    except UnicodeDecodeError as error:
        byte = f"0x{error.object[error.start]:02x} at position {error.start}"
        raise InputError(f"expected UTF-8 text, got byte {byte}; save it as UTF-8.", place=source.place) from None
    except ValueError as error:  # its name holds what no file system takes
        raise InputError(f"cannot be read: {error}.", place=source.place) from None
    return table


def parse(text: str) -> dict:
    """The table that TOML text says; InputError if it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = f"{error}"
    except RecursionError:
        reason = "nested too deeply"
    except ValueError:  # of Python itself, about text that is a number to tomllib
        reason = "a number has too many digits"
    raise InputError(f"not valid TOML: {reason}.")


def merge(layers: Iterable[Layer]) -> dict:
    """Content of all layers: later ones override; tables merge, lists are replaced.

    InputError, naming the layer, if its tables are nested too deeply for any use.
    """
    merged: dict = {}
    for layer in layers:
        check_depth(layer)
        _merge_into(merged, layer.table)
    return merged


def check_depth(layer: Layer) -> None:
    """InputError, naming the layer, if its tables are nested too deeply for any use."""
    tables = [layer.table]
    for _ in range(DEEPEST):
        tables = [value for table in tables for value in table.values() if isinstance(value, dict)]
    if tables:
        raise InputError("nested too deeply.", place=layer.place)


def _merge_into(base: dict, table: Mapping) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            if not isinstance(base.get(key), dict):
                base[key] = {}
            _merge_into(base[key], value)
        else:
            base[key] = value


def changes(base: Mapping, table: Mapping, prefix: str = "") -> dict[str, Any]:
    """What a table says other than the one it is merged into: dotted path -> value."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        before = base.get(key)
        if isinstance(value, dict):
            found |= changes(before if isinstance(before, dict) else {}, value, f"{prefix}{key}.")
        elif key not in base or value != before:
            found[prefix + key] = value
    return found


def place_of(layers: Sequence[Layer], path: str, default: str) -> str:
    """Place of the layer that set the value at a dotted path, for an error about it; `default` if none did."""
    for layer in reversed(layers):
        if any(_overlaps(path, leaf) for leaf in _leaves(layer.table)):
            return layer.place
    return default


def _leaves(table: Mapping, prefix: str = "") -> Iterable[str]:
    """Dotted paths of all values that are not tables, or empty ones."""
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _overlaps(path: str, leaf: str) -> bool:
    """Whether a path is a leaf, lies within it, or is a table that holds it."""
    return path == leaf or path.startswith((leaf + ".", leaf + "[")) or leaf.startswith(path + ".")
