# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the Victron bus share: a reader that is like the GUI, and a car that charges."""

import contextlib
import time

from gi.repository import Gio, GLib

from harness import BUS_ITEM, CONFIG, Home, check_equal, wait_for

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
SETTINGS = "com.victronenergy.settings"
SYSTEM = "com.victronenergy.system"
DISCONNECTED, CONNECTED, CHARGING = 0, 1, 2
LOST_S = 20       # until measurements of a silent charger are unknown
CAR_START_S = 40  # the simulated car thinks before it starts
UNKNOWN_S = 30    # a charger of which nobody knows who it is appears after ten seconds

INSTANCE_40 = CONFIG.replace("device_instance: 0", "device_instance: 40")


def double(value):
    return GLib.Variant("d", value)


def integer(value):
    return GLib.Variant("i", value)


def text(value):
    return GLib.Variant("s", value)


class Client:
    """A reader of the bus as the GUI is one: it holds a copy of the table and hears every signal."""

    def __init__(self, home):
        self.home = home
        self.connection = Gio.DBusConnection.new_for_address_sync(
            home.bus_address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
            Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.connection.set_exit_on_close(False)
        self.owner = None
        self.signals = []  # (path, signal name, {path: {"Value": ..., "Text": ...}})
        self.others = []   # signals of org.freedesktop.DBus.Properties
        self.connection.signal_subscribe(None, None, None, None, None,
                                         Gio.DBusSignalFlags.NONE, self._heard)

    def _heard(self, _connection, sender, path, interface, name, body):
        if sender != self.owner:
            return
        if interface == BUS_ITEM:
            body = body.unpack()[0]
            self.signals.append((path, name, body if name == "ItemsChanged" else {path: body}))
        elif interface == "org.freedesktop.DBus.Properties":
            self.others.append((path, name))

    def follow(self, service=None):
        """what is heard from now on comes from this service; answers its table"""
        service = service or self.home.evcharger()
        self.owner = self.home.call(*BUS, "GetNameOwner", GLib.Variant("(s)", (service,)))[0]
        self.pump(0)
        self.signals.clear()
        return self.get_items()

    def get_items(self):
        return self.call("/", "GetItems").unpack()[0]

    def call(self, path, method, parameters=None, timeout_s=5):
        return self.connection.call_sync(
            self.owner, path, BUS_ITEM, method, parameters, None,
            Gio.DBusCallFlags.NO_AUTO_START, timeout_s * 1000, None)

    def pump(self, seconds):
        """takes in what arrives for so long"""
        end = time.monotonic() + seconds
        # whatever was sent before this answer has arrived when it has
        self.connection.call_sync(*BUS, "GetId", None, None, Gio.DBusCallFlags.NONE, 5000, None)
        while True:
            while GLib.MainContext.default().iteration(False):
                pass
            if time.monotonic() >= end:
                return
            time.sleep(0.01)

    def write(self, path, value):
        code = self.call(path, "SetValue", GLib.Variant.new_tuple(
            GLib.Variant.new_variant(value))).unpack()[0]
        self.pump(0)
        return code

    def value(self, path):
        value = self.call(path, "GetValue").unpack()[0]
        return None if value == [] else value

    def value_type(self, path):
        return self.call(path, "GetValue").get_child_value(0).get_variant().get_type_string()

    def heard(self, path):
        """the values announced for it"""
        return [items[path]["Value"] for _, _, items in self.signals if path in items]

    def wait_value(self, path, value, deadline_s=10):
        wait_for(lambda: self.value(path) == value, deadline_s, f"{path} is {value}")


@contextlib.contextmanager
def make_client(**arguments):
    with Home(**arguments) as home:
        client = Client(home)
        client.follow()
        yield client


def make_quick(home):
    """a car that neither thinks nor hesitates"""
    for line in ("start_ms 300", "reaction_ms 100", "ramp_up_a_per_s 100",
                 "ramp_down_a_per_s 100"):
        home.sim.command("car " + line)


def start_charging(client, amperes=16):
    make_quick(client.home)
    client.home.sim.command("plug")
    check_equal(client.write("/Mode", integer(0)), 0, "manual")
    check_equal(client.write("/SetCurrent", double(amperes)), 0, f"{amperes} A")
    check_equal(client.write("/StartStop", integer(1)), 0, "start")
    client.wait_value("/Status", CHARGING, CAR_START_S)
    wait_for(lambda: abs(client.value("/Current") - amperes) < 0.5, CAR_START_S,
             f"{amperes} A flow")
