"""The pages under docs/ that are made from the code, and the tables of gateways and settings in the README.

`python -m pages` writes them; `python -m pages --check` only says which are stale, and fails.
"""

import sys
from pathlib import Path

from settings import settings_table
from topup.diagram import life_page
from ussd.gateways import gateways_table
from ussd.map import menu_page
from ussd.menu import menu

ROOT = Path(__file__).resolve().parent

# What stands in the README between `<!-- NAME: made by make docs -->` and `<!-- end of NAME -->`.
_TABLES = {"gateways": gateways_table, "settings": settings_table}


def pages() -> dict[Path, str]:
    """Every generated page, by its place, as it should be."""
    readme = ROOT / "README.md"
    return {
        ROOT / "docs" / "life.md": life_page(),
        ROOT / "docs" / "menu.md": menu_page(menu),
        readme: _with_tables(readme.read_text(encoding="utf-8")),
    }


def stale() -> list[Path]:
    """The pages that are not as they should be."""
    return [place for place, page in pages().items() if not place.exists() or place.read_text("utf-8") != page]


def write() -> list[Path]:
    """Write the stale pages, and say which."""
    found = stale()
    for place in found:
        place.write_text(pages()[place], encoding="utf-8")
    return found


def _with_tables(readme: str) -> str:
    for name, table in _TABLES.items():
        begin, end = f"<!-- {name}: made by make docs -->", f"<!-- end of {name} -->"
        before, _, rest = readme.partition(begin)
        _, _, after = rest.partition(end)
        readme = f"{before}{begin}\n\n{table()}\n\n{end}{after}"
    return readme


def main(*, only_check: bool) -> int:
    """Write or check, and say what was found."""
    found = stale() if only_check else write()
    for place in found:
        sys.stdout.write(f"{'stale' if only_check else 'written'}: {place.relative_to(ROOT)}\n")
    return 1 if only_check and found else 0


if __name__ == "__main__":
    sys.exit(main(only_check="--check" in sys.argv[1:]))
