#!/usr/bin/env python3
"""Shows that tidy.py catches each kind of violation and leaves clean files alone."""

import os
import tempfile
import unittest

import tidy


def violations(files):
    """What tidy says of a project that consists of `files` (path -> text)."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        return tidy.check_project(root)


def function(lines, head="int f() {"):
    return head + "\n" + "  g();\n" * (lines - 2) + "}\n"


class TidyTest(unittest.TestCase):
    def expect(self, files, *expected):
        found = violations(files)
        self.assertEqual(len(found), len(expected), found)
        for violation, part in zip(found, expected):
            self.assertIn(part, violation)

    def test_a_clean_project_passes(self):
        self.expect({
            "server/app.cpp": '#include "server/app.hpp"\n#include "config/settings.hpp"\n',
            "rules/error.hpp": "#pragma once\n",
            "docs/a.md": "| " + "wide " * 40 + "|\n",
        })

    def test_a_floor_includes_only_floors_below(self):
        self.expect({"rules/error.cpp": '#include "config/settings.hpp"\n'},
                    "rules/error.cpp:1: includes config/settings")

    def test_a_file_includes_only_files_further_down(self):
        self.expect({"rules/program.hpp": '#pragma once\n#include "rules/engine.hpp"\n'},
                    "rules/program.hpp:2: includes rules/engine")
        self.expect({"rules/format/json.cpp": '#include "rules/identity/email.hpp"\n'},
                    "includes rules/identity/email")

    def test_includes_start_at_the_root(self):
        self.expect({"rules/error.cpp": '#include "error.hpp"\n'}, "from the project root")

    def test_a_file_of_a_floor_has_its_row(self):
        self.expect({"rules/novelty.hpp": "#pragma once\n"}, "rules/novelty.hpp:1: not in ORDER")

    def test_the_simulator_shares_no_code(self):
        self.expect({"tests/simulator/a.cpp": '#include "rules/error.hpp"\n'}, "shares no code")
        self.expect({"tests/rules/a_test.cpp": '#include "rules/error.hpp"\n'})

    def test_long_files(self):
        self.expect({"rules/error.cpp": "int a;\n" * 500})
        self.expect({"rules/error.cpp": "int a;\n" * 501}, "501 lines")

    def test_long_functions(self):
        for head in ("int f() {", "TEST(A, B) {", "auto f = [](int a) {",
                     "A::A(int a)\n    : a_{a}, b_(a) {", "A::A(int a)\n    : a_{a} {",
                     "bool operator==(const A& a) const noexcept {",
                     "template <class T = int>\nT f(const T& a = T()) {"):
            extra = head.count("\n")
            self.expect({"rules/error.cpp": function(70 - extra, head)})
            self.expect({"rules/error.cpp": function(71 - extra, head)}, "function of 71 lines")
            nested = "namespace a {\nclass B {\n" + function(71 - extra, head) + "};\n}\n"
            self.expect({"rules/error.cpp": nested}, "rules/error.cpp:3: function of 71 lines")

    def test_what_is_no_function_may_be_long(self):
        table = "const Row kRows[] = {\n" + "  {1, f()},\n" * 100 + "};\n"
        self.expect({"rules/error.cpp": "namespace a {\n" + table + "}\n"})
        table = "const A kA{{" + "{1, 2},\n{3},\n" * 50 + "}};\n"
        self.expect({"rules/error.cpp": function(9) + table})
        self.expect({"rules/error.cpp": "struct A {\n" + "  int f(int);\n" * 100 + "};\n"})

    def test_braces_in_text_do_not_count(self):
        text = "// {\nauto a = '{';\nauto b = \"}{\";\nauto c = R\"x({)x\";\n"
        text += "int d = 1'000;\n/* { */\n"
        self.expect({"rules/error.cpp": text + function(70) + text + function(71)},
                    f"rules/error.cpp:{6 + 70 + 6 + 1}: function of 71")

    def test_columns_count_characters(self):
        self.expect({"rules/error.cpp": "// " + "é" * 97 + "\n"})
        self.expect({"rules/error.cpp": "// " + "é" * 98 + "\n"}, "101 columns")

    def test_white_space(self):
        self.expect({"rules/error.cpp": "\tint a;\n"}, "tab")
        self.expect({"rules/error.cpp": "int a; \n"}, "end of the line")
        self.expect({"rules/error.cpp": "int a;\r\n"}, "end of the line")
        self.expect({"rules/error.cpp": "int a;"}, "exactly one line end")
        self.expect({"rules/error.cpp": "int a;\n\n"}, "exactly one line end")

    def test_left_for_later(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"):
            self.expect({"docs/a.md": f"{word}: more\n"}, "left for later")

    def test_paths_of_one_machine(self):
        self.expect({"docs/a.md": "see /wo" "rk/main\n"}, "one machine")
        self.expect({"tests/a.cpp": "// ../sha" "red/spec\n"}, "one machine")
        self.expect({"tests/a.cpp": "// frameworks/a, a_sha" "red/b\n"})

    def test_vectors_are_bytes(self):
        self.expect({"tests/vectors/a/b.json": "TO" "DO \t\n"})


if __name__ == "__main__":
    unittest.main()
