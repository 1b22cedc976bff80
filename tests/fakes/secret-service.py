#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of org.freedesktop.secrets as libsecret asks of it, on the session bus: one collection
that is never locked, and the plain session. FILE gets the secrets that are held, as JSON.

    secret-service.py FILE
"""

import json
import os
import sys

from gi.repository import Gio, GLib

ROOT = "/org/freedesktop/secrets"
COLLECTION = ROOT + "/collection/login"
SESSION = ROOT + "/session/1"
PREFIX = "org.freedesktop.Secret."

INTERFACES = Gio.DBusNodeInfo.new_for_xml("""<node>
<interface name="org.freedesktop.Secret.Service">
  <method name="OpenSession"><arg type="s" direction="in"/><arg type="v" direction="in"/>
    <arg type="v" direction="out"/><arg type="o" direction="out"/></method>
  <method name="SearchItems"><arg type="a{ss}" direction="in"/>
    <arg type="ao" direction="out"/><arg type="ao" direction="out"/></method>
  <method name="Unlock"><arg type="ao" direction="in"/>
    <arg type="ao" direction="out"/><arg type="o" direction="out"/></method>
  <method name="GetSecrets"><arg type="ao" direction="in"/><arg type="o" direction="in"/>
    <arg type="a{o(oayays)}" direction="out"/></method>
  <method name="ReadAlias"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
  <property name="Collections" type="ao" access="read"/>
</interface>
<interface name="org.freedesktop.Secret.Collection">
  <method name="CreateItem"><arg type="a{sv}" direction="in"/><arg type="(oayays)" direction="in"/>
    <arg type="b" direction="in"/><arg type="o" direction="out"/><arg type="o" direction="out"/>
  </method>
  <property name="Items" type="ao" access="read"/>
  <property name="Label" type="s" access="read"/>
  <property name="Locked" type="b" access="read"/>
  <property name="Created" type="t" access="read"/>
  <property name="Modified" type="t" access="read"/>
</interface>
<interface name="org.freedesktop.Secret.Item">
  <method name="Delete"><arg type="o" direction="out"/></method>
  <property name="Attributes" type="a{ss}" access="read"/>
  <property name="Label" type="s" access="read"/>
  <property name="Locked" type="b" access="read"/>
  <property name="Created" type="t" access="read"/>
  <property name="Modified" type="t" access="read"/>
</interface></node>""")


class Service:
    def __init__(self, path):
        self.path = path
        self.items = {}  # by object path: (attributes, value, registration)
        self.count = 0
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.kept = json.load(file)
        else:
            self.kept = []
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        self.register(ROOT, "Service")
        self.register(COLLECTION, "Collection")
        self.register(ROOT + "/aliases/default", "Collection")
        for attributes, value in self.kept:
            self.add(attributes, value)
        Gio.bus_own_name_on_connection(self.bus, "org.freedesktop.secrets", 0, None, None)

    def register(self, path, interface):
        return self.bus.register_object(path, INTERFACES.lookup_interface(PREFIX + interface),
                                        self.call, self.get, None)

    def save(self):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump([item[:2] for item in self.items.values()], file)
        os.rename(self.path + ".new", self.path)

    def find(self, attributes):
        return [path for path, item in self.items.items()
                if all(item[0].get(key) == value for key, value in attributes.items())]

    def add(self, attributes, value):
        self.count += 1
        path = f"{COLLECTION}/{self.count}"
        self.items[path] = (attributes, value, self.register(path, "Item"))
        return path

    def remove(self, path):
        self.bus.unregister_object(self.items.pop(path)[2])

    def get(self, _bus, _sender, path, _interface, name):
        return {
            "Collections": lambda: GLib.Variant("ao", [COLLECTION]),
            "Items": lambda: GLib.Variant("ao", list(self.items)),
            "Attributes": lambda: GLib.Variant("a{ss}", self.items[path][0]),
            "Label": lambda: GLib.Variant("s", "x"),
            "Locked": lambda: GLib.Variant("b", False),
            "Created": lambda: GLib.Variant("t", 1),
            "Modified": lambda: GLib.Variant("t", 1),
        }[name]()

    def call(self, _bus, _sender, path, _interface, method, parameters, invocation):
        arguments = parameters.unpack()
        if method == "OpenSession" and arguments[0] != "plain":
            invocation.return_dbus_error("org.freedesktop.DBus.Error.NotSupported", "plain only")
            return
        answer = {
            "OpenSession": lambda: ("(vo)", (GLib.Variant("s", ""), SESSION)),
            "SearchItems": lambda: ("(aoao)", (self.find(arguments[0]), [])),
            "Unlock": lambda: ("(aoo)", (arguments[0], "/")),
            "GetSecrets": lambda: ("(a{o(oayays)})", ({
                item: (SESSION, b"", self.items[item][1].encode(), "text/plain")
                for item in arguments[0]},)),
            "ReadAlias": lambda: ("(o)", (COLLECTION,)),
            "CreateItem": lambda: self.create(*arguments),
            "Delete": lambda: self.delete(path),
        }[method]()
        invocation.return_value(GLib.Variant(*answer))

    def create(self, properties, secret, replace):
        attributes = properties[PREFIX + "Item.Attributes"]
        if replace:
            for old in self.find(attributes):
                self.remove(old)
        item = self.add(attributes, bytes(secret[2]).decode())
        self.save()
        return "(oo)", (item, "/")

    def delete(self, path):
        self.remove(path)
        self.save()
        return "(o)", ("/",)


service = Service(sys.argv[1])
print("ready", flush=True)
GLib.MainLoop().run()
