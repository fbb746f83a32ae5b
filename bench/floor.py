"""The floor: what a hop costs when nothing is done but one Redis GET and one SET, under the server that serves ours."""

import os

from flask import Flask, Response, request
from redis import Redis

SCREEN = "CON Line suspended. You owe KES 50.00.\n1 Top up\n2 Balance\n3 My top-ups\n4 Language\n5 Help\n6 Other ways"


def create_app(redis_url: str) -> Flask:
    """A bare Flask application."""
    app = Flask(__name__)
    redis = Redis.from_url(redis_url)

    @app.post("/ussd")
    def hop() -> Response:
        session = request.form["sessionId"]
        redis.get(session)
        redis.set(session, SCREEN, ex=300)
        return Response(SCREEN, content_type="text/plain; charset=utf-8")

    return app


def __getattr__(name: str) -> Flask:
    """`bench.floor:app`, made when a server asks for it."""
    if name != "app":
        raise AttributeError(name)
    return create_app(os.environ["REDIS_URL"])
