"""The process that `tools.fuzz` runs atheris in: FAMILY, then the options and folders of libFuzzer."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["pipeline.intake"]):
    from tests.pipeline.intake.mutations import FAMILIES
    from tools.fuzz import check


def main() -> None:
    """Read what atheris makes up until it stops; an input that breaks a reader ends the process with an error."""
    family = FAMILIES[sys.argv.pop(1)]
    atheris.Setup(sys.argv, lambda content: check(family, content) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
