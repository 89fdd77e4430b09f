#!/usr/bin/env python3
"""JSON documents from standard input, one line a member, with the first item of each list of objects and the number of the
others: the shape of a document and one example of each kind, which a reader can check."""
import json
import sys


def shortened(value):
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return value
    kinds = {}
    for item in value:
        kinds.setdefault(item.get("finding"), []).append(item)
    shown = [shortened(items[0]) for items in kinds.values()]
    return shown if len(shown) == len(value) else [*shown, f"and {len(value) - len(shown)} more"]


text, decoder = sys.stdin.read().strip(), json.JSONDecoder()
while text:
    document, end = decoder.raw_decode(text)
    print(json.dumps(shortened(document), indent=1))
    text = text[end:].strip()
