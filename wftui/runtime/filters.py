"""All filters of the expression language, in one table.

The compiler calls `Entry.function` by its own name.
"""

from wftui.runtime.filters_lists import LIST_FILTERS
from wftui.runtime.filters_numbers import NUMBER_FILTERS
from wftui.runtime.filters_text import TEXT_FILTERS
from wftui.runtime.language.declarations import Table

FILTERS: Table = {**LIST_FILTERS, **TEXT_FILTERS, **NUMBER_FILTERS}
