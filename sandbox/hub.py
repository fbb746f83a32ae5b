"""Who watches a phone, and what has changed there. A watcher is told the name of what changed and looks for itself."""

import asyncio
from collections import defaultdict

TOPICS = ("line", "wallet", "inbox", "prompts", "screen")


class Watcher:
    """Somebody who watches one phone. Changes that come faster than they are read are told once."""

    def __init__(self) -> None:
        self._changed = dict.fromkeys(TOPICS)
        self._wake = asyncio.Event()
        self._wake.set()
        self.closed = False

    def tell(self, topic: str) -> None:
        """`topic` has changed."""
        self._changed[topic] = None
        self._wake.set()

    def close(self) -> None:
        """Let the watcher go home."""
        self.closed = True
        self._wake.set()

    async def changes(self, *, timeout_s: float) -> list[str]:
        """Wait for changes and return them; an empty list after `timeout_s` or when closed."""
        try:
            await asyncio.wait_for(self._wake.wait(), timeout_s)
        except TimeoutError:
            return []
        self._wake.clear()
        changed, self._changed = list(self._changed), {}
        return changed


class Hub:
    """The watchers of every phone."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[Watcher]] = defaultdict(set)

    def watch(self, msisdn: str) -> Watcher:
        """Begin to watch. Everything counts as changed at first."""
        watcher = Watcher()
        self._watchers[msisdn].add(watcher)
        return watcher

    def leave(self, msisdn: str, watcher: Watcher) -> None:
        """Watch no longer."""
        self._watchers[msisdn].discard(watcher)
        if not self._watchers[msisdn]:
            del self._watchers[msisdn]

    def tell(self, msisdn: str, topic: str) -> None:
        """`topic` has changed for that phone."""
        for watcher in self._watchers.get(msisdn, ()):
            watcher.tell(topic)

    def tell_all(self) -> None:
        """Everything has changed for everybody."""
        for msisdn in self._watchers:
            for topic in TOPICS:
                self.tell(msisdn, topic)

    def close(self) -> None:
        """Send every watcher home."""
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.close()
