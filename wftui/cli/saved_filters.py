"""Filters of the history that are saved in the settings."""

from wftui.model.errors import NotFoundError, UsageError
from wftui.model.history_query import QueryError, parse_query
from wftui.model.run.summary import ExecutionFilters, check_filters
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.workbench.protocols import AnyWorkbench


async def with_saved(workbench: AnyWorkbench, given: ExecutionFilters, name: str | None) -> ExecutionFilters:
    """Return filters over those saved under a name.

    Raises:
        NotFoundError: none is saved under it.
        UsageError: what is saved is not a filter, or no run can match.
    """
    if name is None:
        check_filters(given)
        return given
    known = (await workbench.user_settings.read()).filters
    if name not in known:
        hint = did_you_mean(suggestion(name, known), f"; saved: {', '.join(sorted(known)) or 'none'}")
        raise NotFoundError(f"there is no saved filter {name}{hint}", code="filter.not_found")
    try:
        saved = parse_query(known[name], now := workbench.clock()).filters(now)
    except QueryError as error:
        raise UsageError(f"the saved filter {name} is invalid: {error}", code="usage.filter") from None
    plain = ExecutionFilters()
    changed = {
        name: value for name in ExecutionFilters.model_fields if (value := getattr(given, name)) != getattr(plain, name)
    }
    found = saved.model_copy(update=changed)
    check_filters(found)
    return found
