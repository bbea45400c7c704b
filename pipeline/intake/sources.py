"""What `dateline watch` follows: folders and feeds, as sources.toml lists them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import FetchError, SettingsError
from pipeline.intake.fetch import HOST_PAUSE_S, USER_AGENT, check_url

# A feed is asked every five minutes unless its entry says otherwise; in seconds.
FEED_EVERY_S = 300.0
# Nobody's feed is asked more often than this, in seconds.
FEED_LEAST_S = 1.0


@dataclass(frozen=True, slots=True)
class Source:
    """A folder or a feed: `kind` folder or feed, `place` its path or address.

    `every_s` is how often a feed is asked; `pages` whether the page behind a teaser is fetched; `robots`
    whether its robots.txt is followed; `published` and `columns` as for `dateline ingest`.
    """

    name: str
    kind: str
    place: str
    every_s: float = FEED_EVERY_S
    pages: bool = True
    robots: bool = True
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """All of sources.toml: the sources, who asks, the hosts that may be private, the pause between requests to one host."""

    sources: tuple[Source, ...]
    user_agent: str = USER_AGENT
    allow: frozenset[str] = frozenset()
    pause_s: float = HOST_PAUSE_S


_KEYS = {
    "": {"user_agent", "allow", "pause", "folder", "feed"},
    "folder": {"name", "path", "columns"},
    "feed": {"name", "url", "every", "pages", "robots"},
}


def read_sources(path: Path) -> Sources:
    """The sources that a TOML file lists. SettingsError, naming file and entry, on anything that cannot be followed."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except FileNotFoundError as e:
        raise SettingsError(f"there is no {path}: list the folders and feeds to follow there (docs/WATCH.md shows how)") from e
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise SettingsError(f"{path} cannot be read: {e}") from e
    _check_keys(path, "", table)
    found: list[Source] = []
    for kind in ("folder", "feed"):
        entries = table.get(kind, [])
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            raise SettingsError(f"{path}: {kind}s are written as [[{kind}]] entries")
        found += [_read_entry(path, kind, entry) for entry in entries]
    if not found:
        raise SettingsError(f"{path} lists no [[folder]] and no [[feed]]")
    names = [s.name for s in found]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise SettingsError(f"{path}: two sources are called {twice[0]!r}")
    allow = table.get("allow", [])
    if not isinstance(allow, list) or not all(isinstance(a, str) for a in allow):
        raise SettingsError(f"{path}: allow is a list of host names")
    agent = table.get("user_agent", USER_AGENT)
    if not isinstance(agent, str) or not agent.strip() or not agent.isprintable() or not agent.isascii():
        raise SettingsError(f"{path}: user_agent is one line of plain letters, not {agent!r}")
    return Sources(
        tuple(found), agent, frozenset(a.casefold() for a in allow), _seconds(path, "pause", table.get("pause", HOST_PAUSE_S), 0.0)
    )


def _check_keys(path: Path, kind: str, table: dict[str, Any]) -> None:
    if unknown := sorted(set(table) - _KEYS[kind]):
        where = f"[[{kind}]]" if kind else "the file"
        raise SettingsError(f"{path}: {where} has no setting {unknown[0]!r}; it has {', '.join(sorted(_KEYS[kind]))}")


def _read_entry(path: Path, kind: str, entry: dict[str, Any]) -> Source:
    _check_keys(path, kind, entry)
    place = entry.get("path" if kind == "folder" else "url")
    if not isinstance(place, str) or not place:
        raise SettingsError(f"{path}: a [[{kind}]] entry needs its {'path' if kind == 'folder' else 'url'}")
    name = entry.get("name", place)
    if not isinstance(name, str) or not name.strip():
        raise SettingsError(f"{path}: a name is a text, not {name!r}")
    if kind == "folder":
        columns = entry.get("columns", {})
        if not isinstance(columns, dict) or not all(isinstance(v, str) for v in columns.values()):
            raise SettingsError(f'{path}: columns of {name!r} are pairs like text = "story"')
        folder = Path(place).expanduser()
        return Source(name, kind, str(folder if folder.is_absolute() else (path.parent / folder)), columns=tuple(sorted(columns.items())))
    try:
        check_url(place)
    except FetchError as e:
        raise SettingsError(f"{path}: {name!r}: {e}") from e
    for key in ("pages", "robots"):
        if not isinstance(entry.get(key, True), bool):
            raise SettingsError(f"{path}: {key} of {name!r} is true or false")
    every = _seconds(path, "every", entry.get("every", FEED_EVERY_S), FEED_LEAST_S)
    return Source(name, kind, place, every, entry.get("pages", True), entry.get("robots", True))


def _seconds(path: Path, name: str, value: Any, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= 1e7:
        raise SettingsError(f"{path}: {name} is a number of seconds, {least:g} or more, not {value!r}")
    return float(value)
