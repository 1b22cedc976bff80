#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread through the whole house: settings, charger, decision, every face, and back."""

import json
import os
import time

from gi.repository import GLib

from harness import (CONFIG, LONG, Home, Watch, check, check_equal, make_random, run, wait_for)

CHARGING = 2
MANUAL, AUTO, SCHEDULED = range(3)
CONTROL_SET_S = 2  # a command is on the wire within that
FOLLOW_S = 10      # and the car has followed
CAR_START_S = 30   # the simulated car thinks before it starts

# what is left in the charger when the daemon ends
PAUSE_AT_STOP = CONFIG + "controls:\n  on_stop: pause\n"


def start_charging(home, amperes=16):
    home.sim.command("plug")
    check_equal(home.ctl("mode", "manual").returncode, 0, "phaetonctl mode")
    check_equal(home.ctl("start").returncode, 0, "phaetonctl start")
    check_equal(home.ctl("current", str(amperes)).returncode, 0, "phaetonctl current")
    wait_for(lambda: home.status()["status"] == CHARGING, CAR_START_S, "the car charges")
    wait_for(lambda: abs(home.status()["ac_current"] - amperes) < 0.5, FOLLOW_S + 5,
             f"{amperes} A flow")


def wait_setpoint(home, amperes, deadline_s=CONTROL_SET_S):
    wait_for(lambda: home.sim.socket_state()["setpoint_a"] == amperes, deadline_s,
             f"{amperes} A on the wire")


def test_command_reaches_the_car():
    """from the command line to the set-point in 2 s, to the measured current in 10 s"""
    with Home() as home:
        start_charging(home)
        done = home.ctl("current", "10")
        check_equal((done.returncode, done.stdout), (0, "Current 10 A\n"), "phaetonctl current 10")
        check_equal(home.status()["set_current"], 10, "visible at once")
        wait_setpoint(home, 10)
        wait_for(lambda: abs(home.status()["ac_current"] - 10) < 0.5, FOLLOW_S, "10 A flow")
        truth = home.sim.socket_state()
        check(abs(truth["meter"]["current_a"][0] - 10) < 0.5, f"in truth {truth['meter']}")

        check_equal(home.ctl("stop").returncode, 0, "phaetonctl stop")
        wait_setpoint(home, 0)
        wait_for(lambda: home.status()["ac_power"] < 50, FOLLOW_S, "nothing flows")
        check(home.status()["status"] != CHARGING, "still shown as charging")


def test_command_line():
    """every command of phaetonctl against the real daemon"""
    with Home() as home:
        start_charging(home)
        shown = home.ctl("status")
        check_equal(shown.returncode, 0, shown.stderr)
        for word in ("Charging", "manual, enabled", "16 A wanted", "ACE0402633"):
            check(word in shown.stdout, f"{word!r} is missing in {shown.stdout}")
        check_equal(json.loads(home.ctl("status", "--json").stdout)["mode"], MANUAL, "as JSON")
        explained = home.ctl("explain")
        check(explained.returncode == 0 and "16 A" in explained.stdout, explained.stdout)
        check_equal(home.ctl("current", "500").returncode, 0, "a current above the maximum")
        check(home.status()["set_current"] <= 80, "was not clamped")
        check_equal(home.ctl("--charger", "nobody", "start").returncode, 1, "unknown charger")
        port = home.ctl("config", "get", "modbus.port")
        check_equal(port.stdout.strip(), str(home.sim.port), "config get modbus.port")
        check("modbus.port = " in home.ctl("config", "list").stdout, "config list")
        refused = home.ctl("config", "set", "modbus.port", "99999")
        check(refused.returncode == 1 and "modbus.port" in refused.stderr, refused.stderr)
        check_equal(home.ctl("config", "set", "poll_interval_ms", "500").returncode, 0, "config set")
        wait_for(lambda: "poll_interval_ms: 500" in open(home.config_path, encoding="utf-8").read(),
                 5, "the setting is in the file")
        doctor = home.ctl("doctor")
        check(doctor.returncode == 0 and "FAIL" not in doctor.stdout, doctor.stdout)


def test_victron_bus():
    """GetItems and SetValue of /SetCurrent, /Mode and /StartStop as any client of the GX does"""
    with Home() as home:
        start_charging(home)
        items = home.get_items()
        check_equal((items["/Mode"], items["/StartStop"], items["/SetCurrent"], items["/Status"]),
                    (MANUAL, 1, 16.0, CHARGING), "items")
        check(items["/Ac/Power"] > 3000, f"/Ac/Power {items['/Ac/Power']}")
        check_equal(items["/Connected"], 1, "/Connected")

        check_equal(home.set_value("/SetCurrent", GLib.Variant("d", 8.0)), 0, "SetValue 8 A")
        check_equal(home.get_value("/SetCurrent"), 8.0, "visible before the answer")
        wait_setpoint(home, 8)
        check_equal(home.set_value("/StartStop", GLib.Variant("i", 0)), 0, "SetValue stop")
        wait_setpoint(home, 0)
        check_equal(home.set_value("/Mode", GLib.Variant("u", AUTO)), 0, "SetValue auto")
        check_equal(home.status()["mode"], AUTO, "mode on the web")
        check(home.set_value("/Mode", GLib.Variant("i", 7)) != 0, "mode 7 was accepted")
        check_equal(home.get_value("/Mode"), AUTO, "mode after a refusal")


def test_two_requests_per_poll():
    with Home() as home:
        start_charging(home)
        wait_for(lambda: home.sim.socket_state()["setpoint_a"] == 16, 5, "quiet")
        polls = home.status()["total_polls"]
        home.sim.command("requests reset")
        wait_for(lambda: home.status()["total_polls"] >= polls + 10, 20, "ten polls")
        done = home.status()["total_polls"] - polls
        counts = home.sim.command("requests")["requests"]
        reads = sum(n for key, n in counts.items()
                    if key.startswith("3:") and key != "3:1100")  # asked once a minute
        rewrites = sum(n for key, n in counts.items() if not key.startswith("3:"))
        check(2 * (done - 1) <= reads <= 2 * (done + 1) + rewrites,
              f"{reads} reads in {done} polls: {counts}")


class Invariants:
    """What no fault of the charger may ever do to /api/status."""

    def __init__(self, status):
        self.session = status["session"]["id"]
        self.energy_kwh = status["total_energy_kwh"]
        self.session_kwh = status["session"]["energy_delivered_kwh"]

    def __call__(self, status, _before):
        session = status["session"]
        check_equal(session["id"], self.session, "the session was lost")
        check(session["end_ts"] is None, "the session ended")
        check(session["energy_delivered_kwh"] >= self.session_kwh, "the session lost energy")
        self.session_kwh = session["energy_delivered_kwh"]
        if status["total_energy_kwh"] is not None:
            check(status["total_energy_kwh"] >= self.energy_kwh, "the counter went down")
            self.energy_kwh = status["total_energy_kwh"]
        check(status["status"] != 0, "shown as disconnected")
        for name in ("l1_voltage", "l2_voltage", "l3_voltage"):
            check(status[name] is None or status[name] > 100, f"{name} is {status[name]}")
        if status["modbus_connected"] is False:
            check(status["ac_power"] != 0, "power 0 instead of unknown")


def charges_again(home):
    status = home.status()
    return status["modbus_connected"] and status["status"] == CHARGING and status["ac_power"] > 1000


def test_fix_6_charger_stops_at_any_moment():
    """frozen, killed, started again: no zeros, no lost session, no hung API, no hand needed"""
    rounds = 60 if LONG else 3
    choose = make_random("charger-stops-at-any-moment")
    with Home() as home:
        start_charging(home)
        wait_for(lambda: home.status()["session"]["energy_delivered_kwh"] > 0, 20, "energy")
        with Watch(home, Invariants(home.status())) as watch:
            for number in range(rounds):
                time.sleep(choose.uniform(0, 1.5))  # the moment is the point
                if number % 3 == 0:
                    home.sim.stop()
                    time.sleep(choose.uniform(0.5, 8 if LONG else 4))
                    home.sim.cont()
                elif number % 3 == 1:
                    home.sim.command("reboot")
                else:
                    home.sim.command(choose.choice(("fault late 4", "fault silent 4",
                                                    "fault garbage 3", "fault half 3")))
                wait_for(lambda: charges_again(home) or watch.complaints, 60,
                         f"it charges again after round {number}")
                check(not watch.complaints, "; ".join(watch.complaints))
            print(f"# {watch.answers} answers, slowest {watch.slowest_s * 1000:.0f} ms")


def test_fix_6_charger_killed():
    """its process dies and comes back with a younger counter: the session and its energy stay"""
    with Home() as home:
        start_charging(home)
        wait_for(lambda: home.status()["session"]["energy_delivered_kwh"] > 0, 20, "energy")
        session = home.status()["session"]
        with Watch(home, lambda status, before: None):
            home.sim.kill()
            wait_for(lambda: home.status()["modbus_connected"] is False, 20, "it is offline")
            lost = home.status()
            for name in ("ac_power", "ac_current", "l1_voltage", "l1_current", "l1_power"):
                check(lost[name] is None or lost[name] > 0, f"{name} is {lost[name]} while offline")
            check_equal(lost["session"]["id"], session["id"], "session while offline")
            check_equal(home.get_value("/Connected"), 0, "/Connected")
            home.start_sim()
            home.sim.command("plug")
            wait_for(lambda: charges_again(home), 60, "it charges again")
        after = home.status()["session"]
        check(after["energy_delivered_kwh"] >= 0, f"energy {after}")
        if after["id"] == session["id"]:
            check(after["energy_delivered_kwh"] >= session["energy_delivered_kwh"], f"{after}")


def test_daemon_restart_keeps_session_and_command():
    with Home() as home:
        start_charging(home, 12)
        wait_for(lambda: home.status()["session"]["energy_delivered_kwh"] > 0, 20, "energy")
        before = home.status()["session"]
        check_equal(home.daemon.end(), 0, "exit status")
        home.start_daemon()
        wait_for(lambda: charges_again(home), 30, "it charges again")
        after = home.status()
        check_equal((after["mode"], after["start_stop"], after["set_current"]), (MANUAL, 1, 12),
                    "the command")
        check_equal(after["session"]["id"], before["id"], "the session")
        check(after["session"]["energy_delivered_kwh"] >= before["energy_delivered_kwh"], "energy")


def test_daemon_killed_keeps_session():
    """a power cut: what was saved last is there, and the file is whole"""
    with Home() as home:
        start_charging(home, 12)
        path = os.path.join(home.state_dir, "state.json")
        before = home.status()["session"]["id"]
        wait_for(lambda: before in open(path, encoding="utf-8").read(), 90, "the state is saved")
        home.daemon.kill()
        with open(path, encoding="utf-8") as file:
            json.load(file)
        home.start_daemon()
        wait_for(lambda: charges_again(home), 30, "it charges again")
        check_equal(home.status()["set_current"], 12, "the current")
        check_equal(home.status()["session"]["id"], before, "the session")


def test_fix_16_term_ends_in_time():
    """SIGTERM: within 2 s, status 0, the charger left as the settings say"""
    with Home(config=PAUSE_AT_STOP) as home:
        start_charging(home)
        begun = time.monotonic()
        check_equal(home.daemon.end(), 0, "exit status")
        check(time.monotonic() - begun < 2, f"took {time.monotonic() - begun:.2f} s")
        check_equal(home.sim.socket_state()["setpoint_a"], 0, "set-point after on_stop: pause")
        check("Stopped" in home.daemon.log(), "the log is not complete")


def test_fix_16_term_ends_in_time_without_charger():
    """the same while the charger is frozen: half a second more, nothing is waited for"""
    with Home() as home:
        start_charging(home)
        home.sim.stop()
        begun = time.monotonic()
        status = home.daemon.end()
        took_s = time.monotonic() - begun
        home.sim.cont()
        check_equal(status, 0, "exit status with a frozen charger")
        check(took_s < 2.5, f"took {took_s:.2f} s with a frozen charger")
        check_equal(home.sim.socket_state()["setpoint_a"], 16, "set-point after on_stop: expire")


def test_fix_58_bus_comes_back():
    """the bus restarts, the service comes back by itself"""
    with Home() as home:
        home.evcharger()
        home.bus.kill()
        os.unlink(os.path.join(home.directory, "bus.sock"))
        check(home.status(timeout_s=1)["driver_state"] is not None, "the API hangs")
        home.start_bus()
        home.evcharger(deadline_s=30)


if __name__ == "__main__":
    run([test_command_reaches_the_car, test_command_line, test_victron_bus,
         test_two_requests_per_poll, test_fix_6_charger_stops_at_any_moment,
         test_fix_6_charger_killed, test_daemon_restart_keeps_session_and_command,
         test_daemon_killed_keeps_session, test_fix_16_term_ends_in_time,
         test_fix_16_term_ends_in_time_without_charger,
         test_fix_58_bus_comes_back], at_once=5)
