"""A phone whose calls are made within this process, so that nothing but the application and its Redis is at work."""

import io
from collections.abc import Mapping
from urllib.parse import urlencode
from wsgiref.types import WSGIApplication, WSGIEnvironment


def hop_environ(path: str, *, session: str, msisdn: str, text: str) -> WSGIEnvironment:
    """What a server would hand to a WSGI application for a hop as Africa's Talking posts it."""
    form: Mapping[str, str] = {
        "sessionId": session,
        "phoneNumber": msisdn,
        "networkCode": "63902",
        "serviceCode": "*384*55#",
        "text": text,
    }
    body = urlencode(form).encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }


def answered(application: WSGIApplication, environ: WSGIEnvironment) -> str:
    """The body of the answer."""
    return b"".join(application(environ, lambda _status, _headers, _error=None: lambda _written: None)).decode(
        errors="replace"
    )
