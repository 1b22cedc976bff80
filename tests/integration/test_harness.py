#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of the other integration tests, tested on themselves."""

import os
import subprocess
import sys
import tempfile

import harness
from harness import Home, Process, check, check_equal, run, wait_for


def test_bus_is_private():
    with Home(sim=False, daemon=False) as home:
        check(home.bus_address.startswith("unix:path=" + home.directory), home.bus_address)
        check_equal(home.services(), [], "services on a fresh bus")


def test_wait_has_a_deadline():
    try:
        wait_for(lambda: False, 0.1, "never")
    except AssertionError as error:
        check("never" in str(error), str(error))
        return
    raise AssertionError("wait_for() came back")


def test_processes_end_with_the_home():
    with Home(sim=False, daemon=False) as home:
        pids = [process.pid for process in home._processes]
        directory = home.directory
    for pid in pids:
        check(not os.path.exists(f"/proc/{pid}"), f"{pid} lives on")
    check(not os.path.exists(directory), "the directory lives on")


def test_sanitizer_report_fails():
    """a report of any process fails its test"""
    try:
        with Home(sim=False, daemon=False) as home:
            with open(os.path.join(home.directory, "sanitizer.1"), "w", encoding="utf-8") as file:
                file.write("ERROR: made up for this test\n")
    except AssertionError as error:
        check("made up" in str(error), str(error))
        return
    raise AssertionError("the report was not seen")


def test_failing_test_is_reported():
    code = ("import harness\n"
            "def test_good(): pass\n"
            "def test_bad(): raise AssertionError('on purpose')\n"
            "def test_skipped(): raise harness.Skip('no reason')\n"
            "harness.run([test_good, test_bad, test_skipped])\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          cwd=os.path.dirname(os.path.abspath(harness.__file__)), check=False)
    check_equal(done.returncode, 1, "exit status")
    for line in ("1..3", "ok 1 - good", "not ok 2 - bad", "ok 3 - skipped # SKIP no reason"):
        check(line in done.stdout.splitlines(), f"{line!r} is missing in {done.stdout!r}")


def test_log_of_a_process():
    with Home(sim=False, daemon=False) as home:
        process = Process(home, "echo", ["sh", "-c", "echo PORT 7; exec cat"])
        check_equal(process.wait_log(r"^PORT (\d+)$")[1], "7", "port in the log")
        process.stop()
        process.cont()
        check_equal(process.end(), -15, "exit status")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        tempfile.tempdir = place
        run([test_bus_is_private, test_wait_has_a_deadline, test_processes_end_with_the_home,
             test_sanitizer_report_fails, test_failing_test_is_reported, test_log_of_a_process])
