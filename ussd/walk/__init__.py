"""An exhaustive walk of the menu: every screen, every key, in every language, on every gateway's screen.

It is a proof by looking everywhere. Breadth first from every way into the menu it presses whatever can be pressed, and
lists as flaws what must never be: a screen that does not fit, a screen or an arrow that nobody can reach, a call that
cannot come to an end, a 0 or 00 that leads elsewhere. `flask --app app menu walk` prints what was seen; a test fails on
any flaw. The walk reads the menu itself: a new screen is walked as soon as it is declared.
"""
