"""How long to wait before the next attempt."""

import random

from wftui.runtime.plan import RetryPlan


def delay_before_next(policy: RetryPlan, attempt: int, source: random.Random, asked: float = 0.0) -> float:
    """Seconds to wait after a failed attempt (counted from 1): `delay * backoff ** (attempt - 1)`, at most `max_delay`.

    Jitter moves it up or down by at most that share, so that many runs do not come back at the same moment.

    Args:
        asked: seconds the other side asked to be left alone (`Retry-After`); heeded up to `max_delay`.
    """
    try:
        delay = min(policy.max_delay, policy.delay * policy.backoff ** (attempt - 1))
    except OverflowError:
        delay = policy.max_delay
    spread = policy.jitter * (2 * source.random() - 1)
    return max(0.0, min(policy.max_delay, max(asked, delay * (1 + spread))))
