"""The outside world's protocols. Each provider implements ports of topup/ports.py and knows nothing of the rest.

A provider is made of the same parts every time:

- `<provider>_codes.py`: its codes in literal tables, each with what it means to us (codes.py);
- `<provider>.py`: our account there, as a frozen dataclass, and a class that writes requests and reads their answers;
- `<provider>_events.py`: its callbacks, when it has any, read strictly, with one error for all (payload.py).

It sends through a Channel (http.py), which times, bounds and observes every call, never repeats one, and tells NotSent
from Unknown. Access tokens are kept by tokens.py. `moves_money` stands on every request that must not be sent twice.
"""
