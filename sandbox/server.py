"""The wiring: every part of the sandbox, built once, and served on one port."""

from aiohttp import web

from sandbox.airtime import Airtime
from sandbox.books import Books
from sandbox.config import Config
from sandbox.control import Control
from sandbox.daraja import Daraja
from sandbox.faults import Faults
from sandbox.hub import Hub
from sandbox.later import Later
from sandbox.mpesa import Mpesa
from sandbox.network import Network
from sandbox.people import People
from sandbox.phones import Phones
from sandbox.prompts import Prompts
from sandbox.refills import Refills
from sandbox.reversals import Reversals
from sandbox.settings import Settings, SettingsNow
from sandbox.sms import Sms
from sandbox.store import Store
from sandbox.ucip import Ucip
from sandbox.ussd import Ussd
from sandbox.web import allow_any_origin, any_origin, errors_as_json

MAX_BODY_BYTES = 2 * 1024 * 1024


class Sandbox:
    """The whole outside world."""

    def __init__(self, *, config: Config, store: Store) -> None:
        self._store = store
        self._settings = SettingsNow(Settings(**(store.get("settings", "") or {})))
        self._hub = Hub()
        self._faults = Faults()
        self._later = Later()
        self._network = Network(faults=self._faults, later=self._later, settings=self._settings)
        self._people = People(store=store, hub=self._hub, currency=config.currency)
        self._books = Books(store)
        self._prompts = Prompts(
            store=store, hub=self._hub, people=self._people, later=self._later, settings=self._settings
        )
        self._ussd = Ussd(
            config=config,
            network=self._network,
            faults=self._faults,
            settings=self._settings,
            people=self._people,
            hub=self._hub,
        )
        self._config = config

    def app(self) -> web.Application:
        """The web application; its start and end are the world's."""
        app = web.Application(middlewares=[any_origin, errors_as_json], client_max_size=MAX_BODY_BYTES)
        app.on_response_prepare.append(allow_any_origin)
        app.add_routes([*self._control().routes(), *self._phones().routes(), *self._provider_routes()])
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._say_goodbye)
        app.on_cleanup.append(self._stop)
        return app

    def _provider_routes(self) -> list[web.RouteDef]:
        daraja = self._daraja()
        refills = Refills(store=self._store, people=self._people, books=self._books)
        airtime = Airtime(
            config=self._config,
            store=self._store,
            refills=refills,
            network=self._network,
            faults=self._faults,
            settings=self._settings,
        )
        ucip = Ucip(config=self._config, people=self._people, refills=refills, faults=self._faults)
        return [
            *daraja.routes("/daraja"),
            *self._sms().routes("/africastalking"),
            *airtime.routes("/africastalking"),
            *ucip.routes("/ucip"),
        ]

    def _daraja(self) -> Daraja:
        mpesa = Mpesa(
            store=self._store,
            people=self._people,
            books=self._books,
            prompts=self._prompts,
            network=self._network,
            faults=self._faults,
            settings=self._settings,
            in_session=self._ussd.in_session,
        )
        reversals = Reversals(
            store=self._store,
            people=self._people,
            books=self._books,
            mpesa=mpesa,
            network=self._network,
            faults=self._faults,
            settings=self._settings,
        )
        return Daraja(config=self._config, mpesa=mpesa, reversals=reversals, faults=self._faults)

    def _sms(self) -> Sms:
        return Sms(
            config=self._config,
            people=self._people,
            books=self._books,
            network=self._network,
            faults=self._faults,
            settings=self._settings,
        )

    def _phones(self) -> Phones:
        return Phones(
            people=self._people,
            ussd=self._ussd,
            sms=self._sms(),
            prompts=self._prompts,
            hub=self._hub,
            short_code=self._config.short_codes[0],
            sms_short_code=self._config.sms_short_code,
        )

    def _control(self) -> Control:
        return Control(
            people=self._people,
            books=self._books,
            faults=self._faults,
            settings=self._settings,
            network=self._network,
            currency=self._config.currency,
            reset=self._reset,
            save_settings=self._save_settings,
        )

    def _save_settings(self, settings: Settings) -> None:
        self._settings.now = settings
        self._store.put("settings", "", settings.model_dump())

    def _reset(self) -> None:
        self._later.forget_all()
        self._store.clear()
        self._faults.clear()
        self._prompts.forget_all()
        self._ussd.forget_all()
        self._settings.now = Settings()
        self._hub.tell_all()

    async def _start(self, _app: web.Application) -> None:
        await self._network.start()
        self._prompts.resume()

    async def _say_goodbye(self, _app: web.Application) -> None:
        self._hub.close()

    async def _stop(self, _app: web.Application) -> None:
        await self._later.stop()
        await self._network.stop()
