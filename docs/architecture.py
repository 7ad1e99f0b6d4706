"""The drawing and the table of docs/architecture.md, made from the imports of the code.

    python docs/architecture.py [--check]

Without `--check` the part of the page between its two markers is written anew. With it nothing is written, and the exit
status is 1 if the page does not say what the code does.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import grimp

PAGE = Path(__file__).with_name("architecture.md")
START, END = "<!-- made by docs/architecture.py -->\n", "<!-- end -->\n"
STUDIES = "sim.studies"
ROOT = "glut4sim"

Arrows = Mapping[str, set[str]]  # who imports whom


def room(module: str) -> str | None:
    """The package that a module belongs to; None for the root, which only hands names on."""
    parts = module.split(".")[1:]
    if len(parts) < 2 and parts[:1] != ["agents"]:
        return None
    depth = {"agents": 1}.get(parts[0], 3 if ".".join(parts[:2]) == STUDIES else 2)
    return ".".join(parts[:depth])


def arrows() -> dict[str, set[str]]:
    """Who imports whom, by package."""
    graph = grimp.build_graph(ROOT, cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in graph.modules:
        own = room(module)
        if own is None or own == STUDIES or own == "sim":
            continue
        others = {room(imported) for imported in graph.find_modules_directly_imported_by(module)}
        found.setdefault(own, set()).update(other for other in others if other not in (None, own))
    return found


def floors(imports: Arrows) -> list[list[str]]:
    """Packages by floor, the lowest first: each stands one above the highest that it imports."""
    height: dict[str, int] = {}

    def place(name: str) -> int:
        if name not in height:
            height[name] = 1 + max((place(other) for other in imports[name]), default=-1)
        return height[name]

    for name in imports:
        place(name)
    return [sorted(name for name in height if height[name] == level) for level in range(max(height.values()) + 1)]


def reduced(imports: Arrows) -> dict[str, set[str]]:
    """The arrows without those that other arrows imply."""

    def reached(name: str) -> set[str]:
        return imports[name].union(*(reached(other) for other in imports[name]))

    return {
        name: {to for to in there if not any(to in reached(other) for other in there)}
        for name, there in imports.items()
    }


def drawing(imports: Arrows) -> str:
    """A Mermaid flow chart: one row for each floor, and the arrows that no others imply."""
    lines = ["```mermaid", "flowchart TD"]
    for level, names in reversed(list(enumerate(floors(imports)))):
        lines += [f'    subgraph floor{level} [" "]', *(f'        {name}["{name}"]' for name in names), "    end"]
    lines += [f"    {name} --> {to}" for name, there in sorted(reduced(imports).items()) for to in sorted(there)]
    return "\n".join([*lines, "```", ""])


def table(imports: Arrows) -> str:
    """Who imports whom, whole."""
    lines = ["| floor | package | imports |", "| ---: | --- | --- |"]
    for level, names in reversed(list(enumerate(floors(imports), start=1))):
        lines += [
            f"| {level} | `{name}` | {', '.join(f'`{to}`' for to in sorted(imports[name])) or '-'} |" for name in names
        ]
    return "\n".join([*lines, ""])


def page(before: str) -> str:
    """The page with its drawing and table made anew."""
    imports = arrows()
    head, _, rest = before.partition(START)
    _, _, tail = rest.partition(END)
    n_arrows = sum(len(there) for there in imports.values())
    counts = f"{len(imports)} packages on {len(floors(imports))} floors, {n_arrows} arrows, no circle."
    return f"{head}{START}\n{counts}\n\n{drawing(imports)}\n{table(imports)}\n{END}{tail}"


def main() -> int:
    """Write the page, or check it."""
    before = PAGE.read_text("utf-8")
    now = page(before)
    if "--check" in sys.argv[1:]:
        return int(now != before)
    PAGE.write_text(now, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
