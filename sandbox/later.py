"""What the world does by itself a moment later: a prompt answered, a callback posted, a delivery."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]


class Later:
    """The work that waits or is under way. It is forgotten when the process ends, as a callback is in the field."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def after(self, seconds: float, work: Work) -> asyncio.Task[None]:
        """Do `work` when that time has passed, and say so in the log when it fails."""
        task = asyncio.create_task(_wait_and_do(seconds, work))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def forget_all(self) -> None:
        """Do none of it any more."""
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Do none of it any more, and see it stopped."""
        self.forget_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("What was to happen later failed.", exc_info=error)


async def _wait_and_do(seconds: float, work: Work) -> None:
    await asyncio.sleep(seconds)
    await work()
