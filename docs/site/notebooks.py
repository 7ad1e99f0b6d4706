"""Notebooks of docs/ as pages of the site: their text, their code, and what it printed and drew."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path


def pages(docs: Path) -> Mapping[str, str]:
    """Path within the site -> the text of a page."""
    return {
        f"{path.relative_to(docs).with_suffix('').as_posix()}.md": "\n\n".join(_blocks(path)) + "\n"
        for path in sorted(docs.rglob("*.ipynb"))
    }


def _blocks(path: Path) -> Iterator[str]:
    """Cell by cell, in Markdown."""
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield text
            continue
        yield f"```python\n{text}\n```"
        for output in cell["outputs"]:
            yield _shown(output)


def _shown(output: Mapping) -> str:
    """What a cell printed or drew: the richest of its forms."""
    data = output.get("data", {})
    if "image/png" in data:
        return f'<img alt="What the cell drew" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
    if "text/html" in data:
        return f'<div class="output">{"".join("".join(data["text/html"]).splitlines())}</div>'
    text = "".join(output["text"] if output["output_type"] == "stream" else data["text/plain"])
    return f"```text\n{text.rstrip()}\n```"
