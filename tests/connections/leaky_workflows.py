"""Workflows whose every step leaks its secrets wherever its type allows.

COVERED names each step type, and what its steps here say. A new type has to be added: see the test.
"""

from typing import Any

from wftui.model.base import Json

COVERED: dict[str, str] = {
    "approval": "the prompt, the text of the form, and what was answered",
    "assert": "the message of the failure",
    "composio": "the arguments, the answer and the error of a tool; the key",
    "delay": "nothing but a time: its label in a forEach",
    "email": "subject, text, an attached file, the password of the server, a server that refuses",
    "fail": "the type, the message and the details of the failure",
    "file": "a file written, copied, read, found by its name, and one that is missing",
    "group": "what is inside",
    "http": "address, query, headers, every body, files, errors, pages and tokens, with each kind of sign-in",
    "llm": "prompt, streamed answer, tools, error and key, in both protocols",
    "loop": "what is inside",
    "mcp": "arguments, environment, headers, stderr, result and error, by stdio and by HTTP",
    "python": "prints, progress, result, traceback, environment, half a line",
    "race": "what is inside of the branches that win and lose",
    "set": "values, keys, texts around them, forms made by filters",
    "shell": "stdout, stderr, progress, stdin, environment, the output file, the error, long lines, all processes",
    "sql": "parameters, rows, columns and errors, in SQLite and by SQLAlchemy",
    "switch": "what is inside",
    "template": "the rendered text",
    "workflow": "the inputs and the outputs of a sub-workflow that does not know what is secret",
    "acme.leak": "log, progress and result of a plugin",
    "acme.fail": "the error and the traceback of a plugin",
}

PRINTING = """
import base64, html, json, shlex, sys
from urllib.parse import quote, quote_plus

def forms(secret):
    data = secret.encode()
    once = json.dumps(secret)
    return [
        secret, once, json.dumps(secret, ensure_ascii=False), json.dumps(once), quote(secret), quote(secret, safe=""),
        quote_plus(secret), shlex.quote(secret), repr(secret), html.escape(secret), data.hex(), data.hex().upper(),
        secret.lower(), secret.upper(), secret.replace("'", "''"), secret.replace('"', '""'),
        data.hex(" "), data.hex(":"), data.decode("latin-1"),
        secret.encode("utf-16-le").hex(), ", ".join(map(str, data)),
        *("".join(code.format(ord(letter)) for letter in secret) for code in ("&#{};", "\\\\u{:04x}")),
        "".join(f"%{byte:02x}" for byte in data), "".join(f"\\\\{byte:03o}" for byte in data),
        html.escape(secret).replace("&#x27;", "&#39;"), html.escape(secret).replace("&#x27;", "&apos;"),
        html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        *(mark.join(secret[at : at + 5] for at in range(0, len(secret), 5)) for mark in ("\\n", "\\x1b[0m")),
        *(base64.b64encode(b"." * shift + data + b"..").decode() for shift in range(3)),
        *(base64.urlsafe_b64encode(b"." * shift + data).decode() for shift in range(3)),
    ]

def main(secrets):
    found = [forms(secret) for secret in secrets]
    for number, texts in enumerate(found):
        print(*texts, sep="\\n")
        print(*texts, sep=" | ", file=sys.stderr)
        progress(number / len(found), texts[0])
    return {"forms": found, "keys": {secret: 1 for secret in secrets}, "text": "".join(secrets)}
"""
FAILING = "def main(secrets):\n    raise ValueError(secrets)\n"
CRASHING = "import os, sys\ndef main(secrets):\n    print(*secrets, file=sys.__stderr__, flush=True)\n    os._exit(3)\n"
ENVIRONMENT = "import os\ndef main():\n    print(*os.environ.items(), sep='\\n')\n    return dict(os.environ)\n"
LONG_LINES = "def main(secrets):\n    print((secrets[0] + ','.join(secrets)) * 8)\n    return 1\n"

ALL = "{{ inputs.secrets }}"
ONE = "{{ inputs.secrets[0] }}"
JOINED = "{{ inputs.secrets | join(' ') }}"

INPUTS: Json = {
    "type": "object",
    "properties": {
        "secrets": {"type": "array", "items": {"type": "string"}, "writeOnly": True},
        "token": {"type": "string", "format": "password"},
        "number": {"type": "integer", "writeOnly": True},
        "nested": {"type": "object", "properties": {"key": {"type": "string", "writeOnly": True}}},
        "lines": {"type": "string", "writeOnly": True},
        "folder": {"type": "string"},
    },
    "required": ["secrets", "token", "folder"],
}
PLUGIN = '''
from wftui.steps.plugin import StepContext, step


@step("acme.leak", secret_fields=["words"], connection_kind="generic")
def leak(words: list[str], context: StepContext) -> dict[str, int]:
    """Say all words."""
    context.log(" ".join(words), "warn", "stderr")
    context.progress(0.5, words[0])
    return {word: len(word) for word in words}


@step("acme.fail", secret_fields=["words"])
def fail(words: list[str]) -> str:
    """Fail with all words."""
    raise ValueError(words)
'''


def step(step_id: str, kind: str, fails: bool = False, **fields: Json) -> dict[str, Any]:
    """A step that waits for nothing; if it fails, the run continues."""
    more: dict[str, Any] = {key: fields.pop(key) for key in ("needs", "connection", "forEach") if key in fields}
    if fails:
        more["onError"] = "continue"
    return {"id": step_id, "type": kind, "needs": [], **more, "input": fields}


ENVIRONS = """
for process in /proc/[0-9]*; do
    if tr '\\0' '\\n' < "$process/environ" 2>/dev/null | grep -qx "WFTUI_RUN=$WFTUI_RUN"; then
        cat "$process/environ" "$process/cmdline" >> "$FILE" || true
    fi
done
"""


def local(processes: str) -> Json:
    """Everything that needs no server.

    Args:
        processes: a file that all command lines are written to; `<processes>.environ` gets the environments of what
            still belongs to the run when its steps have ended.
    """
    return {
        "format": 1,
        "id": "local",
        "maxParallel": 4,
        "inputSchema": INPUTS,
        "env": ["LEAKY"],
        "finally": [
            {"id": "environs", "type": "shell", "input": {"script": ENVIRONS, "env": {"FILE": f"{processes}.environ"}}}
        ],
        "connections": {"vault": {"kind": "generic"}, "db": {"kind": "database"}},
        "steps": [
            step("environment", "python", code=ENVIRONMENT),
            step("processes", "shell", script=f"cat /proc/[0-9]*/cmdline > '{processes}' 2>/dev/null || true"),
            step(
                "made",
                "set",
                all=ALL,
                text=f"x{ONE}",
                upper="{{ inputs.token | upper }}",
                cut="{{ inputs.token[:12] }}",
                hashed="{{ inputs.token | sha256 }}",
                backwards="{{ inputs.token | reverse }}",
                encoded="{{ ('user:' ~ inputs.token) | b64encode }}",
                replaced="{{ inputs.secrets | map('replace', 'a', '_') | list }}",
                number="{{ inputs.number }}",
                nested="{{ inputs.nested }}",
                lines="{{ inputs.lines }}",
                spread="{{ inputs.lines | lines }}",
            ),
            {
                "id": "each",
                "type": "set",
                "needs": [],
                "forEach": {"in": "{{ inputs.secrets[:20] }}".strip("{} "), "as": "word"},
                "input": {"word": "{{ word }}", "loud": "{{ word | upper }}"},
            },
            step("print", "python", code=PRINTING, args={"secrets": ALL}),
            step("vault", "acme.leak", connection="vault", words="{{ connection.secrets | values }}"),
            step("stored", "python", code=PRINTING, args={"secrets": ["{{ secrets.first }}", "{{ secrets.second }}"]}),
            step("count", "python", code="def main(n):\n    return n\n", args={"n": "{{ inputs.number }}"}),
            step("trace", "python", fails=True, code=FAILING, args={"secrets": ALL}),
            step("crash", "python", fails=True, code=CRASHING, args={"secrets": ALL}),
            step("long", "python", code=LONG_LINES, args={"secrets": ALL}),
            step(
                "said",
                "shell",
                script='cat; cat >&2 <<< "$ONE"; echo "::progress 0.5 $ONE"; echo "one=$ONE" >> "$WFTUI_OUTPUT"; env',
                stdin="{{ inputs.secrets | join('\\n') }}",
                env={"ONE": ONE, "LINES": "{{ inputs.lines }}"},
                parse="lines",
            ),
            step("bad", "shell", fails=True, script="cat >&2; exit 3", stdin=JOINED),
            step("capped", "shell", script="cat", stdin=JOINED, maxOutput=1024),
            step("missing", "shell", fails=True, argv=[ONE]),
            step("tpl", "template", template="{% for s in all %}<[[ s ]]>\n{% endfor %}", values={"all": ALL}),
            step("rows", "sql", database=":memory:", query="SELECT value FROM json_each(?)", params=[ALL]),
            step("badsql", "sql", fails=True, database=":memory:", query="SELECT json_extract('{}', ?)", params=[ONE]),
            step(
                "alchemy",
                "sql",
                connection="db",
                query="SELECT :a AS a, 'x' || :b AS b",
                params={"a": ONE, "b": JOINED},
            ),
            step("save", "file", action="write", path="{{ inputs.folder }}/saved.json", content=ALL),
            step("load", "file", needs=["save"], action="read", path="{{ inputs.folder }}/saved.json"),
            step("gone", "file", fails=True, action="read", path="{{ inputs.folder }}/{{ inputs.token }}"),
            step("claim", "assert", fails=True, that=False, message=f"not {JOINED}"),
            step("own", "fail", fails=True, type="{{ inputs.token }}", message=f"not {JOINED}", details=ALL),
            step("typed", "fail", fails=True, type="leak.{{ inputs.token }}", message="no", details=ALL),
            step("told", "fail", fails=True, type="leak.told", message=f"not {JOINED}", details=ALL),
            step("ask", "approval", prompt=f"Is it {ONE}?", timeout="10ms", onTimeout="approve"),
            {"id": "wait", "type": "delay", "needs": [], "input": {"for": "1ms"}},
            step("child", "workflow", workflow="child", inputs={"words": ALL, "word": "{{ inputs.token }}"}),
            step("leak", "acme.leak", words=ALL),
            step("fail", "acme.fail", fails=True, words=ALL),
            {
                "id": "inside",
                "type": "group",
                "needs": [],
                "steps": [
                    {
                        "id": "branch",
                        "type": "switch",
                        "cases": [{"when": "true", "steps": [step("deep", "set", all=ALL)]}],
                    },
                    {
                        "id": "again",
                        "type": "loop",
                        "until": "true",
                        "maxIterations": 2,
                        "steps": [step("turn", "set", all=ALL)],
                    },
                    {
                        "id": "first",
                        "type": "race",
                        "branches": [
                            {"name": "bad", "steps": [step("lost", "assert", that=False, message=f"not {JOINED}")]},
                            {"name": "good", "steps": [step("won", "set", all=ALL)]},
                        ],
                    },
                ],
            },
        ],
        "outputs": {
            "all": "{{ steps.load.output.value }}",
            "text": "{{ steps.print.output.text }}",
            "made": "{{ steps.made.output }}",
            "child": "{{ steps.child.output }}",
        },
    }


CHILD: Json = {
    "format": 1,
    "id": "child",
    "inputSchema": {"type": "object", "properties": {"words": {"type": "array"}, "word": {"type": "string"}}},
    "steps": [step("again", "set", words="{{ inputs.words }}", loud="{{ inputs.word | lower }}")],
    "outputs": {"words": "{{ steps.again.output }}"},
}


def services(echo: str, mcp: list[str]) -> Json:
    """Everything that speaks to a server.

    Args:
        echo: the address of one that repeats what it receives.
        mcp: the command of an MCP server.
    """
    posted: dict[str, Any] = {"method": "POST", "timeout": "5m"}
    kinds = {
        "basic": "http",
        "bearer": "http",
        "header": "http",
        "query": "http",
        "oauth": "http",
        "openai": "openai",
        "anthropic": "anthropic",
        "composio": "composio",
        "stdio": "mcp",
        "remote": "mcp",
        "smtp": "smtp",
    }
    python = {"type": "python", "name": "run", "input": {"code": FAILING}}
    return {
        "format": 1,
        "id": "services",
        "maxParallel": 4,
        "inputSchema": INPUTS,
        "connections": {name: {"kind": kind} for name, kind in kinds.items()},
        "steps": [
            *(
                step(f"{name}_echo", "http", connection=name, url="/echo", json=ALL, query={"q": ONE}, **posted)
                for name in ("basic", "bearer", "header", "query", "oauth")
            ),
            *(
                step(f"{name}_fail", "http", fails=True, connection=name, url="/fail", text=JOINED, **posted)
                for name in ("basic", "bearer", "header", "query", "oauth")
            ),
            step("path", "http", url=echo + "/{{ inputs.token | urlencode }}", headers={"X-A": "{{ inputs.token }}"}),
            step("raw", "http", url=echo + "/x{{ inputs.token }}?{{ inputs.token }}#{{ inputs.token }}"),
            step("cut", "http", fails=True, url=echo + "/cut", text=JOINED, **posted),
            step("form", "http", url=echo + "/form", form={"a": ONE, "b": ALL}, **posted),
            step("send", "http", needs=["disk"], url=echo, file="{{ inputs.folder }}/up.txt", **posted),
            step("upload", "http", needs=["disk"], url=echo, files={"f": "{{ inputs.folder }}/up.txt"}, **posted),
            step(
                "pages",
                "http",
                fails=True,
                url=echo + "/links?{{ inputs.token }}",
                paginate={"by": "link"},
                connection="bearer",
            ),
            step(
                "nolist", "http", fails=True, url=echo + "/echo", paginate={"by": "page", "param": "{{ inputs.token }}"}
            ),
            step(
                "nowhere",
                "http",
                fails=True,
                url="http://{{ inputs.token | lower | urlencode }}.invalid/",
                timeout="5s",
            ),
            step("disk", "file", action="write", path="{{ inputs.folder }}/up.txt", content=JOINED),
            step("mail", "email", connection="smtp", subject=ONE, text=JOINED, to="ann@example.org", fails=True),
            step("open_mail", "email", connection="smtp", subject="x", text="x", to="no{{ inputs.token }}", fails=True),
            step("openai", "llm", connection="openai", prompt=JOINED, system=ONE, tools=[python]),
            step("openai_bad", "llm", needs=["openai"], fails=True, connection="openai", prompt=ONE, resends=0),
            step("anthropic", "llm", connection="anthropic", needs=["openai_bad"], prompt=JOINED, tools=[python]),
            step(
                "anthropic_bad", "llm", needs=["anthropic"], fails=True, connection="anthropic", prompt=ONE, resends=0
            ),
            step("tool", "mcp", connection="stdio", tool="echo", arguments={"text": JOINED}),
            step("tool_env", "mcp", connection="stdio", tool="environment", arguments={}),
            step("tool_bad", "mcp", fails=True, connection="stdio", tool="fail", arguments={"text": JOINED}),
            step("tool_wrong", "mcp", fails=True, connection="stdio", tool="{{ inputs.token }}", arguments={}),
            step(
                "tool_dead",
                "mcp",
                fails=True,
                tool="x",
                server={"command": [*mcp[:1], "-c", "import os, sys; sys.exit(os.environ['A'])"], "env": {"A": ONE}},
            ),
            step("remote", "mcp", connection="remote", tool="echo", arguments={"all": ALL}),
            step(
                "action",
                "composio",
                connection="composio",
                tool="GITHUB_X",
                arguments={"all": ALL},
                accountId="ca_1",
                version="20250909_00",
                fails=True,
            ),
        ],
    }
