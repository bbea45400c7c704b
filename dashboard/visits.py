"""When each user was last here: a small file for each user, in a folder beside the store.

It is no part of the record, so it is not in the store: a row written there at every visit would change
the store's fingerprint, and with it empty every reader's cache and look like news. Where the folder cannot be
written, nobody is told what is new since the last visit, and all else goes on.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.filters import read_moment
from pipeline.outfile import write_whole

# Who has done nothing for so long has left: what comes next is another visit. In seconds.
VISIT_ENDS_S = 1800
# A visit under way is noted no more often than this, in seconds.
NOTED_EVERY_S = 60
# What was stored longer ago than this was in the store for certain, and not in a transaction still open; in seconds.
SETTLED_S = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """A user's latest visit: what came after `since` is new to them; `seen` is when they were seen last. None: never before."""

    since: str | None
    seen: str


def visit_file(store: str | Path, user: str) -> Path:
    """Where a user's visits to a store are kept; the name says nothing of the user."""
    return Path(f"{store}.visits") / f"{hashlib.blake2b(user.encode(errors='replace'), digest_size=12).hexdigest()}.json"


def last_visit(store: str | Path, user: str) -> Visit | None:
    """What is kept of a user; None for one who was never here, or where it cannot be read."""
    try:
        kept = json.loads(visit_file(store, user).read_text(encoding="utf-8"))
        return Visit(read_moment(kept["since"]) if kept["since"] else None, read_moment(kept["seen"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def seen_until(latest: str | None, *, now: dt.datetime) -> str:
    """Up to when somebody who reads the store now has seen what came into it; `latest` is the moment of its newest incident.

    What a writer has not committed yet bears a later moment than all that can be read. It may be earlier than the
    clock's, so the clock counts only as far as nothing can be in the air any more.
    """
    settled = read_moment((now - dt.timedelta(seconds=SETTLED_S)).isoformat())
    return max(settled, latest or "")


def arrive(store: str | Path, user: str, *, latest: str | None, now: dt.datetime | None = None) -> str | None:
    """Note that a user is here; the moment after which everything is new to them, None at the first visit.

    It stays the same for the whole of a visit, however often the page is loaded.
    """
    now = now or dt.datetime.now(dt.UTC)
    kept, seen = last_visit(store, user), seen_until(latest, now=now)
    if kept is None:
        _keep(store, user, Visit(None, seen))
        return None
    idle = now - dt.datetime.fromisoformat(kept.seen) - dt.timedelta(seconds=SETTLED_S)
    since = kept.seen if idle > dt.timedelta(seconds=VISIT_ENDS_S) else kept.since
    if since != kept.since or idle > dt.timedelta(seconds=NOTED_EVERY_S):
        _keep(store, user, Visit(since, seen))
    return since


def mark_seen(store: str | Path, user: str, *, latest: str | None, now: dt.datetime | None = None) -> str:
    """Note that a user has seen everything up to now; the moment after which things are new from here on."""
    seen = seen_until(latest, now=now or dt.datetime.now(dt.UTC))
    _keep(store, user, Visit(seen, seen))
    return seen


def _keep(store: str | Path, user: str, visit: Visit) -> None:
    try:
        write_whole(visit_file(store, user), json.dumps(asdict(visit)).encode())
    except OSError:  # a folder that cannot be written: see above
        return
