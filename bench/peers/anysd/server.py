"""anysd under Flask: the same four screens, its session in Redis by its own means."""

import logging
import os
from pathlib import Path

import yaml

_CONFIG = Path(os.environ["BENCH_FOLDER"]) / "anysd.yaml"
_CONFIG.write_text(
    yaml.safe_dump(
        {
            "development": {
                "navigation": {"back_symbol": "0", "home_symbol": "00"},
                "redis": {"host": "127.0.0.1", "port": int(os.environ["REDIS_PORT"]), "db": 4},
            }
        }
    )
)
os.environ["ANYSD_CONFIG_FILE"] = str(_CONFIG)

from anysd import FormFlow, ListInput, NavigationController, NavigationMenu
from flask import Flask, Response, request

logging.getLogger().setLevel(logging.WARNING)

AMOUNTS = ["KES 50 (line comes back)", "KES 100", "KES 250", "KES 500", "Another amount"]
PAYERS = ["This number", "Another number", "Ask somebody to pay"]


def _confirmation(msisdn, session_id, **_):
    number = msisdn.replace("+254", "0")
    return f"CON Top up {number} with KES 50. M-PESA of {number} pays.\n1 Pay\n2 Another payer\n3 Cancel\n0 Back 00 Home"


def _anything(current_step, last_input, **_):
    return True, None


top_up_form = FormFlow(
    form_questions={
        "1": {"name": "AMOUNT", "menu": ListInput(items=AMOUNTS, title="How much?", extra="0 Back 00 Home")},
        "2": {"name": "PAYER", "menu": ListInput(items=PAYERS, title="Who pays?", extra="0 Back 00 Home")},
        "3": {"name": "CONFIRM", "menu": _confirmation},
    },
    step_validator=_anything,
)
home = NavigationMenu(name="home", title="Line suspended. You owe KES 50.00.", show_title=True)
for title in ("Top up", "Balance", "My top-ups", "Language", "Help", "Other ways"):
    NavigationMenu(name=title, title=title, parent=home, next_form=top_up_form)

app = Flask(__name__)


@app.post("/ussd")
def ussd():
    form = request.form
    controller = NavigationController(home, form["phoneNumber"], form["sessionId"], form["text"])
    return Response(controller.navigate(), content_type="text/plain; charset=utf-8")
