# SPDX-License-Identifier: Apache-2.0
"""Checks a JSON value against a JSON schema: the words below are known, any other is an error, so none is skipped."""

import re

from errors import EmuError

ANNOTATIONS = {"$schema", "title", "description"}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}


def is_type(value, name):
    """True and False are numbers to Python; they are none to JSON."""
    return isinstance(value, TYPES[name]) and not (name == "integer" and isinstance(value, bool))


def object_errors(value, schema, where):
    known = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}: {name} is missing"
    for name, part in value.items():
        if name in known:
            yield from errors_of(part, known[name], f"{where}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{where}: {name} is not known"


def array_errors(value, schema, where):
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{where}: {len(value)} items"
    for at, part in enumerate(value):
        yield from errors_of(part, schema.get("items", {}), f"{where}[{at}]")


def number_errors(value, schema, where):
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where}: {value} is out of range"


def string_errors(value, schema, where):
    if not re.search(schema.get("pattern", ""), value) or value.endswith("\n"):
        yield f"{where}: {value!r} does not match {schema['pattern']}"


RULES = {dict: (object_errors, {"properties", "required", "additionalProperties"}),
         list: (array_errors, {"items", "minItems", "maxItems"}),
         int: (number_errors, {"minimum", "maximum"}),
         str: (string_errors, {"pattern"})}
WORDS = {"type", "enum"}.union(ANNOTATIONS, *(words for _, words in RULES.values()))


def errors_of(value, schema, where="$"):
    """What is wrong with VALUE, a line for each."""
    unknown = schema.keys() - WORDS
    if unknown:
        raise EmuError(f"the schema of {where} has words nobody checks here: {' '.join(sorted(unknown))}")
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(is_type(value, name) for name in names):
        yield f"{where}: {value!r} is no {' or '.join(names)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if type(value) in RULES:
        yield from RULES[type(value)][0](value, schema, where)


def check(value, schema):
    """Raises with all that is wrong."""
    wrong = list(errors_of(value, schema))
    if wrong:
        raise EmuError("it does not fit its schema:\n  " + "\n  ".join(wrong))
