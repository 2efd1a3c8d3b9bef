"""Bounds of what rules may keep. Meeting one refuses the exchange (Cause.LIMIT): a rule that cannot count cannot judge."""

from __future__ import annotations

from typing import Final

TX_VARIABLES_MAX: Final = 65_536  # variables of one exchange; rules that count make one for each of ARGUMENTS_MAX
VALUE_BYTES_MAX: Final = 1_048_576  # bytes of one variable; `tx.all=%{tx.all} %{MATCHED_VAR}` grows with every match
TX_BYTES_MAX: Final = 16_777_216  # bytes written into TX by one exchange, overwritten ones counted too
RECORDS_MAX: Final = 65_536  # records of one persistent collection; the one that was used least recently goes
RECORD_VARIABLES_MAX: Final = 256  # variables of one record; CRS keeps fewer than ten for each address
RECORD_VALUE_BYTES_MAX: Final = 4_096  # bytes of one value that outlives its exchange
RECORD_KEY_BYTES_MAX: Final = 1_024  # bytes of a record's key; longer ones are kept by their digest
FIRED_MAX: Final = 4_096  # listed rules of one exchange; with multiMatch each value counts
TRANSFORMED_BYTES_MAX: Final = 8_388_608  # bytes of values and results that an exchange remembers, and no more
PRESENT_MAX: Final = 1_024  # combinations of variables with values that are remembered, per group and program
KEYS_MAX: Final = 512  # names of which a pattern's answer is remembered, per pattern of a selector
VALUES_MAX: Final = 256  # values of one variable whose answers are remembered, per phase and program
FAMILIAR_MAX: Final = 1_024  # values of one variable, as VALUES_MAX; a day sees some hundred kinds of browsers
MEMORABLE_BYTES_MAX: Final = 512  # bytes of such a value; a browser's User-Agent and Accept have fewer
