"""Which coders there are: `rules` and `grammar` are built in, others are installed as packages.

A coder has a `version` that changes with everything that can change what it finds, and `code(article)`,
which gives the reports of the article in the order of its text. A package offers one as an entry point of
the group "dateline.coders": the entry point's name is the coder's, and it leads to a function that makes the
coder from `Settings`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pipeline.errors import SettingsError
from pipeline.models import Article
from pipeline.settings import Settings
from pipeline.workers import Coded

GROUP = "dateline.coders"
DEFAULT = "rules"


def _rules(settings: Settings) -> Any:
    from pipeline.coding.coder import load_coder as load_rules

    return load_rules(settings)


def _grammar(settings: Settings) -> Any:
    from pipeline.coding.coder import load_grammar

    return load_grammar(settings)


BUILT_IN: dict[str, Callable[[Settings], Any]] = {"rules": _rules, "grammar": _grammar}


@dataclasses.dataclass(frozen=True)
class Installed:
    """A coder of an installed package under the name it is installed by; its reports bear that name too."""

    name: str
    version: str
    inner: Any

    def code(self, article: Article) -> Any:
        """What the package's coder finds; it may give a list of reports, or say an outcome and a reason with them."""
        found = self.inner.code(article)
        if isinstance(found, (list, tuple)):
            found = Coded("coded" if found else "nothing", "", tuple(found))
        reports = (dataclasses.replace(r, coder=self.name, coder_version=self.version) for r in found.reports)
        return Coded(found.outcome, found.reason, tuple(reports))


def _installed() -> dict[str, EntryPoint]:
    # Two packages that offer one name: the first by package name, whatever order they are found in.
    found = sorted(entry_points(group=GROUP), key=lambda e: (e.name, e.dist.name if e.dist else "", e.value), reverse=True)
    return {e.name: e for e in found if e.name not in BUILT_IN}


def coder_names() -> tuple[str, ...]:
    """The names of all coders there are, the built-in ones first."""
    return (*BUILT_IN, *sorted(_installed()))


def check_coder(name: str) -> str:
    """The name, where there is such a coder; SettingsError that lists them where there is none."""
    if name not in BUILT_IN and name not in _installed():
        raise SettingsError(f"there is no coder {name!r}; there are {', '.join(coder_names())}")
    return name


def load_coder(settings: Settings) -> Any:
    """The coder these settings name ("rules" where they name none), ready to code. SettingsError where it cannot be had."""
    name = check_coder(settings.coder or DEFAULT)
    if name in BUILT_IN:
        return BUILT_IN[name](settings)
    entry = _installed()[name]
    try:
        inner = entry.load()(settings)
        return Installed(name, str(inner.version), inner)
    except Exception as e:  # a package of others may fail in any way; what to do is the same
        raise SettingsError(f"the coder {name!r} ({entry.value}) cannot be loaded: {type(e).__name__}: {e}") from e
