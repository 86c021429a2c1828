#!/usr/bin/env python3
"""Compares our message rows with Kafka's published definitions.

    schema_check.py SCHEMA_DUMP DIR

SCHEMA_DUMP is the program of that name, DIR holds the definitions (JSON with // comments, in any
depth of folders). Compared are, for every message: its key, versions and flexible versions; for
every field, in order: name, type, whether it is an array, versions, nullable versions, tag and
default; and for every API of a broker's listener its versions, messages and header versions. What
one side has and the other has not is a difference. Prints the differences; exits with 1 if there
are any.
"""
import json
import pathlib
import re
import subprocess
import sys

FOREVER = 32767  # the end of an open range of versions
NEVER = (1, 0)
PRIMITIVE = re.compile(r"bool|u?int(8|16|32|64)|float64|uuid|string|bytes|records")
KEYWORDS = {"auto", "default", "register", "static"}


def read_definition(path):
    """Comments go, but not what looks like one inside a string."""
    text = path.read_text(encoding="utf-8")
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*')
    return json.loads(token.sub(lambda m: m[0] if m[0].startswith('"') else "", text))


def version_range(text):
    if text in (None, "", "none"):
        return NEVER
    if text.endswith("+"):
        return (int(text[:-1]), FOREVER)
    first, _, last = text.partition("-")
    return (int(first), int(last or first))


def snake(name):
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def member_name(name):
    name = snake(name)
    return name + "_" if name in KEYWORDS else name


def structure_name(message, name):
    """<message>_<structure>, without saying the message's name twice."""
    whole, part = snake(message), snake(name)
    for prefix in (whole, re.sub(r"_(request|response)$", "", whole)):
        part = part.removeprefix(prefix + "_")
    return f"{whole}_{part}"


def default_value(field, base, is_array):
    value = field.get("default")
    if value == "null":
        return "null"
    if is_array or value in (None, "") or base in ("string", "bytes", "records", "uuid"):
        assert not value, field
        return "0"
    if base == "bool":
        return str(int(str(value).lower() == "true"))
    return str(int(str(value), 0))


def form_of(field, is_array, is_struct):
    if is_array:
        return "list" if is_struct else "array"
    if not is_struct:
        return "field"
    return "optional" if "nullableVersions" in field else "nested"


def expected_field(message, field):
    is_array = field["type"].startswith("[]")
    base = field["type"].removeprefix("[]")
    is_struct = PRIMITIVE.fullmatch(base) is None
    versions = version_range(field.get("versions", field.get("taggedVersions")))
    if "tag" in field:
        assert version_range(field["taggedVersions"]) == versions, field
    kind = "struct" if is_struct else base
    if field.get("flexibleVersions") == "none":
        assert kind == "string", field
        kind = "legacy_string"
    nullable = version_range(field.get("nullableVersions"))
    words = [member_name(field["name"]), form_of(field, is_array, is_struct), kind, *versions,
             *nullable, field.get("tag", -1), default_value(field, base, is_array),
             structure_name(message, base) if is_struct else "-"]
    return " ".join(map(str, words)), base if is_struct else None


def expected_fields(definition):
    """Lines as schema_dump prints them."""
    common = {c["name"]: c["fields"] for c in definition.get("commonStructs", [])}

    def walk(fields, depth):
        for field in fields:
            line, structure = expected_field(definition["name"], field)
            yield "  " * depth + "field " + line
            if structure is not None:
                yield from walk(field.get("fields") or common[structure], depth + 1)

    return list(walk(definition["fields"], 1))


def expected_message(definition):
    first, last = version_range(definition["validVersions"])
    flexible = version_range(definition.get("flexibleVersions"))
    since = FOREVER if flexible == NEVER else flexible[0]
    assert flexible == NEVER or flexible[1] == FOREVER, definition["name"]
    return f"message {definition['name']} {definition.get('apiKey', -1)} {first} {last} {since}"


def header_versions(name, flexible, versions, plain):
    """ApiVersions answers with header version 0 whatever the client speaks (KIP-511)."""
    if name == "ApiVersionsResponse":
        return "0" * len(versions)
    return "".join(str(plain + int(flexible[0] <= v <= flexible[1])) for v in versions)


def expected_api(request, response):
    first, last = version_range(request["validVersions"])
    if request.get("latestVersionUnstable"):
        last -= 1
    versions = range(first, last + 1)
    flexible = version_range(request.get("flexibleVersions"))
    words = ["api", snake(request["name"]).removesuffix("_request"), request["apiKey"], first, last,
             request["name"], response["name"],
             header_versions(request["name"], flexible, versions, 1),
             header_versions(response["name"], flexible, versions, 0)]
    return " ".join(map(str, words))


def expected_dump(definitions):
    """Message name or API name -> lines."""
    dump = {}
    for name, definition in definitions.items():
        dump[name] = [expected_message(definition), *expected_fields(definition)]
        if definition["type"] == "request" and "broker" in definition.get("listeners", []):
            response = definitions[name.removesuffix("Request") + "Response"]
            dump["api " + name] = [expected_api(definition, response)]
    return dump


def actual_dump(program):
    output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    dump = {}
    lines = []
    for line in output.splitlines():
        words = line.split(" ")
        if words[0] in ("message", "api"):
            lines = []
            dump[words[1] if words[0] == "message" else "api " + words[5]] = lines
        lines.append(line)
    return dump


def differences(expected, actual):
    for name in sorted(expected.keys() | actual.keys()):
        wanted, found = expected.get(name), actual.get(name)
        if wanted is None or found is None:
            yield f"{name}: {'only ours' if wanted is None else 'missing'}"
            continue
        for i in range(max(len(wanted), len(found))):
            want = wanted[i].strip() if i < len(wanted) else "nothing"
            have = found[i].strip() if i < len(found) else "nothing"
            if want != have:
                yield f"{name}: expected {want}\n{' ' * len(name)}     found {have}"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: schema_check.py SCHEMA_DUMP DIR")
    read = [read_definition(path) for path in sorted(pathlib.Path(sys.argv[2]).rglob("*.json"))]
    definitions = {d["name"]: d for d in read if d["validVersions"] != "none"}
    if not definitions:
        sys.exit(f"{sys.argv[2]}: no definitions")
    actual = actual_dump(sys.argv[1])
    found = list(differences(expected_dump(definitions), actual))
    for difference in found:
        print(difference)
    fields = sum(len(lines) - 1 for lines in actual.values())
    print(f"{len(definitions)} messages, {fields} fields, {len(found)} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
