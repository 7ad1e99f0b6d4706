"""What the site has besides the pages of docs/: the README as its first page, CONTRIBUTING, CHANGELOG, the model and
the reference, made when it is built; and links to files of the repository that are no pages.
"""

import posixpath
import re
from html import escape
from pathlib import Path

import model_pages
import notebooks
import reference
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
FROM_ROOT = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
PAGES = {source: page for page, source in FROM_ROOT.items()}  # of files that stand above docs/
_LINK = re.compile(r"(!?\[(?P<words>[^\]]*)\])\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
_DRAWING = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FETCHED = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*"')
_FENCE = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made = {page: (ROOT / source).read_text("utf-8") for page, source in FROM_ROOT.items()}
    for path, text in (made | model_pages.pages() | reference.pages() | notebooks.pages(ROOT / "docs")).items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links lead to pages of the site, wherever the text stands; of what is no page the words are left."""
    source = FROM_ROOT.get(page.file.src_uri)
    folder = posixpath.dirname(source if source else f"docs/{page.file.src_uri}")

    def lead(link: re.Match[str]) -> str:
        if ":" in link["target"]:
            return link[0]
        inside = posixpath.normpath(posixpath.join(folder, link["target"]))
        target = PAGES.get(inside, inside.removeprefix("docs/")).replace(".ipynb", ".md")
        file = files.get_file_from_path(target) if target in PAGES.values() or inside.startswith("docs/") else None
        if file is None and inside.startswith("docs/") and not (ROOT / inside).is_dir():
            return link[0]  # a dead one, which the build then tells of
        if file is None:
            return link["words"] if link["words"] != link["target"] else f"`{link['target']}`"
        path = posixpath.relpath(target, posixpath.dirname(page.file.src_uri) or ".")
        return f"{link[1]}({path}{link['anchor'] or ''})"

    markdown = _DRAWING.sub(_folded, markdown)
    fenced = [(found.start(), found.end()) for found in _FENCE.finditer(markdown)]
    return _LINK.sub(
        lambda link: link[0] if any(start <= link.start() < end for start, end in fenced) else lead(link), markdown
    )


def _folded(drawing: re.Match[str]) -> str:
    """A drawing that only some readers of Markdown make, as the text that it is; nothing is fetched for it."""
    return f"<details><summary>The drawing, in words</summary><pre>{escape(drawing[1])}</pre></details>"


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Refuse a page that would fetch something from elsewhere when it is read."""
    if fetched := _FETCHED.search(output):
        raise PluginError(f"{page.file.src_uri} fetches from elsewhere: {fetched[0]}")
    return output
