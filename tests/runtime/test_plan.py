"""Plans of steps without settings: their defaults are those of the format."""

from wftui.model.workflow.definition import Step
from wftui.runtime.plan import RetryPlan, StepPlan


def test_a_step_without_settings_has_the_defaults_of_the_format() -> None:
    step = Step.model_validate({"id": "a", "type": "set"})
    plan = StepPlan(id="a", name="a", type="set")
    assert plan.join == step.join == "all_success"
    assert plan.disabled is step.disabled is False
    assert plan.idempotent is step.idempotent is True
    assert (plan.on_error, plan.timeout, plan.pool, plan.connection) == ("fail", None, None, None)
    assert (plan.needs, plan.after, plan.body, plan.cases, plan.branches, plan.catch) == ((), (), (), (), (), ())
    assert (plan.when, plan.for_each, plan.input, plan.early, plan.policy, plan.loop, plan.fallback) == (None,) * 7
    assert (plan.uses, plan.programs, plan.secrets, plan.output_schema, plan.line, plan.pointer) == (
        (),
        (),
        (),
        None,
        1,
        "",
    )
    assert plan.retry == RetryPlan()
