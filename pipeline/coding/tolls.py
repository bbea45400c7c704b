"""From the casualty counts of one event's sentences to its best, low and high, and the split by party.

Codebook: the lead figure or the most authoritative one is best; figures of separate parties add up
(ruling 2, 24); a running total replaces; other sources' figures widen low and high; an exact figure
fills all three (ruling 23).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.coding.counts import Casualty

# What a victims' noun is -> which of these add up with each other. "people" may be anybody.
ARMED = frozenset(("state", "police", "armed", "named"))


@dataclass(frozen=True, slots=True)
class Told:
    """A casualty and where it was told: sentence number, headline or body, and which side its victims are."""

    casualty: Casualty
    sentence: int
    headline: bool
    side: str  # gov, armed, foreign, civilians, crowd, unknown
    speaker: int = -1  # token of the verb of saying that governs it; -1 where nobody is said to say it
    claim: bool = False  # an armed group's word on its enemy's dead


@dataclass(frozen=True, slots=True)
class Toll:
    """A resolved count with the casualties that say it; `by_side` splits best."""

    best: int | None = None
    low: int | None = None
    high: int | None = None
    vague: bool = False
    evidence: tuple[Casualty, ...] = ()
    by_side: tuple[tuple[str, int], ...] = ()


def _sum(values: Sequence[int | None]) -> int | None:
    return None if any(v is None for v in values) else sum(v for v in values if v is not None)


def resolve_toll(told: Sequence[Told], *, apart: frozenset[str] = frozenset()) -> Toll:
    """The toll of one event of one kind (killed or wounded); all None where nothing was told.

    `apart`: sides whose dead are counted by party but not in the total: the attackers of a suicide attack (ruling 24).
    """
    mine = [t for t in told if t.side in apart and not t.casualty.part and t.casualty.best]
    others = [t for t in told if t.side not in apart]
    if mine and any(t.casualty.best for t in others):
        toll = resolve_toll(others)
        return replace(toll, by_side=(*toll.by_side, (mine[0].side, mine[0].casualty.best or 0)))
    counts = [t for t in told if not t.casualty.part]
    if not counts:
        counts = list(told)
    if not counts:
        return Toll()
    numbers = [t for t in counts if t.casualty.best != 0 or t.casualty.high]
    zeros = [t for t in counts if t.casualty.best == 0]
    cues = {t.casualty.cue for t in numbers if not t.casualty.known}
    if cues:
        numbers = [t for t in numbers if not t.casualty.known or t.casualty.cue in cues]
    elif numbers:
        first_cue = numbers[0].casualty.cue
        numbers = [t for t in numbers if t.casualty.cue == first_cue]
    if not numbers or (zeros and not zeros[0].headline and zeros[0].sentence + 1 < numbers[0].sentence):
        return Toll(0, 0, 0, False, (zeros[0].casualty,), ())
    # A total that a larger count of the same text passes is a step of it ("a second died" of three).
    most = max((t.casualty.best or 0 for t in numbers if not t.casualty.toll), default=0)
    running = [t for t in numbers if t.casualty.toll and (t.casualty.best or 0) >= min(most, 3)]
    body = [t for t in numbers if not t.headline] or numbers
    if body[0].claim and any(not t.claim and (t.casualty.others or t.side in (body[0].side, "unknown")) for t in body):
        # an armed group's word on its enemy's dead gives way to the enemy's own or a third party's
        body = [t for t in body if not t.claim] + [t for t in body if t.claim]
    if running:
        c = max((t.casualty for t in running), key=lambda c: c.best or c.high or 0)
        side = _side_of_total(body)
        by_side = ((side or "unknown", c.best),) if c.best is not None else ()
        return Toll(c.best, c.low, c.high, c.vague, (c,), by_side)
    first = body[0].sentence
    lead, others = _by_speaker([t for t in body if t.sentence == first])
    chosen = _distinct(lead)
    rivals: list[Casualty] = [t.casualty for t in others if t.side in {k.side for k in chosen} or t.side == "unknown"]
    body = [t for t in body if t.sentence != first or (t in others and t.casualty not in rivals)]
    for t in body:
        c = t.casualty
        same_value = any(c.best == k.casualty.best and (t.side == k.side or "unknown" in (t.side, k.side)) for k in chosen)
        total = _sum([k.casualty.best for k in chosen])
        if same_value or (total is not None and c.best == total):
            continue
        known = {k.side for k in chosen}
        if t.claim and (t.side in known or "unknown" in (t.side, *known)):
            if c.best is not None and total is not None and c.best > total:
                rivals.append(c)
            continue
        if (t.side != "unknown" and "unknown" not in known and t.side not in known) or (c.others and t.sentence - chosen[-1].sentence <= 1):
            chosen.append(t)
        elif total is not None and c.best is not None and _is_rival(t, known, chosen):
            rivals.append(c)
    return _with_rivals(_add_up(chosen), rivals)


# Sides that bear arms: who of them died is told apart from the rest of a total.
ARMED_SIDES = frozenset(("gov", "armed", "foreign"))


def with_parts(toll: Toll, told: Sequence[Told]) -> Toll:
    """A total for people split by what is said of its parts: "at least five people including two guards" is two guards and three."""
    if len(toll.by_side) != 1 or toll.by_side[0][0] != "unknown" or not toll.best:
        return toll
    total = next((t.sentence for t in told if t.casualty in toll.evidence), None)
    parts = [t for t in told if t.casualty.part and t.side in ARMED_SIDES and t.sentence == total and t.casualty.best]
    armed = sum(t.casualty.best or 0 for t in parts)
    if not 0 < armed < toll.best:
        return toll
    return replace(toll, by_side=((parts[0].side, armed), ("unknown", toll.best - armed)))


def _by_speaker(told: Sequence[Told]) -> tuple[list[Told], list[Told]]:
    """The counts of one sentence by its first speaker, and those of another: "19 were killed, while the police said five were"."""
    speaker = told[0].speaker
    own = [t for t in told if t.speaker == speaker or t.casualty.others]
    return own, [t for t in told if t not in own]


def _is_rival(t: Told, known: set[str], chosen: Sequence[Told]) -> bool:
    """Whether a later figure is another account of the whole, not a part of it or another matter."""
    if t.side not in known and t.side != "unknown" and "unknown" not in known:
        return False
    best = t.casualty.best or 0
    total = sum(k.casualty.best or 0 for k in chosen)
    return best > 1 and (total < best <= 12 * max(total, 1))


def _distinct(told: Sequence[Told]) -> list[Told]:
    """The counts of one sentence that add up; a total for people takes in its own parts."""
    kept: list[Told] = []
    for t in told:
        if any(t.casualty.best == k.casualty.best and t.side == k.side and t.casualty.cue != k.casualty.cue for k in kept):
            continue
        kept.append(t)
    if len(kept) >= 3:
        values = [t.casualty.best or 0 for t in kept]
        for i, t in enumerate(kept):
            if values[i] > 1 and values[i] == sum(values) - values[i]:
                return [t]  # "three civilians, two women and a man"
    totals = [t for t in kept if t.side == "unknown" and t.casualty.best]
    if len(kept) > 1 and totals:
        biggest = max(totals, key=lambda t: t.casualty.best or 0)
        others = [t for t in kept if t is not biggest]
        if (
            sum(t.casualty.best or 0 for t in others) <= (biggest.casualty.best or 0)
            and not any(t.casualty.others for t in others)
            and not _same_cue(kept)
        ):
            return [biggest]
    return kept


def _same_cue(told: Sequence[Told]) -> bool:
    return len({t.casualty.cue for t in told}) == 1


def _add_up(chosen: Sequence[Told]) -> Toll:
    casualties = [t.casualty for t in chosen]
    best = _sum([c.best for c in casualties])
    low = _sum([c.low for c in casualties])
    high = _sum([c.high for c in casualties])
    sides: dict[str, int] = {}
    for t in chosen:
        if t.casualty.best is not None:
            sides[t.side] = sides.get(t.side, 0) + t.casualty.best
    return Toll(best, low, high, any(c.vague for c in casualties), tuple(casualties), tuple(sides.items()))


def _with_rivals(toll: Toll, rivals: Sequence[Casualty]) -> Toll:
    """Figures of other sources widen low and high; best stays."""
    if not rivals or toll.best is None:
        return toll
    values = [c.best for c in rivals if c.best is not None]
    low = min([toll.low if toll.low is not None else toll.best, *values])
    high = max([toll.high if toll.high is not None else toll.best, *values])
    return Toll(toll.best, low, high, toll.vague, (*toll.evidence, *rivals), toll.by_side)


def _side_of_total(told: Sequence[Told]) -> str | None:
    sides = {t.side for t in told if t.side != "unknown"}
    return sides.pop() if len(sides) == 1 else None
