"""The structure of LINE objects, read from line-bot-sdk's models: one walk, exact property paths.

The models alone drop unknown properties and lose the path of a fault; the walk keeps both.
"""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from linebot.v3.messaging import models

from sandbox.people import Json

# Optional in the models, but refused by LINE when missing.
_REQUIRED = {
    "ClipboardAction": {"clipboardText"},
    "DatetimePickerAction": {"data", "mode"},
    "FlexMessage": {"altText"},
    "MessageAction": {"text"},
    "PostbackAction": {"data"},
    "QuickReply": {"items"},
    "QuickReplyItem": {"action", "type"},
    "RichMenuArea": {"action", "bounds"},
    "RichMenuBounds": {"height", "width", "x", "y"},
    "RichMenuRequest": {"areas", "chatBarText", "name", "selected", "size"},
    "RichMenuSize": {"height", "width"},
    "RichMenuSwitchAction": {"data", "richMenuAliasId"},
    "URIAction": {"uri"},
}
_ENUM = re.compile(r"must be one of enum values \((.*?),?\)")
_AT_MOST = re.compile(r"ensure this value has at most (\d+) characters")
_LIST_SHAPE = 2
_DICT_SHAPES = {4, 12}

Visit = Callable[[str, Json, str], Iterator[Json]]


@dataclass(frozen=True, slots=True)
class _Field:
    is_list: bool
    is_map: bool
    model: Any
    least: int | None
    most: int | None
    check: Callable[[object], str | None]


def fault(message: str, path: str) -> Json:
    """Return one row of LINE's `details`."""
    return {"message": message, "property": path}


def walk(model: str, data: object, path: str, visit: Visit) -> Iterator[Json]:
    """Yield the faults of the object; `visit(class name, object, path)` adds the hand limits."""
    yield from _walk_node(getattr(models, model), data, path, visit)


def _walk_node(declared: Any, data: object, path: str, visit: Visit) -> Iterator[Json]:
    if not isinstance(data, dict):
        yield fault("must be an object", path)
        return
    model = _resolve(declared, data)
    if model is None:
        known = ", ".join(sorted(_subtypes(declared)))
        text = f"Must be one of the following values: [{known}]" if "type" in data else None
        yield fault(text or "must be specified", _join(path, "type"))
        return
    fields, required = _fields(model)
    for key in required:
        if data.get(key) is None:
            yield fault("must be specified", _join(path, key))
    for key, value in data.items():
        if key not in fields:
            yield fault("Unknown property", _join(path, key))
        elif value is not None:
            yield from _walk_field(fields[key], value, _join(path, key), visit)
    yield from visit(model.__name__, data, path)


def _walk_field(field: _Field, value: object, path: str, visit: Visit) -> Iterator[Json]:
    if field.is_list:
        yield from _walk_list(field, value, path, visit)
    elif field.is_map:
        yield from _walk_map(field, value, path, visit)
    elif field.model is not None:
        yield from _walk_node(field.model, value, path, visit)
    else:
        message = field.check(value)
        if message:
            yield fault(message, path)


def _walk_list(field: _Field, value: object, path: str, visit: Visit) -> Iterator[Json]:
    if not isinstance(value, list):
        yield fault("must be an array", path)
        return
    least, most = field.least or 0, field.most
    if len(value) < least or (most is not None and len(value) > most):
        yield fault(f"Size must be between {least} and {most}", path)
    for number, item in enumerate(value):
        if field.model is not None:
            yield from _walk_node(field.model, item, f"{path}[{number}]", visit)
    if field.model is None and field.check(value):
        yield fault("must be an array of strings", path)


def _walk_map(field: _Field, value: object, path: str, visit: Visit) -> Iterator[Json]:
    if not isinstance(value, dict):
        yield fault("must be an object", path)
        return
    for key, item in value.items():
        yield from _walk_node(field.model, item, _join(path, key), visit)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _subtypes(declared: Any) -> dict[str, str]:
    name = f"_{declared.__name__}__discriminator_value_class_map"
    return dict(getattr(declared, name, {}))


def _resolve(declared: Any, data: Json) -> Any:
    subtypes = _subtypes(declared)
    kind = data.get("type")
    if subtypes:
        name = subtypes.get(kind) if isinstance(kind, str) else None
        return getattr(models, name) if name else None
    wanted = declared.__fields__["type"].default if "type" in declared.__fields__ else None
    return declared if wanted in (None, kind) else None


@functools.cache
def _fields(model: Any) -> tuple[dict[str, _Field], frozenset[str]]:
    """Return the model's fields by JSON name, and the names that must be there."""
    known = model.__fields__.values()
    required = {field.alias for field in known if field.required}
    fields = {
        field.alias: _Field(
            is_list=field.shape == _LIST_SHAPE,
            is_map=field.shape in _DICT_SHAPES,
            model=field.type_ if hasattr(field.type_, "__fields__") else None,
            least=getattr(field.outer_type_, "min_items", None),
            most=getattr(field.outer_type_, "max_items", None),
            check=_checker(model, field),
        )
        for field in known
    }
    return fields, frozenset(required | _REQUIRED.get(model.__name__, set()))


def _checker(model: Any, field: Any) -> Callable[[object], str | None]:
    check = functools.partial(_check_scalar, model, field)
    # The same few sizes, colours and labels come with every message.
    remembered = functools.lru_cache(maxsize=128, typed=True)(check)

    def run(value: object) -> str | None:
        is_small = isinstance(value, int) or (isinstance(value, str) and len(value) < 32)
        return remembered(value) if is_small else check(value)

    return run


def _check_scalar(model: Any, field: Any, value: object) -> str | None:
    _, errors = field.validate(value, {}, loc=field.alias, cls=model)
    if not errors:
        return None
    text = str(errors[0].exc if isinstance(errors, list) else errors.exc)
    if found := _ENUM.search(text):
        return f"Must be one of the following values: [{found[1].replace(chr(39), '')}]"
    if found := _AT_MOST.search(text):
        return f"Length must be between 0 and {found[1]}"
    return text
