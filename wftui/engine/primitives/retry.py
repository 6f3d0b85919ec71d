"""Delay before the next attempt."""

import random

from wftui.runtime.plan import RetryPlan


def delay_before_next(policy: RetryPlan, attempt: int, source: random.Random, asked: float = 0.0) -> float:
    """Return the seconds to wait after a failed attempt.

    The delay is `delay * backoff ** (attempt - 1)`, at most `max_delay`. Jitter changes it by at most that share, so
    that many runs do not retry at the same time.

    Args:
        attempt: number of the failed attempt, from 1.
        asked: seconds of the server's `Retry-After`; honoured up to `max_delay`.
    """
    try:
        delay = min(policy.max_delay, policy.delay * policy.backoff ** (attempt - 1))
    except OverflowError:
        delay = policy.max_delay
    spread = policy.jitter * (2 * source.random() - 1)
    return max(0.0, min(policy.max_delay, max(asked, delay * (1 + spread))))
