"""Keys, values and step types of other products, and what they are called here."""

import json
import re
from collections.abc import Collection, Iterable, Mapping

from wftui.compiler.diagnostics import patches
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.text.suggestions import did_you_mean, mistyped
from wftui.model.workflow.compilation import Fix, PatchOperation
from wftui.model.workflow.containers import CONTAINER_TYPES


def _table(lines: str) -> dict[str, tuple[str, ...]]:
    """Return the words at the left of each `:`, with those at its right."""
    pairs = (line.split(":") for line in lines.split("\n") if line)
    return {word: tuple(meant.split()) for words, meant in pairs for word in words.split()}


_KEYS = _table("""\
dependson depends requires runafter:needs
after:needs finally
if onlyif runif condition expression:when that
assertion check test:that
triggerrule:join
with params parameters arguments args config options inputs:input args params query inputs inputSchema
opkwargs opargs:args
uses kind action task operator:type
loop loopover withitems each iterate:forEach
items over:in forEach
list of values collection array:in
var item itemvariable:as
variables:vars
concurrency parallel parallelism maxconcurrency maxparallelism:maxParallel
onfailure rescue except errorhandler handlers:catch
attempts maxtries:maxAttempts retry
times repeat maxloops:maxIterations
interval wait sleep duration seconds:for delay
timeoutseconds timelimit maxduration executiontimeout deadline:timeout
description comment comments notes doc docmd documentation:description note
title displayname:name
label:name
message question:prompt
body:json text prompt steps content
data payload:json text content
text contents:content
sender:from
recipient recipients receiver:to
command cmd commands run bash bashcommand sh exec code:script
script:code
pythoncallable callable:function
statuscode statuscodes expectedstatus:expect
verifyssl validatecerts:verify
uri endpoint link:url
verb httpmethod:method
qs querystring queryparams:query
statement sql:query
db dsn:database
filename filepath:path
operation op mode:action
id workflowid workflowname flow subworkflow:workflow
else otherwise:default
then do block tasks jobs children stages nodes:steps
always cleanup ensure:finally
environment envs environmentvariables:env
workdir workingdirectory chdir directory dir:cwd
output:outputs
outputs result results register schedule cron on trigger triggers in next start end await from context:
""")
"""Keys, in lower case without `_` and `-`; the first meaning that an object may have counts.

Those without a meaning only look like known keys.
"""

_COMPARED = ("expression", "value", "case", "on", "match", "equals")
_UNITS = {"timeoutminutes": "m", "timeoutmins": "m", "timeoutms": "ms", "timeouthours": "h"}

_TYPES = _table("""\
bash sh exec execute command cmd script run process:shell
request httprequest fetch rest api webhook curl:http
wait sleep pause timer:delay
condition choice branch case decision router:switch
sequence sequential block scope stage:group
while until repeat dowhile:loop
subworkflow subflow call child executeworkflow callworkflow:workflow
function code py python3:python
query postgres postgresql mysql sqlite database db:sql
openai chat ai agent gpt anthropic claude completion:llm
manual human approve gate confirm:approval
mail smtp sendemail:email
raise throw error stop abort:fail
variable variables assign transform const setvariable:set
validate ensure assertion:assert
jinja render:template
readfile writefile:file
""")
_TYPE_FORMS = {
    "if": 'the key "when" of any step, or a switch',
    "parallel": 'a group whose steps have "needs": []',
    "foreach": 'the key "forEach" of any step, such as a group',
    "map": 'the key "forEach" of any step, such as a group',
    "try": 'the key "catch" of any step',
    **dict.fromkeys(("echo", "print", "debug", "log"), "set, whose input is kept and shown as its output"),
    "filter": 'the key "when" in the "forEach" of a step',
    **dict.fromkeys(
        ("trigger", "manualtrigger", "scheduletrigger", "cron", "start"),
        "no step for what starts a run, and inputSchema for what the run is given",
    ),
}
_PREFIX = re.compile(r"(n8n-nodes-base|@n8n/[\w-]+|ansible\.builtin|io\.kestra(\.\w+)+)\.", re.IGNORECASE)
"""Prefixes of types in other products."""
_NO_TIMES = "does not hold its schedule: `wftui schedule print` makes an entry for cron or systemd"
_VALUES = {
    "all": "all_success",
    "success": "all_success",
    "any": "any_success",
    "one_success": "any_success",
    "always": "all_done",
    "done": "all_done",
    "failure": "any_failed",
    "failed": "any_failed",
    "one_failed": "any_failed",
    "all_failed": "",
    "none_skipped": "",
    "none_failed_min_one_success": "none_failed",
    "continueregularoutput": "continue",
    "stopworkflow": "fail",
    "ignore": "continue",
    "skip": "continue",
    "resume": "continue",
    "abort": "fail",
    "stop": "fail",
    "wait": "queue",
    "cancel": "cancelRunning",
    "replace": "cancelRunning",
    "remove": "delete",
    "unlink": "delete",
    "rm": "delete",
    "rename": "move",
    "mv": "move",
    "cp": "copy",
    "create": "write",
    "save": "write",
    "overwrite": "write",
    "exists": "stat",
    "list": "glob",
    "find": "glob",
    "ls": "glob",
    "zip": "archive",
    "compress": "archive",
    "unzip": "extract",
    "hash": "checksum",
}
"""Values; an empty text is a word that means none of those here."""


def meant_keys(key: str, value: Json, known: Collection[str], given: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the known keys that were probably meant; the user chooses from several.

    Args:
        given: the object that has the key.
    """
    simple = _simple(key)
    container = meant_container(given.get("type"))
    if simple in ("condition", "expression") and container == "loop" and {"while", "until"} <= {*known}:
        return "while", "until"
    if _compares(simple, known, given):
        return ()
    if (meanings := _KEYS.get(simple)) is None:
        guess = mistyped(key, known)
        return (guess,) if guess is not None else ()
    if isinstance(value, str) and not value.lstrip().startswith("{{"):  # as JSON it would get quotation marks
        meanings = tuple(sorted(meanings, key=lambda each: each == "json"))
    elif isinstance(value, Mapping) and "json" in meanings and "form" in known:
        sent = _content_type(given)
        if "urlencoded" in sent or "multipart" in sent:
            return ("form",)
        if simple == "data" and not sent:
            return tuple(each for each in ("json", "form") if each in known)
    if not isinstance(value, Mapping) and not _is_bound(value):
        meanings = tuple(each for each in meanings if each != "input")
    return tuple(each for each in meanings if each in known)[:1]


def meant_type(word: str, known: Collection[str]) -> tuple[str | None, str | None]:
    """Return the known step type that was probably meant, or a form to write instead."""
    simple = _simple(_PREFIX.sub("", word)).removesuffix("operator")
    if simple in _TYPE_FORMS:
        return None, _TYPE_FORMS[simple]
    meant = next((each for each in (*_TYPES.get(simple, ()), simple) if each in known), None)
    return meant or mistyped(word, known), None


def meant_container(word: Json) -> str | None:
    """Return the container that a type is, or is called elsewhere; None for a leaf.

    An empty text is a type without a word here, such as `if`.
    """
    simple = _simple(word) if isinstance(word, str) else ""
    if simple in _TYPE_FORMS:
        return ""
    return next((each for each in (*_TYPES.get(simple, ()), simple) if each in CONTAINER_TYPES), None)


def meant_value(key: str, value: str, choices: Iterable[str]) -> str | None:
    """Return the choice that was probably meant; None without one."""
    known = [*choices]
    # At its limit, a loop that stops may fail or continue.
    other = _VALUES.get(value.lower()) if key != "onLimit" else None
    if other == "":
        return None
    return other if other in known else mistyped(value, known)


def key_fixes(
    key: str, value: Json, pointer: str, known: Collection[str], given: Mapping[str, Json]
) -> tuple[str, tuple[Fix, ...]]:
    """Return the end of the message on an unknown key, and its fixes.

    Args:
        pointer: of the object that has the key.
        known: the keys that it may have.
        given: the object; none of its keys is written over.
    """
    free = [each for each in known if each not in given]
    at = pointer + pointer_to([key])
    remove = patches.remove(f"remove {key}", at)
    other = _converted(_simple(key), value, free)
    if other is not None:
        name, new = other
        title = f'write "{name}": {_shown(new)} instead'
        patch = [PatchOperation(op="remove", path=at), PatchOperation(op="add", path=f"{pointer}/{name}", value=new)]
        return f"; did you mean {name}?", (Fix(title=title, patch=patch), remove)
    if _simple(key) == "register" and "outputSchema" in known:
        return "; every step keeps its output, read as steps.ID.output", (remove,)
    if _simple(key) in ("schedule", "cron", "on", "trigger", "triggers") and "inputSchema" in known:
        return f"; a workflow {_NO_TIMES}", (remove,)
    if _compares(_simple(key), free, given):
        return '; each case of a switch has a condition of its own, as "when": "inputs.x == 1"', (remove,)
    guesses = meant_keys(key, value, free, given)
    renames = (patches.rename(f"rename it to {guess}", at, f"{pointer}/{guess}") for guess in guesses)
    return did_you_mean(", or ".join(guesses)), (*renames, remove)


def _converted(simple: str, value: Json, known: Collection[str]) -> tuple[str, Json] | None:
    """Return the known key, and its value, for a key of another meaning."""
    match simple, value:
        case "enabled" | "active", bool() if "disabled" in known:
            return "disabled", not value
        case "continueonerror" | "ignoreerrors" | "allowfailure" | "continueonfail", bool() if "onError" in known:
            return "onError", "continue" if value else "fail"
        case "retries" | "maxretries", bool():
            return None
        case "retries" | "maxretries", int() if value >= 0 and "maxAttempts" in known:
            return "maxAttempts", value + 1
        case "retries" | "maxretries", int() if value >= 0 and "retry" in known:
            return "retry", {"maxAttempts": value + 1}
        case "cancelinprogress", bool() if "onBusy" in known:
            return "onBusy", "cancelRunning" if value else "queue"
        case unit, int() if unit in _UNITS and "timeout" in known and value > 0 and value is not True:
            return "timeout", f"{value}{_UNITS[unit]}"
        case "rescue" | "onfailure" | "errorhandler", list() if "catch" in known and _are_steps(value):
            return "catch", [{"steps": value}]
        case "inputs" | "params" | "parameters", list() if "inputSchema" in known and _are_names(value):
            names = [str(name) for name in value]
            return "inputSchema", {"type": "object", "properties": {name: {} for name in names}, "required": names}
        case "inputs" | "params" | "parameters" | "arguments", Mapping() if "inputSchema" in known:
            is_schema = isinstance(value.get("properties"), dict)
            return "inputSchema", value if is_schema else {"type": "object", "properties": value}
    return None


def _compares(simple: str, known: Collection[str], given: Mapping[str, Json]) -> bool:
    """Return whether a key is of a switch or case that compares a value with others."""
    return simple in _COMPARED and (
        meant_container(given.get("type")) == "switch" or ("when" in known and {*known} <= {"when", "steps"})
    )


def _are_steps(value: list[Json]) -> bool:
    return bool(value) and all(isinstance(each, dict) and "type" in each for each in value)


def _are_names(value: list[Json]) -> bool:
    return bool(value) and all(isinstance(each, str) and each for each in value)


def _is_bound(value: Json) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{{")


def _content_type(given: Mapping[str, Json]) -> str:
    """Return the content type in the headers beside a field; empty without one."""
    headers = given.get("headers")
    found = (
        [value for name, value in headers.items() if name.lower() == "content-type"]
        if isinstance(headers, dict)
        else []
    )
    return str(found[0]).lower() if found else ""


def _shown(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, dict | list) else "…"


def _simple(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
