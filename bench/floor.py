"""The floor: what a hop costs when nothing is done but one Redis GET and one SET, under the server that serves ours."""

import os

from flask import Flask, Response, request
from redis import Redis

SCREEN = "CON Line suspended. You owe KES 50.00.\n1 Top up\n2 Balance\n3 My top-ups\n4 Language\n5 Help\n6 Other ways"

app = Flask(__name__)
redis = Redis.from_url(os.environ["REDIS_URL"])


@app.post("/ussd")
def hop() -> Response:
    """Read something under the session's name, write something there, and answer a screen."""
    session = request.form["sessionId"]
    redis.get(session)
    redis.set(session, SCREEN, ex=300)
    return Response(SCREEN, content_type="text/plain; charset=utf-8")
