"""Who acts and who is acted on, in the codebook's names.

Mentions are found in mentions.py and their roles in roles.py; here a mention becomes the codebook's
actor for an event in a country: "Military of Mali" at home, "United States" abroad (ruling 17),
"Unidentified armed group" for gunmen (ruling 22), "Civilians (Iraq)".
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.actors import EXTERNAL, STATE_FORCES, ActorList, Countries, ListedActor, inter_in
from pipeline.coding.mentions import UNIDENTIFIED, ActorMention, find_actors, kind_of
from pipeline.coding.roles import arrange, responsible, roles
from pipeline.models import Actor

__all__ = ["ActorMention", "arrange", "as_actor", "find_actors", "responsible", "roles"]


def as_actor(mention: ActorMention, event_country: str | None, actors: ActorList, countries: Countries, *, crowd: str = "") -> Actor | None:
    """The codebook's actor for a mention, for an event in a country (alpha-2, None when unknown).

    `crowd` is "protesters" or "rioters" where the mention stands on the side that protested or rioted:
    people without a name of their own ("residents", "young men") are then what they do. State forces
    without a nation are the event country's; None where nobody can be made of it.
    """
    if crowd and (mention.kind in ("civilians", "unnamed", "objects", "protesters", "rioters") or kind_of(mention) == "civilians"):
        mention = replace(mention, kind=crowd, name=crowd.capitalize(), actor_id="")
    listed = actors.by_id.get(mention.actor_id) if mention.actor_id else None
    if listed is not None:
        return _as_listed(listed, event_country, actors, countries)
    kind = mention.kind
    if kind == "pronoun":
        kind = kind_of(mention)
    if kind in ("state", "police"):
        code = mention.country or event_country
        if code is None:
            return Actor("Military" if kind == "state" else "Police", STATE_FORCES)
        if event_country is not None and code != event_country:
            return Actor(countries.name(code), EXTERNAL, _aliases(actors, countries.name(code)), f"state-{code.lower()}")
        name = countries.military_name(code) if kind == "state" else countries.police_name(code)
        own = actors.by_name.get(name)
        service = next((f"{label} of {countries.of_name(code)}" for word, label in SERVICES if word in mention.text.lower()), None)
        aliases = (service, *(own.aliases if own else ())) if service else own.aliases if own else ()
        return Actor(name, STATE_FORCES, aliases, own.actor_id if own else "")
    if kind == "unnamed":
        return Actor(UNIDENTIFIED, 3)
    if kind in ("civilians", "objects", "protesters", "rioters"):
        inter = {"protesters": 6, "rioters": 5}.get(kind, 7)
        code = event_country or mention.country
        return Actor(f"{mention.name} ({countries.name(code)})" if code else mention.name, inter)
    if kind == "named" and mention.name:
        return Actor(mention.name, mention.inter or 3)
    return None


# Forces that count as military or police and are also known by a name of their own.
SERVICES = (
    ("gendarme", "Gendarmerie"), ("national guard", "National Guard"), ("guardsm", "National Guard"), ("border guard", "Border Guard"),
    ("coast guard", "Coast Guard"), ("government", "Government"),
)  # fmt: skip


def _as_listed(listed: ListedActor, event_country: str | None, actors: ActorList, countries: Countries) -> Actor:
    listed = actors.branch(listed, event_country)
    inter = inter_in(listed, event_country)
    if listed.is_state and inter == EXTERNAL:
        state = countries.name(listed.country)
        return Actor(state, EXTERNAL, (*_aliases(actors, state), listed.name), f"state-{listed.country.lower()}")
    names = [*listed.aliases, *listed.weak_aliases]
    if listed.is_state:
        names += [p for p in listed.parents if p.startswith(("Military of", "Police of"))]
    return Actor(listed.name, inter, tuple(names), listed.actor_id)


def _aliases(actors: ActorList, name: str) -> tuple[str, ...]:
    listed = actors.by_name.get(name)
    return listed.aliases if listed else ()
