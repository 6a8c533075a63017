"""What a new password is measured by, as the very library tells that PAM's module asks: it merges the files itself.

One name is no setting: ``good-password`` says whether one is ``accepted`` that nothing can be wrong with. Without its
dictionary, the library refuses each and every one.
"""

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
_FLAGS = ("enforce_for_root",)
_GOOD = "good-password"
_SAMPLE = b"oT7+kestrel-Vq4,umbrage_Zx9;quarry-Hn2!moss"  # longer than anybody asks for, and of all classes


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
        found = {name: [_value(library, settings, name)] for name in names if name in _NUMBERS}
        return found | ({_GOOD: [_judged(library, settings)]} if _GOOD in names else {})
    finally:
        library.pwquality_free_settings(settings)


def _value(library: ctypes.CDLL, settings: ctypes.c_void_p, name: str) -> str:
    value = ctypes.c_int()
    library.pwquality_get_int_value(settings, _NUMBERS[name], ctypes.byref(value))
    return ("yes" if value.value else "no") if name in _FLAGS else str(value.value)


def _judged(library: ctypes.CDLL, settings: ctypes.c_void_p) -> str:
    """Have the library judge a password; below 0 it is an error, whose sentence the library knows."""
    why = ctypes.c_void_p()
    result = library.pwquality_check(settings, _SAMPLE, None, None, ctypes.byref(why))
    if result >= 0:
        return "accepted"
    library.pwquality_strerror.restype = ctypes.c_char_p
    words = library.pwquality_strerror(None, ctypes.c_size_t(0), ctypes.c_int(result), why)
    return f"refused: {(words or b'').decode(errors='replace')}"
