"""The pages that are made from the code are those that the code makes."""

import pages
from ussd.menu import menu


def test_no_page_is_stale() -> None:
    assert pages.stale() == [], "run: make docs"


def test_the_menus_page_has_every_screen_and_every_arrow() -> None:
    page = next(text for place, text in pages.pages().items() if place.name == "menu.md")
    assert all(f"\n## {name}\n" in page for name in menu.screens)
    assert all(f" {name} --> {edge}\n" in page for name, screen in menu.screens.items() for edge in screen.edges)
