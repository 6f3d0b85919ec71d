"""The file behind an editor: what of it is open, and what happened to it meanwhile. Shows nothing."""

from typing import TYPE_CHECKING, Literal

from wftui.model.errors import NotFoundError

if TYPE_CHECKING:
    from wftui.workbench import Workbench

News = Literal["changed", "gone"]


class SourceFile:
    """A workflow's source as it was read or saved last."""

    def __init__(self, workbench: "Workbench", workflow_id: str) -> None:
        self.workbench = workbench
        self.workflow_id = workflow_id
        self.text = ""
        self._etag: str | None = None
        self._told: str | None = None

    @property
    def is_read(self) -> bool:
        """Whether it was read or saved at all."""
        return self._etag is not None

    async def read(self) -> str:
        """The text on disk, which counts as open from now on.

        Raises:
            UserError: it cannot be read.
        """
        source = await self.workbench.workflows.read(self.workflow_id)
        self._took(source.etag, source.text)
        return source.text

    async def save(self, text: str) -> None:
        """Write a text.

        Raises:
            ConflictError: the file is not the one that is open; nothing was written.
            UserError: it cannot be written.
        """
        self._took((await self.workbench.workflows.save(self.workflow_id, text, self._etag)).etag, text)

    async def overwrite(self, text: str) -> None:
        """Write a text, whatever stands in the file now.

        Raises:
            UserError: it cannot be written.
        """
        try:
            theirs: str | None = (await self.workbench.workflows.read(self.workflow_id)).etag
        except NotFoundError:
            theirs = None
        self._took((await self.workbench.workflows.save(self.workflow_id, text, theirs)).etag, text)

    async def news(self) -> News | None:
        """What someone else did to the file since it was opened, told once each time."""
        try:
            etag: str = (await self.workbench.workflows.read(self.workflow_id)).etag
        except NotFoundError:
            etag = "gone"
        if self._etag is None or etag in {self._etag, self._told}:
            return None
        self._told = etag
        return "gone" if etag == "gone" else "changed"

    def _took(self, etag: str, text: str) -> None:
        self._etag = self._told = etag
        self.text = text
