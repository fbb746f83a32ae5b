"""The phone page: a feature phone in the browser, which talks straight to the sandbox.

It is served only where the outside world is the sandbox. Nothing here knows the sandbox but its address: the page's own
scripts dial, press, read and pay over the sandbox's control API.
"""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request

# A name or an IPv4 address, with a port or without. What else a client sends as its Host is not worth believing.
_HOST = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?")


def make_blueprint(*, sandbox_url: str, short_codes: Sequence[str], sms_code: str) -> Blueprint:
    """`GET /phone` and what belongs to it.

    `sandbox_url` is where this application finds the sandbox, `short_codes` what can be dialled (the first one is
    offered), `sms_code` whom the phone writes to.
    """
    # Flask serves a blueprint's files with an ETag and `no-cache`, so that a browser asks again and gets a 304.
    routes = Blueprint(
        "phone",
        __name__,
        static_folder="static/phone",
        static_url_path="/phone/static",
        template_folder="templates",
    )

    @routes.get("/phone")
    def page() -> Response:
        """The phone."""
        sandbox = sandbox_seen_from(request.host, sandbox_url=sandbox_url)
        drawn = render_template("phone.html", sandbox=sandbox, short_codes=short_codes, sms_code=sms_code)
        response = Response(drawn, mimetype="text/html")
        response.headers["Content-Security-Policy"] = _policy(sandbox)
        response.cache_control.no_cache = True
        return response

    @routes.after_request
    def _harden(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return routes


def sandbox_seen_from(page_host: str, *, sandbox_url: str) -> str:
    """The sandbox's origin for a browser that opened the page at `page_host` (a Host header).

    A sandbox on a loopback address is on the page's own machine, so from another device it has the name by which that
    device found the page.
    """
    parts = urlsplit(sandbox_url)
    host = _HOST.fullmatch(page_host)
    if host is None or not _is_loopback(parts.hostname or ""):
        return f"{parts.scheme}://{parts.netloc}"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host[1]}{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _policy(sandbox: str) -> str:
    """Everything from here, talk with the sandbox only, and no text ever read as code or as markup."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src {sandbox}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )
