# SPDX-License-Identifier: GPL-3.0-or-later
"""Our exporter beside one on the libraries that Victron's own drivers stand on: the same tree on
the same private bus, the same values. Each figure is a ratio, ours to theirs. Started by
scripts/bench; bench-venus.c and peer-exporter.py are the two."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

from gi.repository import Gio

from harness import BUILDDIR, BUS_ITEM, SRCDIR, Home, end_with_parent, wait_for

OURS = "com.victronenergy.evcharger.phaeton_1"
THEIRS = "com.victronenergy.evcharger.peer_1"
PROGRAM = os.path.join(BUILDDIR, "tests", "bench", "bench-venus")
ROUNDS = 4
PERIOD_MS = 2
N_UPDATES = 2000


class Exporter:
    def __init__(self, home, name, arguments):
        self.name = name
        self.popen = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=home.make_environment({}), preexec_fn=end_with_parent)
        line = self.popen.stdout.readline().strip()
        if line != "READY":
            raise RuntimeError(f"{arguments} said {line!r}")

    def play(self, path, rounds):
        """CPU time in microseconds for this file"""
        self.popen.stdin.write(f"{path} {PERIOD_MS} {rounds}\n")
        self.popen.stdin.flush()
        return int(self.popen.stdout.readline().split()[1])

    def pss_kb(self):
        with open(f"/proc/{self.popen.pid}/smaps_rollup", encoding="ascii") as file:
            return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE)[1])

    def end(self):
        self.popen.stdin.close()
        self.popen.wait(10)


def median_us(home, name, path, method, n):
    """of one call and its answer"""
    connection = home.connect()
    times = []
    for _ in range(n):
        begun = time.perf_counter_ns()
        connection.call_sync(name, path, BUS_ITEM, method, None, None, Gio.DBusCallFlags.NONE,
                             5000, None)
        times.append(time.perf_counter_ns() - begun)
    return statistics.median(times) / 1000


def read_tree(home):
    """{path: [type, value, text]}, as the peer wants it"""
    items = home.connect().call_sync(OURS, "/", BUS_ITEM, "GetItems", None, None,
                                     Gio.DBusCallFlags.NONE, 5000, None).get_child_value(0)
    tree = {}
    for path, item in items.unpack().items():
        kind = items.lookup_value(path, None).lookup_value("Value", None).get_type_string()
        unknown = item["Value"] == []
        tree[path] = ["d" if unknown else kind, None if unknown else item["Value"], item["Text"]]
    tree["/Session/Time"][0] = tree["/ChargingTime"][0] = tree["/Status"][0] = "i"
    return tree


def write_updates(path):
    """each line changes all twenty values, at any resolution"""
    with open(path, "w", encoding="ascii") as file:
        for number in range(N_UPDATES):
            odd = number % 2
            file.write(" ".join(str(value) for value in (
                230.5 + odd, 231.5 + odd, 229.5 + odd, 15.5 + odd, 14.5 + odd, 13.5 + odd,
                3500.5 + odd, 3600.5 + odd, 3400.5 + odd, 10500.5 + odd, 16.5 + odd,
                1000000 + 20 * number, 10 + 20 * number, number, 2 - odd, 15 + odd,
                31 + odd)) + "\n")


def best(ours, theirs, measure):
    """of some rounds, taken in turns: the machine does other things too"""
    pairs = [(measure(ours), measure(theirs)) for _ in range(ROUNDS)]
    return [min(column) for column in zip(*pairs)]


def measure(add, home, ours, theirs, directory):
    """calls add (name, ours, theirs, target, unit, how)"""
    for method, path, target in (("GetItems", "/", None), ("GetValue", "/Ac/Power", 1.0)):
        pair = best(ours, theirs, lambda it: median_us(home, it.name, path, method, 400))
        add(f"{method} round trip", *pair, target, "us",
            f"best of {ROUNDS} medians of 400 calls in a row")
    updates = os.path.join(directory, "updates")
    write_updates(updates)
    pair = best(ours, theirs, lambda it: it.play(updates, 1) / N_UPDATES)
    add("one ItemsChanged of 20 items", *pair, 1.5, "us",
        f"CPU time, best of {ROUNDS} times {N_UPDATES}, one every {PERIOD_MS} ms")
    hour = os.path.join(directory, "hour")
    subprocess.run([PROGRAM, "make", hour], check=True)
    pair = best(ours, theirs, lambda it: it.play(hour, 4) / 1000)
    add("a charging hour", *pair, 1.0, "ms",
        f"CPU time for 3600 samples of the simulated meter, best of {ROUNDS}, one every "
        f"{PERIOD_MS} ms")
    add("memory", ours.pss_kb() / 1024, theirs.pss_kb() / 1024, 1 / 3, "MB",
        "Pss after all that, each exporter alone")


def main():
    missed = 0
    print(f"{'exporter, ours beside python3-dbus':<34} {'ours':>9} {'theirs':>9} {'ratio':>6} "
          f"{'target':>6}  how", flush=True)

    def add(name, ours, theirs, target, unit, how):
        nonlocal missed
        ratio = ours / theirs
        missed += target is not None and ratio > target
        print(f"{name:<34} {ours:>6.4g} {unit:<2} {theirs:>6.4g} {unit:<2} {ratio:>6.2f} "
              f"{'' if target is None else format(target, '.2f'):>6}  {how}", flush=True)

    with Home(sim=False, daemon=False) as home, tempfile.TemporaryDirectory() as directory:
        ours = Exporter(home, OURS, [PROGRAM])
        tree = os.path.join(directory, "tree.json")
        with open(tree, "w", encoding="utf-8") as file:
            json.dump(read_tree(home), file)
        theirs = Exporter(home, THEIRS, [
            "/usr/bin/python3", "-B", os.path.join(SRCDIR, "tests", "bench", "peer-exporter.py"),
            THEIRS, tree])
        wait_for(lambda: len(home.services()) == 2, 10, "both are on the bus")
        measure(add, home, ours, theirs, directory)
        ours.end()
        theirs.end()
    print(f"{missed} of the targets missed" if missed else "all targets met")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
