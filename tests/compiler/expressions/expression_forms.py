"""Forms of expressions in which types fit, to make random ones of."""

import random
import re

NAMES = {
    "n": 5,
    "f": 2.5,
    "s": "Hello",
    "w": "a b c",
    "flag": True,
    "xs": [3, 1, 2, 3],
    "os": [{"n": 2, "s": "b"}, {"n": 1, "s": "a"}],
}


LEAVES = {
    "number": [
        "1",
        "-2",
        "3.5",
        "inputs.n",
        "inputs.f",
        "inputs.os[0].n",
        "inputs.xs[1]",
        "(inputs.nope | default(3))",
    ],
    "text": ["'x'", '"it\'s"', "'ä\\n'", "inputs.s", "inputs.w", "inputs.os[1]['s']", "(inputs.no.s | default('d'))"],
    "truth": ["true", "false", "inputs.flag", "(inputs.nope is defined)", "(inputs.n is odd)", "(inputs.s is string)"],
    "list": ["inputs.xs", "[4, 1]", "(range(4) | list)", "(inputs.os | map(attribute='n') | list)"],
}
# Every hole is a kind of expression, between @ signs.
FORMS = {
    "number": [
        "(@number@ + @number@)",
        "(@number@ - @number@)",
        "(@number@ * @number@)",
        "(@number@ / @number@)",
        "(@number@ if @truth@ else @number@)",
        "(@number@ | abs)",
        "(@number@ | round(1))",
        "(@list@ | length)",
        "(@list@ | sum)",
        "(@list@ | first)",
        "(@list@ | max)",
        "(@text@ | length)",
        "(@list@[0] | default(@number@))",
    ],
    "text": [
        "(@text@ ~ @text@)",
        "(@text@ | upper)",
        "(@text@ | title)",
        "(@text@ | trim | reverse)",
        "(@text@ | replace('l', 'L'))",
        "(@text@ | center(9))",
        "(@text@ | truncate(4, true, ''))",
        "(@text@ | default('z'))",
        "(@text@ if @truth@ else @text@)",
        "(@text@ or @text@)",
        "(@text@[1:])",
        "(@text@[-3:2])",
        "(inputs.os | sort(attribute='n') | map(attribute='s') | join(@text@))",
    ],
    "truth": [
        "(@number@ < @number@)",
        "(@number@ == @number@)",
        "(@number@ < @number@ <= @number@)",
        "(@text@ in @text@)",
        "(@text@ != @text@)",
        "(@number@ not in @list@)",
        "(not @truth@)",
        "(@truth@ and @truth@)",
        "(@truth@ or @truth@)",
        "(@number@ is in(@list@))",
        "(@number@ is gt(@number@))",
    ],
    "list": [
        "[@number@, @number@]",
        "(@list@ + @list@)",
        "(@list@ | sort)",
        "(@list@ | sort(reverse=@truth@))",
        "(@list@ | unique | list)",
        "(@list@ | reverse | list)",
        "(@list@ | map('abs') | list)",
        "(@list@ | select('gt', @number@) | list)",
        "(@list@ | reject('ge', 2) | list)",
        "(@list@ | batch(2) | first | default([]) | list)",
        "(@list@[1:])",
        "(inputs.os | selectattr('n', 'gt', @number@) | map(attribute='n') | list)",
    ],
}


def random_expression(random_: random.Random, kind: str, depth: int) -> str:
    """An expression that gives a value of a kind."""
    if depth == 0:
        return random_.choice(LEAVES[kind])
    form = random_.choice([*LEAVES[kind][:2], *FORMS[kind]])
    return re.sub(r"@(\w+)@", lambda hole: random_expression(random_, hole[1], depth - 1), form)
