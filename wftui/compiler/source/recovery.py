"""Read as much as possible of a broken workflow.json, and locate every error.

tree-sitter-json recovers too, but reports neither causes nor where to correct them.
"""

import re
from dataclasses import replace
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any

from wftui.compiler.source import comments, foreign_values, surroundings
from wftui.compiler.source import syntax_fixes as fixes
from wftui.compiler.source.document import MAX_NESTING, Document, Member, Members
from wftui.compiler.source.line_ends import of_text, with_line_feeds
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.model.base import Json
from wftui.model.workflow.compilation import Fix

MAX_DIAGNOSTICS = 50
_DIGITS = 1_000
_NOTHING: Any = object()

_SPACE = re.compile(r"[ \t\n\r]+")
_WHOLE_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ASSIGNMENT = re.compile(r"=>?|\uff1a|:(?:\s*:)+")
"""Signs used instead of the colon after a key in other languages."""
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_WORD = re.compile(rf"[^\s,:;\]}}\[{{\"\uff0c\uff1a\uff1b{comments.SPACE_LIKE}]+")
_BEFORE_COMMENT = re.compile(r"(?:true|false|null)(?=/[/*])")
"""A literal that a comment follows without a space."""
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}


def read(text: str) -> Document:
    """Return the document of any text."""
    reader = _TolerantReader(with_line_feeds(text))
    value = reader.document()
    return Document(text, value, of_text(reader.diagnostics, text), reader.places)


class _TolerantReader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0
        self.ahead = foreign_values.LookAhead(text)
        self.given_up = False
        self.in_key = False
        self.unclosed = ""
        self.is_apart = False  # what is read next follows without a comma, as the error before says
        self.diagnostics: list[TextDiagnostic] = []
        self.places: dict[int, Members] = {}

    def document(self) -> Json:
        """Return the root value; None when there is none."""
        self._space()
        if self.position >= len(self.text):
            self._report("json.empty", "the file is empty", 0)
            return None
        value = self._root()
        end = self.position
        self._space()
        if self.position < len(self.text):
            self._add(surroundings.text_after(self.text, end, self.position))
        return None if value is _NOTHING else value

    def _root(self) -> Json:
        """Return the value, and report the text in front of it."""
        if fence := surroundings.fence_before(self.text, self.position):
            self._skip(fence)
            self._space()
        if no_brace := surroundings.without_brace(self.text, self.position):
            self._add(no_brace)
            return self._object(opened=False)
        if before := surroundings.text_before(self.text, self.position):
            self._skip(before)
        return self._value()

    def _report(
        self,
        code: str,
        message: str,
        offset: int,
        length: int = 1,
        fix: Fix | None = None,
        other_fix: Fix | None = None,
    ) -> None:
        self._add(TextDiagnostic(code, message, offset, length, fix=fix, other_fix=other_fix))

    def _add(self, found: TextDiagnostic) -> None:
        if len(self.diagnostics) < MAX_DIAGNOSTICS and not self.given_up:
            self.diagnostics.append(replace(found, offset=min(found.offset, max(len(self.text) - 1, 0))))

    def _space(self) -> None:
        while True:
            if space := _SPACE.match(self.text, self.position):
                self.position = space.end()
            found = comments.at(self.text, self.position)
            if found is None:
                return
            self._skip(found)

    def _skip(self, found: TextDiagnostic) -> None:
        """Report the text at the position, and continue after it."""
        self._add(found)
        self.position += found.length

    def _peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def _value(self) -> Json:
        """Return the value at the position, or _NOTHING and skip what cannot be read."""
        start, char = self.position, self._peek()
        if self.text.startswith("{{", start) and (expression := self.ahead.look(foreign_values.expression, start)):
            self._take(expression, start, "an expression is written in a text, in double quotes")
            return _NOTHING
        if char in ("{", "["):
            if self.depth >= MAX_NESTING:
                self._report("json.depth", f"objects and lists are nested more than {MAX_NESTING} levels deep", start)
                self.given_up = True
                self.position = len(self.text)
                return _NOTHING
            self.depth += 1
            value: Json = self._object() if char == "{" else self._list()
            self.depth -= 1
            return value
        if (char in foreign_values.OPENING or self.text.startswith('"""', start)) and (
            found := self.ahead.look(foreign_values.quoted, start, ",}]")
        ):
            self._take(found, start, "texts need double quotes")
            return _NOTHING
        if char == '"':
            return self._string()
        number = _NUMBER.match(self.text, start)
        if number and number[0] not in ("", "-") and self._ends_at(number.end()):
            self.position = number.end()
            return self._number(number)
        word = _BEFORE_COMMENT.match(self.text, start) or _WORD.match(self.text, start)
        if not word:
            return _NOTHING
        self.position = word.end()
        return self._bare_word(word[0], start)

    def _take(self, found: foreign_values.ForeignValue, start: int, hint: str, code: str = "json.value") -> None:
        """Report text that is not JSON, and continue after it."""
        length = found.end - start
        self._report(code, f"unexpected {self.text[start : found.end][:40]}; {hint}", start, length, found.fix)
        self.position = found.end

    def _ends_at(self, end: int) -> bool:
        """Return whether a number is whole."""
        return not _WORD.match(self.text, end) or self.text.startswith(("//", "/*"), end)

    def _bare_word(self, word: str, start: int) -> Json:
        if word in _WORDS:
            return _WORDS[word]
        meant = foreign_values.literal(word)
        self._add(foreign_values.bare_word(self.text, start, word, meant))
        return _NOTHING if meant is None else _WORDS[meant]

    def _number(self, found: re.Match[str]) -> Json:
        word = found[0]
        if len(word) > _DIGITS:
            fix = fixes.quoted(self.text, found.start(), len(word), ",}]")
            self._report("json.number", "the number is too long", found.start(), len(word), fix)
            return _NOTHING
        if found[1] is None and found[2] is None:
            return int(word)
        value = float(word)
        if value in (float("inf"), float("-inf")):
            fix = fixes.quoted(self.text, found.start(), len(word), ",}]")
            self._report("json.number", "the number is too big", found.start(), len(word), fix)
            return _NOTHING
        return value

    def _string(self) -> Json:
        start = self.position
        try:
            value, end = scanstring(self.text, start + 1, False)
        except JSONDecodeError as error:
            return self._broken_string(start, error)
        line_end = self.text.find("\n", start)
        if 0 <= line_end < end:
            # A missing quote would swallow the rest of the file up to the next one.
            return self._several_lines(start, end)
        is_longer = not self.in_key and foreign_values.continues(self.text, start, end)
        if is_longer and (quotes := self.ahead.look(foreign_values.inner_quotes, start, end)):
            self._report("json.string", "quotes inside of a text need a backslash", end - 1, 1, quotes.fix)
            self.position = quotes.end
            return quotes.content
        control = next((char for char in value if char < " " and char in self.text[start:end]), None)
        if control:
            offset = self.text.index(control, start)
            fix = fixes.escaped(self.text, start, end)
            self._report("json.control", f"write {control!r} as an escape", offset, 1, fix)
        self.position = end
        surrogate = re.search("[\ud800-\udfff]", value)
        if surrogate:
            self._report("json.surrogate", "lone surrogate: a \\u escape without its other half", start, end - start)
            return value.encode("utf-8", "replace").decode()
        return value

    def _broken_string(self, start: int, error: JSONDecodeError) -> Json:
        if error.msg.startswith("Unterminated"):
            return self._unclosed(start)
        whole = _WHOLE_STRING.match(self.text, start)
        if whole and "\n" in whole[0]:
            return self._several_lines(start, whole.end())
        fix = fixes.backslashes(self.text, start)
        self._report("json.escape", error.msg[:1].lower() + error.msg[1:].rstrip(": at"), error.pos, 1, fix)
        found = re.compile(r'"(?:[^"\\\n]|\\.)*"').match(self.text, start)
        if not found:
            return self._unclosed(start)
        self.position = found.end()
        return re.sub(r"\\.", "", found[0][1:-1])

    def _several_lines(self, start: int, end: int) -> Json:
        """Return a text with line breaks, or its first line if the quote is missing there."""
        found = None if self.in_key else foreign_values.line_breaks(self.text, start, end)
        if found is None:
            return self._unclosed(start)
        self._report("json.control", "a text ends in its line; line breaks in it are written \\n", start, 1, found.fix)
        self.position = end
        return found.content

    def _unclosed(self, start: int) -> Json:
        end = self.text.find("\n", start)
        end = len(self.text) if end < 0 else end
        closing = fixes.closing_quote(self.text, start, end, is_key=self.in_key)
        fix = fixes.inserted(self.text, closing, '"', 'add the missing "')
        self._report("json.string", 'the text is not closed by "', start, end - start, fix)
        self.position = closing
        return self.text[start + 1 : closing]

    def _object(self, *, opened: bool = True) -> dict[str, Json]:
        start = self.position
        made: dict[str, Json] = {}
        members = self.places[start] = {}
        self.position += opened
        self._space()
        while (char := self._peek()) != "}":
            if not char or char == "]":
                self._close(start, "}", char)
                return made
            if char == ",":
                self._extra_commas("}")
            elif char == "{" and made and self._ends_here(start, "}"):
                return made
            else:
                self._member(made, members)
            self._space()
            self._separator("}", made)
        self.position += 1
        return made

    def _member(self, made: dict[str, Json], members: Members) -> None:
        key_start = self.position
        key = self._key()
        key_end = self.position
        self._space()
        sign = _ASSIGNMENT.match(self.text, self.position)
        if sign:
            fix = fixes.replaced(self.text, sign.start(), len(sign[0]), ":", "change it to :")
            self._report("json.colon", f"unexpected {sign[0]}; a key is followed by :", sign.start(), len(sign[0]), fix)
            self.position = sign.end()
        elif self._peek() == ":":
            self.position += 1
        else:
            fix = fixes.inserted(self.text, key_end, ":", "add the missing :")
            is_key = self.text[key_start] == '"' and self._peek() not in (",", "}", "", "]")
            self._report("json.colon", "missing : after the key", key_end - 1, 1, fix if is_key else None)
            if self._peek() in (",", "}", "", "]"):
                return
        after = self.position
        self._space()
        start = self.position
        value = self._value()
        if value is _NOTHING:
            if start == self.position:
                null = fixes.inserted(self.text, after, " null", "give it null")
                empty = fixes.inserted(self.text, after, ' ""', "give it an empty text")
                self._report("json.value", f"missing value of {key!r}", key_start, key_end - key_start, null, empty)
                if self._peek() not in (",", "}", "]", ""):
                    self.position += 1
            return
        if key in made:
            first = members[key]
            this = fixes.without_member(self.text, key_start, self.position, "remove this one")
            other = fixes.without_member(self.text, first.key, first.end, "remove the one before")
            self._report("json.duplicate", f"duplicate key {key!r}", key_start, key_end - key_start, this, other)
        made[key] = value
        members[key] = Member(start, self.position, key_start, key_end)

    def _key(self) -> str:
        start = self.position
        if self._peek() == '"':
            self.in_key = True
            key = str(self._string())
            self.in_key = False
            return key
        if self._peek() in foreign_values.OPENING and (found := self.ahead.look(foreign_values.quoted, start, ":=")):
            self._take(found, start, "keys need double quotes", "json.key")
            return found.content
        word = _WORD.match(self.text, start)
        self.position = word.end() if word else start + 1
        name = self.text[start : self.position]
        fix = fixes.quoted(self.text, start, len(name), ":")
        self._report("json.key", f"unexpected {name[:40]}; keys need double quotes", start, len(name), fix)
        return name.strip("'`")

    def _list(self) -> list[Json]:
        start = self.position
        made: list[Json] = []
        members = self.places[start] = {}
        self.position += 1
        self._space()
        while (char := self._peek()) != "]":
            if not char or char == "}":
                self._close(start, "]", char)
                return made
            at = self.position
            if char == ",":
                self._extra_commas("]")
                self._space()
                continue
            if made and surroundings.KEY.match(self.text, at) and self._ends_here(start, "]"):
                return made
            value = self._value()
            if value is not _NOTHING:
                members[len(made)] = Member(at, self.position)
                made.append(value)
            elif self.position == at:
                self._report("json.value", f"unexpected {char}", at)
                self.position += 1
            self._space()
            self._separator("]", made)
        self.position += 1
        return made

    def _ends_here(self, start: int, closing: str) -> bool:
        """Report a bracket that is not closed before a member of its parent."""
        fix = fixes.missing_closer(self.text, start, self.position, closing)
        if fix is None:
            return False
        line = self.text.count("\n", 0, start) + 1
        message = f"the {self.text[start]} in line {line} is not closed by {closing}"
        self._report("json.bracket", message, len(self.text[: self.position].rstrip()) - 1, 1, fix)
        self.is_apart = True
        return True

    def _separator(self, closing: str, made: object) -> None:
        """Skip the comma between members; report one that is missing or too many."""
        char = self._peek()
        if self.is_apart:
            self.is_apart = False
            return
        if char in (",", *surroundings.SEPARATORS) and char:
            at = self.position
            self.position += 1
            self._space()
            if self._peek() == closing:
                self._extra_comma(f"extra {'comma' if char == ',' else char} before {closing}", at)
            elif char != ",":
                comma = fixes.replaced(self.text, at, 1, ",", "change it to a comma")
                self._report("json.comma", f"unexpected {char}; members are separated by commas", at, 1, comma)
        elif char and char not in "}]" and made:
            end = len(self.text[: self.position].rstrip())
            fix = fixes.missing_comma(self.text, end, self.position)
            self._report("json.comma", "missing comma", max(end - 1, 0), 1, fix)

    def _extra_commas(self, closing: str) -> None:
        """Skip and report commas without a member between them."""
        at = self.position
        found = fixes.COMMAS.match(self.text, at)
        assert found is not None
        fix = fixes.without_commas(self.text, at, found.end(), closing)
        self._report("json.comma", "extra comma", at, 1, fix)
        self.position = found.end()

    def _extra_comma(self, message: str, offset: int) -> None:
        self._report("json.comma", message, offset, 1, fixes.removed(self.text, offset, 1, "remove the comma"))

    def _close(self, start: int, closing: str, found: str) -> None:
        line = self.text.count("\n", 0, start) + 1
        if found:
            message = f"the {self.text[start]} in line {line} is closed by {found} instead of {closing}"
            fix = fixes.replaced(self.text, self.position, 1, closing, f"change it to {closing}")
            self._report("json.bracket", message, self.position, 1, fix)
            self.position += 1
        else:
            message = f"the {self.text[start]} in line {line} is not closed by {closing}"
            # Inner brackets come first: each fix closes them too.
            self.unclosed += fixes.closing_line(self.text, start, closing)
            end = len(self.text.rstrip())
            fix = fixes.closed(self.text, end, self.unclosed, f"close it by {closing}")
            self._report("json.bracket", message, end - 1, 1, fix)
