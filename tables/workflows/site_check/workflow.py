"""The workflow site_check, compiled from workflow.json. Change that file and compile, not this one.

Source: sha256:d16ae533d6fe04f0ca510090167c67d93de90c92cd7ed45a8d2cc4cbbe01b245
Compiler: wftui output 2
Digest: sha256:65ca24f228abc3ce8ce80c3f69e777fcf17b0ecb02436804d12996709ca6d3d5
"""

from wftui.model.base import Json
from wftui.runtime import filters_lists, operators, values
from wftui.runtime.plan import (
    ForEachPlan,
    RetryPlan,
    SourceSpot,
    StepPlan,
    WorkflowPlan,
)
from wftui.runtime.scope import Scope

METADATA: dict[str, Json] = {
    "format": 1,
    "id": "site_check",
    "name": "Site check",
    "version": "1.0.0",
    "description": "Asks a list of URLs for their status, time, redirects and certificate, and says which need attention.",
    "labels": {"example": "yes"},
}

INPUT_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "urls": {
            "type": "array",
            "title": "URLs",
            "items": {"type": "string", "format": "uri", "pattern": "^https?://"},
            "minItems": 1,
            "maxItems": 500,
        },
        "timeoutSeconds": {
            "type": "number",
            "title": "Timeout (seconds)",
            "description": "For one try of one URL, redirects included.",
            "exclusiveMinimum": 0,
            "default": 10,
        },
        "slowMs": {
            "type": "integer",
            "title": "Slow from (ms)",
            "minimum": 1,
            "default": 2000,
        },
        "certificateDays": {
            "type": "integer",
            "title": "Warn of certificates ending within (days)",
            "minimum": 0,
            "default": 21,
        },
    },
    "required": ["urls"],
    "additionalProperties": False,
}


# workflow.json:51: step fetch (http)
def input_of_fetch(scope: Scope) -> Json:
    return {
        "method": "GET",
        "url": values.local(scope, "url"),
        "headers": {"User-Agent": "wftui site_check"},
        "timeout": values.look_up(scope.inputs, "inputs", "timeoutSeconds"),
        "followRedirects": True,
    }


STEP_FETCH = StepPlan(
    id="fetch",
    type="http",
    name="Ask",
    input=input_of_fetch,
    retry=RetryPlan(
        max_attempts=3,
        delay=0.5,
        on=("http.connect", "http.timeout", "http.5xx", "timeout"),
    ),
    on_error="continue",
    line=51,
    pointer="/steps/0/steps/0",
)


# workflow.json:65: step verdict (set)
def input_of_verdict(scope: Scope) -> Json:
    return {
        "url": values.local(scope, "url"),
        "ok": values.step(scope, "fetch").status == "completed",
        "status": values.default(
            lambda: values.look_up(
                values.default(lambda: values.output(scope, "fetch"), dict, falsy=True),
                "the value",
                "status",
            ),
            lambda: None,
        ),
        "ms": values.default(
            lambda: values.look_up(
                values.default(lambda: values.output(scope, "fetch"), dict, falsy=True),
                "the value",
                "elapsed",
            ),
            lambda: None,
        ),
        "redirects": values.default(
            lambda: values.look_up(
                values.default(lambda: values.output(scope, "fetch"), dict, falsy=True),
                "the value",
                "redirects",
            ),
            list,
        ),
        "certificateEnds": values.default(
            lambda: values.look_up(
                values.default(
                    lambda: values.look_up(
                        values.default(
                            lambda: values.output(scope, "fetch"),
                            dict,
                            falsy=True,
                        ),
                        "the value",
                        "tls",
                    ),
                    dict,
                    falsy=True,
                ),
                "the value",
                "expiresAt",
            ),
            lambda: None,
        ),
        "attempts": values.step(scope, "fetch").attempts,
        "error": values.default(
            lambda: values.look_up(
                values.default(
                    lambda: values.step(scope, "fetch").error,
                    dict,
                    falsy=True,
                ),
                "the value",
                "message",
            ),
            lambda: None,
        ),
    }


STEP_VERDICT = StepPlan(
    id="verdict",
    type="set",
    name="Judge",
    needs=("fetch",),
    input=input_of_verdict,
    line=65,
    pointer="/steps/0/steps/1",
)


# workflow.json:45: step sites (group)
def items_of_sites(scope: Scope) -> Json:
    return values.look_up(scope.inputs, "inputs", "urls")


STEP_SITES = StepPlan(
    id="sites",
    type="group",
    name="Ask every site",
    for_each=ForEachPlan(
        items=items_of_sites,
        as_="url",
        max_parallel=8,
        max_items=500,
    ),
    body=(STEP_FETCH, STEP_VERDICT),
    line=45,
    pointer="/steps/0",
)


# workflow.json:83: step judged (python)
def input_of_judged(scope: Scope) -> Json:
    return {
        "code": """\
from datetime import datetime, timezone


def main(sites, slow_ms, certificate_days, now):
    now = datetime.fromisoformat(now)
    failed, warned = [], []
    for site in sites:
        if not site['ok']:
            failed.append({'url': site['url'], 'why': site['error'], 'attempts': site['attempts']})
            continue
        if site['ms'] is not None and site['ms'] > slow_ms:
            warned.append({'url': site['url'], 'why': f'took {round(site["ms"])} ms'})
        if site['certificateEnds']:
            days = (datetime.fromisoformat(site['certificateEnds']) - now).days
            if days < certificate_days:
                warned.append({'url': site['url'], 'why': f'certificate ends in {days} days'})
    return {'failed': failed, 'warned': warned}
""",
        "args": {
            "sites": values.output(scope, "sites"),
            "slow_ms": values.look_up(scope.inputs, "inputs", "slowMs"),
            "certificate_days": values.look_up(
                scope.inputs,
                "inputs",
                "certificateDays",
            ),
            "now": values.look_up(scope.run, "run", "startedAt"),
        },
    }


STEP_JUDGED = StepPlan(
    id="judged",
    type="python",
    name="Find what needs attention",
    needs=("sites",),
    input=input_of_judged,
    line=83,
    pointer="/steps/1",
)


# workflow.json:97: step alarm (set)
def when_of_alarm(scope: Scope) -> Json:
    return operators.compare(
        filters_lists.length(values.output(scope, "judged", "failed")),
        ">",
        0,
    )


def input_of_alarm(scope: Scope) -> Json:
    return {
        "headline": values.text(
            filters_lists.length(values.output(scope, "judged", "failed")),
            " of ",
            filters_lists.length(values.look_up(scope.inputs, "inputs", "urls")),
            " sites failed",
        ),
        "failed": values.output(scope, "judged", "failed"),
    }


STEP_ALARM = StepPlan(
    id="alarm",
    type="set",
    name="Say what is down",
    needs=("judged",),
    when=when_of_alarm,
    input=input_of_alarm,
    line=97,
    pointer="/steps/2",
)


# workflow.json:108: step all_well (set)
def when_of_all_well(scope: Scope) -> Json:
    return filters_lists.length(values.output(scope, "judged", "failed")) == 0


def input_of_all_well(scope: Scope) -> Json:
    return {
        "headline": values.text(
            "all ",
            filters_lists.length(values.look_up(scope.inputs, "inputs", "urls")),
            " sites answered",
        ),
        "failed": [],
    }


STEP_ALL_WELL = StepPlan(
    id="all_well",
    type="set",
    name="Say that all is well",
    needs=("judged",),
    when=when_of_all_well,
    input=input_of_all_well,
    line=108,
    pointer="/steps/3",
)


# workflow.json:116: step report (python)
def input_of_report(scope: Scope) -> Json:
    return {
        "code": """\
def main(headline, sites, warned):
    out = [f'# Site check: {headline}', '', '| site | status | ms | redirects | certificate ends | |', '|---|---:|---:|---:|---|---|']
    for site in sites:
        ms = '' if site['ms'] is None else round(site['ms'])
        ends = (site['certificateEnds'] or '')[:10]
        out.append(f'| {site["url"]} | {site["status"] or ""} | {ms} | {len(site["redirects"])} | {ends} | {site["error"] or ""} |')
    if warned:
        out += ['', '## Needs a look', ''] + [f'- {entry["url"]}: {entry["why"]}' for entry in warned]
    return '\\n'.join(out) + '\\n'
""",
        "args": {
            "headline": values.default(
                lambda: values.output(scope, "alarm", "headline"),
                lambda: values.default(
                    lambda: values.output(scope, "all_well", "headline"),
                    lambda: "no verdict",
                ),
            ),
            "sites": values.output(scope, "sites"),
            "warned": values.output(scope, "judged", "warned"),
        },
    }


STEP_REPORT = StepPlan(
    id="report",
    type="python",
    name="Write the report",
    needs=("sites", "judged", "alarm", "all_well"),
    join="none_failed",
    input=input_of_report,
    line=116,
    pointer="/steps/4",
)


# workflow.json:132: outputs
@values.null_when_skipped
def output_failed(scope: Scope) -> Json:
    return values.output(scope, "judged", "failed")


@values.null_when_skipped
def output_warned(scope: Scope) -> Json:
    return values.output(scope, "judged", "warned")


@values.null_when_skipped
def output_sites(scope: Scope) -> Json:
    return values.output(scope, "sites")


@values.null_when_skipped
def output_report(scope: Scope) -> Json:
    return values.output(scope, "report")


# Where each expression stands in workflow.json, by its function and its line in that.
SPOTS = {
    ("input_of_fetch", 3): SourceSpot(
        pointer="/steps/0/steps/0/input/url",
        line=57,
        column=24,
    ),
    ("input_of_fetch", 5): SourceSpot(
        pointer="/steps/0/steps/0/input/timeout",
        line=59,
        column=28,
    ),
    ("input_of_verdict", 2): SourceSpot(
        pointer="/steps/0/steps/1/input/url",
        line=71,
        column=24,
    ),
    ("input_of_verdict", 3): SourceSpot(
        pointer="/steps/0/steps/1/input/ok",
        line=72,
        column=23,
    ),
    ("input_of_verdict", 4): SourceSpot(
        pointer="/steps/0/steps/1/input/status",
        line=73,
        column=27,
    ),
    ("input_of_verdict", 12): SourceSpot(
        pointer="/steps/0/steps/1/input/ms",
        line=74,
        column=23,
    ),
    ("input_of_verdict", 20): SourceSpot(
        pointer="/steps/0/steps/1/input/redirects",
        line=75,
        column=30,
    ),
    ("input_of_verdict", 28): SourceSpot(
        pointer="/steps/0/steps/1/input/certificateEnds",
        line=76,
        column=36,
    ),
    ("input_of_verdict", 48): SourceSpot(
        pointer="/steps/0/steps/1/input/attempts",
        line=77,
        column=29,
    ),
    ("input_of_verdict", 49): SourceSpot(
        pointer="/steps/0/steps/1/input/error",
        line=78,
        column=26,
    ),
    ("items_of_sites", 1): SourceSpot(
        pointer="/steps/0/forEach/in",
        line=49,
        column=27,
    ),
    ("input_of_judged", 22): SourceSpot(
        pointer="/steps/1/input/args/sites",
        line=90,
        column=24,
    ),
    ("input_of_judged", 23): SourceSpot(
        pointer="/steps/1/input/args/slow_ms",
        line=91,
        column=26,
    ),
    ("input_of_judged", 24): SourceSpot(
        pointer="/steps/1/input/args/certificate_days",
        line=92,
        column=35,
    ),
    ("input_of_judged", 29): SourceSpot(
        pointer="/steps/1/input/args/now",
        line=93,
        column=22,
    ),
    ("when_of_alarm", 1): SourceSpot(pointer="/steps/2/when", line=102, column=16),
    ("input_of_alarm", 3): SourceSpot(
        pointer="/steps/2/input/headline",
        line=104,
        column=25,
    ),
    ("input_of_alarm", 5): SourceSpot(
        pointer="/steps/2/input/headline",
        line=104,
        column=70,
    ),
    ("input_of_alarm", 8): SourceSpot(
        pointer="/steps/2/input/failed",
        line=105,
        column=23,
    ),
    ("when_of_all_well", 1): SourceSpot(pointer="/steps/3/when", line=113, column=16),
    ("input_of_all_well", 4): SourceSpot(
        pointer="/steps/3/input/headline",
        line=114,
        column=38,
    ),
    ("input_of_report", 14): SourceSpot(
        pointer="/steps/4/input/args/headline",
        line=125,
        column=27,
    ),
    ("input_of_report", 21): SourceSpot(
        pointer="/steps/4/input/args/sites",
        line=126,
        column=24,
    ),
    ("input_of_report", 22): SourceSpot(
        pointer="/steps/4/input/args/warned",
        line=127,
        column=25,
    ),
    ("output_failed", 2): SourceSpot(pointer="/outputs/failed", line=133, column=19),
    ("output_warned", 2): SourceSpot(pointer="/outputs/warned", line=134, column=19),
    ("output_sites", 2): SourceSpot(pointer="/outputs/sites", line=135, column=18),
    ("output_report", 2): SourceSpot(pointer="/outputs/report", line=136, column=19),
}

WORKFLOW = WorkflowPlan(
    id="site_check",
    name="Site check",
    version="1.0.0",
    description="Asks a list of URLs for their status, time, redirects and certificate, and says which need attention.",
    source_hash="sha256:d16ae533d6fe04f0ca510090167c67d93de90c92cd7ed45a8d2cc4cbbe01b245",
    compiler="wftui output 2",
    input_schema=INPUT_SCHEMA,
    timeout=1800.0,
    max_parallel=16,
    steps=(STEP_SITES, STEP_JUDGED, STEP_ALARM, STEP_ALL_WELL, STEP_REPORT),
    outputs={
        "failed": output_failed,
        "warned": output_warned,
        "sites": output_sites,
        "report": output_report,
    },
    spots=SPOTS,
)


if __name__ == "__main__":
    from wftui.cli.standalone import main

    raise SystemExit(main(WORKFLOW))
