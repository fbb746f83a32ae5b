"""One file a gateway: what it tells us of messages, in and out."""
