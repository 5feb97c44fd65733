"""The numbers beside a line of a derivation: few as they are, many as mean ± deviation."""

import re

import numpy as np

__all__ = ["check_evidence"]

NUMBER = r"−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|e[+−-]?\d+)?"
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def number(word):
    """The number that is meant."""
    return float(re.sub(r"·10", "e", word).translate(RAISED))


ROUNDING = 1e-15
"""What is left of numbers of about 1 that cancel: two ways to compute 0 give other digits of it."""

NOTHING = 1e-14
"""Up to where 0 is shown for what is left of numbers of about 10."""

TINY = 1e-12
"""Up to how large all numbers are where 0 is shown for some of what is left of numbers of about 1 000."""


def near(shown, right, largest):
    """Whether a number is the right one in three digits, as far as it is more than rounding."""
    half = 0.51 * 10.0 ** (np.floor(np.log10(abs(right))) - 2) if right else 0.0
    left = ROUNDING if shown else 1.01 * largest if largest < TINY else NOTHING  # a mean is rounded
    return abs(shown - right) <= max(half, 1e-9 * largest, left)


def check_evidence(line, value, findings, where):
    """Set the numbers that stand beside a line beside its value."""
    summary = line.evidence.partition("; ")[0]
    value = np.asarray(value)
    if re.fullmatch(rf"{NUMBER} ± {NUMBER}", summary):
        right = [value.mean(), value.std()]
    elif re.fullmatch(rf"{NUMBER}(?:  {NUMBER})*", summary):
        right = list(value.ravel())
    else:
        return
    shown = list(map(number, re.findall(NUMBER, summary)))
    largest = np.abs(value).max(initial=0.0)
    if len(shown) != len(right) or not all(map(near, shown, right, [largest] * len(right))):
        findings.tell(f"{summary} stands beside what is {right}", f"{line.said}\n  {where}")
    findings.right["evidence", ""] += 1
