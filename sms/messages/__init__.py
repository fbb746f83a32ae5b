"""Every SMS that we can send, a journey a file. Each is one segment at its widest, in every language; a test proves it.

A message says first what happened to the money, then what to do. It is read once, on a small screen, by somebody who
waits for it.
"""
