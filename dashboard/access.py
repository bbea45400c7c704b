"""Who may do what: everybody who reaches the dashboard reads, and only some may decide.

On loopback whoever sits at the machine decides, under the name of its user. Where the dashboard can be
reached from elsewhere, deciding needs a signed-in analyst (Streamlit's OpenID Connect login); roles stand
in a TOML file by e-mail address. How to set it up is in docs/ACCESS.md. Whatever cannot be told counts as
reachable from elsewhere, and whatever cannot be read gives nobody a role.
"""

from __future__ import annotations

import getpass
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.wording import escape_markdown
from pipeline.errors import NotAllowedError, SettingsError
from pipeline.settings import ROOT

ROLES = ("analyst", "viewer")
READERS = ("anyone", "listed")
KEYS = {"require_sign_in", "reading", "sign_in_hours", "roles"}
# How long a sign-in holds unless the file says otherwise; a provider's tokens often live for an hour, a shift is longer.
SIGN_IN_HOURS = 12
# What a proxy adds to a request; where one is, the dashboard is reached from elsewhere, whatever address it listens on.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")


@dataclass(frozen=True, slots=True)
class Rules:
    """The access file: address patterns by role, and what needs a sign-in."""

    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    require_sign_in: bool = False  # on loopback too
    reading: str = "anyone"  # or listed: only those who have a role
    sign_in_hours: float = SIGN_IN_HOURS

    def role_of(self, address: str) -> str | None:
        """The role of an e-mail address, the higher one where two patterns fit; None where none does."""
        return next((role for role, patterns in self.roles if any(fnmatchcase(address.casefold(), p) for p in patterns)), None)


@dataclass(frozen=True, slots=True)
class Access:
    """What the person before the screen may do, under which name, and where it is less than everything, why."""

    name: str
    role: str  # analyst, viewer, or visitor for somebody without a role
    signed_in: bool = False
    why_not: str = ""  # why this person may not edit

    @property
    def may_edit(self) -> bool:
        """Whether decisions of this person are taken."""
        return self.role == "analyst"


def rules_path() -> Path:
    """The access file: DATELINE_ACCESS, else var/access.toml."""
    return Path(os.environ.get("DATELINE_ACCESS") or ROOT / "var" / "access.toml").expanduser().resolve()


def load_rules(path: Path) -> Rules:
    """What the access file says; the defaults where there is none. SettingsError where it cannot be used."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if os.environ.get("DATELINE_ACCESS"):
            raise SettingsError(f"there is no access file at {path}") from None
        return Rules()
    except (OSError, ValueError) as e:
        raise SettingsError(f"the access file {path} cannot be read: {e}") from e
    return read_rules(given, str(path))


def read_rules(given: Mapping[str, Any], name: str) -> Rules:
    """The access file's content as rules; SettingsError says what does not fit."""

    def must(fits: bool, what: str) -> None:
        if not fits:
            raise SettingsError(f"the access file {name}: {what}")

    must(not set(given) - KEYS, f"it knows {', '.join(sorted(KEYS))}, not {', '.join(sorted(set(given) - KEYS))}")
    roles = given.get("roles", {})
    must(isinstance(roles, dict) and not set(roles) - set(ROLES), f"[roles] has lists of addresses named {' and '.join(ROLES)}")
    for role, patterns in roles.items():
        fits = isinstance(patterns, list) and all(isinstance(p, str) and "@" in p for p in patterns)
        must(fits, f'{role} is a list of e-mail addresses, like ["ana@example.org", "*@example.org"]')
    must(isinstance(given.get("require_sign_in", False), bool), "require_sign_in is true or false")
    must(given.get("reading", "anyone") in READERS, f"reading is one of {', '.join(READERS)}")
    hours = given.get("sign_in_hours", SIGN_IN_HOURS)
    must(isinstance(hours, (int, float)) and not isinstance(hours, bool) and hours > 0, "sign_in_hours is a number above 0")
    return Rules(
        roles=tuple((role, tuple(p.strip().casefold() for p in roles[role])) for role in ROLES if role in roles),
        require_sign_in=given.get("require_sign_in", False),
        reading=given.get("reading", "anyone"),
        sign_in_hours=float(hours),
    )


def is_loopback(address: str | None) -> bool:
    """Whether an address to listen on is this machine's own alone; none at all means every one there is."""
    if not address:
        return False
    if address.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:  # a name, of which it cannot be told where it leads
        return False


def reached_from_elsewhere() -> bool:
    """Whether others than this machine may be before the screen: by the address listened on, or by a proxy in between."""
    if not is_loopback(st.get_option("server.address")):
        return True
    headers = st.context.headers
    return any(name in headers for name in FORWARDED)


def local_name() -> str:
    """The name of this machine's user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in a container
        return "dashboard"


def judge(rules: Rules, user: Mapping[str, Any] | None, *, elsewhere: bool, now: float) -> Access:
    """What somebody may do. `user` holds the claims of who is signed in (None: nobody), `now` is in seconds since 1970."""
    if not elsewhere and not rules.require_sign_in:
        return Access(local_name(), "analyst")
    where = "this dashboard can be reached from other machines" if elsewhere else "its settings ask for it"
    if user is None:
        return Access("", "visitor", why_not=f"Editing needs a signed-in analyst, because {where}.")
    address = str(user.get("email") or "").strip()
    if not address:
        return Access(
            "", "visitor", signed_in=True, why_not="Whoever vouches for your sign-in told no e-mail address, so you have no role here."
        )
    if user.get("email_verified") is False:
        return Access(address, "visitor", signed_in=True, why_not=f"The address {address} is not verified, so you have no role here.")
    issued = user.get("iat")
    if isinstance(issued, (int, float)) and now - issued > rules.sign_in_hours * 3600:
        why = f"Your sign-in is older than {rules.sign_in_hours:g} hours: sign out and in again to edit."
        return Access(address, "viewer" if rules.role_of(address) else "visitor", signed_in=True, why_not=why)
    role = rules.role_of(address)
    if role == "analyst":
        return Access(address, role, signed_in=True)
    if role == "viewer":
        return Access(
            address, role, signed_in=True, why_not=f"You are signed in as {address}, a viewer: everything can be read, nothing changed."
        )
    return Access(
        address, "visitor", signed_in=True, why_not=f"You are signed in as {address}, who has no role here: nothing can be changed."
    )


def signed_in_user() -> dict[str, Any] | None:
    """The claims of who is signed in; None where nobody is."""
    user = st.user
    return dict(user.to_dict()) if getattr(user, "is_logged_in", False) else None


def access() -> Access:
    """What the person before this screen may do. Where the access file cannot be used, nobody has a role."""
    elsewhere = reached_from_elsewhere()
    try:
        rules = load_rules(rules_path())
    except SettingsError as e:
        return Access("", "visitor", why_not=f"Nothing can be changed: {e}.")
    return judge(rules, signed_in_user(), elsewhere=elsewhere, now=datetime.now(UTC).timestamp())


def must_edit() -> Access:
    """Who is before this screen, where they may change the store; NotAllowedError with the reason where they may not.

    Every function of the dashboard that writes asks here first: a button that is not shown is no guard.
    """
    person = access()
    if not person.may_edit:
        raise NotAllowedError(person.why_not)
    return person


def who() -> str:
    """Under which name decisions of this person are taken."""
    return access().name or "somebody not signed in"


def can_sign_in() -> bool:
    """Whether a sign-in is set up ([auth] in .streamlit/secrets.toml)."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def show_access() -> Access:
    """What this person may do; where it is less than everything, the page says so and offers to sign in."""
    now = access()
    if now.may_edit and not now.signed_in:
        return now
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="access"):
        if now.may_edit:
            st.markdown(f"Signed in as {escape_markdown(now.name)}", width="content")
        else:
            st.markdown(f"**Reading only.** {escape_markdown(now.why_not)}", width="content")
        if now.signed_in:
            st.button("Sign out", key="sign_out", on_click=st.logout, type="tertiary")
        elif can_sign_in():
            st.button("Sign in", key="sign_in", on_click=st.login)
        elif not now.may_edit:
            st.markdown("No sign-in is set up here; *docs/ACCESS.md* says how.", width="content")
    return now


def guard_reading() -> None:
    """Stop here where the access file lets only those read who have a role, and this person has none."""
    try:
        rules = load_rules(rules_path())
    except SettingsError:
        # A file that cannot be used may have kept readers out: nobody is let in by its mistake.
        rules = Rules(reading="listed") if reached_from_elsewhere() else Rules()
    if rules.reading == "listed" and access().role not in ROLES:
        st.title("Sign in to read", anchor=False)
        show_access()
        st.stop()
