#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measure for our exporter: the same tree, as small as it goes on python3-dbus and python3-gi.

    peer-exporter.py NAME TREE

TREE is the JSON of {path: [type, value, text]}. On standard input "FILE PERIOD_MS ..." plays a file:
each line becomes the values of COLUMNS, one line every PERIOD_MS. Answers "cpu_us N" for it: CPU
time of this process. What is equal is not sent, as Victron's own library does it; what a meter
reads is sent as it was read.
"""

import json
import sys
import time

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

ITEM = "com.victronenergy.BusItem"

# paths that a column of the file becomes, with factor and text
COLUMNS = (
    [([f"/Ac/L{n}/Voltage"], 1, "%.1f V") for n in (1, 2, 3)]
    + [([f"/Ac/L{n}/Current"], 1, "%.1f A") for n in (1, 2, 3)]
    + [([f"/Ac/L{n}/Power"], 1, "%.0f W") for n in (1, 2, 3)]
    + [(["/Ac/Power"], 1, "%.0f W"),
       (["/Current", "/Ac/Current"], 1, "%.1f A"),
       (["/Ac/Energy/Forward", "/Ac/Energy/Total"], 0.001, "%.2f kWh"),
       (["/Session/Energy"], 0.001, "%.2f kWh"),
       (["/Session/Time", "/ChargingTime"], 1, "%d s"),
       (["/Status"], 1, "%d"),
       (["/SetCurrent"], 1, "%g A"),
       (["/MaxCurrent"], 1, "%g A")])

TYPES = {"i": dbus.Int32, "d": dbus.Double, "s": dbus.String}


def wrap(kind, value):
    if value is None:
        return dbus.Array([], signature="i", variant_level=1)
    return TYPES[kind](value, variant_level=1)


class Leaf(dbus.service.Object):
    def __init__(self, bus, path, kind, value, text):
        super().__init__(bus, path)
        self.kind, self.value, self.text = kind, value, text

    @dbus.service.method(ITEM, out_signature="v")
    def GetValue(self):
        return wrap(self.kind, self.value)

    @dbus.service.method(ITEM, out_signature="s")
    def GetText(self):
        return self.text

    @dbus.service.method(ITEM, in_signature="v", out_signature="i")
    def SetValue(self, _value):
        return 1


class Root(dbus.service.Object):
    def __init__(self, bus, tree):
        super().__init__(bus, "/")
        self.leaves = {path: Leaf(bus, path, *item) for path, item in tree.items()}

    @dbus.service.method(ITEM, out_signature="a{sa{sv}}")
    def GetItems(self):
        return {path: {"Value": wrap(leaf.kind, leaf.value), "Text": leaf.text}
                for path, leaf in self.leaves.items()}

    @dbus.service.signal(ITEM, signature="a{sa{sv}}")
    def ItemsChanged(self, items):
        pass

    def update(self, values):
        items = {}
        for (paths, factor, text), value in zip(COLUMNS, values):
            for path in paths:
                leaf = self.leaves[path]
                new = int(value) if leaf.kind == "i" else value * factor
                if new == leaf.value:
                    continue
                leaf.value, leaf.text = new, text % new
                items[path] = {"Value": wrap(leaf.kind, new), "Text": leaf.text}
        if items:
            self.ItemsChanged(items)


class Player:
    def __init__(self, root, path, period_ms):
        with open(path, encoding="ascii") as file:
            self.lines = [[float(word) for word in line.split()] for line in file]
        self.root = root
        self.at = 0
        self.begun_ns = time.process_time_ns()
        GLib.timeout_add(period_ms, self.play)

    def play(self):
        if self.at == len(self.lines):
            print("cpu_us", (time.process_time_ns() - self.begun_ns) // 1000, flush=True)
            return False
        self.root.update(self.lines[self.at])
        self.at += 1
        return True


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    with open(sys.argv[2], encoding="utf-8") as file:
        root = Root(bus, json.load(file))
    name = dbus.service.BusName(sys.argv[1], bus, do_not_queue=True)
    loop = GLib.MainLoop()

    def read(_source, _condition):
        line = sys.stdin.readline()
        if not line:
            loop.quit()
            return False
        path, period_ms, _rounds = line.split()
        Player(root, path, int(period_ms))
        return True

    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, read)
    print("READY", flush=True)
    loop.run()
    del name


main()
