"""The facade that every frontend uses: one `Workbench` with a service per subject.

May import every lower layer. Opening is lazy: creating a `Workbench` does no I/O and does not import pydantic, so that
the first screen is drawn before the models are loaded and the database is open.

- `workbench`: the services and the parts they share; `workbench_settings`: paths, user and durability.
- `shared_property`: properties that several threads may ask for first.
- `protocols`: the workbench as frontends call it, which the one of a server implements, too (`wftui.client`).
- `file_history`: a history for the runs of files.
- `c_heap`: memory that the C library holds.
- `engine_thread`: an event loop for the engine, and a workbench for callers on another loop.
- `workflow_service`, `source_service`, `run_service`, `retention_service`,
  `step_service`, `connection_service`, `settings_service`, `token_service`, `notification_service`.
"""

from wftui.workbench.workbench import Workbench
from wftui.workbench.workbench_settings import Settings

__all__ = ["Settings", "Workbench"]
