"""Database drivers of SQLAlchemy: detection and install command."""

import importlib

from wftui.model.installation import install_command, installed
from wftui.steps.api.requirements import MissingRequirement

_PACKAGES = {
    "MySQLdb": "mysqlclient",
    "duckdb_engine": "duckdb-engine",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
}
"""Packages of drivers by the module that is imported, where the two differ."""
_DIALECTS = {
    "bigquery": "sqlalchemy-bigquery",
    "clickhouse": "clickhouse-sqlalchemy",
    "cockroachdb": "sqlalchemy-cockroachdb",
    "duckdb": "duckdb-engine",
    "redshift": "sqlalchemy-redshift",
    "snowflake": "snowflake-sqlalchemy",
}
"""Packages that teach SQLAlchemy a database it does not know itself."""


def missing_driver(address: str | None) -> MissingRequirement | None:
    """Return the missing requirement of a SQLAlchemy URL, or None; may block.

    Blocks while modules are imported.

    Args:
        address: the SQLAlchemy URL; None while it is unknown, so that any driver may do.
    """
    if not installed("sqlalchemy"):
        return MissingRequirement(
            "sql.driver", "databases other than SQLite need SQLAlchemy and a driver", install_command("wftui[sql]")
        )
    if address is None:
        return None
    sqlalchemy = importlib.import_module("sqlalchemy")
    try:
        url = sqlalchemy.make_url(address)
    except sqlalchemy.exc.ArgumentError:
        return None  # no package helps
    try:
        url.get_dialect().import_dbapi()
    except sqlalchemy.exc.NoSuchModuleError:
        name = url.get_backend_name()
        package = _DIALECTS.get(name)
        if package is None or "+" in url.drivername:
            return None
        return MissingRequirement(
            "sql.driver", f"SQLAlchemy does not support {name} without a plugin", install_command(package)
        )
    except ImportError as error:
        module = (error.name or "").partition(".")[0]
        if not module:  # it is there, and a library that it loads is not
            return MissingRequirement("sql.driver", f"the driver of the database cannot be loaded: {error}")
        package = _PACKAGES.get(module, module)
        message = f"the driver of the database, {module}, is not installed"
        return MissingRequirement("sql.driver", message, install_command(package))
    return None
