"""What leaves for a provider, and what its answers are taken for."""

from drills.mutations.mutation import HTTP, Mutation

MUTATIONS = (
    Mutation(
        "a refill whose answer was lost is confirmed without comparing",
        "providers/ucip.py",
        "        if line.balance - before == attempt.amount:",
        "        if True:",
        (HTTP,),
    ),
    Mutation(
        "a lost answer is taken for a request that was not sent",
        "providers/http.py",
        '            return Unknown(f"no whole answer from',
        '            return NotSent(f"no whole answer from',
        (HTTP,),
    ),
    Mutation(
        "what nobody answered is sent again by the library",
        "providers/connection.py",
        "            return pycurl.PREREQFUNC_ABORT",
        "            return pycurl.PREREQFUNC_OK",
        (HTTP,),
    ),
    Mutation(
        "money travels on a connection that was used before",
        "providers/http.py",
        "            alone=request.moves_money,",
        "            alone=False,",
        (HTTP,),
    ),
    Mutation(
        "an enquiry that is not let in says that nothing was paid",
        "providers/tokens.py",
        'NotSent("the access token was refused, and a new one too")',
        'Refused(Reason.PROVIDER, "token_refused")',
        ("tests/contracts/test_daraja.py",),
    ),
    Mutation(
        "a balance proves a refill although another may have moved it",
        "providers/ucip.py",
        "if attempt.facts.get(ANOTHER_MAY_LAND):",
        "if False:",
        ("tests/contracts/test_ucip_refill.py",),
    ),
    Mutation(
        "a row of a wallet's statement with a status that nobody knows is passed over",
        "providers/statements.py",
        "    if status and status.upper() not in form.statuses:",
        "    if status and status.upper() not in form.statuses:\n        return False\n    if False:",
        ("tests/unit/test_statements.py",),
    ),
    Mutation(
        "an amount of nothing is read as one",
        "providers/payload.py",
        "    if minor <= 0:\n",
        "    if False:\n",
        ("tests/unit/test_providers_daraja_events.py",),
    ),
)
