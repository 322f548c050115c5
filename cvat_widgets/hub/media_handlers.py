"""Requests about media: pictures out, context images and chapters, uploads in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tornado import web

from cvat_widgets.errors import MediaError
from cvat_widgets.hub.handling import Handler
from cvat_widgets.hub.policy import RefusedError
from cvat_widgets.hub.uploads import MOST_PART_BYTES, Manifest
from cvat_widgets.store.wire import decode, encode

__all__ = ["Chapters", "Context", "Contexts", "Frame", "Upload"]

_PART = 1 << 18
_MANIFEST_BYTES = 32 << 20


class _Media(Handler):
    slot = "frame"

    def _number(self, name: str, low: int, high: int) -> int | None:
        text = self.get_query_argument(name, "")
        return min(max(int(text), low), high) if text else None

    async def _found(self, where: str, work: Callable[[], Any]) -> Any:
        try:
            return await self.service.work(work)
        except MediaError as error:
            # The name of a file could tell a honeypot.
            raise MediaError(error.what, where=where, hint=error.hint) from None

    async def _show(self, where: str, work: Callable[[], Any]) -> bytes:
        found = await self._found(where, work)
        self.set_header("Content-Type", found.mime)
        self.set_header("Content-Disposition", "attachment")
        self.set_header("X-Frame-Size", f"{found.width} {found.height} {int(found.exact)}")
        for start in range(0, len(found.data), _PART):
            self.write(found.data[start : start + _PART])
            await self.flush()
        return b""


class Frame(_Media):
    """A frame as a picture."""

    async def get(self, task: str, frame: str) -> None:
        """Answer with a picture file."""

        async def shown() -> bytes:
            quality, max_side = self._number("quality", 1, 100), self._number("max_side", 1, 65_500)
            original = self.get_query_argument("form", "") == "original"
            return await self._show(
                f"frame {frame}",
                lambda: self.service.pictures.frame(
                    self.who, int(task), int(frame), quality=quality, max_side=max_side, original=original
                ),
            )

        await self.answered(shown)


class Contexts(_Media):
    """The names of the context images of a frame."""

    async def get(self, task: str, frame: str) -> None:
        """Answer with a list of names."""

        async def named() -> bytes:
            pictures = self.service.pictures
            return encode(await self._found(f"frame {frame}", lambda: pictures.context_names(self.who, int(task), int(frame))))

        await self.answered(named)


class Context(_Media):
    """One of the context images of a frame."""

    async def get(self, task: str, frame: str, index: str) -> None:
        """Answer with a picture file."""

        async def shown() -> bytes:
            max_side = self._number("max_side", 1, 65_500)
            return await self._show(
                f"frame {frame}",
                lambda: self.service.pictures.context_picture(self.who, int(task), int(frame), int(index), max_side=max_side),
            )

        await self.answered(shown)


class Chapters(_Media):
    """The chapters of a video."""

    async def get(self, task: str) -> None:
        """Answer with frames and titles."""

        async def named() -> bytes:
            found = await self._found(f"task {task}", lambda: self.service.pictures.chapters(self.who, int(task)))
            return encode(found)

        await self.answered(named)


@web.stream_request_body
class Upload(Handler):
    """Media of a task that is to be made, sent in parts; written as they come, never held in memory."""

    slot = "upload"
    most = 4

    def admit(self) -> None:
        """Take a body from those who may make tasks."""
        self._body: list[bytes] = []
        self._problem: Exception | None = None
        self._part: Any = None
        connection: Any = self.request.connection
        uploads = self.service.uploads
        if uploads is None:
            self.refuse(404, "this service takes no media", "Start it with --uploads FOLDER, or name a path that it can see")
        elif not self.who.is_at_least("maintainer"):
            self.refuse(403, "only a maintainer sends media", "Ask whoever runs it for the role you need")
        else:
            sending = self.request.method == "PUT"
            connection.set_max_body_size(MOST_PART_BYTES if sending else _MANIFEST_BYTES)

    async def data_received(self, chunk: bytes) -> None:
        """Write what has come; what was wrong is told at the end of the body."""
        uploads = self.service.uploads
        if self._finished or uploads is None or self._problem is not None:
            return
        if self.request.method != "PUT":
            self._body.append(chunk)
            return
        try:
            if self._part is None:
                name, offset = self.get_query_argument("name", "", strip=False), int(self.get_query_argument("offset", "0"))
                upload, who = self.request.path.rpartition("/")[2], self.who
                self._part = await self.service.work(lambda: uploads.begin(who, upload, name, offset))
            part = self._part
            await self.service.work(lambda: part.write(chunk))
        except Exception as error:  # noqa: BLE001  # raised again where it is answered
            self._problem = error

    async def put(self, upload: str) -> None:
        """Answer how many bytes of the file are there."""

        async def written() -> bytes:
            uploads = self.service.uploads
            if self._problem is not None:
                raise self._problem
            if uploads is None:
                raise RefusedError("it takes no media")
            if self._part is None:  # a file of no bytes
                name = self.get_query_argument("name", "", strip=False)
                self._part = await self.service.work(lambda: uploads.begin(self.who, upload, name, 0))
            part = self._part
            return encode(await self.service.work(part.close))

        await self.answered(written)

    async def post(self, upload: str) -> None:
        """Answer where the files of a complete upload lie."""

        async def completed() -> bytes:
            uploads = self.service.uploads
            if uploads is None:
                raise RefusedError("it takes no media")
            manifest = decode(b"".join(self._body), Manifest)
            return encode(await self.service.work(lambda: uploads.complete(self.who, upload, manifest)))

        await self.answered(completed)

    def on_finish(self) -> None:
        """Close a file that was left open."""
        super().on_finish()
        part = getattr(self, "_part", None)
        if part is not None:
            self._part = None
            part.close()
