"""The records that flow one way through the pipeline: frozen, typed, without behaviour of their own.

Article -> Report (+ Evidence) -> Incident = resolve(reports, decisions). The fields and their scales
are those of the codebook (see docs/CODEBOOK.md): event types and interaction codes from ACLED,
precision and deaths by party from UCDP GED, modes from PLOVER, claim stances from GTD.
`None` means *the article does not say*; `0` means *the article says none*.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

EVENT_TYPES: dict[str, tuple[str, ...]] = {
    "Battles": ("Government regains territory", "Non-state actor overtakes territory", "Armed clash"),
    "Explosions/Remote violence": (
        "Chemical weapon",
        "Air/drone strike",
        "Suicide bomb",
        "Shelling/artillery/missile attack",
        "Remote explosive/landmine/IED",
        "Grenade",
    ),
    "Violence against civilians": ("Sexual violence", "Attack", "Abduction/forced disappearance"),
    "Protests": ("Peaceful protest", "Protest with intervention", "Excessive force against protesters"),
    "Riots": ("Violent demonstration", "Mob violence"),
    "Strategic developments": (
        "Agreement",
        "Arrests",
        "Change to group/activity",
        "Disrupted weapons use",
        "Headquarters or base established",
        "Looting/property destruction",
        "Non-violent transfer of territory",
        "Other",
    ),
}
EVENT_TYPE_OF: dict[str, str] = {sub: kind for kind, subs in EVENT_TYPES.items() for sub in subs}

# PLOVER, ASSAULT modes, spelled as the codebook spells them.
MODES: tuple[str, ...] = (
    "abduct", "beat", "torture", "sexual", "targeted", "destroy", "primitive", "firearms", "explosives",
    "suicide-attack", "aerial", "drone", "heavy-weapons", "crowd-control", "unconventional", "unknown",
)  # fmt: skip

ASSERTIONS: tuple[str, ...] = ("asserted", "background", "aggregate", "prospective", "denied")
STANCES: tuple[str, ...] = ("claimed", "denied", "blamed")
ATTRIBUTION_KINDS: tuple[str, ...] = (
    "military", "police", "official", "medical", "armed-group", "witness", "ngo", "media", "anonymous",
)  # fmt: skip
PART_KINDS: tuple[str, ...] = ("headline", "byline", "agency", "dateline", "body", "credit", "boilerplate")
PUBLISHED_SOURCES: tuple[str, ...] = ("metadata", "text", "filename", "given")

# ACLED interaction codes, as the codebook lists them.
INTER_LABELS: dict[int, str] = {
    1: "State forces",
    2: "Rebel group",
    3: "Political militia or unnamed armed group",
    4: "Identity militia",
    5: "Rioters",
    6: "Protesters",
    7: "Civilians",
    8: "External or other forces",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of an article's text and what it is: half-open character offsets, a PART_KINDS kind."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One published text, normalised; never changed once stored.

    `text` holds the whole text, headline first; `parts` says which stretches of it are headline,
    byline, agency, dateline, body, credit or boilerplate, in order, without overlap. Only headline,
    dateline and body parts are coded. All evidence offsets are into `text`.
    """

    article_id: str
    story_id: str
    revision: int = 1
    published_at_utc: str | None  # ISO 8601, "2023-12-03T14:05:00Z"; a bare day is midnight
    published_source: str | None  # one of PUBLISHED_SOURCES
    source: str = ""
    headline: str = ""
    byline: str = ""
    agency: str = ""
    dateline: str = ""
    language: str = "en"
    url: str = ""
    text: str
    parts: tuple[Part, ...] = ()
    file_name: str = ""
    note: str = ""  # what the metadata says of the text itself, e.g. that it is a demonstration text
    external_id: str = ""  # the id the input gave it

    @property
    def published(self) -> str | None:
        """The publication day, ISO, UTC; None when unknown."""
        return self.published_at_utc[:10] if self.published_at_utc else None


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor of a side: the list's name (or the text's own), ACLED interaction code, other names."""

    name: str
    inter: int
    aliases: tuple[str, ...] = ()
    actor_id: str = ""  # of seeds/actors.csv; empty for an actor the list does not have


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says it was them, who rejects it, whom somebody blames (then `by` names the accuser)."""

    actor: str
    stance: str
    quote: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whom the article has it from."""

    source: str
    kind: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words behind one field: `article.text[start:end] == quote`."""

    field: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """The codebook's fields of an event, which a report says and an incident chooses."""

    assertion: str
    event_type: str | None = None
    sub_event_type: str | None = None
    modes: tuple[str, ...] = ()
    date_start: str | None = None
    date_end: str | None = None
    date_prec: int | None = None
    date_basis: str | None = None
    place_name: str | None = None
    country: str | None = None
    admin1: str | None = None
    admin2: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    where_prec: int | None = None
    side_a: tuple[Actor, ...] = ()
    side_b: tuple[Actor, ...] = ()
    deaths_best: int | None = None
    deaths_low: int | None = None
    deaths_high: int | None = None
    deaths_a: int | None = None
    deaths_b: int | None = None
    deaths_civilians: int | None = None
    deaths_unknown: int | None = None
    injured_best: int | None = None
    injured_low: int | None = None
    injured_high: int | None = None
    count_vague: bool = False
    claims: tuple[Claim, ...] = ()
    attributions: tuple[Attribution, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Coded):
    """What one article says of one event; every field that is not None has Evidence or is derived."""

    report_id: str
    article_id: str
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None  # 0..1, that the report as a whole is right
    confidences: dict[str, float] = field(default_factory=dict)  # field -> 0..1
    coder: str = ""
    coder_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One act of a person; appended, never changed. `payload` by kind, see pipeline/resolution.py."""

    decision_id: str
    at_utc: str
    by: str
    kind: str  # confirm reject set merge split assign duplicate set_published undo
    target: str  # incident_id, report_id, article_id or decision_id, by kind
    payload: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that one report offers for one field of an incident; `chosen` for those that won."""

    field: str
    value: Any
    report_id: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Coded):
    """One event in the world: the values chosen from all its reports, and the rule that chose each."""

    incident_id: str
    merged_into: str | None = None
    number_of_reports: int = 0
    number_of_articles: int = 0
    number_of_sources: int = 0
    first_reported: str | None = None
    last_reported: str | None = None
    review_status: str = "machine"  # machine | confirmed | edited | rejected
    locked_fields: tuple[str, ...] = ()
    confidence: float | None = None
    rules: dict[str, str] = field(default_factory=dict)  # field -> name of the rule that chose it
    report_ids: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


def as_plain(record: Any) -> Any:
    """A record as dicts, lists and scalars, ready for JSON; tuples become lists."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: as_plain(getattr(record, f.name)) for f in dataclasses.fields(record)}
    if isinstance(record, (list, tuple)):
        return [as_plain(item) for item in record]
    if isinstance(record, dict):
        return {key: as_plain(value) for key, value in record.items()}
    return record
