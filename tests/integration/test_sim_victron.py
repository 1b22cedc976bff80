#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Victron system, checked against the wire forms that real ones have."""

import subprocess

import dbus
from gi.repository import Gio, GLib

from harness import BUS_ITEM, Home, Process, check, check_equal, program, run, wait_for

SYSTEM = "com.victronenergy.system"
SETTINGS = "com.victronenergy.settings"
GRID = "com.victronenergy.grid.sim"
INVALID = GLib.Variant("ai", [])
SET_POINT = "/Settings/CGwacs/AcPowerSetPoint"


def victron_home(**options):
    return Home(daemon=False, victron=True, **options)


def call(home, service, path, method, arguments=None, interface=BUS_ITEM, timeout_s=5):
    """Answers the reply with its types."""
    return home.connect().call_sync(service, path, interface, method, arguments, None,
                                    Gio.DBusCallFlags.NONE, timeout_s * 1000, None)


def get_value(home, service, path):
    """Answers the value with its type."""
    return call(home, service, path, "GetValue").get_child_value(0).get_variant()


def set_value(home, path, value):
    return call(home, SETTINGS, path, "SetValue", GLib.Variant("(v)", (value,))).unpack()[0]


def add_settings(home, *wishes, path="/"):
    answer = call(home, SETTINGS, path, "AddSettings", GLib.Variant("(aa{sv})", (wishes,)),
                  "com.victronenergy.Settings")
    return answer.unpack()[0]


def error_name(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except GLib.Error as error:
        return Gio.dbus_error_get_remote_error(error) or error.message
    return None


class Signals:
    """what a service says, as [(path, member, body)]"""

    def __init__(self, home, service):
        self.heard = []
        self.context = GLib.MainContext.default()
        home.connect().signal_subscribe(service, BUS_ITEM, None, None, None,
                                        Gio.DBusSignalFlags.NONE, self._hear)

    def _hear(self, _connection, _sender, path, _interface, member, body):
        self.heard.append((path, member, body))

    def listen(self):
        while self.context.iteration(False):
            pass
        return self.heard


def test_dbus_send_sees_items():
    with victron_home() as home:
        def dbus_send(*arguments):
            return subprocess.run(
                ["dbus-send", "--bus=" + home.bus_address, "--print-reply", *arguments],
                capture_output=True, text=True, timeout=5, check=True).stdout
        items = dbus_send("--dest=" + SYSTEM, "/", BUS_ITEM + ".GetItems")
        check('string "/Ac/Grid/L1/Power"' in items, items)
        text = dbus_send("--dest=" + SETTINGS, SET_POINT, BUS_ITEM + ".GetText")
        check('string "50"' in text, text)
        reply = dbus_send("--dest=" + SETTINGS, SET_POINT, BUS_ITEM + ".SetValue",
                          "variant:int32:70")
        check("int32 0" in reply, reply)
        check("double 70" in dbus_send("--dest=" + SETTINGS, SET_POINT, BUS_ITEM + ".GetValue"),
              "the value was not taken")


def test_python_dbus_sees_items():
    with victron_home() as home:
        bus = dbus.bus.BusConnection(home.bus_address)
        root = dbus.Interface(bus.get_object(SYSTEM, "/", introspect=False), BUS_ITEM)
        items = root.GetItems()
        check_equal(items.signature, "sa{sv}", "signature of GetItems")
        check_equal(int(items["/DeviceInstance"]["Value"]), 0, "instance")
        check_equal(str(items["/Dc/Battery/Soc"]["Text"]), "---", "text of an unknown value")
        check(isinstance(items["/Dc/Battery/Soc"]["Value"], dbus.Array), "form of an unknown value")
        check_equal(items["/Dc/Battery/Soc"]["Value"].signature, "i", "type of an unknown value")
        bus.close()


def test_wire_forms():
    with victron_home() as home:
        for service in (SYSTEM, SETTINGS, GRID):
            check_equal(call(home, service, "/", "GetItems").get_type_string(), "(a{sa{sv}})",
                        service)
            check_equal(get_value(home, service, "/").get_type_string(), "a{sv}", service)
            items = home.get_items(service)
            relative = get_value(home, service, "/").unpack()
            check_equal({"/" + path for path in relative}, set(items), "paths of " + service)
            check_equal(call(home, service, "/", "GetText").get_child_value(0).get_variant()
                        .get_type_string(), "a{ss}", service)
            for path, item in call(home, service, "/", "GetItems").unpack()[0].items():
                check(path.startswith("/") and {"Value", "Text"} <= set(item), path)
        check("L1/Power" in get_value(home, SYSTEM, "/Ac/Grid").unpack(), "group")
        check_equal(call(home, SYSTEM, "/Ac/Grid/L1/Power", "GetText").get_type_string(), "(s)",
                    "text of a leaf")
        check_equal(get_value(home, SYSTEM, "/Dc/Battery/Soc").get_type_string(), "ai", "invalid")
        check_equal(call(home, SYSTEM, "/Ac/Grid/L1/Power", "SetValue",
                         GLib.Variant("(v)", (GLib.Variant("d", 1.0),))).unpack()[0], 1,
                    "write of a measurement")
        check("Unknown" in error_name(get_value, home, SYSTEM, "/Nothing"), "unknown path")


def test_three_services_have_three_owners():
    with victron_home() as home:
        owners = {home.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                            "org.freedesktop.DBus", "GetNameOwner",
                            GLib.Variant("(s)", (service,)))[0]
                  for service in (SYSTEM, SETTINGS, GRID)}
        check_equal(len(owners), 3, "owners")


def test_house_is_shown():
    with victron_home() as home:
        for line in ("house load_w 900", "house pv_w 3000", "house extra_l2_w 500",
                     "house battery 1", "house battery_max_charge_w 0"):
            home.sim.command(line)
        wait_for(lambda: home.get_items(SYSTEM)["/Ac/Grid/L2/Power"] == 300 + 500 - 1000, 5,
                 "export of L2")
        items = home.get_items(SYSTEM)
        check_equal(items["/Ac/PvOnGrid/L1/Power"], 1000.0, "sun")
        check_equal(items["/Ac/PvOnOutput/L1/Power"], None, "sun elsewhere")
        check_equal(items["/Ac/Consumption/L2/Power"], 800.0, "load of L2")
        check_equal(items["/Dc/Battery/Soc"], 50.0, "battery")
        check_equal(items["/Control/ActiveSocLimit"], 10.0, "limit of the battery")
        check_equal(home.get_items(GRID)["/Ac/Power"], 900 + 500 - 3000, "meter")
        home.sim.command("house grid_meter 0")
        wait_for(lambda: home.get_items(SYSTEM)["/Ac/Grid/L2/Power"] is None, 5, "no meter")


def test_both_kinds_of_signals():
    with victron_home() as home:
        home.sim.command("house battery 1")
        wait_for(lambda: home.get_items(SYSTEM)["/Control/ActiveSocLimit"], 5, "the battery shows")
        signals = Signals(home, SYSTEM)
        signals.listen()
        signals.heard.clear()
        home.sim.command("house battery_min_soc_percent 33")
        home.sim.command("house load_w 5000")

        def find(path, member):
            return [body for heard in signals.listen() for body in [heard[2]]
                    if heard[:2] == (path, member)]
        single = wait_for(lambda: find("/Control/ActiveSocLimit", "PropertiesChanged"), 5, "single")
        check_equal(single[0].unpack()[0], {"Value": 33.0, "Text": "33"}, "properties")
        check_equal(single[0].get_type_string(), "(a{sv})", "type")
        batch = wait_for(lambda: find("/", "ItemsChanged"), 5, "batch")
        check_equal(batch[0].get_type_string(), "(a{sa{sv}})", "type")
        check("/Control/ActiveSocLimit" not in batch[0].unpack()[0], "announced twice")


def test_settings_rules():
    with victron_home() as home:
        check_equal(set_value(home, SET_POINT, GLib.Variant("i", 100)), 0, "whole number")
        check_equal(get_value(home, SETTINGS, SET_POINT).get_type_string(), "d", "type stays")
        check_equal(home.sim.command("dump")["house"]["settings"]["grid_setpoint_w"], 100.0,
                    "set-point of the plant")
        check_equal(set_value(home, SET_POINT, GLib.Variant("s", "x")), -1, "wrong type")
        check_equal(set_value(home, SET_POINT, INVALID), -1, "invalid value")
        minimum = "/Settings/CGwacs/BatteryLife/MinimumSocLimit"
        check_equal(set_value(home, minimum, GLib.Variant("d", 101.0)), -1, "above its maximum")
        check_equal(call(home, SETTINGS, minimum, "GetMax").unpack()[0], 100.0, "maximum")
        check_equal(call(home, SETTINGS, SET_POINT, "SetDefault").unpack()[0], 0, "default")
        check_equal(get_value(home, SETTINGS, SET_POINT).unpack(), 50.0, "default value")
        item = call(home, SETTINGS, "/", "GetItems").unpack()[0][minimum]
        check_equal((item["Min"], item["Max"], item["Default"]), (0.0, 100.0, 10.0), "attributes")
        check_equal(get_value(home, SETTINGS, "/Settings/System/TimeZone").unpack(),
                    "Europe/Berlin", "zone")


def test_add_settings():
    with victron_home() as home:
        def codes(*wishes, **options):
            return [answer["error"] for answer in add_settings(home, *wishes, **options)]

        def wish(path, default, **more):
            return {"path": GLib.Variant("s", path), "default": default, **more}
        one = GLib.Variant("i", 1)
        check_equal(codes(wish("/Settings/A/B", one)), [0], "new")
        check_equal(set_value(home, "/Settings/A/B", GLib.Variant("i", 7)), 0, "write")
        answer = add_settings(home, wish("/Settings/A/B", one))[0]
        check_equal(answer, {"path": "/Settings/A/B", "error": 0, "value": 7}, "existing")
        check_equal(codes(wish("C/D", one), path="/Settings/A"), [0], "at a group")
        check_equal(get_value(home, SETTINGS, "/Settings/A/C/D").unpack(), 1, "relative path")
        check_equal(codes(wish("/Settings/A/_B", one)), [-2], "underscore")
        check_equal(codes(wish("/Settings/A/E", GLib.Variant("b", True))), [-3], "boolean")
        check_equal(codes({"default": one}), [-4], "no path")
        check_equal(codes(wish("/Settings/A/B", GLib.Variant("d", 1.0))), [-5], "other type")
        check_equal(codes(wish("/Settings/Devices/x/ClassAndVrmInstance",
                               GLib.Variant("s", "evcharger"))), [-6], "bad default")
        check_equal(codes(wish("/Settings/A/F", one, min=GLib.Variant("i", 2),
                               max=GLib.Variant("i", 3))), [-7], "default out of range")
        check_equal(codes(wish("/Settings/A", one)), [-8], "a group")
        check_equal(codes(wish("/A", one)), [-9], "not below /Settings")
        check_equal(error_name(add_settings, home, wish("/Settings/A-B", one)),
                    "org.freedesktop.DBus.Python.ValueError", "character")
        answer = call(home, SETTINGS, "/", "RemoveSettings",
                      GLib.Variant("(as)", (["Settings/A/B", "Settings/A/Z"],)),
                      "com.victronenergy.Settings")
        check_equal(answer.unpack()[0], [0, -1], "removal")
        check("Unknown" in error_name(get_value, home, SETTINGS, "/Settings/A/B"), "removed")


def test_old_add_setting():
    with victron_home() as home:
        answer = call(home, SETTINGS, "/Settings", "AddSetting", GLib.Variant(
            "(ssvsvv)", ("Old", "One", GLib.Variant("i", 4), "i", GLib.Variant("i", 0),
                         GLib.Variant("i", 9))), "com.victronenergy.Settings")
        check_equal(answer.unpack()[0], 0, "code")
        check_equal(call(home, SETTINGS, "/Settings/Old/One", "GetAttributes", None,
                         "com.victronenergy.Settings").unpack(), (4, 0, 9, 0), "attributes")


def test_instances_are_bumped():
    with victron_home() as home:
        def claim(name, wanted):
            path = f"/Settings/Devices/{name}/ClassAndVrmInstance"
            return add_settings(home, {"path": GLib.Variant("s", path),
                                       "default": GLib.Variant("s", wanted)})[0]["value"]
        check_equal(claim("a", "evcharger:40"), "evcharger:40", "first")
        check_equal(claim("b", "evcharger:40"), "evcharger:41", "second")
        check_equal(claim("c", "grid:40"), "grid:40", "other class")
        check_equal(claim("b", "evcharger:40"), "evcharger:41", "again")
        path = "/Settings/Devices/a/ClassAndVrmInstance"
        signals = Signals(home, SETTINGS)
        check_equal(set_value(home, path, GLib.Variant("s", "evcharger:41")), 0, "taken number")
        check_equal(get_value(home, SETTINGS, path).unpack(), "evcharger:42", "bumped")
        check_equal(set_value(home, path, GLib.Variant("s", "evcharger")), -1, "not a claim")
        heard = wait_for(signals.listen, 3, "the change is announced")
        check_equal([it[:2] for it in heard], [(path, "PropertiesChanged")], "signals")


def test_values_on_request():
    with victron_home() as home:
        home.sim.command("victron /Ac/Grid/L1/Power 1234")
        check_equal(get_value(home, SYSTEM, "/Ac/Grid/L1/Power").print_(True), "1234.0", "forced")
        home.sim.command("victron system /Ac/Grid/L1/Power invalid")
        check_equal(get_value(home, SYSTEM, "/Ac/Grid/L1/Power").get_type_string(), "ai", "invalid")
        home.sim.command("victron /Ac/Grid/L1/Power auto")
        wait_for(lambda: home.get_items(SYSTEM)["/Ac/Grid/L1/Power"] is not None, 5, "released")
        home.sim.command("victron ints 1")
        check_equal(get_value(home, SYSTEM, "/Ac/Grid/L1/Power").get_type_string(), "i", "int")
        home.sim.command("victron ints 0")
        home.sim.command("victron settings /Settings/CGwacs/Hub4Mode 2")
        check_equal(get_value(home, SETTINGS, "/Settings/CGwacs/Hub4Mode").unpack(), 2, "setting")
        home.sim.command("victron grid /Ac/L1/Power 5")
        check_equal(home.get_items(GRID)["/Ac/L1/Power"], 5.0, "meter")


def test_silence_delay_and_other_owners():
    with victron_home() as home:
        def owner():
            return home.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                             "org.freedesktop.DBus", "GetNameOwner",
                             GLib.Variant("(s)", (SYSTEM,)))[0]
        first = owner()
        home.sim.command("victron silent")
        check("imeout" in error_name(call, home, SYSTEM, "/", "GetItems", timeout_s=0.3),
              "a silent service answered")
        home.sim.command("victron speak")
        home.get_items(SYSTEM)
        home.sim.command("victron delay 700")
        check("imeout" in error_name(call, home, SYSTEM, "/", "GetItems", timeout_s=0.3),
              "a slow service was quick")
        get_value(home, SYSTEM, "/Ac/Grid/L1/Power")  # only GetItems is slow
        home.sim.command("victron delay 0")
        home.sim.command("victron drop")
        check(SYSTEM not in home.services(), "it is still there")
        home.sim.command("victron return")
        check(owner() != first, "it has its old owner")
        check("/Ac/Grid/L1/Power" in home.get_items(SYSTEM), "it came back empty")


def test_commands_refuse_what_is_wrong():
    wrong = ["victron", "victron system", "victron dance", "victron delay", "victron delay x",
             "victron /Ac 5", "victron settings /Settings/CGwacs/Hub4Mode x",
             "victron settings /Settings/No/Such 1", "victron Ac/Power 5"]
    with victron_home() as home:
        for line in wrong:
            try:
                home.sim.command(line)
            except ValueError:
                continue
            raise AssertionError(f"{line!r} was accepted")


def test_second_system_is_refused():
    with victron_home() as home:
        second = home._add(Process(home, "second", [program("phaeton-sim"), "--victron"]))
        wait_for(lambda: not second.is_running(), 10, "the second system gives up")
        check_equal(second.popen.returncode, 1, "exit status")
        check("belongs to somebody else" in second.log(), second.log())
        check("/Ac/Grid/L1/Power" in home.get_items(SYSTEM), "the first system is gone")


run([test for name, test in sorted(globals().items()) if name.startswith("test_")])
