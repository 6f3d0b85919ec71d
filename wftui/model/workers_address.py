"""Address of the PostgreSQL server through which steps reach workers.

It is a URL with or without a password; a password in an argument could be read in the list of processes.
"""

import re
from collections.abc import Mapping

VARIABLE = "WFTUI_WORKERS"
"""Environment variable with the address."""
EXTRA = "wftui[workers]"
"""Requirement of steps in pools, and of workers."""
_SCHEMES = ("postgresql", "postgres")
_HIDDEN = "***"
_PARAMETER = r"[A-Za-z_]+="
_SECRET = ("password", "sslpassword")


def workers_address(environment: Mapping[str, str], configured: str | None) -> str | None:
    """Return the address in use: of the environment, else of the settings file."""
    return environment.get(VARIABLE) or configured


def is_address(text: str) -> bool:
    """Return whether a text is a URL of PostgreSQL that names something."""
    scheme, separator, rest = text.partition("://")
    return scheme in _SCHEMES and separator != "" and rest.strip("/?") != "" and not any(map(str.isspace, text))


def has_password(address: str) -> bool:
    """Return whether an address contains a password."""
    return without_password(address) != address


def is_ambiguous(address: str) -> bool:
    """Return whether a password has characters that end it for PostgreSQL.

    PostgreSQL takes the rest for host or port, and quotes it in errors.
    """
    user, _ = _user_and_rest(address)
    _, colon, password = user.partition(":")
    return colon != "" and not set("/@").isdisjoint(password)


def without_password(address: str) -> str:
    """Return an address without its password, to be shown; `***` for other text."""
    if not is_address(address):
        return _HIDDEN
    scheme, separator, _ = address.partition("://")
    user, rest = _user_and_rest(address)
    place, question, query = rest.partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0].lower() not in _SECRET]
    return f"{scheme}{separator}{user.partition(':')[0]}{place}{question if kept else ''}{'&'.join(kept)}"


def _user_and_rest(address: str) -> tuple[str, str]:
    """Return the user with the password, and what follows from the @ on.

    A password may have characters that a URL would have to encode: it ends at the last @ before the parameters.
    """
    _, _, rest = address.partition("://")
    before, mark, query = rest.partition("?")
    if query and not all(re.match(_PARAMETER, part) for part in query.split("&")):
        before, mark, query = rest, "", ""  # the question mark is one of the password
    user, at, host = before.rpartition("@")
    return user, at + host + mark + query
