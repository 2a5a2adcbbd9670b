"""Budgets that do not hang on the machine."""

import itertools
import math

from ofox_magic.render.budget import Budget


def endless():
    """One that never runs out."""
    return Budget(math.inf)


def of_steps(most):
    """One that is paid in looks at its clock: what it allows is the same on every machine."""
    looks = itertools.count()
    budget = Budget(most, processor=looks.__next__, clock=lambda: 0.0)
    budget.looks = looks
    return budget
