"""Write a made-up corpus, the same each time: python -m tools.corpus 10000 corpus.jsonl

One article in ten tells an incident, in the words of wires; the others tell of markets, matches, weather and
politics, half of them with words of conflict in them, so that a coder cannot turn them away unread.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

FIRST_DAY = dt.date(2022, 1, 1)
DAYS = 1_000
OUTLETS = ("Northern Wire", "The Courier", "Gulf Daily", "Sahel Post", "Evening Record", "Harbour Ledger", "Border Notes")
TOWNS = (
    ("Kirkuk", "Iraq"), ("Baqubah", "Iraq"), ("Idlib", "Syria"), ("Hodeidah", "Yemen"), ("Marib", "Yemen"), ("Gao", "Mali"), ("Mopti", "Mali"),
    ("Maiduguri", "Nigeria"), ("Jos", "Nigeria"), ("Nyala", "Sudan"), ("Kherson", "Ukraine"), ("Kharkiv", "Ukraine"), ("Sittwe", "Myanmar"),
    ("Lashio", "Myanmar"), ("Arauca", "Colombia"), ("Quetta", "Pakistan"), ("Peshawar", "Pakistan"), ("Mogadishu", "Somalia"), ("Goma", "Congo"),
    ("Bunia", "Congo"), ("Kabul", "Afghanistan"), ("Cotabato", "Philippines"), ("Pemba", "Mozambique"), ("Djibo", "Burkina Faso"),
)  # fmt: skip
NAMES = "Amal Idris Omar Haddad Jane Roe Musa Bello Lina Aziz Peter Kowal Ruth Mwangi Samir Khan Elena Petrova Tomas Silva Aye Win Ken Ito".split()
DEEDS = (
    "{n} people were killed and {m} were wounded in {town} on {day} when a car bomb went off outside {place}, police said.",
    "Gunmen killed {n} people in an attack on {place} in {town} on {day}, a local official said.",
    "An air strike on {place} near {town} killed {n} people on {day}, witnesses said.",
    "Shelling of {place} in {town} on {day} left {n} dead and {m} injured, a doctor at the hospital said.",
    "{n} soldiers were killed in clashes with rebels near {place} outside {town} on {day}, the army said.",
)
PLACES = ("the grain market", "a police station", "the bus station", "a checkpoint", "a village school", "the old bridge", "a fuel depot")
AFTER = (
    "{name} {name}, a shopkeeper, said that he had heard {n} blasts and then shouting for {m} minutes.",
    "The governor, {name} {name}, spoke of a dark day and promised {n} million for those who lost their homes.",
    "No group said that it was behind it, and {name} {name} of the regional council asked for calm in all {n} districts.",
    "A hospital clerk named {name} said that {n} beds had been set up in the corridor by {m} in the evening.",
)
CALM = (
    "The price of {thing} rose by {n} per cent in {town} this week, traders said, and {name} {name} expects {m} more by spring.",
    "{name} {name} scored {n} goals as {town} won its {m}th match of the season before a crowd of {k}.",
    "Rain fell on {town} for {n} days, and the dam above it is {m} per cent full, the water office said.",
    "The council of {town} will vote on a plan by {name} {name} to plant {k} trees along {n} of its roads.",
    "A choir of {n} from {town} sang in the capital, and {name} {name} conducted all {m} pieces from memory.",
    "Doctors in {town} treated {k} patients for the eye disease within {m} weeks, the ministry's {name} {name} said.",
    "Students of {town}'s college built a bridge of {n} metres that carried {k} kilograms, their teacher {name} said.",
    "{name} {name} bakes {k} loaves a night in the only bakery of {town} that has kept its oven of {n} years.",
)
UNEASY = (
    "The defence minister told {town}'s newspaper that the army needs {n} new helicopters and {k} recruits.",
    "A court in {town} heard the {m}th witness in the trial of {name} {name}, accused of planning attacks {n} years ago.",
    "Veterans of the war met in {town}; {name} {name}, {n} years old, recalled how the bombs fell {k} nights long.",
    "Talks on a ceasefire may go on in {town} for {n} weeks, the envoy {name} {name} said after {m} hours of meetings.",
    "The army and {n} fire brigades practised for floods near {town}, with {k} people playing the wounded.",
)
THINGS = ("wheat", "cooking oil", "diesel", "rice", "cement", "lentils", "sugar", "onions")


def make_articles(number: int, seed: int = 1) -> Iterator[dict[str, str]]:
    """So many articles, in no order of days; the same for the same seed."""
    rng = random.Random(seed)
    for n in range(number):
        day = FIRST_DAY + dt.timedelta(days=rng.randrange(DAYS))
        town, country = rng.choice(TOWNS)
        tells = n % 10 == 0
        sentences = [_fill(rng, s, town, day) for s in _plan(rng, tells=tells, uneasy=n % 2 == 1)]
        paragraphs = [" ".join(sentences[i : i + 2]) for i in range(0, len(sentences), 2)]
        paragraphs[0] = f"{town.upper()}, {country} - {paragraphs[0]}"
        head = f"{'Attack in' if tells else 'News from'} {town}: {rng.choice(NAMES)} and {rng.choice(THINGS)}, part {n}"
        yield {"published": day.isoformat(), "source": rng.choice(OUTLETS), "headline": head, "text": "\n\n".join(paragraphs)}


def _plan(rng: random.Random, *, tells: bool, uneasy: bool) -> list[str]:
    if tells:
        return [rng.choice(DEEDS), *rng.sample(AFTER, 3), *rng.sample(CALM, 4)]
    return rng.sample(CALM, 5) + (rng.sample(UNEASY, 3) if uneasy else rng.sample(CALM, 4))


def _fill(rng: random.Random, sentence: str, town: str, day: dt.date) -> str:
    while "{name}" in sentence:
        sentence = sentence.replace("{name}", rng.choice(NAMES), 1)
    values = {"n": rng.randrange(2, 40), "m": rng.randrange(2, 60), "k": rng.randrange(200, 9000), "town": town, "day": f"{day:%A}"}
    return sentence.format(**values, place=rng.choice(PLACES), thing=rng.choice(THINGS))


def main() -> int:
    """Write the file that the command line names."""
    number, path = int(sys.argv[1]), Path(sys.argv[2])
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(article) + "\n" for article in make_articles(number))
    return 0


if __name__ == "__main__":
    sys.exit(main())
