"""Reasons why a text is not JSON, in place of the messages of Python's decoder."""

import json
import sys

_REASONS = {
    "Expecting value": "a value is missing or misspelt",
    "Expecting property name enclosed in double quotes": "expected a key in double quotes",
    "Expecting ',' delimiter": "expected a comma or the end of the list or object",
    "Expecting ':' delimiter": "expected a colon after the key",
    "Extra data": "more follows after the value",
    "Unterminated string starting at": "the text that begins here is not closed",
    "Invalid control character at": "a line break or another control character inside a text",
    "Invalid \\escape": "invalid escape in a text",
    "Invalid \\uXXXX escape": "invalid escape in a text",
    "Illegal trailing comma before end of object": "a comma without another key after it",
    "Illegal trailing comma before end of array": "a comma without another item after it",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "it begins with a byte order mark",
}


def json_reason(error: json.JSONDecodeError) -> str:
    """Return the reason of an error, without its position."""
    message = error.msg
    known = _REASONS.get(message) or _REASONS.get(message.removesuffix(" at").removesuffix(": "))
    return known or message[:1].lower() + message[1:].removesuffix(" at")


def located_reason(error: ValueError) -> str:
    """Return the reason of an error with its position, for the end of a sentence."""
    if isinstance(error, json.JSONDecodeError):
        return f"{json_reason(error)} (line {error.lineno}, column {error.colno})"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {error.start})"
    if "set_int_max_str_digits" in str(error):
        return f"a whole number has more than {sys.get_int_max_str_digits()} digits"
    return str(error)
