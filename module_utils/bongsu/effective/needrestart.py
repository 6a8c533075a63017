"""What needrestart's configuration comes to: Perl, so Perl reads it, as needrestart does."""

from __future__ import annotations

from collections.abc import Collection

from .. import host
from ..controls import Found, words
from ..errors import BongsuError

CONFIGURATION = "/etc/needrestart/needrestart.conf"
_PRINT = r"""
our %nrconf = (verbosity => 0);
our $LOGPREF = q();
my $file = shift;
open(my $stream, q(<), $file) or die "$file: $!\n";
local $/;
eval <$stream>;
die $@ if $@;
ref($nrconf{$_}) or print "$_ $nrconf{$_}\n" for sort keys %nrconf;
"""


def look(_names: Collection[str]) -> Found:
    """Have it read with all that it includes."""
    output = host.run(["perl", "-e", _PRINT, CONFIGURATION])
    if output.status != 0:
        raise BongsuError(f"{CONFIGURATION}: {output.text}")
    return read(output.text)


def read(text: str) -> Found:
    """Read one plain setting a line."""
    lines = [line.partition(" ") for line in text.splitlines()]
    return {name.lower(): words(value) for name, _, value in lines}
