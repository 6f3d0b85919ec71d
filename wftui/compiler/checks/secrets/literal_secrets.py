"""Check for plain-text secrets in workflow.json, by their form or their key."""

import contextlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.text_caches import text_cache
from wftui.compiler.tree.nodes import StepNode, WorkflowTree, strings_in
from wftui.connections.connection_kinds import SECRET_HEADERS
from wftui.connections.secret_references import is_reference
from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.schema.json_schema import as_object
from wftui.model.workflow.compilation import Fix, PatchOperation
from wftui.steps.api.step_type import StepType

_SHAPES = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"sk-[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic and compatible services
    r"|[sr]k_live_[A-Za-z0-9]{20,}"  # Stripe
    r"|gh[opsur]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])|AIza[A-Za-z0-9_-]{35}"  # AWS, Google
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|hf_[A-Za-z0-9]{30,}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}"
    r"|(?<=hooks\.slack\.com/services/)[A-Z0-9]+/[A-Z0-9]+/[A-Za-z0-9]{16,}|(?<=/api/webhooks/)\d+/[\w-]{20,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"  # a JSON web token
    r")|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
# Starts at a word, with a bounded scheme, so that a text of megabytes is scanned only once.
_IN_ADDRESS = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@{}\"']*:([^\s/@{}\"']+)@")
_IN_HEADER = re.compile(
    r"(?i)(?<![\w-])(?:(?:proxy-)?authorization:\s*(?:bearer|basic|token)\s+|(?:x-)?api-key:\s*)([\w.~+/=-]{16,})"
)
_MARKS = (
    "sk- k_live_ ghp_ gho_ ghs_ ghu_ ghr_ github_pat_ glpat- xox AKIA ASIA AIza "
    "npm_ pypi- hf_ AGE-SECRET .eyJ -----BEGIN hooks.slack /webhooks/"
)
_FORMS = (
    (_SHAPES, 0, tuple(_MARKS.split())),
    (_IN_ADDRESS, 1, ("@",)),
    (_IN_HEADER, 1, ("uthorization:", "UTHORIZATION:", "pi-key:", "pi-Key:", "PI-Key:", "PI-KEY:")),
)
"""Pattern, group of the secret, and texts of which one must occur: that check is much faster."""
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token|apikey)\s+")
_NAMED = re.compile(r"(?:password|passwd|passphrase|secret|token|apikey|accesskey|secretkey|privatekey|signature)$")
_NO_SECRET = re.compile(r"(?:page|next|continuation|sync|cursor|csrf)token$")
_PLACEHOLDER = re.compile(
    r"(?i)[x.*…-]+|<.*>|[$%].*|your\b.*|your[-_].*|.*(?:example|placeholder|change-?_?me|dummy|redacted|\.\.\.|…).*"
    r"|(?:my|the|a)?[-_]?(?:password|passwd|pass|pw|secret|token|key|api[-_]?key)"
)
_READ = re.compile(r"\binputs\.(\w+)")
_TEXTS = 20_000
"""Texts whose verdict is kept: a check while typing meets them again."""
_SHORTEST_HEADER = 6
_SHORTEST_PASSWORD = 6
_SHORTEST = 12


SecretPlace = tuple[str, str, str, tuple[int, int]]
"""Pointer, field and text of a string with a secret, and the span of that."""


def literal_secrets(node: StepNode) -> list[SecretPlace]:
    """Return the secrets in the input of a step."""
    found = []
    for pointer, field, text in node.strings:
        place = _anywhere(text) or _named(pointer_parts(pointer)[-1], text)
        if place is not None:
            found.append((pointer, field, text, place))
    return found


def check_literal_secrets(
    tree: WorkflowTree,
    types: Mapping[StepNode, StepType[Any] | None],
    steps: Iterable[tuple[StepNode, Iterable[SecretPlace]]],
) -> Iterator[Diagnostic]:
    """Warn of secrets that everyone who gets the file can read; never quote one.

    Args:
        steps: the steps with `literal_secrets`.
    """
    found: list[tuple[StepNode | None, SecretPlace]] = [(node, place) for node, places in steps for place in places]
    for name in ("inputSchema", "outputs", "description"):
        for pointer, field, text in strings_in(tree.raw.get(name), f"/{name}", name):
            place = _anywhere(text)
            if place is not None:
                found.append((None, (pointer, field, text, place)))
    if not found:
        return
    taken = {*as_object(as_object(tree.raw.get("inputSchema")).get("properties"))}
    for each in tree.walk():  # an undeclared name that is read may be meant for something else
        taken.update(name for _, _, text in each.strings for name in _READ.findall(text))
    for node, secret in found:
        yield _diagnostic(tree, taken, node, types.get(node) if node is not None else None, *secret)


def without_secrets(value: Json, names: Collection[str] = (), key: str = "") -> tuple[Json, list[str]]:
    """Replace secrets in a step's input by references to the encrypted store.

    Args:
        names: of stored secrets, which are not used again.
        key: name of the value, which may tell that it is a secret.

    Returns:
        The value, and the new names.
    """
    added: list[str] = []
    if isinstance(value, str):
        text = value
        if text.lstrip()[:1] in ("{", "["):
            with contextlib.suppress(ValueError, RecursionError):  # any other text is searched as a whole
                inside, added = without_secrets(read_json(text), names, key)
                text = json.dumps(inside, ensure_ascii=False) if added else text
        while (place := _anywhere(text) or _named(key, text, of_command=True)) is not None:
            name = _free_name({*names, *added}, key)
            text = f"{text[: place[0]]}{{{{ secrets.{name} }}}}{text[place[1] :]}"
            added.append(name)
        return text, added
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        found: list[tuple[Any, Json]] = []
        for member, inner in members:
            clean, new = without_secrets(inner, {*names, *added}, str(member) if isinstance(value, dict) else key)
            found.append((member, clean))
            added += new
        return (dict(found) if isinstance(value, dict) else [clean for _, clean in found]), added
    return value, added


@text_cache(_TEXTS)
def _anywhere(text: str) -> tuple[int, int] | None:
    """Return the span of a secret that is recognised by its form."""
    for pattern, group, marks in _FORMS:
        for found in pattern.finditer(text) if any(mark in text for mark in marks) else ():
            if not _PLACEHOLDER.fullmatch(found[group]):
                return found.span(group)
    return None


def _named(key: str, text: str, *, of_command: bool = False) -> tuple[int, int] | None:
    """Return the span of a secret whose key has a secret's name.

    Args:
        of_command: accept short secrets, as a command that someone has used holds few placeholders.
    """
    if "{{" in text or is_reference(text):
        return None
    scheme = _SCHEME.match(text)
    start = scheme.end() if scheme is not None else 0
    rest = text[start:]
    if not rest or re.search(r"\s", rest) or _PLACEHOLDER.fullmatch(rest):
        return None
    plain = key.lower().replace("_", "").replace("-", "")
    if key.lower() in SECRET_HEADERS:
        enough = len(rest) >= _SHORTEST_HEADER
    elif not _NAMED.search(plain) or _NO_SECRET.search(plain) or "://" in rest:
        enough = False
    elif "pass" in plain or of_command:
        enough = len(rest) >= _SHORTEST_PASSWORD
    else:
        enough = len(rest) >= _SHORTEST and any(c.isdigit() for c in rest) and any(c.isalpha() for c in rest)
    return (start, len(text)) if enough else None


def _diagnostic(
    tree: WorkflowTree,
    taken: Collection[str],
    node: StepNode | None,
    step_type: StepType[Any] | None,
    pointer: str,
    field: str,
    text: str,
    place: tuple[int, int],
) -> Diagnostic:
    start, end = place
    name = _free_name(taken, pointer_parts(pointer)[-1])
    homes = []
    fixes: tuple[Fix, ...] = ()
    if node is not None and step_type is not None:
        top = field.split(".")[1]
        if step_type.connection_kind is not None and node.step.connection is None:
            homes.append("a connection")
        if top in step_type.secret_fields:
            homes.append(f"the encrypted store (wftui connections secret set {name}; {{{{ secrets.{name} }}}})")
        if top not in step_type.foreign_fields and "{{" not in text:
            bound = f"{text[:start]}{{{{ inputs.{name} }}}}{text[end:]}"
            patch = [PatchOperation(op="replace", path=pointer, value=bound), *_new_input(tree, name)]
            fixes = (Fix(title=f"move it to a secret input, {name}", patch=patch),)
    homes.append('an input with "writeOnly": true')
    return Diagnostic(
        "secret.literal",
        f"this looks like a secret that everyone who gets the file can read; move it to {' or '.join(homes)}",
        pointer,
        "warning",
        offset=start,
        length=end - start,
        step_id=node.id or None if node is not None else None,
        field=field,
        fixes=fixes,
    )


def _free_name(taken: Collection[str], key: str) -> str:
    """Return a name for the secret that no input has and no expression reads."""
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()).strip("_")
    wanted = plain if _NAMED.search(plain.replace("_", "")) and plain[0].isalpha() else "token"
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def _new_input(tree: WorkflowTree, name: str) -> list[PatchOperation]:
    schema = tree.raw.get("inputSchema")
    declared: dict[str, Json] = {"type": "string", "writeOnly": True}
    if not isinstance(schema, dict):
        whole: dict[str, Json] = {"type": "object", "properties": {name: declared}, "required": [name]}
        return [PatchOperation(op="add", path="/inputSchema", value=whole)]
    made: list[PatchOperation] = []
    if isinstance(schema.get("properties"), dict):
        made.append(PatchOperation(op="add", path="/inputSchema/properties" + pointer_to([name]), value=declared))
    else:
        made.append(PatchOperation(op="add", path="/inputSchema/properties", value={name: declared}))
    if isinstance(schema.get("required"), list):
        made.append(PatchOperation(op="add", path="/inputSchema/required/-", value=name))
    else:
        made.append(PatchOperation(op="add", path="/inputSchema/required", value=[name]))
    return made
