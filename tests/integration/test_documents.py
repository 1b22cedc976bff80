#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/ shows works: each example of settings, of a price profile and of a file of prices."""

import glob
import json
import os
import re
import subprocess
import tempfile

from harness import BUILDDIR, SRCDIR, check, check_equal, end_with_parent, program, run

OTHERS = ("scrape_configs:",)  # with which the YAML of other programs begins
CHARGER = "modbus: {ip: 192.0.2.10}\n"  # examples leave out what is not their subject
NOW = 1795215600 + 3 * 3600  # in the hours of the example of a CSV file


def read(*path):
    with open(os.path.join(SRCDIR, *path), encoding="utf-8") as file:
        return file.read()


def blocks(kind):
    """[(where, text)] of all documents"""
    found = []
    for path in sorted(glob.glob(os.path.join(SRCDIR, "docs", "*.md")) +
                       [os.path.join(SRCDIR, "README.md")]):
        text = read(path)
        for match in re.finditer(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 1
            found.append((f"{os.path.basename(path)}:{line}", match[1]))
    return found


def test_settings():
    """phaetonctl config check accepts each, and warns of nothing in it"""
    examples = [(where, text) for where, text in blocks("yaml") if not text.startswith(OTHERS)]
    check(len(examples) >= 15, f"{len(examples)} examples")
    with tempfile.TemporaryDirectory() as folder:
        for where, text in examples:
            path = os.path.join(folder, "config.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text if "modbus:" in text else text + CHARGER)
            done = subprocess.run([program("phaetonctl"), "config", "check", path], timeout=60,
                                  capture_output=True, text=True, check=False)
            said = done.stdout + done.stderr
            check_equal(done.returncode, 0, f"{where}: {said}")
            warnings = [line for line in said.splitlines() if "warning" in line]
            check_equal(warnings, [], f"{where} (of another program? see OTHERS)")


def ask_provider(folder, **settings):
    """what a provider with these settings says after its start, see price-driver.c"""
    lines = [f"cache {folder}/kept", *(f"set {key} {value}" for key, value in settings.items()),
             f"begin {NOW}", "run 10", "state"]
    done = subprocess.run([os.path.join(BUILDDIR, "tests", "integration", "price-driver")],
                          input="\n".join(lines) + "\n", capture_output=True, text=True,
                          timeout=60, check=False, preexec_fn=end_with_parent)
    check_equal(done.returncode, 0, done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def test_profile():
    """the example is a profile: what is wrong is only that nobody answers"""
    (where, text), = [(where, text) for where, text in blocks("json")
                      if where.startswith("prices.md")]
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "village.json"), "w", encoding="utf-8") as file:
            file.write(text)
        settings = {"prices.provider": "profile", "prices.profile": "village",
                    "prices.profile_folder": folder, "prices.url": "http://127.0.0.1:9"}
        error = ask_provider(folder, **settings)["error"] or ""
        check(error.startswith("village: ") and "efused" in error, f"{where}: {error!r}")
        error = ask_provider(folder, **{**settings, "prices.area": "east"})["error"] or ""
        check("none of north, south" in error, f"{where}: {error!r}")


def test_every_profile_and_key_is_told():
    text = read("docs", "prices.md")
    for path in glob.glob(os.path.join(SRCDIR, "data", "price-profiles", "*.json")):
        check(f"`{os.path.basename(path)[:-5]}`" in text, f"{path} is not told")
    known = re.search(r"keys\[\] = \{(.*?)NULL",
                      read("src", "devices", "profile", "price-profile.c"), re.DOTALL)[1]
    rows = "".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE))
    for key in re.findall(r'"(\w+)"', known):
        check(f"`{key}`" in rows, f"the key {key} of a profile is not told")


def test_csv():
    (where, text), = [(where, text) for where, text in blocks("csv")
                      if where.startswith("prices.md")]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "prices.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        state = ask_provider(folder, **{"prices.provider": "file", "prices.file": path,
                                        "timezone": "Europe/Berlin"})
        check_equal(state["error"], None, where)
        check_equal([slot[2:] for slot in state["slots"]],
                    [[221400, 71000], [219000, 68400], [215500]], where)
        starts = [slot[0] for slot in state["slots"]]
        check_equal([at - starts[0] for at in starts], [0, 900, 1800], where)


if __name__ == "__main__":
    run([test_settings, test_profile, test_every_profile_and_key_is_told, test_csv])
