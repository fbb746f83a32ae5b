"""The menu's journeys, a file each. They hang their screens on this one menu, which ussd.menu completes and checks."""

from ussd.screens import Menu

menu = Menu(first="home")
