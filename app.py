"""Builds the web application: wiring and nothing else."""

from collections.abc import Mapping

from click import Command, Context
from flask import Flask
from flask.cli import AppGroup
from werkzeug.middleware.proxy_fix import ProxyFix

import logs
import settings
import sms.routes
import ussd.routes
import web.gate.routes
import web.guide.routes
from providers.africastalking_events import read_validation
from topup.clock import utc_now
from ussd.door import Door
from web import callbacks, captive, health, phone
from web.guard import Pass, at_the_door, networks_of, stand_before
from wiring import Wiring

# Nothing that a gateway or a provider has to say is longer; more is somebody else.
_LARGEST_BODY = 256 * 1024


def create_app(chosen: settings.Settings | None = None) -> Flask:
    """The application, by the given settings or those of the environment."""
    given = chosen or settings.load()
    logs.configure(as_json=given.log_json)
    wiring = Wiring(given)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.extensions["redial"] = wiring
    passes = _passes(given)
    app.wsgi_app = Door(  # type: ignore[method-assign]
        app.wsgi_app, gateways=wiring.ussd_gateways, switchboard=wiring.switchboard, admit=at_the_door(passes["ussd"])
    )
    if given.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=given.trusted_proxies)  # type: ignore[method-assign]
    _register(app, wiring)
    stand_before(app, passes=passes)
    app.cli = _Commands()
    return app


class _Commands(AppGroup):
    """The commands, loaded when one is asked for: a web process never needs the workers and all that they know."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Their names."""
        return sorted(_commands())

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The one with this name."""
        return _commands().get(cmd_name)


def _commands() -> Mapping[str, Command]:
    from cli import COMMANDS  # noqa: PLC0415

    return COMMANDS


def _register(app: Flask, wiring: Wiring) -> None:
    given, engine = wiring.settings, wiring.engine
    app.register_blueprint(ussd.routes.make_blueprint(gateways=wiring.ussd_gateways, switchboard=wiring.switchboard))
    app.register_blueprint(
        sms.routes.make_blueprint(
            engine=engine,
            desk=wiring.desk,
            answers=wiring.answers,
            clock=utc_now,
            gateways=wiring.sms_gateways,
        )
    )
    app.register_blueprint(callbacks.make_blueprint(engine=engine, clock=utc_now, read_question=read_validation))
    app.register_blueprint(health.make_blueprint(engine=engine, redis=wiring.redis))
    app.register_blueprint(web.guide.routes.make_blueprint(wiring.guide))
    app.register_blueprint(
        captive.make_blueprint(
            keeper=wiring.gate_keeper, number_of=wiring.guide.who.number_told, guide_url=given.guide_address
        )
    )
    if given.gate_secret.get_secret_value():
        app.register_blueprint(
            web.gate.routes.make_blueprint(
                keeper=wiring.gate_keeper,
                memory=wiring.gate_memory,
                followers=wiring.gate_followers,
                country=given.country,
            )
        )
    if given.sandbox_url:
        app.register_blueprint(
            phone.make_blueprint(
                sandbox_url=given.sandbox_url, short_codes=given.short_code_list, sms_code=given.sms_short_code
            )
        )


def _passes(given: settings.Settings) -> dict[str, Pass]:
    gateways = Pass(secret=given.gateway_secret.get_secret_value(), networks=networks_of(given.gateway_addresses))
    providers = Pass(secret=given.callback_secret.get_secret_value(), networks=networks_of(given.callback_addresses))
    packets = Pass(secret=given.gate_secret.get_secret_value(), networks=networks_of(given.gate_addresses))
    return {"ussd": gateways, "sms": gateways, "callbacks": providers, "gate": packets}


def __getattr__(name: str) -> Flask:
    """`app:app`, made when a server asks for it, so that importing this module needs no settings."""
    if name != "app":
        raise AttributeError(name)
    globals()["app"] = create_app()
    made: Flask = globals()["app"]
    return made
