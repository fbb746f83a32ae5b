"""What people ask by each channel, and what they are told."""

from drills.mutations.mutation import ENGINE, GUIDE_MONEY, TELL, WAITING, Mutation

MUTATIONS = (
    Mutation(
        "the number of a voucher lies open in Redis",
        "ussd/packing.py",
        "    return [_sealed(mark, seal)] if may_hold_a_pin(mark) else mark\n",
        "    return mark\n",
        ("tests/unit/test_engine_vouchers.py",),
    ),
    Mutation(
        "the number of a voucher is kept with the SMS in which it came",
        "sms/gateways/africastalking.py",
        '"text": starred(text)',
        '"text": text',
        ("tests/unit/test_sms_gateway.py",),
    ),
    Mutation(
        "playing keys pays without the screen having been seen",
        "ussd/engine.py",
        "if option.pays and call.playing and _placed(call) is None:",
        "if False:",
        (ENGINE,),
    ),
    Mutation(
        "nothing was taken is told after the money has come late",
        "workers/tell.py",
        "        if is_overtaken(connection, order, telling.purpose):\n",
        "        if False:\n",
        (TELL,),
    ),
    Mutation(
        "what was written before the money came goes out after it",
        "workers/send.py",
        "    if overtaken and",
        "    if False and",
        (TELL,),
    ),
    Mutation(
        "money that is held apart is denied",
        "workers/overtaken.py",
        "    return TELL_NOT_PAID if is_held else effect.value\n",
        "    return effect.value\n",
        (TELL,),
    ),
    Mutation(
        "who waits for a credit is told so although it has come, or the money has gone back",
        "workers/overtaken.py",
        "    TELL_WAITING: waiting.STATES,\n",
        "",
        (WAITING,),
    ),
    Mutation(
        "the guide's page denies money that is held apart",
        "web/guide/routes.py",
        "apart = strays.held_for(connection, placed) if placed.state is State.UNPAID else []",
        "apart = []",
        (GUIDE_MONEY,),
    ),
    Mutation(
        "an SMS that was written before the money came stands on the guide's page after it",
        "web/guide/watching.py",
        "told and is_over and not apart",
        "told and is_over",
        (GUIDE_MONEY,),
    ),
)
