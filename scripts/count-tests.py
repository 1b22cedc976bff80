# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts single test cases in meson's logs: count-tests.py STATUS FOLDER...

STATUS is meson's exit status: what failed without saying so in a case still counts.
"""

import glob
import json
import os
import re
import sys
import xml.etree.ElementTree

GOOD = ("OK", "EXPECTEDFAIL")
NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def read_cases(path):
    """{name of the program: [passed, failed, skipped]} from a JUnit file"""
    programs = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        text = NOT_IN_XML.sub("?", file.read())  # output of tests with hostile bytes, as it came
    for suite in xml.etree.ElementTree.fromstring(text.encode()).iter("testsuite"):
        for case in suite.iter("testcase"):
            counts = programs.setdefault(suite.get("name"), [0, 0, 0])
            if case.find("failure") is not None or case.find("error") is not None:
                counts[1] += 1
            elif case.find("skipped") is not None:
                counts[2] += 1
            else:
                counts[0] += 1
    return programs


def read_results(path):
    """(name, "OK", "FAIL", "SKIP", "TIMEOUT" ...) of each program"""
    with open(path, encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            yield entry["name"], entry["result"]


def count(folder):
    programs = {}
    for path in glob.glob(os.path.join(folder, "phaeton*.junit.xml")):
        log = path.removesuffix(".junit.xml") + ".json"
        cases = read_cases(path)
        for name, result in read_results(log):
            # meson writes "project.project:suite / name"; a lone program has no suite of its own
            counts = cases.get("phaeton." + name, [0, 0, 0])
            if result == "SKIP":
                counts[2] = max(counts[2], 1)
            elif result in GOOD:
                counts[0] = max(counts[0], 1)
            else:
                counts[1] = max(counts[1], 1)  # it died before a case could say so
            programs[path, name] = counts
    return [sum(column) for column in zip(*programs.values())] or [0, 0, 0]


def main():
    status = int(sys.argv[1])
    totals = [count(folder) for folder in sys.argv[2:]]
    passed, failed, skipped = (sum(column) for column in zip(*totals))
    if os.environ.get("CI") == "true":
        failed, skipped = failed + skipped, 0
    if status != 0 and failed == 0:
        failed = 1
    if passed + failed + skipped == 0:
        print("no test ran", file=sys.stderr)
        status = 2
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else status)


if __name__ == "__main__":
    main()
