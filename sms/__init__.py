"""The same journeys by text: what people send us, and everything that we send them."""
