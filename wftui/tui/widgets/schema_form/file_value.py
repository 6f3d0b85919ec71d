"""The value of a field from a file: text as it is, everything else as JSON."""

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.text import JsonError, TextError, parse_json
from wftui.model.user.home_paths import expanded
from wftui.workspace.regular import read_regular


def value_of_file(field: FormField, path: str) -> Json:
    """Return the content of a file as the value of a field.

    Raises:
        TextError: the file cannot be read, or is not what the field takes.
    """
    try:
        data = read_regular(expanded(path))
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise TextError(f"{path} is not text in UTF-8.") from None
    except OSError as error:
        raise TextError(f"{path} cannot be read: {error.strerror or error}.") from None
    if field.kind in ("text", "multiline"):
        return text.rstrip("\r\n") if field.secret else text
    try:
        return parse_json(text)
    except JsonError as error:
        if field.kind == "json" and field.takes_text:
            return text
        raise TextError(f"{path}: {error}") from None
