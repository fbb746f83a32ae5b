"""The wiring: every stand-in on one world, served on one port."""

from aiohttp import web

from sandbox import airtel_forms, momo_forms
from sandbox.airtel import Airtel
from sandbox.airtime import Airtime
from sandbox.airtime_orders import AirtimeOrders
from sandbox.config import Config
from sandbox.control import Control
from sandbox.daraja import Daraja
from sandbox.momo import Momo
from sandbox.mpesa import Mpesa
from sandbox.outside import build_outside, reset
from sandbox.phones import Phones
from sandbox.refills import Refills
from sandbox.reversals import Reversals
from sandbox.sms import Sms
from sandbox.store import Store
from sandbox.ucip import Ucip
from sandbox.ussd import Ussd
from sandbox.wallet_payments import WalletPayments
from sandbox.web import allow_any_origin, any_origin, errors_as_json

MAX_BODY_BYTES = 2 * 1024 * 1024


class Sandbox:
    """The whole outside world. A further provider is built here and adds its routes."""

    def __init__(self, *, config: Config, store: Store) -> None:
        self._outside = build_outside(config=config, store=store)
        self._ussd = Ussd(self._outside)
        self._sms = Sms(self._outside)
        self._mpesa = Mpesa(self._outside, in_session=self._ussd.in_session)
        self._momo = WalletPayments(self._outside, momo_forms.SCHEME, in_session=self._ussd.in_session)
        self._airtel = WalletPayments(self._outside, airtel_forms.SCHEME, in_session=self._ussd.in_session)
        self._refills = Refills(self._outside)
        self._airtime = AirtimeOrders(self._outside, refills=self._refills)

    def app(self) -> web.Application:
        """The web application; its start and end are the world's."""
        app = web.Application(middlewares=[any_origin, errors_as_json], client_max_size=MAX_BODY_BYTES)
        app.on_response_prepare.append(allow_any_origin)
        app.add_routes([*self._control_routes(), *self._provider_routes()])
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._send_watchers_home)
        app.on_cleanup.append(self._stop)
        return app

    def _control_routes(self) -> list[web.RouteDef]:
        control = Control(self._outside, reset=self._reset)
        phones = Phones(self._outside, ussd=self._ussd, sms=self._sms)
        return [*control.routes(), *phones.routes()]

    def _provider_routes(self) -> list[web.RouteDef]:
        reversals = Reversals(self._outside, mpesa=self._mpesa)
        daraja = Daraja(self._outside, mpesa=self._mpesa, reversals=reversals)
        return [
            *daraja.routes("/daraja"),
            # Some clients of Daraja let their user change its host only: for them it is at the root as well.
            *daraja.routes(""),
            *Momo(self._outside, payments=self._momo).routes("/momo"),
            *Airtel(self._outside, payments=self._airtel).routes("/airtel"),
            *self._sms.routes("/africastalking"),
            *Airtime(self._outside, orders=self._airtime).routes("/africastalking"),
            *Ucip(self._outside, refills=self._refills).routes("/ucip"),
        ]

    def _reset(self) -> None:
        reset(self._outside)
        self._ussd.forget_all()

    async def _start(self, _app: web.Application) -> None:
        await self._outside.network.start()
        self._outside.prompts.resume()
        self._mpesa.resume()
        self._momo.resume()
        self._airtel.resume()
        self._airtime.resume()

    async def _send_watchers_home(self, _app: web.Application) -> None:
        self._outside.hub.close()

    async def _stop(self, _app: web.Application) -> None:
        await self._outside.later.stop()
        await self._outside.network.stop()
