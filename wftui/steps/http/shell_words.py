"""Word splitting of a pasted shell command; variables become expressions."""

import re
from collections.abc import Iterator

from wftui.model.errors import UsageError

_ESCAPES = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))
_CODE = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")
_CODES = re.compile(r"(?:\\(?:x[0-9A-Fa-f]{1,2}|[0-7]{1,3}))+")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
_OPERATORS = re.compile(r"\|\|?|&&?|;|\d?>>?(?:&\d)?|\d?<+")


def split_words(command: str) -> list[str]:
    """Split a command into words; `$NAME` becomes `{{ env.NAME }}`.

    Raises:
        UsageError: when it is not one whole command, or the shell would have to compute a part of it.
    """
    return list(_words(command.replace("\r\n", "\n")))


def _words(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text.startswith("\\\n", position):
            position += 2
        else:
            if operator := _OPERATORS.match(text, position):
                raise _unreadable(f"only one command is supported; remove everything from {operator[0]!r}")
            word, position = _word(text, position)
            yield word


def _word(text: str, position: int) -> tuple[str, int]:
    """Return the word at a position, and its end."""
    parts: list[str] = []
    while position < len(text) and not text[position].isspace():
        character = text[position]
        if text.startswith("$'", position):
            part, position = _ansi(text, position + 2)
        elif character == "'":
            end = _closing(text, "'", position + 1)
            part, position = text[position + 1 : end], end + 1
        elif character == '"' or text.startswith('$"', position):
            part, position = _double(text, text.index('"', position) + 1)
        elif character == "\\":
            part = "" if text.startswith("\\\n", position) else text[position + 1 : position + 2]
            position += 2
        elif character in "$`":
            part, position = _computed(text, position)
        else:
            part, position = character, position + 1
        parts.append(part)
    return "".join(parts), position


def _double(text: str, position: int) -> tuple[str, int]:
    """Return the content of double quotes, and their end."""
    parts: list[str] = []
    while position < len(text):
        character = text[position]
        if character == '"':
            return "".join(parts), position + 1
        if character == "\\" and text[position + 1 : position + 2] in ('"', "\\", "$", "`", "\n"):
            parts.append(text[position + 1].replace("\n", ""))
            position += 2
        elif character in "$`":
            part, position = _computed(text, position)
            parts.append(part)
        else:
            parts.append(character)
            position += 1
    raise _unreadable("no closing quotation")


def _ansi(text: str, position: int) -> tuple[str, int]:
    """Return the content of `$'…'`, as browsers write it, and its end."""
    parts: list[str] = []
    while position < len(text):
        if text[position] == "'":
            return "".join(parts), position + 1
        if run := _CODES.match(text, position):  # bytes, of which several may make one character
            codes = (int(each[1:], 16) if each[0] == "x" else int(each, 8) for each in run[0].split("\\")[1:])
            parts.append(bytes(code & 0xFF for code in codes).decode("utf-8", "replace"))
            position = run.end()
        elif text[position] != "\\":
            parts.append(text[position])
            position += 1
        elif code := _CODE.match(text, position + 1):
            number = int(code[2] or code[3], 16)
            parts.append(chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "\ufffd")
            position = code.end()
        else:
            parts.append(_ESCAPES.get(text[position + 1 : position + 2], text[position : position + 2]))
            position += 2
    raise _unreadable("no closing quotation")


def _computed(text: str, position: int) -> tuple[str, int]:
    """Return a variable as an expression, or the `$` itself."""
    if variable := _VARIABLE.match(text, position):
        return f"{{{{ env.{variable[1] or variable[2]} }}}}", variable.end()
    if text[position] == "`" or text[position + 1 : position + 2] in ("(", "{"):
        raise _unreadable("it contains a shell substitution; use its result, or a variable such as $NAME")
    return "$", position + 1


def _closing(text: str, quote: str, position: int) -> int:
    end = text.find(quote, position)
    if end < 0:
        raise _unreadable("no closing quotation")
    return end


def _unreadable(why: str) -> UsageError:
    return UsageError(f"the command cannot be parsed: {why}", code="usage.command")
