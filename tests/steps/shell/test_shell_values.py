"""Braces in a script are refused, and the fix gives a script that works."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.cli.main import main
from wftui.steps.shell.step import ShellStep
from wftui.steps.shell.values import values_by_environment


@pytest.mark.parametrize(
    ("script", "mended", "env"),
    [
        ("echo {{ inputs.repo }}", 'echo "${REPO}"', {"REPO": "{{ inputs.repo }}"}),
        ('echo "a {{item}} b"', 'echo "a ${ITEM} b"', {"ITEM": "{{ item }}"}),
        ("echo 'a {{ item }} b'", "echo 'a '\"${ITEM}\"' b'", {"ITEM": "{{ item }}"}),
        ("ls {{ inputs.path | upper }}", 'ls "${PATH_VALUE}"', {"PATH_VALUE": "{{ inputs.path | upper }}"}),
        ("N={{ inputs.n }}; echo $N", 'N="${N_VALUE}"; echo $N', {"N_VALUE": "{{ inputs.n }}"}),
        (
            "echo {{ steps.count.output.value }} {{ steps.count.output }}",
            'echo "${COUNT_VALUE}" "${COUNT}"',
            {"COUNT_VALUE": "{{ steps.count.output.value }}", "COUNT": "{{ steps.count.output }}"},
        ),
        ('echo "$(cat {{ item }})" {{ item }}', 'echo "$(cat "${ITEM}")" "${ITEM}"', {"ITEM": "{{ item }}"}),
        ('echo "$( (cat a); ls {{ item }})"', 'echo "$( (cat a); ls "${ITEM}")"', {"ITEM": "{{ item }}"}),
        ("# it's {{ item }}\necho ${#A} {{ item }}", '# it\'s ${ITEM}\necho ${#A} "${ITEM}"', {"ITEM": "{{ item }}"}),
        (r"echo \" {{ item }}", r'echo \" "${ITEM}"', {"ITEM": "{{ item }}"}),
    ],
)
def test_values_go_by_environment(script: str, mended: str, env: dict[str, str]) -> None:
    assert values_by_environment(script, {}) == (mended, env)


def test_existing_environment_stays() -> None:
    env = {"REPO": "x", "SAME": "{{ inputs.same }}"}
    assert values_by_environment("{{ inputs.repo }} {{ inputs.same }}", env) == (
        '"${REPO_VALUE}" "${SAME}"',
        {**env, "REPO_VALUE": "{{ inputs.repo }}"},
    )


@pytest.mark.parametrize(
    "script",
    [
        "cat <<EOF\n{{ item }}\nEOF",
        "echo `ls {{ item }}`",
        "echo $(( {{ item }} + 1 ))",
        "echo $'{{ item }}'",
        'echo "{{ item }}',
        "echo {{ {'a': 1} }}",
        "echo {{ item",
        "case x in a) echo {{ item }};; esac",
    ],
)
def test_ambiguous_scripts_get_no_fix(script: str) -> None:
    assert values_by_environment(script, {}) is None
    assert ShellStep.repairs({"script": script}) == {}
    assert [field for field, _ in ShellStep.check({"script": script})] == ["script"]


PLACES = st.sampled_from(
    ["{{ item }}", "'{{ item }}'", '"{{ item }}"', "\"$(printf '%s' {{ item }})\"", "a'b {{ item }}'\"c\""]
)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8).map(
    lambda text: f"{text}."
)


@settings(max_examples=25, deadline=None)
@given(st.lists(PLACES, min_size=1, max_size=4), VALUES)
def test_fixed_script_prints_values_unchanged(places: list[str], value: str) -> None:
    found = values_by_environment(f"printf '%s\\n' {' '.join(places)}", {})
    assert found is not None
    script, _ = found
    done = subprocess.run(["sh", "-c", script], env={"ITEM": value, "PATH": "/bin:/usr/bin"}, capture_output=True)
    meant = {"a'b {{ item }}'\"c\"": f"ab {value}c"}
    assert done.stdout.decode() == "".join(f"{meant.get(place, value)}\n" for place in places)


def test_compile_fix_gives_a_working_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "runs.db")]
    file = tmp_path / "tables" / "workflows" / "hello" / "workflow.json"
    file.parent.mkdir(parents=True)
    who = {"type": "object", "properties": {"who": {"type": "string"}}}
    script = "printf '<%s>' {{ inputs.who }} \"to {{ inputs.who }}\""
    step = {"id": "greet", "type": "shell", "input": {"script": script}}
    file.write_text(json.dumps({"format": 1, "id": "hello", "inputSchema": who, "steps": [step]}, indent=2))
    assert main(["compile", "hello", "--check", *where]) == 1
    told = capsys.readouterr().err
    assert "input.refused" in told
    assert 'fix: pass the values in "env"' in told
    assert main(["compile", "hello", "--fix", *where]) == 0
    capsys.readouterr()
    assert main(["run", "hello", "-i", "who=$(id); 'x\"", "--json", *where]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["stepResults"][0]["output"]["stdout"] == "<$(id); 'x\"><to $(id); 'x\">"
