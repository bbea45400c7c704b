"""From counts to one toll: rivals, claims, attackers counted apart."""

from dataclasses import replace

from pipeline.coding.counts import Casualty
from pipeline.coding.tolls import Told, resolve_toll, with_parts


def told(n: int, sentence: int, side: str, *, cue: int = 0, speaker: int = -1, claim: bool = False, toll: bool = False) -> Told:
    casualty = Casualty("killed", n, n, n, False, cue * 10, cue * 10 + 3, cue * 10 + 4, cue * 10 + 8, cue, cue, toll=toll)
    return Told(casualty, sentence, False, side, speaker, claim)


def test_separate_sides_are_summed() -> None:
    toll = resolve_toll([told(3, 1, "gov", cue=1), told(7, 2, "armed", cue=2)])
    assert (toll.best, toll.low, toll.high) == (10, 10, 10)


def test_another_speaker_of_the_same_sentence_is_a_rival() -> None:
    toll = resolve_toll([told(19, 1, "unknown", cue=1, speaker=5), told(5, 1, "unknown", cue=2, speaker=9)])
    assert (toll.best, toll.low, toll.high) == (19, 5, 19)


def test_a_groups_claim_only_widens() -> None:
    toll = resolve_toll([told(3, 1, "gov", cue=1), told(8, 4, "gov", cue=2, claim=True)])
    assert (toll.best, toll.low, toll.high) == (3, 3, 8)


def test_a_claim_told_first_gives_way() -> None:
    toll = resolve_toll([told(200, 1, "gov", cue=1, claim=True), told(31, 3, "gov", cue=2)])
    assert (toll.best, toll.high) == (31, 200)


def test_the_attackers_of_a_suicide_attack_stay_outside_the_total() -> None:
    toll = resolve_toll([told(6, 1, "unknown", cue=1), told(4, 3, "armed", cue=2)], apart=frozenset(("armed",)))
    assert toll.best == 6
    assert ("armed", 4) in toll.by_side


def test_nobody_killed_outweighs_a_later_toll_of_another_attack() -> None:
    toll = resolve_toll([told(0, 1, "unknown", cue=1), told(6, 5, "unknown", cue=2, toll=True)])
    assert toll.best == 0


def test_the_armed_among_a_total_are_split_off() -> None:
    total = told(5, 1, "unknown", cue=1)
    guards = replace(told(2, 1, "gov", cue=2), casualty=replace(told(2, 1, "gov", cue=2).casualty, part=True))
    toll = with_parts(resolve_toll([total, guards]), [total, guards])
    assert (toll.best, toll.by_side) == (5, (("gov", 2), ("unknown", 3)))
