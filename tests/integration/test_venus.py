#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an EV charger has to behave on the bus of Venus OS, check by check.

scripts/venus-checks prints the numbers with their results.
"""

import contextlib
import math
import os
import re
import subprocess
import time
import xml.etree.ElementTree

from gi.repository import Gio, GLib

from harness import (BUS_ITEM, CONFIG, LONG, SRCDIR, Home, Process, check, check_equal,
                     is_sanitized, program, run, wait_for)
from venus_client import (BUS, CHARGING, DISCONNECTED, INSTANCE_40, LOST_S, SETTINGS, UNKNOWN_S,
                          Client, double, integer, make_client, start_charging, text)

REQUIRED = """
    /Mgmt/ProcessName /Mgmt/ProcessVersion /Mgmt/Connection /DeviceInstance /ProductId /ProductName
    /CustomName /Model /Serial /FirmwareVersion /Connected /Role /Mode /StartStop /SetCurrent
    /MaxCurrent /Current /Status /AutoStart /Position /Ac/Power /Ac/L1/Power /Ac/L2/Power
    /Ac/L3/Power /Ac/Energy/Forward /Session/Energy /Session/Time /Session/Cost
    /Session/SavedCost /ChargingTime""".split()
EVCHARGER = "com.victronenergy.evcharger."
MEASURED = "/Ac/Power /Ac/L1/Power /Ac/L2/Power /Ac/L3/Power /Current /Ac/Energy/Forward".split()


_houses = contextlib.ExitStack()
_clients = {}  # of the houses that several checks share, by name


def enter(name, make):
    """the house of that name, made by whoever needs it first; signals of before are forgotten"""
    if name not in _clients:
        _clients[name] = _houses.enter_context(make())
    client = _clients[name]
    client.pump(0)
    client.signals.clear()
    return client


def shared():
    """a running house for all checks that leave it as it was"""
    return enter("shared", lambda: make_client(config=INSTANCE_40))


@contextlib.contextmanager
def make_constant():
    with make_client() as client:
        # a meter that stands still, voltages too, so that nothing of an idle charger moves
        client.home.sim.command("station meter_health frozen")
        client.pump(2)
        yield client


def constant():
    """a house in which nothing changes"""
    return enter("constant", make_constant)


def charging():
    """a house whose car charges"""
    client = enter("charging", make_client)
    if client.value("/Status") != CHARGING:
        start_charging(client)
    client.signals.clear()
    return client


@contextlib.contextmanager
def make_silent():
    with Home(sim=False) as home:
        yield Client(home)


def silent():
    """a house whose charger never answered"""
    client = enter("silent", make_silent)
    wait_for(lambda: client.home.services(EVCHARGER), UNKNOWN_S,
             "the charger is shown all the same")
    client.follow()
    return client


def make_two(first, second):
    """settings of two sockets of one station, with these instances"""
    return CONFIG.replace("device_instance: 0", f"device_instance: {first}") + f"""\
chargers:
  second:
    modbus:
      ip: 127.0.0.1
      port: {{port}}
      socket_slave_id: 2
    device_instance: {second}
"""


def wait_chargers(home, *instances, deadline_s=20):
    """these and no others are on the bus"""
    names = sorted(f"{EVCHARGER}phaeton_{instance}" for instance in instances)
    wait_for(lambda: home.services(EVCHARGER) == names, deadline_s, f"{names} on the bus")


def get_owner(home, instance):
    return home.call(*BUS, "GetNameOwner",
                     GLib.Variant("(s)", (f"{EVCHARGER}phaeton_{instance}",)))[0]


# --- registration and identity ---

def check_1():
    """the first reader that sees the name gets every required path"""
    with Home(daemon=False) as home:
        client = Client(home)
        answers = []

        def owner_changed(_connection, _sender, _path, _interface, _name, body):
            name, _, owner = body.unpack()
            if name.startswith(EVCHARGER) and owner:
                client.connection.call(
                    owner, "/", BUS_ITEM, "GetItems", None, None, Gio.DBusCallFlags.NONE, 5000,
                    None, lambda source, result: answers.append(
                        source.call_finish(result).unpack()[0]))

        client.connection.signal_subscribe(BUS[0], None, "NameOwnerChanged", None, None,
                                           Gio.DBusSignalFlags.NONE, owner_changed)
        home.start_daemon()
        wait_for(lambda: (client.pump(0.02), answers)[1], 20, "the answer to the first GetItems")
        check_equal([path for path in REQUIRED if path not in answers[0]], [], "missing paths")
        check(re.fullmatch(r"com\.victronenergy\.evcharger\.phaeton_\d+", home.evcharger()),
              home.evcharger())


def check_2():
    """no reply of a start ever lacks the identity"""
    with Home(daemon=False) as home:
        home.start_daemon()
        replies = []

        def poll():
            with contextlib.suppress(GLib.Error, IndexError):
                replies.append(home.get_items(home.services(EVCHARGER)[0]))
            return len(replies) >= 50
        wait_for(poll, 30, "50 replies")
        for reply in replies:
            check(reply["/DeviceInstance"] is not None and reply["/ProductName"],
                  f"identity {reply['/DeviceInstance']!r} {reply['/ProductName']!r}")


def check_3():
    """a second process with the same instance does not get the name and ends with an error"""
    client = shared()
    home = client.home
    second = subprocess.run(
        [program("phaeton"), "--config", home.config_path, "--state-dir",
         os.path.join(home.directory, "state2")],
        env=home.make_environment({"PHAETON_DISABLE_FILE_LOG": "1"}), capture_output=True,
        text=True, timeout=60, check=False)
    check(second.returncode not in (0, -11, -6), f"ended with {second.returncode}")
    check("taken" in second.stdout + second.stderr, f"does not say why: {second.stderr[-500:]}")
    check_equal(home.call(*BUS, "GetNameOwner", GLib.Variant("(s)", (home.evcharger(),)))[0],
                client.owner, "owner of the name")


def check_4():
    """two chargers are two names with different owners"""
    with Home(config=make_two(0, 7), sim_arguments=["--sockets", "2"]) as home:
        wait_chargers(home, 0, 7)
        check(get_owner(home, 0) != get_owner(home, 7), "one connection has both")


def check_5():
    """the connection of the service owns no other Victron name"""
    client = shared()
    names = [name for name in client.home.services() if client.home.call(
        *BUS, "GetNameOwner", GLib.Variant("(s)", (name,)))[0] == client.owner]
    check_equal(names, [client.home.evcharger()], "names of one connection")


def check_6():
    """instance, name and product id have their types and texts"""
    client = shared()
    items = client.get_items()
    check_equal(client.value_type("/DeviceInstance"), "i", "type of /DeviceInstance")
    check(items["/DeviceInstance"]["Value"] >= 0, "instance below 0")
    check(items["/ProductName"]["Value"], "no product name")
    check_equal(client.value_type("/ProductId"), "i", "type of /ProductId")
    check_equal(items["/ProductId"]["Text"], f"0x{items['/ProductId']['Value']:X}",
                "text of /ProductId")


def check_7():
    """TERM: the name is gone within 2 s, the exit status is 0"""
    with make_client() as client:
        begun = time.monotonic()
        client.home.daemon.signal(15)
        wait_for(lambda: not client.home.services(EVCHARGER), 2, "name gone")
        check_equal(client.home.daemon.popen.wait(10), 0, "exit status")
        check(time.monotonic() - begun < 5, "ended late")


# --- bulk and tree reads ---

def check_8():
    """GetItems has the right signature, absolute keys, Value and Text everywhere"""
    client = shared()
    body = client.call("/", "GetItems")
    check_equal(body.get_type_string(), "(a{sa{sv}})", "signature")
    for path, item in body.unpack()[0].items():
        check(path.startswith("/"), path)
        check("Value" in item and isinstance(item["Text"], str), f"{path}: {item}")


def check_9():
    """every value is i, d, s or the empty array"""
    client = shared()
    for path in client.get_items():
        kind = client.value_type(path)
        check(kind in "ids" or (kind == "ai" and client.value(path) is None), f"{path}: {kind}")


def check_10():
    """GetValue on / has the same keys as GetItems, relative"""
    client = shared()
    body = client.call("/", "GetValue")
    check_equal(body.get_child_value(0).get_variant().get_type_string(), "a{sv}", "type")
    check_equal(sorted("/" + key for key in body.unpack()[0]), sorted(client.get_items()), "keys")


def check_11():
    """inner nodes answer what is below them"""
    client = shared()
    check("L1/Power" in client.call("/Ac", "GetValue").unpack()[0], "/Ac")
    check_equal(sorted(client.call("/Ac/L1", "GetValue").unpack()[0]),
                ["Current", "Power", "Voltage"], "/Ac/L1")


def check_12():
    """GetText: a dictionary at /, a string at a leaf"""
    client = shared()
    root = client.call("/", "GetText")
    check_equal(root.get_type_string(), "(v)", "GetText of /")
    check_equal(root.get_child_value(0).get_variant().get_type_string(), "a{ss}", "its content")
    check_equal(client.call("/Mode", "GetText").get_type_string(), "(s)", "GetText of /Mode")


def check_13():
    """each leaf answers what GetItems says"""
    client = shared()

    def agree():
        items = client.get_items()
        values = {path: client.call(path, "GetValue").unpack()[0] for path in items}
        return items == client.get_items() and all(
            values[path] == item["Value"] for path, item in items.items())
    wait_for(agree, 10, "a quiet moment in which both agree")


def check_14():
    """introspection names methods and children of each kind"""
    client = shared()
    wanted = {"/": {"GetValue", "GetText", "GetItems"}, "/Ac": {"GetValue", "GetText"},
              "/Mode": {"GetValue", "GetText", "SetValue"}}
    children = {"/": {"Ac", "Mode", "Mgmt"}, "/Ac": {"L1", "Power"}, "/Mode": set()}
    for path, methods in wanted.items():
        xml_text = client.connection.call_sync(
            client.owner, path, "org.freedesktop.DBus.Introspectable", "Introspect", None, None,
            Gio.DBusCallFlags.NONE, 5000, None).unpack()[0]
        node = xml.etree.ElementTree.fromstring(xml_text)
        shown = {method.get("name") for interface in node.findall("interface")
                 if interface.get("name") == BUS_ITEM for method in interface.findall("method")}
        check(methods <= shown, f"{path} shows {shown}")
        check(path == "/" or "GetItems" not in shown, f"{path} shows GetItems")
        check(children[path] <= {child.get("name") for child in node.findall("node")},
              f"children of {path}")


def check_15():
    """unknown paths and methods are errors, not silence"""
    client = shared()
    for path, method in (("/Nothing", "GetValue"), ("/Mode", "Explode"), ("/Ac", "SetValue"),
                         ("/Mode", "GetItems")):
        try:
            client.call(path, method, timeout_s=2)
        except GLib.Error as error:
            check("Unknown" in error.message or "InvalidArgs" in error.message, error.message)
        else:
            raise AssertionError(f"{path} {method} worked")


def check_16():
    """1000 GetItems in a row take less than 5 s and make no signal"""
    client = constant()
    begun = time.monotonic()
    for _ in range(1000):
        client.call("/", "GetItems")
    took = time.monotonic() - begun
    client.pump(0)
    check(took < (20 if is_sanitized() else 5), f"took {took:.1f} s")
    check_equal(client.signals, [], "signals")


# --- invalid values ---

def check_17():
    """a charger that never answered has no measurements, and zero is not one"""
    client = silent()
    for path in MEASURED:
        check_equal(client.value(path), None, path)
        check(client.call(path, "GetText").unpack()[0] in ("---", ""), f"text of {path}")
    check_equal(client.value_type("/Ac/Power"), "ai", "type of invalid")
    check_equal(client.value("/Connected"), 0, "/Connected")


def check_18():
    """a single-phase installation has no L2 and L3"""
    with Home(daemon=False) as home:
        home.sim.command("station wired_phases 1")
        home.sim.command("station meter_phases 1")
        home.start_daemon()
        client = Client(home)
        client.follow()
        wait_for(lambda: client.value("/Ac/L1/Power") is not None, 10, "/Ac/L1/Power is known")
        check_equal([client.value(f"/Ac/L{n}/Power") for n in (2, 3)], [None, None], "L2 and L3")


def check_19():
    """a lost charger becomes unknown in one signal and comes back by itself"""
    client = charging()
    client.home.sim.command("fault silent 100000")
    client.wait_value("/Connected", 0, LOST_S)
    client.pump(1)
    lost = [items for _, _, items in client.signals if "/Connected" in items]
    check_equal(len(lost), 1, "signals with /Connected")
    for path in ("/Ac/Power", "/Ac/L1/Power", "/Current"):
        check_equal(client.value(path), None, path)
    client.home.sim.command("fault none")
    client.wait_value("/Connected", 1, 40)
    wait_for(lambda: client.value("/Ac/Power") is not None, 10, "/Ac/Power is known again")


# --- signals ---

def check_20():
    """a changed value is announced once, with Value and Text"""
    client = shared()
    client.home.sim.command("plug")
    wait_for(lambda: (client.pump(0.1), client.heard("/Status"))[1], 10, "a signal")
    client.pump(1)
    check_equal(len(client.heard("/Status")), len(set(client.heard("/Status"))),
                "equal values in a row")
    for _, _, items in client.signals:
        for path, item in items.items():
            check({"Value", "Text"} <= set(item), f"{path}: {item}")
    client.home.sim.command("unplug")
    client.wait_value("/Status", DISCONNECTED)


def check_21():
    """nothing changes, nothing is sent"""
    client = constant()
    client.pump(5)  # voltages come up to 4 s late
    client.signals.clear()
    client.pump(30 if LONG else 5)
    check_equal(client.signals, [], "signals")


def check_22():
    """what changes together is sent together, at most two signals a second"""
    client = charging()
    seconds = 30 if LONG else 4
    client.home.sim.command("house extra_l1_w 2000")
    client.pump(seconds)
    check(len(client.signals) <= 2 * seconds, f"{len(client.signals)} in {seconds} s")
    client.signals.clear()
    check_equal(client.write("/SetCurrent", double(10)), 0, "write")
    wait_for(lambda: (client.pump(0.2), any(len(items) >= 10 for _, _, items in client.signals))[1],
             10, "ten changes in one signal")


def check_23():
    """ItemsChanged at /, and no change by both signals"""
    client = shared()
    check_equal(client.write("/SetCurrent", double(11)), 0, "write")
    client.pump(1.5)
    check(client.signals, "no signal at all")
    for path, name, _ in client.signals:
        check_equal((path, name), ("/", "ItemsChanged"), "signal")


def check_24():
    """values can be followed without org.freedesktop.DBus.Properties"""
    client = shared()
    check_equal(client.write("/SetCurrent", double(12)), 0, "write")
    client.pump(1)
    check_equal(client.heard("/SetCurrent"), [12.0], "announced")
    check_equal(client.others, [], "signals of Properties")


def check_25():
    """a copy kept by signals stays equal to the table"""
    client = charging()
    table = client.follow()
    for round_number in range(60 if LONG else 4):
        client.write("/SetCurrent", double(6 + round_number % 10))
        client.write("/StartStop", integer(round_number % 3 > 0))
        client.pump(5 if LONG else 1.5)

    def agree():
        client.pump(0.2)
        for _, _, items in client.signals:
            table.update(items)
        client.signals.clear()
        return client.get_items() == table
    wait_for(agree, 15, "both tables are equal")


# --- writes ---

def check_26():
    """what is not to be written stays as it is and answers 1"""
    client = shared()
    for path, value in (("/Status", integer(1)), ("/Ac/Power", double(1)),
                        ("/DeviceInstance", integer(99)), ("/Mgmt/ProcessName", text("x"))):
        before = client.value(path)
        check_equal(client.write(path, value), 1, path)
        check_equal(client.value(path), before, path)


def check_27():
    """/Mode takes 0, 1, 2 and nothing else"""
    client = shared()
    for mode in (1, 2, 0):
        client.signals.clear()
        check_equal(client.write("/Mode", integer(mode)), 0, f"mode {mode}")
        check_equal(client.heard("/Mode"), [mode], "announced")
    for bad in (integer(3), integer(-1), double(1.5), text("x"), GLib.Variant("ai", [])):
        check(client.write("/Mode", bad) != 0, f"{bad} accepted")
        check_equal(client.value("/Mode"), 0, f"after {bad}")


def check_28():
    """/Mode takes every number type and publishes i"""
    client = shared()
    for kind in "ynqiuxtd":
        check_equal(client.write("/Mode", GLib.Variant(kind, 1)), 0, kind)
        check_equal((client.value("/Mode"), client.value_type("/Mode")), (1, "i"), kind)
        check_equal(client.write("/Mode", integer(0)), 0, "back")


def check_29():
    """/StartStop takes booleans and publishes i"""
    client = shared()
    for flag in (False, True):
        check_equal(client.write("/StartStop", GLib.Variant("b", flag)), 0, f"{flag}")
        check_equal((client.value("/StartStop"), client.value_type("/StartStop")),
                    (int(flag), "i"), f"{flag}")


def check_30():
    """writing what is already so does nothing at all"""
    client = shared()
    client.write("/SetCurrent", double(12))
    client.write("/StartStop", integer(1))
    client.pump(2)
    requests = client.home.sim.command("requests")
    client.signals.clear()
    for path, value in (("/SetCurrent", double(12)), ("/StartStop", integer(1)),
                        ("/Mode", integer(0)), ("/SetCurrent", integer(12))):
        check_equal(client.write(path, value), 0, path)
        check_equal(client.heard(path), [], f"announced for {path}")
    more = count_writes(client.home.sim.command("requests")) - count_writes(requests)
    check(more <= 1, f"{more} writes on the wire, where at most one re-assertion may fall")


def count_writes(requests):
    """by function code, in what the simulator counted"""
    return sum(count for key, count in requests["requests"].items() if key.startswith("16:"))


def check_31():
    """/SetCurrent is d whatever comes, is clamped, and the writer always hears"""
    client = shared()
    for value in (integer(13), double(13)):
        client.write("/SetCurrent", double(9))
        check_equal(client.write("/SetCurrent", value), 0, f"{value}")
        check_equal((client.value("/SetCurrent"), client.value_type("/SetCurrent")), (13, "d"),
                    f"{value}")
    highest = client.value("/MaxCurrent")
    for _ in range(2):
        client.signals.clear()
        check_equal(client.write("/SetCurrent", double(highest + 50)), 0, "above")
        check_equal(client.heard("/SetCurrent"), [highest], "announced")
    client.write("/SetCurrent", double(12))


def check_32():
    """numbers that are no current are refused"""
    client = shared()
    client.write("/SetCurrent", double(12))
    for bad in (math.nan, math.inf, -math.inf, -1.0):
        check_equal(client.write("/SetCurrent", double(bad)), 2, f"{bad}")
        check_equal(client.value("/SetCurrent"), 12, f"after {bad}")


def check_33():
    """after a refused write the true value is announced"""
    client = shared()
    for path, bad in (("/Mode", integer(9)), ("/SetCurrent", double(-1)), ("/Position", integer(7)),
                      ("/StartStop", text("maybe"))):
        true_value = client.value(path)
        client.signals.clear()
        check(client.write(path, bad) != 0, f"{path} accepted {bad}")
        check_equal(client.heard(path), [true_value], f"announced for {path}")


def check_34():
    """SetValue answers within 50 ms while the charger says nothing"""
    client = shared()
    client.home.sim.command("fault silent 100000")
    try:
        times = []
        for amperes in (7, 8, 9, 10, 11):
            begun = time.monotonic()
            check_equal(client.write("/SetCurrent", double(amperes)), 0, f"{amperes} A")
            times.append(time.monotonic() - begun)
            time.sleep(0.3)
        check(sorted(times)[2] < (0.5 if is_sanitized() else 0.05), f"took {[round(1000 * took) for took in times]} ms")
    finally:
        client.home.sim.command("fault none")
    client.wait_value("/Connected", 1, 40)


def check_35():
    """a bare argument works"""
    client = shared()
    check_equal(client.call("/SetCurrent", "SetValue", GLib.Variant("(i)", (14,))).unpack()[0], 0,
                "bare int32")
    check_equal(client.value("/SetCurrent"), 14, "/SetCurrent")
    check(client.call("/Mode", "SetValue", GLib.Variant("(ai)", ([],))).unpack()[0] != 0,
          "bare invalid accepted")


def check_36():
    """the name given by the user is kept over a restart; empty is valid"""
    with make_client() as client:
        check_equal(client.write("/CustomName", text("Gärage 車")), 0, "name")
        client.home.daemon.end()
        client.home.start_daemon()
        client.follow()
        check_equal(client.value("/CustomName"), "Gärage 車", "after the restart")
        check_equal(client.write("/CustomName", text("")), 0, "empty name")
        check_equal((client.value("/CustomName"), client.value_type("/CustomName")), ("", "s"),
                    "empty name")


def check_37():
    """/Position is 0 or 1 and kept over a restart"""
    with make_client() as client:
        check_equal(client.write("/Position", integer(0)), 0, "output")
        check_equal(client.write("/Position", integer(1)), 0, "input")
        for bad in (2, 7):
            check_equal(client.write("/Position", integer(bad)), 2, f"position {bad}")
        client.home.daemon.end()
        client.home.start_daemon()
        client.follow()
        check_equal(client.value("/Position"), 1, "after the restart")


# --- the settings service ---

def setting_path(home, name="ClassAndVrmInstance"):
    serial = home.get_items()["/Serial"]
    return "/Settings/Devices/phaeton_" + re.sub(r"[^A-Za-z0-9]", "_", serial) + "/" + name


def get_setting(home, path):
    return home.call(SETTINGS, path, BUS_ITEM, "GetValue")[0]


def take_instance(home, number):
    """another device of the class holds it"""
    home.call(SETTINGS, "/", "com.victronenergy.Settings", "AddSettings", GLib.Variant(
        "(aa{sv})", ([{"path": text(f"/Settings/Devices/other_{number}/ClassAndVrmInstance"),
                       "default": text(f"evcharger:{number}")}],)))


def start_settings(home):
    """a settings service of its own, without the rest of a Victron system"""
    service = home._add(Process(home, "victron-settings", [
        os.path.join(SRCDIR, "tests", "fakes", "victron-settings.py")]))
    service.wait_log("^READY$")
    return service


def check_38():
    """an empty settings service gets the configured instance"""
    client = shared()
    path = setting_path(client.home)
    check_equal(get_setting(client.home, path), "evcharger:40", path)
    check_equal(client.value("/DeviceInstance"), 40, "/DeviceInstance")


def check_39():
    """a taken number is left to its owner, the one given out is kept"""
    with Home(config=INSTANCE_40, daemon=False) as home:
        take_instance(home, 40)
        home.start_daemon()
        check_equal(home.evcharger(), "com.victronenergy.evcharger.phaeton_41", "name")
        home.call(SETTINGS, "/Settings/Devices/other_40/ClassAndVrmInstance", BUS_ITEM, "SetValue",
                  GLib.Variant("(v)", (text("evcharger:90"),)))
        home.daemon.end()
        home.start_daemon()
        check_equal(home.evcharger(), "com.victronenergy.evcharger.phaeton_41", "name kept")


def check_40():
    """an instance changed by the user moves the service within 5 s"""
    with make_client(config=INSTANCE_40) as client:
        home = client.home
        home.call(SETTINGS, setting_path(home), BUS_ITEM, "SetValue",
                  GLib.Variant("(v)", (text("evcharger:77"),)))
        wait_for(lambda: home.services(EVCHARGER) ==
                 ["com.victronenergy.evcharger.phaeton_77"], 5, "the service is phaeton_77")
        check_equal(home.get_items()["/DeviceInstance"], 77, "/DeviceInstance")


def check_41():
    """the path of the settings has no character that the service refuses"""
    with Home(daemon=False) as home:
        home.sim.command("station serial AC-E/12.3")
        home.start_daemon()
        check_equal(home.get_items()["/Serial"], "AC-E/12.3", "/Serial")
        check_equal(setting_path(home),
                    "/Settings/Devices/phaeton_AC_E_12_3/ClassAndVrmInstance", "path")
        check(get_setting(home, setting_path(home)).startswith("evcharger:"), "not there")


def check_42():
    """without a settings service the driver runs; when it comes, it is used"""
    with Home(config=INSTANCE_40, victron=False, daemon=False) as home:
        home.start_daemon()
        check_equal(home.evcharger(), EVCHARGER + "phaeton_40", "name")
        # nothing says that one will come, so nobody waits for it
        check("no instance from a settings service yet" not in home.daemon.log(), "it waited")
        if LONG:
            time.sleep(50)
        check(home.daemon.is_running(), "the daemon ended")
        start_settings(home)
        wait_for(lambda: get_setting(home, setting_path(home)) == "evcharger:40", 10,
                 "the settings are made")


# --- semantics for the GUI ---

def check_48():
    """/Mode is never invalid"""
    client = silent()
    check_equal((client.value("/Mode"), client.value_type("/Mode")), (0, "i"), "/Mode")


# --- beyond the checks ---

DUPLICATE = "has the same device instance"


def test_same_serial():
    """two stations that say one serial number: one is shown until they differ"""
    with Home(daemon=False, sim_arguments=["--stations", "2"]) as home:
        ports = re.findall(r"^PORT (\d+)$", home.sim.log(), re.MULTILINE)
        home.write_config(make_two(0, 7).replace(
            "port: {port}\n      socket_slave_id: 2", f"port: {ports[1]}"))
        for station in ("@1", "@2"):
            home.sim.command(station + " station serial ACE-SAME")
        home.start_daemon()
        home.daemon.wait_log(DUPLICATE)
        check_equal(len(home.services(EVCHARGER)), 1, "chargers on the bus")
        home.sim.command("@2 station serial ACE-OTHER")
        home.sim.command("@2 reboot")
        # an identity whose reading failed is asked for again after a minute
        wait_for(lambda: len(home.services(EVCHARGER)) == 2, 100, "both are on the bus")
        check_equal(home.daemon.log().count(DUPLICATE), 1, "complaints")


def test_same_instance():
    """a number given out long ago, now the one of another charger: the settings file mends it"""
    with Home(config=INSTANCE_40, victron=False, daemon=False,
              sim_arguments=["--sockets", "2"]) as home:
        service = start_settings(home)
        take_instance(home, 40)
        home.start_daemon()
        wait_chargers(home, 41)
        home.daemon.end()
        service.end()
        home.write_config(make_two(40, 41))
        home.start_daemon()
        home.daemon.wait_log(DUPLICATE)
        wait_chargers(home, 41)
        home.write_config(make_two(50, 41))
        wait_chargers(home, 50, 41)
        first, second = get_owner(home, 50), get_owner(home, 41)
        home.write_config(make_two(41, 50))  # each wants what the other still has
        wait_for(lambda: (get_owner(home, 41), get_owner(home, 50)) == (first, second), 20,
                 "they changed places")
        check(home.daemon.is_running(), "the daemon ended")


def test_name_of_somebody_else():
    """whoever charges already goes on when its new name is taken, and gets it once it is free"""
    with make_client(config=INSTANCE_40) as client:
        home = client.home
        name = GLib.Variant("(su)", (EVCHARGER + "phaeton_77", 4))
        check_equal(client.connection.call_sync(*BUS, "RequestName", name, None,
                                                Gio.DBusCallFlags.NONE, 5000, None).unpack()[0], 1,
                    "the name is ours")
        home.call(SETTINGS, setting_path(home), BUS_ITEM, "SetValue",
                  GLib.Variant("(v)", (text("evcharger:77"),)))
        home.daemon.wait_log("not on the bus: .*phaeton_77 is taken")
        check_equal(home.status()["device_instance"], 77, "it runs")
        client.connection.call_sync(*BUS, "ReleaseName", GLib.Variant("(s)", (
            EVCHARGER + "phaeton_77",)), None, Gio.DBusCallFlags.NONE, 5000, None)
        wait_for(lambda: home.get_value("/DeviceInstance") == 77, 10, "phaeton_77 is the charger")


def uses(test, house):
    return house in test.__code__.co_names


if __name__ == "__main__":
    everything = [test for name, test in globals().items() if re.match(r"check_\d|test_", name)]
    houses = [[test for test in everything if uses(test, house)]
              for house in ("charging", "silent", "shared", "constant")]
    run(houses + [test for test in everything if not any(test in house for house in houses)],
        at_once=5, at_end=_houses.close)
