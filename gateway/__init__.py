"""A small packet gateway for a test bench: a real one stands between the phones and the internet in its place.

Linux network namespaces are the phones, the gateway, the internet and Redial's host; nftables in that of the gateway
forwards, redirects and drops. What a PGW, a UPF or a BRAS does besides (GTP, charging by volume, mobility) is left out.
docs/gateway.md has the picture. It meets Redial over HTTP only, by the interface in docs/gate.md.
"""
