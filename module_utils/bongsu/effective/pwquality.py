"""What a new password is measured by, as the very library tells that PAM's module asks: it merges the files itself."""

from __future__ import annotations

import ctypes
from collections.abc import Collection

from ..controls import Found
from ..errors import BongsuError

# The numbers by which the library's interface names its settings (pwquality.h).
_NUMBERS = {
    "difok": 1,
    "minlen": 3,
    "dcredit": 4,
    "ucredit": 5,
    "lcredit": 6,
    "ocredit": 7,
    "minclass": 8,
    "maxrepeat": 9,
    "maxclassrepeat": 11,
    "gecoscheck": 12,
    "maxsequence": 14,
    "dictcheck": 15,
    "usercheck": 16,
    "enforcing": 17,
    "enforce_for_root": 19,
}


def look(names: Collection[str]) -> Found:
    """Ask libpwquality for each setting."""
    try:
        library = ctypes.CDLL("libpwquality.so.1")
    except OSError as error:
        raise BongsuError(f"libpwquality: {error}") from error
    library.pwquality_default_settings.restype = ctypes.c_void_p
    settings, wrong = ctypes.c_void_p(library.pwquality_default_settings()), ctypes.c_void_p()
    try:
        if library.pwquality_read_config(settings, None, ctypes.byref(wrong)) != 0:
            raise BongsuError("libpwquality cannot read /etc/security/pwquality.conf, or a file in pwquality.conf.d")
        return {name: [str(_value(library, settings, name))] for name in names if name in _NUMBERS}
    finally:
        library.pwquality_free_settings(settings)


def _value(library: ctypes.CDLL, settings: ctypes.c_void_p, name: str) -> int:
    value = ctypes.c_int()
    library.pwquality_get_int_value(settings, _NUMBERS[name], ctypes.byref(value))
    return value.value
