"""The example for Snakemake, without Snakemake: its commands are right, and each file is made by one rule."""

import re

import pytest

from tests.pages import command, commands
from tests.support import ROOT

TEXT = (ROOT / "docs" / "examples" / "Snakefile").read_text("utf-8")
WILDCARDS = {"insulin": "1nM", "seed": "2"}
RULE = re.compile(r"^rule (\w+):\n((?:    .*\n|\n)+)", re.MULTILINE)


def rules():
    """Rule -> the pattern of its output and its command, of those that have both."""
    found = {}
    for name, body in RULE.findall(TEXT):
        output, shell = re.search(r'output:\n\s+(?:directory\()?"(.*?)"', body), re.search(r"shell:\n((?:.*\n)+)", body)
        if output and shell:
            found[name] = output[1], "".join(re.findall(r'"(.*)"', shell[1]))
    return found


def pattern(output, text=TEXT):
    """What files a rule makes, as Snakemake takes it: a wildcard is anything, unless it is constrained."""
    allowed = dict(re.findall(r'^    (\w+)=r"(.*?)"', text, re.MULTILINE))
    return re.sub(r"\\\{(\w+)\\\}", lambda found: f"(?:{allowed.get(found[1], '.+')})", re.escape(output))


def makers(file, text=TEXT):
    return [name for name, (output, _) in rules().items() if re.fullmatch(pattern(output, text), file)]


def test_each_file_is_made_by_one_rule():
    assert list(rules()) == ["simulate", "table"]
    for name, (output, _) in rules().items():
        assert makers(output.format(**WILDCARDS)) == [name]
    unconstrained = TEXT.replace(r'seed=r"\d+"', "")
    assert makers(rules()["table"][0].format(**WILDCARDS), unconstrained) == ["simulate", "table"]


@pytest.mark.parametrize("rule", ["simulate", "table"])
def test_its_commands_are_right(rule, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = re.search(r'^SMALL = "(.*)"', TEXT, re.MULTILINE)[1]
    output, shell = rules()[rule]
    for name, value in WILDCARDS.items():
        shell = shell.replace(f"{{wildcards.{name}}}", value)
    shell = shell.format(SMALL=small, threads=1, input="results/in", output=output.format(**WILDCARDS))
    (words,) = commands(shell)
    assert words[0] == "glut4sim"
    command(words)
