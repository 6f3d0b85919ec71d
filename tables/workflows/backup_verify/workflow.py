"""The workflow backup_verify, compiled from workflow.json. Change that file and compile, not this one.

Source: sha256:b74b3f06a970f9040f57244a126e490b2fe4e65d2d8088fc9136a99a7f8a0a7f
Compiler: wftui output 2
Digest: sha256:83e1f2fa26ae7f26ad2233d38bc596b25cb86c8d47aebdd281c394c0483aadc2
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, filters_text, operators, values
from wftui.runtime.plan import ForEachPlan, SourceSpot, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "backup_verify",
    "name": "Backup and verify",
    "version": "1.0.0",
    "description": "Archives a folder, proves that the archive restores to the same bytes, and asks before old archives go.",
    "labels": {"example": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "source": {"type": "string", "title": "Folder to back up", "minLength": 1},
        "destination": {
            "type": "string",
            "title": "Where archives are kept",
            "description": "A folder outside the one that is backed up; made when it does not exist.",
            "minLength": 1,
        },
        "name": {
            "type": "string",
            "title": "Name",
            "description": "Archives are called NAME-DATE.tar.gz.",
            "pattern": "^[A-Za-z0-9_-]+$",
            "default": "backup",
        },
        "keep": {
            "type": "integer",
            "title": "Archives to keep",
            "description": "Older ones are deleted, after you said yes.",
            "minimum": 1,
            "default": 5,
        },
    },
    "required": ["source", "destination"],
    "additionalProperties": False,
}


# workflow.json:39: step names (set)
def input_of_names(scope: Scope) -> Json:
    return {
        "archive": values.text(
            values.look_up(scope.inputs, "inputs", "destination"),
            "/",
            values.look_up(scope.inputs, "inputs", "name"),
            "-",
            filters_text.replace(
                values.cut(
                    values.look_up(scope.run, "run", "startedAt"),
                    None,
                    19,
                    None,
                ),
                ":",
                "",
            ),
            ".tar.gz",
        ),
        "restored": values.text(
            values.look_up(scope.inputs, "inputs", "destination"),
            "/.verify-",
            values.look_up(scope.run, "run", "id"),
        ),
    }


STEP_NAMES = StepPlan(
    id="names",
    type="set",
    name="Choose names",
    input=input_of_names,
    line=39,
    pointer="/steps/0",
)


# workflow.json:48: step source_before (file)
def input_of_source_before(scope: Scope) -> Json:
    return {
        "action": "checksum",
        "path": values.look_up(scope.inputs, "inputs", "source"),
    }


STEP_SOURCE_BEFORE = StepPlan(
    id="source_before",
    type="file",
    name="Checksum the folder",
    input=input_of_source_before,
    line=48,
    pointer="/steps/1",
)


# workflow.json:55: step archive (file)
def input_of_archive(scope: Scope) -> Json:
    return {
        "action": "archive",
        "path": values.look_up(scope.inputs, "inputs", "source"),
        "to": values.output(scope, "names", "archive"),
    }


STEP_ARCHIVE = StepPlan(
    id="archive",
    type="file",
    name="Archive",
    needs=("names", "source_before"),
    input=input_of_archive,
    line=55,
    pointer="/steps/2",
)


# workflow.json:66: step checksum (file)
def input_of_checksum(scope: Scope) -> Json:
    return {"action": "checksum", "path": values.output(scope, "names", "archive")}


STEP_CHECKSUM = StepPlan(
    id="checksum",
    type="file",
    name="Checksum the archive",
    needs=("names", "archive"),
    input=input_of_checksum,
    line=66,
    pointer="/steps/3",
)


# workflow.json:73: step note_checksum (file)
def input_of_note_checksum(scope: Scope) -> Json:
    return {
        "action": "write",
        "path": values.text(values.output(scope, "names", "archive"), ".sha256"),
        "content": values.text(
            values.output(scope, "checksum", "checksum"),
            "  ",
            filters_lists.last(
                filters_text.split(values.output(scope, "names", "archive"), "/"),
            ),
            "\n",
        ),
    }


STEP_NOTE_CHECKSUM = StepPlan(
    id="note_checksum",
    type="file",
    name="Write the checksum beside it",
    needs=("names", "checksum"),
    input=input_of_note_checksum,
    line=73,
    pointer="/steps/4",
)


# workflow.json:84: step restore (file)
def input_of_restore(scope: Scope) -> Json:
    return {
        "action": "extract",
        "path": values.output(scope, "names", "archive"),
        "to": values.output(scope, "names", "restored"),
    }


STEP_RESTORE = StepPlan(
    id="restore",
    type="file",
    name="Restore elsewhere",
    needs=("names", "archive"),
    input=input_of_restore,
    line=84,
    pointer="/steps/5",
)


# workflow.json:95: step restored_after (file)
def input_of_restored_after(scope: Scope) -> Json:
    return {"action": "checksum", "path": values.output(scope, "names", "restored")}


STEP_RESTORED_AFTER = StepPlan(
    id="restored_after",
    type="file",
    name="Checksum what was restored",
    needs=("names", "restore"),
    input=input_of_restored_after,
    line=95,
    pointer="/steps/6",
)


# workflow.json:102: step compare (assert)
def input_of_compare(scope: Scope) -> Json:
    value_2 = values.output(scope, "source_before", "checksum")
    value_3 = values.output(scope, "restored_after", "checksum")
    value_1 = value_2 == value_3
    return {
        "that": value_1,
        "message": values.text(
            "the restored files differ from ",
            values.look_up(scope.inputs, "inputs", "source"),
            ": it changed meanwhile, or the archive is bad",
        ),
    }


STEP_COMPARE = StepPlan(
    id="compare",
    type="assert",
    name="Compare",
    needs=("source_before", "note_checksum", "restored_after"),
    input=input_of_compare,
    line=102,
    pointer="/steps/7",
)


# workflow.json:112: step archives (file)
def input_of_archives(scope: Scope) -> Json:
    return {
        "action": "glob",
        "path": values.look_up(scope.inputs, "inputs", "destination"),
        "pattern": values.text(
            values.look_up(scope.inputs, "inputs", "name"),
            "-*.tar.gz",
        ),
    }


STEP_ARCHIVES = StepPlan(
    id="archives",
    type="file",
    name="List the archives",
    needs=("compare",),
    input=input_of_archives,
    line=112,
    pointer="/steps/8",
)


# workflow.json:119: step old (set)
def input_of_old(scope: Scope) -> Json:
    return {
        "files": values.cut(
            filters_lists.to_list(
                filters_lists.sort(
                    filters_lists.apply(
                        values.output(scope, "archives", "files"),
                        lambda each: values.look_up(each, "item", "path"),
                    ),
                    reverse=True,
                ),
            ),
            values.look_up(scope.inputs, "inputs", "keep"),
            None,
            None,
        ),
    }


STEP_OLD = StepPlan(
    id="old",
    type="set",
    name="Which are old",
    needs=("archives",),
    input=input_of_old,
    line=119,
    pointer="/steps/9",
)


# workflow.json:125: step confirm (approval)
def when_of_confirm(scope: Scope) -> Json:
    return operators.compare(
        filters_lists.length(values.output(scope, "old", "files")),
        ">",
        0,
    )


def input_of_confirm(scope: Scope) -> Json:
    return {
        "prompt": values.text(
            values.output(scope, "names", "archive"),
            " is verified. Delete ",
            filters_lists.length(values.output(scope, "old", "files")),
            " old archives: ",
            filters_lists.join(values.output(scope, "old", "files"), ", "),
            "?",
        ),
        "timeout": "12h",
        "onTimeout": "reject",
        "onReject": "continue",
    }


STEP_CONFIRM = StepPlan(
    id="confirm",
    type="approval",
    name="Ask before deleting",
    needs=("names", "old"),
    when=when_of_confirm,
    input=input_of_confirm,
    line=125,
    pointer="/steps/10",
)


# workflow.json:145: step delete_archive (file)
def input_of_delete_archive(scope: Scope) -> Json:
    return {"action": "delete", "path": values.local(scope, "old_file")}


STEP_DELETE_ARCHIVE = StepPlan(
    id="delete_archive",
    type="file",
    name="Delete the archive",
    input=input_of_delete_archive,
    line=145,
    pointer="/steps/11/steps/0",
)


# workflow.json:151: step delete_checksum (file)
def input_of_delete_checksum(scope: Scope) -> Json:
    return {
        "action": "delete",
        "path": values.text(values.local(scope, "old_file"), ".sha256"),
        "missingOk": True,
    }


STEP_DELETE_CHECKSUM = StepPlan(
    id="delete_checksum",
    type="file",
    name="Delete its checksum",
    after=("delete_archive",),
    input=input_of_delete_checksum,
    line=151,
    pointer="/steps/11/steps/1",
)


# workflow.json:137: step prune (group)
def when_of_prune(scope: Scope) -> Json:
    return values.output(scope, "confirm", "approved")


def items_of_prune(scope: Scope) -> Json:
    return values.output(scope, "old", "files")


STEP_PRUNE = StepPlan(
    id="prune",
    type="group",
    name="Delete old archives",
    needs=("old", "confirm"),
    when=when_of_prune,
    for_each=ForEachPlan(items=items_of_prune, as_="old_file"),
    body=(STEP_DELETE_ARCHIVE, STEP_DELETE_CHECKSUM),
    line=137,
    pointer="/steps/11",
)


# workflow.json:159: step summary (set)
def input_of_summary(scope: Scope) -> Json:
    value_1 = values.step(scope, "prune").status == "completed"
    if value_1:
        value_1 = values.output(scope, "old", "files")
    else:
        value_1 = []
    return {
        "archive": values.output(scope, "names", "archive"),
        "sha256": values.output(scope, "checksum", "checksum"),
        "deleted": value_1,
    }


STEP_SUMMARY = StepPlan(
    id="summary",
    type="set",
    name="Sum up",
    needs=("names", "checksum", "compare", "old", "prune"),
    join="none_failed",
    input=input_of_summary,
    line=159,
    pointer="/steps/12",
)


# workflow.json:178: step tidy (shell)
def input_of_tidy(scope: Scope) -> Json:
    return {
        "argv": [
            "rm",
            "-rf",
            "--",
            values.text(
                values.look_up(scope.inputs, "inputs", "destination"),
                "/.verify-",
                values.look_up(scope.run, "run", "id"),
            ),
        ],
    }


STEP_TIDY = StepPlan(
    id="tidy",
    type="shell",
    name="Remove the restored copy",
    input=input_of_tidy,
    programs=("rm",),
    line=178,
    pointer="/finally/0",
)


# workflow.json:172: outputs
@values.null_when_skipped
def output_archive(scope: Scope) -> Json:
    return values.output(scope, "summary", "archive")


@values.null_when_skipped
def output_sha256(scope: Scope) -> Json:
    return values.output(scope, "summary", "sha256")


@values.null_when_skipped
def output_deleted(scope: Scope) -> Json:
    return values.output(scope, "summary", "deleted")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_names", 3): SourceSpot(
        pointer="/steps/0/input/archive",
        line=44,
        column=24,
    ),
    ("input_of_names", 5): SourceSpot(
        pointer="/steps/0/input/archive",
        line=44,
        column=49,
    ),
    ("input_of_names", 7): SourceSpot(
        pointer="/steps/0/input/archive",
        line=44,
        column=67,
    ),
    ("input_of_names", 20): SourceSpot(
        pointer="/steps/0/input/restored",
        line=45,
        column=25,
    ),
    ("input_of_names", 22): SourceSpot(
        pointer="/steps/0/input/restored",
        line=45,
        column=58,
    ),
    ("input_of_source_before", 3): SourceSpot(
        pointer="/steps/1/input/path",
        line=53,
        column=52,
    ),
    ("input_of_archive", 3): SourceSpot(
        pointer="/steps/2/input/path",
        line=62,
        column=21,
    ),
    ("input_of_archive", 4): SourceSpot(
        pointer="/steps/2/input/to",
        line=63,
        column=19,
    ),
    ("input_of_checksum", 1): SourceSpot(
        pointer="/steps/3/input/path",
        line=71,
        column=52,
    ),
    ("input_of_note_checksum", 3): SourceSpot(
        pointer="/steps/4/input/path",
        line=80,
        column=21,
    ),
    ("input_of_note_checksum", 5): SourceSpot(
        pointer="/steps/4/input/content",
        line=81,
        column=24,
    ),
    ("input_of_note_checksum", 7): SourceSpot(
        pointer="/steps/4/input/content",
        line=81,
        column=62,
    ),
    ("input_of_restore", 3): SourceSpot(
        pointer="/steps/5/input/path",
        line=91,
        column=21,
    ),
    ("input_of_restore", 4): SourceSpot(
        pointer="/steps/5/input/to",
        line=92,
        column=19,
    ),
    ("input_of_restored_after", 1): SourceSpot(
        pointer="/steps/6/input/path",
        line=100,
        column=52,
    ),
    ("input_of_compare", 1): SourceSpot(
        pointer="/steps/7/input/that",
        line=108,
        column=21,
    ),
    ("input_of_compare", 8): SourceSpot(
        pointer="/steps/7/input/message",
        line=109,
        column=55,
    ),
    ("input_of_archives", 3): SourceSpot(
        pointer="/steps/8/input/path",
        line=117,
        column=48,
    ),
    ("input_of_archives", 5): SourceSpot(
        pointer="/steps/8/input/pattern",
        line=117,
        column=87,
    ),
    ("input_of_old", 2): SourceSpot(
        pointer="/steps/9/input/files",
        line=123,
        column=31,
    ),
    ("when_of_confirm", 1): SourceSpot(pointer="/steps/10/when", line=129, column=16),
    ("input_of_confirm", 3): SourceSpot(
        pointer="/steps/10/input/prompt",
        line=131,
        column=23,
    ),
    ("input_of_confirm", 5): SourceSpot(
        pointer="/steps/10/input/prompt",
        line=131,
        column=76,
    ),
    ("input_of_confirm", 7): SourceSpot(
        pointer="/steps/10/input/prompt",
        line=131,
        column=128,
    ),
    ("input_of_delete_archive", 1): SourceSpot(
        pointer="/steps/11/steps/0/input/path",
        line=149,
        column=54,
    ),
    ("input_of_delete_checksum", 3): SourceSpot(
        pointer="/steps/11/steps/1/input/path",
        line=155,
        column=54,
    ),
    ("when_of_prune", 1): SourceSpot(pointer="/steps/11/when", line=142, column=16),
    ("items_of_prune", 1): SourceSpot(
        pointer="/steps/11/forEach/in",
        line=143,
        column=27,
    ),
    ("input_of_summary", 1): SourceSpot(
        pointer="/steps/12/input/deleted",
        line=168,
        column=24,
    ),
    ("input_of_summary", 7): SourceSpot(
        pointer="/steps/12/input/archive",
        line=166,
        column=24,
    ),
    ("input_of_summary", 8): SourceSpot(
        pointer="/steps/12/input/sha256",
        line=167,
        column=23,
    ),
    ("input_of_tidy", 7): SourceSpot(
        pointer="/finally/0/input/argv/3",
        line=182,
        column=50,
    ),
    ("input_of_tidy", 9): SourceSpot(
        pointer="/finally/0/input/argv/3",
        line=182,
        column=83,
    ),
    ("output_archive", 2): SourceSpot(pointer="/outputs/archive", line=173, column=20),
    ("output_sha256", 2): SourceSpot(pointer="/outputs/sha256", line=174, column=19),
    ("output_deleted", 2): SourceSpot(pointer="/outputs/deleted", line=175, column=20),
}

WORKFLOW = WorkflowPlan(
    id="backup_verify",
    name="Backup and verify",
    version="1.0.0",
    description="Archives a folder, proves that the archive restores to the same bytes, and asks before old archives go.",
    source_hash="sha256:b74b3f06a970f9040f57244a126e490b2fe4e65d2d8088fc9136a99a7f8a0a7f",
    compiler="wftui output 2",
    input_schema=INPUT_SCHEMA,
    timeout=86400.0,
    steps=(
        STEP_NAMES,
        STEP_SOURCE_BEFORE,
        STEP_ARCHIVE,
        STEP_CHECKSUM,
        STEP_NOTE_CHECKSUM,
        STEP_RESTORE,
        STEP_RESTORED_AFTER,
        STEP_COMPARE,
        STEP_ARCHIVES,
        STEP_OLD,
        STEP_CONFIRM,
        STEP_PRUNE,
        STEP_SUMMARY,
    ),
    outputs={
        "archive": output_archive,
        "sha256": output_sha256,
        "deleted": output_deleted,
    },
    finally_=(STEP_TIDY,),
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
