"""Another coder's reports made the ones that count: every incident is linked and resolved anew from them.

People's decisions are kept. Those on incidents (set, confirm, reject) hold on, since an incident keeps its id where
the new coder's reports tell of it; those that move reports name reports of one coder, and rest while another is active.
"""

from __future__ import annotations

from sqlite_utils import Database

from pipeline import store
from pipeline.errors import NotFoundError, SettingsError
from pipeline.rebuild import Progress, Rebuilt, rebuild


def activate(db: Database, coder: str, *, dry_run: bool = False, progress: Progress | None = None) -> Rebuilt:
    """Make a coder the store's active one, in one transaction; with `dry_run` nothing of it is kept.

    Going back to the coder before gives the same rows as there were. NotFoundError where the coder has coded
    nothing here, SettingsError where articles are left that it has not coded.
    """
    if not any(name == coder for name, *_ in store.codings_by_coder(db)):
        raise NotFoundError(
            f"there are no reports of a coder {coder!r} in the store; dateline recode --coder {coder} has it code the articles"
        )
    missing = len(store.uncoded_articles(db, coder=coder))
    if missing:
        raise SettingsError(
            f"the coder {coder!r} has not coded {missing} of the articles; dateline recode --coder {coder} has it code them"
        )
    return rebuild(db, recode=lambda: store.switch_coder(db, coder), dry_run=dry_run, progress=progress)
