"""The recharge guide: the page to which a packet gateway leads a phone whose line is suspended.

It orders as USSD and SMS do, at the same desk and in the same words, and needs of a browser no more than forms.
"""
