"""What any face can ask for, and nothing of how it is done: the one facade under the screens and the command line.

Imports every floor below, none above. Opening is lazy: building a `Workbench` does no I/O and imports neither pydantic
nor anything that needs it, so that a first screen can be painted before the models are loaded and the database is open.
"""

from wftui.workbench.workbench import Workbench
from wftui.workbench.workbench_settings import Settings

__all__ = ["Settings", "Workbench"]
