"""The `connections` command: named, typed connections and stored secrets."""

import argparse
import getpass
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from wftui.cli.input_types import typed
from wftui.cli.options import Command
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.connections.connection_kinds import KINDS
from wftui.connections.connections import StoredConnection
from wftui.model.base import Json
from wftui.model.errors import ConflictError, ExitCode, NotFoundError, UsageError
from wftui.model.json.incremental import read_json
from wftui.model.schema.json_schema import as_object
from wftui.model.text.local_times import local_day
from wftui.workbench import Workbench


def connections(arguments: argparse.Namespace) -> int:
    """Run `connections [list|kinds|add|edit|test|remove|accounts|connect|secret]`."""
    return _COMMANDS[arguments.action or "list"](arguments)


def _list(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        found = await workbench.connections.all()
        if arguments.json:
            terminal.json([each.to_wire() for each in found])
        elif found:
            rows = [[each.name, each.kind, _shown(each), each.description or ""] for each in found]
            terminal.table(["NAME", "KIND", "VALUES", "DESCRIPTION"], rows)
        else:
            terminal.line("no connections; add one: wftui connections add NAME --kind KIND -s KEY=VALUE")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _kinds(arguments: argparse.Namespace) -> int:
    terminal = Terminal()
    if arguments.json:
        terminal.json({word: kind.model_json_schema(by_alias=True) for word, kind in KINDS.items()})
        return ExitCode.DONE
    rows = []
    for word, kind in KINDS.items():
        names = [field.alias or name for name, field in kind.model_fields.items()]
        secret = kind.secret_fields()
        rows.append([word, kind.title, ", ".join(f"{name}*" if name in secret else name for name in names)])
    terminal.table(["KIND", "TITLE", "FIELDS (* secret)"], rows)
    return ExitCode.DONE


def _add(arguments: argparse.Namespace) -> int:
    given = _given(arguments.settings)

    async def work(workbench: Workbench) -> int:
        if any(each.name == arguments.name for each in await workbench.connections.all()):
            raise ConflictError(f"connection {arguments.name} already exists", code="connection.exists")
        new = StoredConnection(
            name=arguments.name,
            kind=arguments.kind,
            description=arguments.description,
            values=_values(arguments.kind, {}, given),
        )
        return await _save(workbench, new)

    return with_workbench(arguments, work)


def _edit(arguments: argparse.Namespace) -> int:
    given = _given(arguments.settings)

    async def work(workbench: Workbench) -> int:
        before = await workbench.connections.get(arguments.name)
        changed = before.model_copy(
            update={
                "values": _values(before.kind, before.values, given),
                "description": before.description if arguments.description is None else arguments.description,
            }
        )
        return await _save(workbench, changed)

    return with_workbench(arguments, work)


async def _save(workbench: Workbench, connection: StoredConnection) -> int:
    kept = await workbench.connections.save(connection)
    Terminal().line(f"saved {kept.name} ({kept.kind}): {_shown(kept)}")
    return ExitCode.DONE


def _test(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        Terminal().line(f"{arguments.name}: {await workbench.connections.test(arguments.name)}")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _remove(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        await workbench.connections.remove(arguments.name)
        Terminal().line(f"removed {arguments.name}")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _accounts(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        names = [arguments.name] if arguments.name else await _with_accounts(workbench)
        found = [account for name in names for account in await workbench.connections.accounts(name)]
        if arguments.json:
            terminal.json([each.to_wire() for each in found])
        elif found:
            rows = [
                [each.connection, each.toolkit, each.status.lower(), each.id, _day(each.created_at), each.reason or ""]
                for each in found
            ]
            terminal.table(["CONNECTION", "TOOLKIT", "STATUS", "ID", "SINCE", ""], rows)
        else:
            user, name = workbench.settings.user_id, names[0] if len(names) == 1 else "NAME"
            terminal.line(f"no accounts for {user}; connect one: wftui connections connect {name} TOOLKIT")
        return ExitCode.DONE

    return with_workbench(arguments, work)


async def _with_accounts(workbench: Workbench) -> list[str]:
    names = [each.name for each in await workbench.connections.all() if each.kind == "composio"]
    if not names:
        raise NotFoundError(
            "no connection of kind composio; add one: "
            "wftui connections add tools --kind composio -s apiKey=env:COMPOSIO_API_KEY",
            code="connection.not_found",
        )
    return names


def _connect(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        link = await workbench.connections.connect(arguments.name, arguments.toolkit)
        if not arguments.wait:
            if arguments.json:
                terminal.json(link.to_wire())
            else:
                terminal.line(f"open this link to connect {link.toolkit}: {link.address}")
            return ExitCode.DONE
        # On stderr: a script may read the account from stdout while a person opens the link.
        (terminal.error if arguments.json else terminal.line)(
            f"open this link to connect {link.toolkit}: {link.address}"
        )
        account = await workbench.connections.connected(link)
        if arguments.json:
            terminal.json(account.to_wire())
        else:
            terminal.line(f"{terminal.glyph('completed')} {account.toolkit} connected: {account.id}")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _secret(arguments: argparse.Namespace) -> int:
    secret = _read_secret(arguments.name, whole=True) if arguments.secret_action == "set" else ""

    async def work(workbench: Workbench) -> int:
        terminal = Terminal()
        match arguments.secret_action:
            case "set":
                await workbench.connections.set_secret(arguments.name, secret)
                terminal.line(
                    f"stored; workflows read it as secrets.{arguments.name}, connections as store:{arguments.name}"
                )
            case "remove":
                await workbench.connections.remove_secret(arguments.name)
                terminal.line(f"removed {arguments.name}")
            case _:
                names = await workbench.connections.secrets()
                if arguments.json:
                    terminal.json(names)
                elif names:
                    terminal.line("\n".join(names))
                else:
                    terminal.line("no secrets; store one: wftui connections secret set NAME")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _read_secret(name: str, *, whole: bool) -> str:
    """Read a secret without echo, or from a pipe: one line, or all of it.

    Call it outside an event loop, where Ctrl+C would not interrupt the prompt.
    """
    if sys.stdin.isatty():
        try:
            return getpass.getpass(f"{name}: ")
        except EOFError:
            raise UsageError(f"no value for {name}", code="usage.asked") from None
    text = sys.stdin.read() if whole else sys.stdin.readline()
    return text.removesuffix("\n").removesuffix("\r")


def _day(timestamp: datetime | None) -> str:
    return local_day(timestamp) if timestamp is not None else ""


def _shown(connection: StoredConnection) -> str:
    return ", ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in connection.values.items()
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """One `-s KEY=VALUE`.

    `KEY.NAME=VALUE` sets an entry of a mapping, such as `env.TOKEN`.
    """

    field: str
    name: str
    text: str
    asked: bool


def _given(settings: Sequence[str]) -> list[_Given]:
    """Parse the `-s` options; prompt for values given as `?`."""
    found: list[_Given] = []
    alone = sum(setting.partition("=")[2] == "?" for setting in settings) == 1
    for setting in settings:
        key, separator, text = setting.partition("=")
        field, dot, name = key.partition(".")
        if not separator or not field or (dot and not name):
            raise UsageError("-s: expected KEY=VALUE", code="usage.setting")  # not shown: it may be a secret
        asked = text == "?"
        found.append(_Given(field, name, _read_secret(key, whole=alone) if asked else text, asked))
    return found


def _values(kind: str, before: Mapping[str, Json], given: Sequence[_Given]) -> dict[str, Json]:
    """Return the values with changes applied, typed by the kind; empty ones go."""
    values = dict(before)
    for each in given:
        inner = values.get(each.field)
        holder, last = ({**inner} if isinstance(inner, dict) else {}, each.name) if each.name else (values, each.field)
        if each.text == "":
            holder.pop(last, None)
        else:
            holder[last] = each.text if each.asked else _typed_value(kind, each.field, each.name, each.text)
        if each.name:
            values[each.field] = holder
    return values


def _typed_value(kind: str, field: str, name: str, text: str) -> Json:
    """Return text where the kind expects text, else JSON if it parses."""
    schema = KINDS[kind].model_json_schema(by_alias=True) if kind in KINDS else {}
    wanted: Json = as_object(schema.get("properties")).get(field)
    if name:
        wanted = as_object(wanted).get("additionalProperties")
    types = as_object(typed(schema, wanted)).get("type", [])
    if "string" in ([types] if isinstance(types, str) else types):
        return text
    try:
        return read_json(text)
    except ValueError:
        return text


_COMMANDS: dict[str, Command] = {
    "list": _list,
    "kinds": _kinds,
    "add": _add,
    "edit": _edit,
    "test": _test,
    "remove": _remove,
    "accounts": _accounts,
    "connect": _connect,
    "secret": _secret,
}
COMMANDS: dict[str, Command] = {"connections": connections}
