"""Errors for people: the message is one sentence, what happened and what to do."""

from __future__ import annotations


class UserError(Exception):
    """The command line prints the message and exits with 1, without a traceback."""


class DataError(UserError):
    """A data set cannot be used."""


class WeightsError(UserError):
    """Weights are missing, damaged, or of another network."""


class TrainingError(UserError):
    """Training cannot start or continue."""
