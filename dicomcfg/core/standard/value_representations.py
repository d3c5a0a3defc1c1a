"""The names of the value representations (PS3.5 6.2)."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    "AE": "Application Entity",
    "AS": "Age String",
    "AT": "Attribute Tag",
    "CS": "Code String",
    "DA": "Date",
    "DS": "Decimal String",
    "DT": "Date Time",
    "FD": "Floating Point Double",
    "FL": "Floating Point Single",
    "IS": "Integer String",
    "LO": "Long String",
    "LT": "Long Text",
    "OB": "Other Byte",
    "OD": "Other Double",
    "OF": "Other Float",
    "OL": "Other Long",
    "OV": "Other 64-bit Very Long",
    "OW": "Other Word",
    "PN": "Person Name",
    "SH": "Short String",
    "SL": "Signed Long",
    "SQ": "Sequence of Items",
    "SS": "Signed Short",
    "ST": "Short Text",
    "SV": "Signed 64-bit Very Long",
    "TM": "Time",
    "UC": "Unlimited Characters",
    "UI": "Unique Identifier",
    "UL": "Unsigned Long",
    "UN": "Unknown",
    "UR": "Universal Resource Identifier or Locator",
    "US": "Unsigned Short",
    "UT": "Unlimited Text",
    "UV": "Unsigned 64-bit Very Long",
}


def vr_name(vr: str) -> str:
    """What two letters stand for; "no value representation" for the delimiters of items."""
    return _NAMES.get(vr, "no value representation")
