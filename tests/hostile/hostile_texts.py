"""Texts that control a terminal or hide in it, and a workspace full of them."""

import json
import os
import re
import sys
import unicodedata
from pathlib import Path

from wftui.connections.private_files import private_folder, write_private
from wftui.model.base import Json

KINDS = {
    "markup": "[red]not red[/] [@click=app.quit]no link[/] [/nothing] [bold",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "title": "\x1b]0;owned\x1b\\",
    "link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "device": '\x1bP$q"p\x1b\\',
    "passthrough": "\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\",
    "endless": "\x1b]0;never ends",
    "clear": "\x1b[2J\x1b[H",
    "move": "\x1b[10;5Hforged\x1b[1A",
    "reset": "\x1bc",
    "charset": "\x1b(0",
    "report": "\x1b[6n\x1b[c",
    "cut": "\x1b[12",
    "c1": "\x9b2J\x9d52;c;ZXZpbA==\x9c\x90q\x9c\x85",
    "backspace": "shown\x08\x08\x08\x08\x08hidden",
    "carriage return": "shown\rhidden",
    "others": "\x00\x05\x07\x0b\x0c\x0e\x0f\x7f",
    "bidi": "\u202egnp.exe\u202c\u2066\u2069\u200f\u061c",
    "no width": "de\u200bploy\u2060\ufeff\u180e\xad",
    "joined": "de\u200dploy\u200c",
    "tags": "\U000e0061\U000e0062",
    "lines": "a\u2028b\u2029c",
    "blanks": "a\tb\nc",
}
ALL = "|".join(KINDS.values())
"""Every kind in one text."""
COLOR = re.compile(r"\x1b\[[0-9;:]*m")
_VISIBLE_FORMATS = {chr(code) for code in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)}
"""Signs that Unicode calls format characters, and that have a glyph."""
INVISIBLE = {
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} and char not in _VISIBLE_FORMATS
}
KEPT = {"\n", "\t"}


JOINER = re.compile(r"(?<=[^\x00-\x7f])(?<![\u200c\u200d])[\u200c\u200d](?=[^\x00-\x7f])(?![\u200c\u200d])")
"""A joiner between characters beyond ASCII, which writing and emoji need."""


def acts(text: str) -> list[str]:
    """The characters a terminal acts on or hides, except colors, tabs and line feeds."""
    return sorted({char for char in JOINER.sub("", COLOR.sub("", text)) if char in INVISIBLE - KEPT})


def steps(text: str) -> list[Json]:
    """Steps with a text in names and notes that print, return, fail with and ask it."""
    named: Json = {"name": text, "note": text}
    message: Json = {"T": "{{ inputs.text }}"}
    return [
        {"id": "value", "type": "set", **named, "input": {text: text, "all": "{{ inputs.text }}"}},
        {"id": "log", "type": "shell", **named, "input": {"script": "printf '%s\\n' \"$T\"", "env": message}},
        {"id": "tell", "type": "shell", **named, "input": {"script": 'printf "%s" "$T" >&2', "env": message}},
        {
            "id": "fails",
            "type": "assert",
            **named,
            "onError": "continue",
            "input": {"that": False, "message": "{{ inputs.text }}"},
        },
        {"id": "skipped", "type": "set", **named, "when": "false", "input": {}},
        {"id": "ask", "type": "approval", **named, "timeout": 0.01, "input": {"prompt": "{{ inputs.text }}"}},
    ]


def put(tables: Path, workflow_id: str, source: str) -> None:
    """Write a workflow.json, valid or not."""
    folder = tables / "workflows" / workflow_id
    folder.mkdir(parents=True)
    (folder / "workflow.json").write_text(source)


def fill_workspace(tables: Path, text: str, file: str = f"x{KINDS['clipboard']}{KINDS['clear']}") -> None:
    """Write a workspace, connections and a file name with a text in every place."""
    no_nul = text.replace("\x00", "")
    field: Json = {"type": "string", "title": text, "description": text, "default": no_nul}
    choice: Json = {"oneOf": [{"const": text, "title": text}, {"const": "b", "title": text}], "title": text}
    evil: Json = {
        "format": 1,
        "id": "evil",
        "name": text,
        "description": text,
        "labels": {text: text},
        "inputSchema": {
            "type": "object",
            "properties": {"text": field, "choice": choice, "list": {"type": "array", "items": {"enum": [text, "b"]}}},
        },
        "steps": steps(text),
        "outputs": {"text": "{{ steps.value.output.all }}", "all": "{{ steps.value.output }}"},
    }
    broken: Json = {
        "format": 1,
        "id": "broken",
        text: text,
        "steps": [{"id": "a", "type": text}, {"id": text, "type": "set", text: 1, "input": {"x": "{{ inputs." + text}}],
    }
    needy: Json = {
        "format": 1,
        "id": "needy",
        "connections": {"api": {"kind": "http", "description": text}},
        "steps": [{"id": "get", "type": "http", "connection": "api", "input": {"url": "/x"}}],
    }
    asks: Json = {
        "format": 1,
        "id": "asks",
        "name": text,
        "steps": [
            {
                "id": "ask",
                "type": "approval",
                "name": text,
                "input": {"prompt": text, "form": {"type": "object", "properties": {"text": field, "choice": choice}}},
            }
        ],
    }
    fails: Json = {
        "format": 1,
        "id": "fails",
        "steps": [{"id": "claim", "type": "assert", "input": {"that": False, "message": text}}],
    }
    half: Json = {"format": 1, "id": "half", "name": KINDS["markup"] + "\ud800 \udc9b", "steps": []}
    for workflow_id, workflow in (
        ("asks", asks),
        ("broken", broken),
        ("evil", evil),
        ("fails", fails),
        ("needy", needy),
        (file, evil),
    ):
        put(tables, workflow_id, json.dumps(workflow, ensure_ascii=False))
    put(tables, "no_json", text)
    put(tables, "half", json.dumps(half))
    (tables / "steps").mkdir()
    for name in (file, os.fsdecode(b"not \xff\x9b2J unicode")):
        (tables / "steps" / f"{name}.py").write_text(f"raise ValueError({text!r})")
    connections: Json = [
        {"name": text, "kind": "http", "description": text, "values": {"auth": "none", "baseUrl": text}},
        {"name": "odd", "kind": text, "description": text, "values": {text: text}},
    ]
    greet = f"def greet(name: str) -> str:\n    {text!r}\n    return name\n"
    source = f"from wftui.steps.plugin import step\n\n\n@step('mine.evil', title={text!r})\n{greet}"
    (tables / "steps" / "typed.py").write_text(source)
    folder = private_folder()
    write_private(folder / "connections.json", json.dumps({"format": 1, "connections": connections}).encode())
