"""The base of what can go wrong here."""


class GatewayProblem(Exception):
    """The gateway cannot do what it was asked to."""

    def __init__(self, **facts: object) -> None:
        """`facts` fill the placeholders of the docstring, which is the message shown to the person."""
        super().__init__((self.__doc__ or "").format(**facts))
