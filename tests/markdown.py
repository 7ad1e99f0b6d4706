"""What a reader sees of a report in Markdown."""

from markdown_it import MarkdownIt
from markdown_it.token import Token

NASTY = "a|b *c* **d** <b>e</b> `f` \\|g\\ _h_ ~~i~~ &lt; [j](k) l_m_n\n| o |"  # all that has a meaning in Markdown
SEEN = " ".join(NASTY.split())


def parsed(text: str) -> list[Token]:
    """The blocks of a text."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def seen(token: Token) -> str:
    """The words of a line or a cell, without what stands bold, slanted or as code."""
    return "".join(part.content for part in token.children if part.type in ("text", "text_special"))


def headings(text: str) -> list[str]:
    """The words of the headings."""
    tokens = parsed(text)
    return [seen(tokens[i + 1]) for i, token in enumerate(tokens) if token.type == "heading_open"]


def tables(text: str) -> list[list[list[str]]]:
    """The words of the cells, by table and row; the first row is the head."""
    found = []
    tokens = parsed(text)
    for i, token in enumerate(tokens):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("th_open", "td_open"):
            found[-1][-1].append(seen(tokens[i + 1]))
    return found
