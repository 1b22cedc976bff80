#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings service of a Victron system, as far as drivers use it: com.victronenergy.settings.

    victron-settings.py [FILE]

Keeps its settings in FILE (JSON), so that it may be restarted. Prints READY when it is on the
session bus, SET path value for each accepted SetValue, and ends when its input does.
"""

import json
import os
import re
import sys

import dbus
import dbus.mainloop.glib
import dbus.lowlevel
import dbus.service
from gi.repository import GLib

NAME = "com.victronenergy.settings"
ITEM = "com.victronenergy.BusItem"
INSTANCE = re.compile(r"([a-z]+):(\d+)$")


class Settings(dbus.service.FallbackObject):
    def __init__(self, bus, file):
        super().__init__(bus, "/")
        self.file = file
        self.settings = {}  # path -> {type, value, default, min, max}
        if file and os.path.exists(file):
            with open(file, encoding="utf-8") as stored:
                self.settings = json.load(stored)

    def save(self):
        if self.file:
            with open(self.file, "w", encoding="utf-8") as stored:
                json.dump(self.settings, stored)

    def wrap(self, path):
        setting = self.settings[path]
        return {"i": dbus.Int32, "d": dbus.Double, "s": dbus.String}[setting["type"]](
            setting["value"], variant_level=1)

    def free_instance(self, path, value):
        """the next number of its class that no other device holds; None: not an instance"""
        match = INSTANCE.match(value)
        if not match:
            return None
        taken = {setting["value"] for other, setting in self.settings.items()
                 if other != path and other.endswith("/ClassAndVrmInstance")}
        number = int(match[2])
        while f"{match[1]}:{number}" in taken:
            number += 1
        return f"{match[1]}:{number}"

    def add(self, wish):
        if "path" not in wish or not isinstance(wish["path"], dbus.String):
            return {"path": "", "error": -4}
        path = str(wish["path"])
        answer = {"path": path, "error": 0}
        if not path.startswith("/Settings/"):
            return dict(answer, error=-9)
        if re.search(r"[^A-Za-z0-9_/]", path):
            raise ValueError(f"bad path {path}")
        default = wish.get("default")
        kind = {dbus.Int32: "i", dbus.Int64: "i", dbus.Double: "d", dbus.String: "s"}.get(
            type(default))
        if kind is None:
            return dict(answer, error=-3)
        plain = {"i": int, "d": float, "s": str}[kind]
        old = self.settings.get(path)
        if old and old["type"] != kind:
            return dict(answer, error=-5)
        value = old["value"] if old else plain(default)
        if path.endswith("/ClassAndVrmInstance"):
            value = self.free_instance(path, value)
            if value is None:
                return dict(answer, error=-6)
        low, high = (plain(wish.get(key, 0)) if kind != "s" else "" for key in ("min", "max"))
        if kind != "s" and (low or high) and not low <= plain(default) <= high:
            return dict(answer, error=-7)
        self.settings[path] = {"type": kind, "value": value, "default": plain(default),
                               "min": low, "max": high}
        return dict(answer, value=self.wrap(path))

    @dbus.service.method("com.victronenergy.Settings", in_signature="aa{sv}",
                         out_signature="aa{sv}")
    def AddSettings(self, wishes):
        answers = [dbus.Dictionary(self.add(wish), signature="sv") for wish in wishes]
        self.save()
        return [dbus.Dictionary({key: dbus.Int32(value) if key == "error" else value
                                 for key, value in answer.items()}, signature="sv")
                for answer in answers]

    @dbus.service.method(ITEM, out_signature="v", path_keyword="path")
    def GetValue(self, path=None):
        if path in self.settings:
            return self.wrap(path)
        start = path.rstrip("/") + "/"
        return dbus.Dictionary({name[len(start):]: self.wrap(name) for name in self.settings
                                if name.startswith(start)}, signature="sv", variant_level=1)

    @dbus.service.method(ITEM, in_signature="v", out_signature="i", path_keyword="path")
    def SetValue(self, value, path=None):
        setting = self.settings[path]
        try:
            plain = {"i": int, "d": float, "s": str}[setting["type"]](value)
        except (TypeError, ValueError):
            return -1
        if setting["type"] != "s" and (setting["min"] or setting["max"]) and not (
                setting["min"] <= plain <= setting["max"]):
            return -1
        if path.endswith("/ClassAndVrmInstance"):
            plain = self.free_instance(path, plain)
            if plain is None:
                return -1
        print("SET", path, plain, flush=True)
        if plain != setting["value"]:
            setting["value"] = plain
            self.save()
            self.announce(path)
        return 0

    def announce(self, path):
        message = dbus.lowlevel.SignalMessage(path, ITEM, "PropertiesChanged")
        message.append({"Value": self.wrap(path), "Text": str(self.settings[path]["value"])},
                       signature="a{sv}")
        self.connection.send_message(message)


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    settings = Settings(bus, sys.argv[1] if len(sys.argv) > 1 else None)
    name = dbus.service.BusName(NAME, bus, do_not_queue=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP,
                      lambda *_: sys.stdin.buffer.raw.read(4096) or loop.quit() or False)
    bus.call_on_disconnection(lambda _: loop.quit())
    print("READY", flush=True)
    loop.run()
    del settings, name


main()
