"""Each command, option, setting, column and page is documented, and no link in the documents leads nowhere."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pipeline import models
from pipeline.cli import cli
from pipeline.run import REPORT_FIELDS
from pipeline.settings import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
CODEBOOK = (ROOT / "docs" / "CODEBOOK.md").read_text(encoding="utf-8")
# Names that the codebook explains under another heading or that only the machine reads.
NOT_CODED = {"report_id", "coder", "coder_version", "confidences", "candidates", "report_ids", "rules"}


def commands(group: click.Group, path: str = "dateline") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    assert name in TEXT


@pytest.mark.parametrize(
    ("name", "option"),
    [(name, p.opts[0]) for name, command in COMMANDS.items() for p in command.params if isinstance(p, click.Option)],
)
def test_every_option_is_documented_and_has_help(name: str, option: str) -> None:
    param = next(p for p in COMMANDS[name].params if option in p.opts)
    assert isinstance(param, click.Option)
    assert param.help
    assert re.search(rf"(?<![\w-]){option}(?![\w-])", TEXT), f"{option} of {name}"


SOURCE = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipeline").glob("*.py"))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"DATELINE_[A-Z]+", SOURCE))))
def test_every_setting_is_documented(name: str) -> None:
    assert name in TEXT


@pytest.mark.parametrize("target", re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
def test_every_make_target_is_documented(target: str) -> None:
    assert re.search(rf"make (?:\w+ )*{target}\b", TEXT)


@pytest.mark.parametrize("field", sorted({f.name for r in (models.Report, models.Incident) for f in dataclasses.fields(r)} - NOT_CODED))
def test_every_field_is_in_the_codebook(field: str) -> None:
    assert f"`{field}`" in CODEBOOK


@pytest.mark.parametrize("sub_event_type", sorted(models.EVENT_TYPE_OF))
def test_every_sub_event_type_is_in_the_codebook(sub_event_type: str) -> None:
    assert f"`{sub_event_type}`" in CODEBOOK


def test_coded_files_have_the_codebooks_report_fields() -> None:
    fields = {f.name for f in dataclasses.fields(models.Report)} - NOT_CODED - {"article_id", "admin2", "confidence"}
    assert set(REPORT_FIELDS) == fields


@pytest.mark.parametrize("page", sorted(p.stem for p in (ROOT / "dashboard" / "views").glob("[a-z]*.py")))
def test_every_page_is_documented(page: str) -> None:
    assert re.search(rf"\*{page.replace('_', ' ')}\*", TEXT, re.IGNORECASE), f"the page *{page.title()}* is named nowhere"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    local = [t for t in targets if not re.match(r"[a-z]+:", t)]
    assert [t for t in local if not (document.parent / t).exists()] == []


def test_the_files_the_readme_names_exist() -> None:
    named = re.findall(r"`((?:pipeline|dashboard|seeds|tests|tools|docs)/[\w./-]+)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert [n for n in named if not (ROOT / n).exists()] == []
