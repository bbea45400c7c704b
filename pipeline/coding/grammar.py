"""Small questions to a parsed sentence: subjects, objects, passives; made for a parser that errs on news."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Token

from pipeline.coding.lexicon import word_set

ALWAYS_ON_SOMEBODY = word_set("always_on_somebody")
HEADLINE_PASSIVE = word_set("headline_passive")


def objects_of(token: Token, prepositions: Sequence[str]) -> list[Token]:
    """Nouns that hang on a word by one of these prepositions."""
    links = [c for c in token.children if c.dep_ in ("prep", "agent") and c.lower_ in prepositions]
    return [o for c in links for o in c.children if o.dep_ in ("pobj", "pcomp")]


def joined_to(token: Token) -> list[Token]:
    """Nouns or verbs that "and" joins to a word, after it."""
    return [c for c in token.conjuncts if c.i > token.i]


def joined_before(token: Token) -> list[Token]:
    """Nouns joined by "and" that the parser took for a part of the next: "the army and M23 rebels"."""
    parts = [c for c in token.lefts if c.dep_ in ("compound", "nmod", "amod") and c.pos_ in ("NOUN", "PROPN", "ADJ")]
    return [c for c in parts if any(x.dep_ == "cc" and c.i < x.i < token.i for x in (*c.rights, *token.lefts))]


def is_passive(verb: Token) -> bool:
    """Whether a verb's subject suffers what it says, also where a headline leaves "were" out."""
    if any(c.dep_ in ("nsubjpass", "auxpass", "agent") for c in verb.children):
        return True
    if any(c.dep_ in ("dobj", "aux") for c in verb.children) or verb.tag_ not in ("VBN", "VBD"):
        return False
    # The object taken for the subject of what follows: "killed a boy collecting scrap".
    if any(g.dep_ == "nsubj" and g.i > verb.i for c in verb.rights if c.dep_ in ("advcl", "ccomp", "xcomp") for g in c.children):
        return False
    # Headlines leave "were" out: "Four killed in ambush". These verbs have an object or are passive.
    if verb.lemma_ in ALWAYS_ON_SOMEBODY or (verb.tag_ == "VBN" and verb.dep_ == "ROOT" and verb.lemma_ in HEADLINE_PASSIVE):
        return not any(c.dep_ == "nsubj" and c.lower_ in ("who", "which", "that", "it", "they", "he", "she") for c in verb.children)
    return (
        verb.tag_ == "VBN" and verb.dep_ in ("acl", "relcl", "ROOT", "advcl", "conj") and not any(c.dep_ == "nsubj" for c in verb.children)
    )


def subjects_of(verb: Token) -> list[Token]:
    """A verb's own subjects, active or passive."""
    return [c for c in verb.children if c.dep_ in ("nsubj", "nsubjpass", "csubj")]


def governing_subject(verb: Token) -> tuple[list[Token], bool]:
    """The subject of a verb, its own or that of the verb it hangs on; and whether it is passive there."""
    here = verb
    for _ in range(5):
        subjects = subjects_of(here)
        if subjects:
            if subjects[0].lower_ in ("who", "which", "that") and here.dep_ == "relcl":
                return [here.head], is_passive(here)
            return subjects, is_passive(here)
        if here.dep_ in ("conj", "xcomp", "advcl", "ccomp", "pcomp", "prep") and here.head.i != here.i:
            here = here.head
            continue
        if here.dep_ in ("acl", "relcl"):
            return [here.head], here.tag_ == "VBN"
        break
    return [], False
