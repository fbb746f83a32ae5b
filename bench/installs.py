"""The peers, and the tools of plots and profiles, at pinned versions, installed once into var/bench/peers."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.stage import FOLDER

_PEERS = FOLDER / "peers"
_APPS = Path(__file__).resolve().parent / "peers"

# The servers of the Python peers are of the version that serves ours.
_GRANIAN = "granian==2.8.7"

_REQUIREMENTS: dict[str, Sequence[str]] = {
    "anysd": ("anysd==1.2.7", "Flask==3.1.3", "redis==5.2.1", "hiredis==3.5.0", "setuptools==65.5.0", _GRANIAN),
    "plots": ("matplotlib==3.10.3",),
    "profiler": ("py-spy==0.4.3",),
    # What it pins itself (Django 2.2, PyYAML 5.1) does not install on a Python of today, so it gets the last Django
    # that it runs with, without being asked (--no-deps).
    "ussd_airflow": (
        "Django==3.2.25",
        "djangorestframework==3.12.4",
        "django-annoying==0.10.3",
        "django-redis==5.2.0",
        "hiredis==3.5.0",
        "attrs==26.1.0",
        "celery==5.7.0",
        "Jinja2==3.1.6",
        "PyConfigure==0.5.9",
        "PyStaticConfiguration==0.11.1",
        "pytz==2026.6",
        "PyYAML==6.0.4",
        "redis==5.2.1",
        "requests==2.34.2",
        "setuptools==65.5.0",
        "simplekv==0.14.1",
        "structlog==26.1.0",
        "boto3==1.44.8",
        _GRANIAN,
    ),
}
_WITHOUT_ITS_PINS: dict[str, Sequence[str]] = {"ussd_airflow": ("ussd-airflow==0.0.6",)}


def install(names: Sequence[str]) -> dict[str, str]:
    """Install these peers where they are not yet. Returns the ones that could not be, with the last that was said."""
    failed = {}
    for name in names:
        try:
            _install_umb() if name == "umb" else _install_python(name)
        except subprocess.CalledProcessError as error:
            failed[name] = (error.stderr or error.stdout or str(error)).strip().splitlines()[-1]
        except FileNotFoundError as error:
            failed[name] = f"there is no {error.filename} on this machine"
    return failed


def folder_of(name: str) -> Path:
    """Where a peer is installed."""
    return _PEERS / name


def python_of(name: str) -> Path:
    """The interpreter of a Python peer."""
    return folder_of(name) / "bin" / "python"


def _install_umb() -> None:
    folder = folder_of("umb")
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "server.js"):
        shutil.copy(_APPS / "umb" / file, folder / file)
    done = folder / "installed"
    wanted = (folder / "package.json").read_text()
    if not done.exists() or done.read_text() != wanted:
        _run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)])
        done.write_text(wanted)


def _install_python(name: str) -> None:
    done = folder_of(name) / "installed"
    wanted = "\n".join([*_REQUIREMENTS[name], *_WITHOUT_ITS_PINS.get(name, ())])
    if done.exists() and done.read_text() == wanted:
        return
    _run([sys.executable, "-m", "venv", str(folder_of(name))])
    pip = [str(python_of(name)), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "install"]
    _run([*pip, *_REQUIREMENTS[name]])
    if unpinned := _WITHOUT_ITS_PINS.get(name):
        _run([*pip, "--no-deps", *unpinned])
    done.write_text(wanted)


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
