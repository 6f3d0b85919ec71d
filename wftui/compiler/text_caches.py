"""Caches of what was found in texts, such as the trees of expressions.

A text that is being edited is compiled again and again, almost the same each time. Once a file is compiled, nothing
needs what the caches hold of it: 43 MB of 10,000 steps, between which little of the memory around can be given back.
"""

import functools
from collections.abc import Callable
from typing import TypeVar

ResultT = TypeVar("ResultT")

_FEW = 1_000
"""Entries of a cache that are worth keeping for the next file, which may have the same texts."""
_caches = list["functools._lru_cache_wrapper[object]"]()


def text_cache(most: int) -> Callable[[Callable[..., ResultT]], "functools._lru_cache_wrapper[ResultT]"]:
    """Cache results of a function of texts, at most so many, for the next edit."""

    def cached(function: Callable[..., ResultT]) -> "functools._lru_cache_wrapper[ResultT]":
        cache = functools.lru_cache(maxsize=most)(function)
        _caches.append(cache)
        return cache

    return cached


def shrink_text_caches() -> None:
    """Empty the caches that hold much; texts that are being edited keep what they use."""
    for cache in _caches:
        if cache.cache_info().currsize > _FEW:
            cache.cache_clear()
