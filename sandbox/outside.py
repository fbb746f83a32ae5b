"""What every stand-in needs of the world: one bundle, so that a further provider is one further file."""

from dataclasses import dataclass

from sandbox.books import Books
from sandbox.config import Config
from sandbox.faults import Faults
from sandbox.hub import Hub
from sandbox.later import Later
from sandbox.network import Network
from sandbox.people import People
from sandbox.prompts import Prompts
from sandbox.settings import Settings, SettingsNow
from sandbox.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The parts of one world. `settings.now` and `faults` change while it runs; the rest is what it was built with."""

    config: Config
    store: Store
    settings: SettingsNow
    faults: Faults
    later: Later
    hub: Hub
    people: People
    books: Books
    network: Network
    prompts: Prompts


def build_outside(*, config: Config, store: Store) -> Outside:
    """Build the parts on what the store remembers."""
    settings, faults, later, hub = SettingsNow(store), Faults(), Later(), Hub()
    people = People(store=store, hub=hub, currency=config.currency)
    return Outside(
        config=config,
        store=store,
        settings=settings,
        faults=faults,
        later=later,
        hub=hub,
        people=people,
        books=Books(store),
        network=Network(faults=faults, later=later, settings=settings),
        prompts=Prompts(store=store, hub=hub, people=people, later=later, settings=settings),
    )


def reset(outside: Outside) -> None:
    """Make the world as it was before anything happened in it."""
    outside.later.forget_all()
    outside.store.clear()
    outside.faults.clear()
    outside.prompts.forget_all()
    outside.settings.change(Settings())
    outside.hub.tell_all()
