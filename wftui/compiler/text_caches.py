"""Caches of what was found in texts, such as the trees of expressions.

A text that is being edited is compiled again and again, almost the same each time. Once a file is compiled, nothing
needs what the caches hold of it: 43 MB of 10,000 steps, between which little of the memory around can be given back.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

ResultT = TypeVar("ResultT")

_FEW = 1_000
"""Entries of a cache that are kept between files."""
_MANY = 4_000
"""Entries that are kept from file to file of a workspace, which often repeat texts: 10 MB."""
_kept = ContextVar("_kept", default=_FEW)
_caches = list["functools._lru_cache_wrapper[object]"]()


def text_cache(most: int) -> Callable[[Callable[..., ResultT]], "functools._lru_cache_wrapper[ResultT]"]:
    """Cache at most `most` results of a function of texts for the next edit."""

    def cached(function: Callable[..., ResultT]) -> "functools._lru_cache_wrapper[ResultT]":
        cache = functools.lru_cache(maxsize=most)(function)
        _caches.append(cache)
        return cache

    return cached


def shrink_text_caches() -> None:
    """Empty the caches that hold much; texts that are being edited keep what they use."""
    for cache in _caches:
        if cache.cache_info().currsize > _kept.get():
            cache.cache_clear()


@contextmanager
def several_files() -> Iterator[None]:
    """Keep more from file to file until the last of them is compiled."""
    token = _kept.set(_MANY)
    try:
        yield
    finally:
        _kept.reset(token)
        shrink_text_caches()
