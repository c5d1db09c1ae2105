# SPDX-License-Identifier: Apache-2.0
"""The checker of schemas: each of its words refuses something, and none is ignored."""

import json
import os
import unittest

import schema
from errors import EmuError

VM = {"name": "netvm", "role": "netvm", "state": "ready", "epoch": 1, "restarts": 0, "restarts_left": 5, "restart_in_ms": 0, "quarantined": False,
      "memory": {"given_bytes": 32 << 20, "used_bytes": 20 << 20, "core_bytes": 34176, "image_bytes": 11 << 20,
                 "checkpoint_bytes": 0},
      "digest": "ab" * 32, "devices": [{"name": "netvm-0", "state": "assigned", "slot": "01:00.0", "id": "8086:10d3", "tainted": False}],
      "cpu": 1, "cpu_ns": 5, "exits": 7, "iommu_faults": 0, "sent_bytes": 9, "says": ["lease"], "last_stop": None,
      "spare": {"room_bytes": 16 << 20, "state": "sealed", "bytes": 9 << 20, "digest": "cd" * 32, "in_use": True, "trial_ms": 5,
                "went_back": None, "developer": True}}
STATUS = {"hypervisor": {"version": "0.1.0", "abi": 4, "bytes": 425984}, "focus": "work", "vpn": "up", "vms": [VM]}


class WordTest(unittest.TestCase):
    def wrong(self, value, words, count=1):
        self.assertEqual(len(list(schema.errors_of(value, words))), count, (value, words))

    def test_types(self):
        values = {"object": {}, "array": [], "string": "", "integer": 1, "boolean": True, "null": None}
        for name in values:
            for other, value in values.items():
                self.wrong(value, {"type": name}, name != other)
            self.wrong(1.5, {"type": name})
        self.wrong(None, {"type": ["string", "null"]}, 0)
        self.wrong(1, {"type": ["string", "null"]})

    def test_each_word(self):
        self.wrong(3, {"enum": [1, 2]})
        self.wrong({}, {"required": ["a", "b"]}, 2)
        self.wrong({"a": 1}, {"additionalProperties": False})
        self.wrong({"a": 1}, {}, 0)
        self.wrong({"a": 1}, {"properties": {"a": {"type": "string"}}})
        self.wrong([1, "x"], {"items": {"type": "integer"}})
        self.wrong([], {"minItems": 1})
        self.wrong([1, 2], {"maxItems": 1})
        self.wrong(1, {"minimum": 2})
        self.wrong(3, {"maximum": 2})
        self.wrong("ab", {"pattern": "^a$"})
        self.wrong("a\n", {"pattern": "^a$"})
        self.wrong(None, {"minimum": 2, "pattern": "^a$"}, 0)

    def test_a_word_nobody_checks(self):
        for words in ({"oneOf": []}, {"items": {"format": "date"}}):
            with self.assertRaisesRegex(EmuError, "nobody checks"):
                list(schema.errors_of([1], words))

    def test_where(self):
        with self.assertRaisesRegex(EmuError, r"\$\.a\[1\]: 'x' is no integer"):
            schema.check({"a": [1, "x"]}, {"properties": {"a": {"items": {"type": "integer"}}}})


class StatusTest(unittest.TestCase):
    """The schema of bhctl status is one that this checker understands, and it is strict."""

    def setUp(self):
        with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "status.schema.json"), encoding="utf-8") as file:
            self.schema = json.load(file)

    def test_fits(self):
        schema.check(STATUS, self.schema)

    def test_every_value_is_needed_and_has_a_type(self):
        def paths(value, path):
            yield path
            parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            for key, part in parts:
                yield from paths(part, [*path, key])

        for path in list(paths(STATUS, []))[1:]:
            for spoil in (lambda holder, key: holder.pop(key), lambda holder, key: holder.update({key: 1.5})):
                value = json.loads(json.dumps(STATUS))
                holder = value
                for key in path[:-1]:
                    holder = holder[key]
                if isinstance(holder, list):
                    continue
                spoil(holder, path[-1])
                self.assertTrue(list(schema.errors_of(value, self.schema)), path)

    def test_nothing_else(self):
        for holder in (STATUS, STATUS["hypervisor"], VM, VM["memory"], VM["devices"][0]):
            holder["more"] = 1
            self.assertTrue(list(schema.errors_of(STATUS, self.schema)), holder)
            del holder["more"]


if __name__ == "__main__":
    unittest.main()
