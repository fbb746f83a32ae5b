"""The plan of the bench: who has which address, and which port of the gateway does what.

Interfaces have the same names in every namespace that they lead to, so that the rules can speak of "phones" by name.
The internet's addresses are of those set aside for documentation (RFC 5737).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone and the bearer that joins it to the gateway."""

    name: str
    link: str
    address: str
    msisdn: str


# Every bearer of a phone is an interface of the gateway whose name begins so.
PHONE_LINKS = "phone"
INTERNET_LINK = "internet"
REDIAL_LINK = "redial"

PHONE = Phone(name="phone", link="phone1", address="10.64.0.2", msisdn="+254711000001")
FRIEND = Phone(name="friend", link="phone2", address="10.64.0.3", msisdn="+254711000002")
PHONES = (PHONE, FRIEND)

# The gateway has one address for all phones, as a packet gateway has: each phone is alone at the end of its bearer.
GATEWAY_TO_PHONES = "10.64.0.1"
PHONE_NETWORK = "10.64.0.0/16"

GATEWAY_TO_INTERNET = "198.51.100.1"
NEWS = "198.51.100.80"
INTERNET_BITS = 24

GATEWAY_TO_REDIAL = "10.99.0.1"
REDIAL = "10.99.0.2"
REDIAL_BITS = 24
REDIAL_PORT = 80
SANDBOX_PORT = 8001

# Ports of the gateway. The first two are reached only by connections that its own rules have turned to them.
REDIRECTOR_PORT = 8080
ENRICH_PORT = 8081
WEBHOOK_PORT = 8090

# What names mean on the bench, for every namespace (there is no name server: /etc/hosts is enough).
NAMES = {"news.example": NEWS, "connectivitycheck.example": NEWS, "redial.example": REDIAL}
GUIDE_URL = "http://redial.example/guide"
