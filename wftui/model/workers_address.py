"""Address of the PostgreSQL server through which steps reach workers.

It is a URL with or without a password; a password in an argument could be read in the list of processes.
"""

from collections.abc import Mapping

VARIABLE = "WFTUI_WORKERS"
"""Environment variable with the address."""
EXTRA = "wftui[workers]"
"""What has to be installed for steps in pools, and for workers."""
_SCHEMES = ("postgresql", "postgres")
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


def without_password(address: str) -> str:
    """Return an address without its password, to be shown.

    A password may have characters that a URL would have to encode: all up to the last @ before the database is hidden.
    """
    scheme, separator, rest = address.partition("://")
    start = rest.partition("/")[0]
    end = len(start) if "@" in start else len(rest.partition("?")[0])
    user, at, host = rest[:end].rpartition("@")
    place, question, query = (host + rest[end:]).partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0].lower() not in _SECRET]
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{place}{question if kept else ''}{'&'.join(kept)}"
