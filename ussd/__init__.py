"""What a caller sees: the menu, the engine that walks it, and the gateways that bring the keys."""
