"""The source file behind an editor, and changes made to it by others."""

from typing import TYPE_CHECKING, Literal

from wftui.model.errors import NotFoundError

if TYPE_CHECKING:
    from wftui.workbench import Workbench

FileChange = Literal["changed", "gone"]


class SourceFile:
    """A workflow's source as last read or saved.

    Attributes:
        read_only: why the file cannot be saved, or None.
        is_gone: it was deleted or moved, when it was last looked at.
    """

    def __init__(self, workbench: "Workbench", workflow_id: str) -> None:
        self.workbench = workbench
        self.workflow_id = workflow_id
        self.text = ""
        self.read_only: str | None = None
        self.is_gone = False
        self._etag: str | None = None
        self._reported: str | None = None

    @property
    def is_read(self) -> bool:
        """True once the source has been read or saved."""
        return self._etag is not None

    @property
    def etag(self) -> str:
        """The version that was last read or saved; empty before."""
        return self._etag or ""

    async def read(self) -> str:
        """Read the file, and make it the opened version.

        Raises:
            UserError: the file cannot be read.
        """
        source = await self.workbench.workflows.read(self.workflow_id)
        self._opened(source.etag, source.text)
        self.read_only = source.read_only or self.workbench.read_only
        return source.text

    async def save(self, text: str) -> None:
        """Save a text over the opened version.

        Raises:
            ConflictError: the file differs from the opened version; nothing was written.
            UserError: the file cannot be written.
        """
        self._opened((await self.workbench.workflows.save(self.workflow_id, text, self._etag)).etag, text)

    async def overwrite(self, text: str) -> None:
        """Save a text over any version.

        Raises:
            UserError: the file cannot be written.
        """
        try:
            theirs: str | None = (await self.workbench.workflows.read(self.workflow_id)).etag
        except NotFoundError:
            theirs = None
        self._opened((await self.workbench.workflows.save(self.workflow_id, text, theirs)).etag, text)

    async def change_on_disk(self) -> FileChange | None:
        """Return what others did to the file since it was opened; once per change."""
        try:
            etag: str = (await self.workbench.workflows.read(self.workflow_id)).etag
        except NotFoundError:
            etag = "gone"
        self.is_gone = etag == "gone" and self.is_read
        if self._etag is None or etag in {self._etag, self._reported}:
            return None
        self._reported = etag
        return "gone" if etag == "gone" else "changed"

    def _opened(self, etag: str, text: str) -> None:
        self._etag = self._reported = etag
        self.text = text
        self.is_gone = False
