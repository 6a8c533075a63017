"""Errors of the controller: each carries a sentence that names the place and the cure."""


class BongsuError(Exception):
    """Something the operator can act on; its text is all that is printed.

    `exit_status` is what the command ends with: 1 here, something else in a subclass.
    """

    exit_status = 1


class BadInput(BongsuError):  # noqa: N818 - reads as what it is at every `raise BadInput(...)`
    """What was given (inventory, option, machine) cannot be used; nothing was touched."""

    exit_status = 2
