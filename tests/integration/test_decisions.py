#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions in the simulated home: sun, phases, hours, fuse, silence, orders. Time runs faster."""

import datetime
import re
import threading
import time
import zoneinfo

from gi.repository import Gio, GLib

from harness import BUS_ITEM, CONFIG, Home, check, check_equal, run, wait_for
from two_on_a_fuse import TwoOnAFuse, chargers, set_extra

MANUAL, AUTO, SCHEDULED = range(3)
CONNECTED, CHARGING, WAIT_SUN, WAIT_START, LOW_SOC = 1, 2, 4, 6, 7
CHARGING_LIMIT, TO_THREE, TO_ONE = 20, 22, 23
RATE = 10

SUN = CONFIG + """\
controls:
  sun_start_delay_seconds: 30
  min_charge_duration_seconds: 60
  phase_switch_grace_seconds: 40
  phase_switch_settle_seconds: 10
"""

class Statuses:
    """Follows a charger; what it was, without repetitions. Use as a context."""

    def __init__(self, home):
        self._home = home
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.seen = []

    def _run(self):
        while not self._ended.wait(0.02):
            status = self._home.status()["status"]
            if not self.seen or self.seen[-1] != status:
                self.seen.append(status)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(5)


def wait_status(home, status, simulated_s, what, rate=RATE):
    """in seconds of the simulated home, with what a slow machine needs beside it"""
    return wait_for(lambda: home.status()["status"] == status, simulated_s / rate + 5, what)


def start_auto(home, pv_w):
    home.sim.command("house load_w 500")
    home.sim.command(f"house pv_w {pv_w}")
    home.sim.command("plug")
    home.ctl("mode", "auto")
    home.ctl("start")


def follows(home, power_w):
    wait_for(lambda: abs(home.status()["ac_power"] - power_w) < 300, 15, f"{power_w} W flow")


def test_auto_follows_the_sun():
    """FIX 22 and 67: starts when the sun lasts, follows, rides over clouds, holds, stops"""
    with Home(config=SUN, clock_rate=RATE) as home:
        start_auto(home, 0)
        wait_status(home, WAIT_SUN, 20, "waits for sun")
        check_equal(home.status()["why_code"], "wait-sun", "why")
        home.sim.command("house pv_w 8000")
        begun = time.monotonic()
        wait_for(lambda: home.status()["why_code"] == "sun-start", 5, "counts the delay")
        wait_for(lambda: home.sim.socket_state()["setpoint_a"] >= 6, 10, "starts")
        waited_s = (time.monotonic() - begun) * RATE
        check(waited_s >= 29, f"started after {waited_s:.0f} s of the delay of 30")
        wait_status(home, CHARGING, 60, "charges")
        follows(home, 7400)
        home.sim.command("house pv_w 6000")
        follows(home, 5400)
        codes = [verdict["code"] for verdict in home.get("/api/explain")["chargers"][0]["chain"]]
        check(codes[0] == "sun" and "no-house-guard" in codes, f"chain {codes}")
        with Statuses(home) as statuses:
            for _ in range(3):  # clouds shorter than the minimum run
                home.sim.command("house pv_w 1000")
                wait_for(lambda: home.status()["why_code"] == "sun-grace", 6, "holds the car")
                home.sim.command("house pv_w 6000")
                wait_for(lambda: home.status()["why_code"] in ("sun", "ramp"), 6, "goes on")
        check_equal(statuses.seen, [CHARGING], "statuses under clouds")
        home.sim.command("house pv_w 1000")
        wait_for(lambda: home.status()["why_code"] == "sun-grace", 6, "holds the car")
        begun = time.monotonic()
        wait_status(home, WAIT_SUN, 90, "stops")
        held_s = (time.monotonic() - begun) * RATE
        check(50 <= held_s <= 80, f"held for {held_s:.0f} s of 60")
        wait_for(lambda: home.status()["ac_power"] < 50, 5, "nothing flows")


def test_fix_11_fix_67_low_soc():
    """a low home battery stops at once, says so, and goes on only well above the limit"""
    with Home(config=SUN, clock_rate=RATE) as home:
        home.sim.command("house battery 1")
        home.sim.command("house battery_soc_percent 50")
        start_auto(home, 8000)
        wait_status(home, CHARGING, 90, "charges")
        home.sim.command("victron /Dc/Battery/Soc 9")
        begun = time.monotonic()
        wait_status(home, LOW_SOC, 5, "stops")
        check((time.monotonic() - begun) * RATE < 20, "did not stop at once")
        check(re.search(r"9 %.*10 %", home.status()["why"]), home.status()["why"])
        wait_for(lambda: home.sim.socket_state()["setpoint_a"] == 0, 5, "0 A on the wire")
        home.sim.command("victron /Dc/Battery/Soc 14")
        wait_status(home, CHARGING, 90, "charges again")


def test_fix_2_phases():
    """three phases have to stop, one need not: 23, and back with more sun: 22; once each"""
    with Home(config=SUN + "  auto_phase_switch: true\n", clock_rate=RATE) as home:
        start_auto(home, 8000)
        wait_status(home, CHARGING, 90, "charges")
        with Statuses(home) as statuses:
            home.sim.command("house pv_w 3000")
            wait_for(lambda: home.sim.socket_state()["phases"] == 1, 20, "one phase")
            wait_for(lambda: home.status()["active_phases"] == 1, 15, "charges on one")
            follows(home, 2400)
            home.sim.command("house pv_w 8000")
            wait_for(lambda: home.sim.socket_state()["phases"] == 3, 20, "three phases")
            follows(home, 7400)
        switches = [status for status in statuses.seen if status in (TO_ONE, TO_THREE)]
        check_equal(switches, [TO_ONE, TO_THREE], "switches")


def test_window_opens_and_closes():
    """a window of two minutes in an evening without change of the clocks"""
    at = datetime.datetime(2026, 6, 10, 21, 59, 30, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    config = CONFIG + """\
schedule:
  items:
    - {active: true, days: [2], start_time: "22:00", end_time: "22:02", current: 10}
"""
    with Home(config=config, clock_rate=RATE, wall_at=int(at.timestamp())) as home:
        home.sim.command("plug")
        home.ctl("mode", "scheduled")
        home.ctl("start")
        wait_status(home, WAIT_START, 20, "waits")
        check_equal(home.status()["why_code"], "wait-window", "why")
        wait_status(home, CHARGING, 60, "the window")
        check_equal(home.sim.socket_state()["setpoint_a"], 10, "current of the window")
        check(home.status()["timestamp"][11:16] in ("20:00", "20:01"), "UTC")
        wait_status(home, WAIT_START, 150, "after it")
        check_equal(home.status()["timestamp"][11:16], "20:02", "UTC")


class Meter:
    """Watches the real currents of the house and how long they are deep above the fuse."""

    def __init__(self, home, fuse_a, rate):
        self._home, self._fuse_a, self._rate = home, fuse_a, rate
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.longest_over_s = self.longest_deep_s = self.most_a = 0.0

    def _run(self):
        over = deep = None
        while not self._ended.wait(0.02):
            now = time.monotonic()
            amperes = max(self._home.sim.command("dump")["house"]["grid_a"])
            self.most_a = max(self.most_a, amperes)
            over = (over or now) if amperes > self._fuse_a else None
            deep = (deep or now) if amperes > 1.45 * self._fuse_a else None
            self.longest_over_s = max(self.longest_over_s, (now - (over or now)) * self._rate)
            self.longest_deep_s = max(self.longest_deep_s, (now - (deep or now)) * self._rate)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(5)
        print(f"# at most {self.most_a:.1f} A, above the fuse for {self.longest_over_s:.1f} s, "
              f"above 1.45 of it for {self.longest_deep_s:.1f} s", flush=True)


def count_running(home):
    return sum(charger["limit_mA"] > 0 for charger in chargers(home))


def test_throttles_before_it_stops():
    """rising load of the house: both less, then one, then none, and back"""
    rate = 5
    with TwoOnAFuse(rate) as home, Meter(home, 25, rate) as meter:
        set_extra(home, 7)
        wait_for(lambda: all(6000 <= c["limit_mA"] < 9500 for c in chargers(home)), 10, "both less")
        wait_for(lambda: all(c["why_code"] == "fuse" for c in chargers(home)), 10, "why")
        set_extra(home, 13)
        wait_for(lambda: count_running(home) == 1, 10, "one pauses")
        paused = wait_for(lambda: [c for c in chargers(home) if c["status"] == CHARGING_LIMIT], 10,
                          "status 20")
        check(paused[0]["why_code"] in ("fuse-full", "fuse-wait"), paused[0]["why_code"] + ": " + paused[0]["why"])
        set_extra(home, 20)
        wait_for(lambda: count_running(home) == 0, 10, "both pause")
        set_extra(home, 0)
        wait_for(lambda: count_running(home) == 2, 60 / rate + 10, "both again")
        wait_for(lambda: all(c["limit_mA"] > 10000 for c in chargers(home)), 60 / rate + 10,
                 "both as before")
    check(meter.longest_deep_s <= 3, f"deep overload for {meter.longest_deep_s:.1f} s")


class Samples:
    """When the Victron system last said anything; a bus connection and a loop of its own."""

    def __init__(self, home):
        self._address = home.bus_address
        self._context = GLib.MainContext()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.last = 0.0

    def _note(self, *_):
        self.last = time.monotonic()

    def _run(self):
        self._context.push_thread_default()
        connection = Gio.DBusConnection.new_for_address_sync(
            self._address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
            Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        connection.set_exit_on_close(False)
        connection.signal_subscribe("com.victronenergy.system", BUS_ITEM, None, None, None,
                                    Gio.DBusSignalFlags.NONE, self._note)
        while not self._ended.is_set():
            while self._context.iteration(False):
                pass
            time.sleep(0.005)
        connection.close_sync(None)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(5)


def parse_s(timestamp):
    return datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


def get_ahead_s(home, rate):
    """the daemon's wall clock less our own times RATE: the quickest answer of some tells best"""
    def ask():
        begun = time.monotonic()
        told_s = parse_s(home.get("/api/v1/explain")["timestamp"])
        ended = time.monotonic()
        return ended - begun, told_s - (begun + ended) / 2 * rate
    return min(ask() for _ in range(5))[1]


def find_decision_s(home, code):
    """when the daemon decided so, by its own clock"""
    decisions = home.get("/api/v1/explain?from=0")["decisions"]
    return min(parse_s(d["since"]) for d in decisions if d["why_code"] == code)


def test_silent_meter():
    """fail-safe between 15 and 18 s after the last sample, and back with the meter"""
    rate = 3
    with TwoOnAFuse(rate) as home, Samples(home) as samples:
        wait_for(lambda: samples.last > 0, 5, "a sample")
        home.sim.command("victron silent")
        wait_for(lambda: any(c["why_code"] == "meter-stale" for c in chargers(home)), 12, "fail-safe")
        after_s = find_decision_s(home, "meter-stale") - samples.last * rate - get_ahead_s(home, rate)
        print(f"# fail-safe {after_s:.1f} s after the last sample", flush=True)
        # who listens here hears late on a busy machine; test-circuits holds the 15 s exactly
        check(14 <= after_s <= 18, f"fail-safe after {after_s:.1f} s")
        check(sum(c["limit_mA"] for c in chargers(home)) <= 13000, str(chargers(home)))
        wait_for(lambda: sum(home.sim.socket_state(station=i)["setpoint_a"] for i in (0, 1)) <= 13, 5,
                 "on the wire")
        home.sim.command("victron speak")
        wait_for(lambda: all(c["limit_mA"] > 10000 for c in chargers(home)), 60 / rate + 10, "back")


def test_limit_from_outside():
    """8.4 kW for both cars together, then nothing at all, then no limit"""
    with TwoOnAFuse(RATE) as home:
        def limit(path, value):
            check_equal(home.set_value("/PowerGuard/Consumption" + path, value), 0, path)

        limit("/Ac/Power", GLib.Variant("d", 8400.0))
        limit("/Active", GLib.Variant("i", 1))
        wait_for(lambda: all(6000 <= c["limit_mA"] <= 6100 for c in chargers(home)), 5,
                 "6 A each")
        check(all(c["why_code"] == "order" for c in chargers(home)), str(chargers(home)))
        limit("/Ac/Power", GLib.Variant("d", 0.0))
        wait_for(lambda: count_running(home) == 0, 5, "none")
        wait_for(lambda: chargers(home)[0]["status"] == CHARGING_LIMIT, 5, "status 20")
        limit("/Active", GLib.Variant("i", 0))
        wait_for(lambda: all(c["limit_mA"] > 10000 for c in chargers(home)), 20, "as before")


def test_order_expires():
    """the grid's operator dims for 40 s: obeyed at once, shown, void by itself, and ended early"""
    with TwoOnAFuse(RATE) as home:
        def order(**members):
            check_equal(home.request("PATCH", "/api/v1/site", {"order": members})[0], 200, f"{members}")

        def wait_both(limits, deadline_s, what):
            return wait_for(lambda: all(low <= charger["limit_mA"] <= high for charger, (low, high)
                                        in zip(chargers(home), limits)), deadline_s, what)
        begun = time.monotonic()
        order(limit_w=4200, duration_s=40)
        wait_both([(6000, 6100), (0, 0)], 5, "room for one")
        obeyed_s = (time.monotonic() - begun) * RATE
        check(obeyed_s < 40, f"obeyed only after {obeyed_s:.0f} s, when it was over")
        check_equal([c["why_code"] for c in chargers(home)], ["order", "order"], "why")
        wait_both([(10000, 16000)] * 2, 60 / RATE + 10, "void by itself")
        over_s = (time.monotonic() - begun) * RATE
        check(over_s >= 40, f"over after {over_s:.0f} of 40 s")
        order(limit_mA=5000, duration_s=86400)
        wait_both([(0, 0)] * 2, 5, "less than a car can use")
        order(duration_s=0)
        wait_both([(10000, 16000)] * 2, 60 / RATE + 10, "ended early")


REFUSED = [
    ("circuits:\n  house: {fuse_milliamps: 5000}\n", "circuits.house.fuse_milliamps"),
    ("circuits:\n  a: {fuse_milliamps: 25000, parent: b}\n"
     "  b: {fuse_milliamps: 25000, parent: a}\n", "circuits.a.parent"),
    ("circuit: garage\n", "circuit"),
    ("schedule:\n  items:\n"
     "    - {active: true, start_time: \"22:00\", end_time: \"06:00\", current: 10}\n"
     "    - {active: true, start_time: \"05:00\", end_time: \"07:00\", current: 16}\n",
     "schedule.items[1]"),
]


def test_bad_settings_are_refused():
    """what cannot hold is refused with file, line and path; the last good settings stay"""
    with Home() as home:
        lines = CONFIG.count("\n")
        for text, path in REFUSED:
            home.write_config(CONFIG + text)
            done = home.ctl("config", "check", home.config_path)
            check_equal(done.returncode, 1, f"config check of {text!r}: {done.stdout}")
            said = done.stdout + done.stderr
            found = re.search(r"phaeton_config\.yaml:(\d+): (\S+):", said)
            check(found and found[2] == path and int(found[1]) > lines, said)
        wait_for(lambda: "schedule.items[1]" in home.daemon.log(), 10, "the daemon says it")
        check_equal(home.get("/api/v1/chargers")["chargers"][0]["why_code"], "no-car", "goes on")


if __name__ == "__main__":
    run([test_auto_follows_the_sun, test_fix_11_fix_67_low_soc, test_fix_2_phases,
         test_window_opens_and_closes, test_throttles_before_it_stops, test_silent_meter,
         test_limit_from_outside, test_order_expires, test_bad_settings_are_refused], at_once=4)
