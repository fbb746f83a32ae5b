"""Builds the web application: wiring and nothing else."""

import hmac
import secrets

import structlog
from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import cli
import logs
import settings
import sms.routes
import ussd.routes
from providers.africastalking_events import read_validation
from topup.clock import utc_now
from web import callbacks, health, phone
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
    if given.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=given.trusted_proxies)  # type: ignore[method-assign]
    _register(app, wiring)
    _guard(app, given)
    cli.register(app)
    return app


def _register(app: Flask, wiring: Wiring) -> None:
    given, engine = wiring.settings, wiring.engine
    app.register_blueprint(
        ussd.routes.make_blueprint(engine=wiring.menu_engine, country=given.country, short_codes=given.short_code_list)
    )
    app.register_blueprint(
        sms.routes.make_blueprint(engine=engine, desk=wiring.desk, answers=wiring.answers, clock=utc_now)
    )
    app.register_blueprint(callbacks.make_blueprint(engine=engine, clock=utc_now, read_question=read_validation))
    app.register_blueprint(health.make_blueprint(engine=engine, redis=wiring.redis))
    if given.sandbox_url:
        app.register_blueprint(
            phone.make_blueprint(
                sandbox_url=given.sandbox_url, short_codes=given.short_code_list, sms_code=given.sms_short_code
            )
        )


def _guard(app: Flask, given: settings.Settings) -> None:
    """What stands before every request: an id for the logs, the secret of the path, the raw body."""
    secret_of = {
        "ussd": given.gateway_secret.get_secret_value(),
        "sms": given.gateway_secret.get_secret_value(),
        "callbacks": given.callback_secret.get_secret_value(),
    }

    @app.before_request
    def _admit() -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request.headers.get("X-Request-Id", secrets.token_hex(6))[:64])
        expected = secret_of.get(request.blueprint or "")
        if expected is not None and not hmac.compare_digest(
            (request.view_args or {}).get("secret", "").encode(), expected.encode()
        ):
            abort(404)
        request.get_data(cache=True)  # Callbacks are kept as they came, which parsing the form would eat.

    @app.errorhandler(HTTPException)
    def _say_plainly(error: HTTPException) -> Response:
        return Response(f"{error.description}\n", status=error.code, mimetype="text/plain")


def __getattr__(name: str) -> Flask:
    """`app:app`, made when a server asks for it, so that importing this module needs no settings."""
    if name != "app":
        raise AttributeError(name)
    globals()["app"] = create_app()
    made: Flask = globals()["app"]
    return made
