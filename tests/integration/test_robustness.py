#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people, tools and files do to the whole daemon without meaning well."""

import os
import subprocess

from gi.repository import GLib

from harness import CONFIG, SRCDIR, Home, check, check_equal, program, run, wait_for

ONLINE_S = 10
OFFLINE_S = 20
RELOAD_S = 10

GOOD_FIRST = CONFIG + "controls:\n  max_set_current: 13\n"

HOSTILE_SETTINGS = (
    "\0\0\0",
    "\x1b[2J: \x07",
    "modbus: [\n",
    "- 1\n- 2\n",
    "modbus: 7\n",
    "modbus: {ip: 127.0.0.1, ip: 127.0.0.2}\n",
    "a: &a [*a, *a]\n",
    "modbus:\n\tip: 127.0.0.1\n",
    "[" * 20000,
    "modbus:\n  port: 99999999999999999999\n",
    "modbus:\n  port: .nan\n",
    "poll_interval_ms: 0\n",
    "controls:\n  max_set_current: -.inf\n",
    "timezone: Mars/Olympus\n",
)


def is_connected(home):
    return home.status()["modbus_connected"] is True


def test_fix_60_figures_of_polls_are_real():
    """counted, timed, and the state of the driver follows the charger"""
    with Home() as home:
        wait_for(lambda: is_connected(home), ONLINE_S, "charger online")
        home.sim.command("station delay_min_ms 60")
        home.sim.command("station delay_max_ms 80")
        first = home.status()["total_polls"]
        wait_for(lambda: home.status()["total_polls"] >= first + 3, ONLINE_S, "three polls")
        status = home.status()
        check(100 <= status["poll_duration_ms"] < 1000, f"two late answers: {status}")
        check_equal(status["driver_state"], "Running", "driver_state")
        home.sim.kill()
        wait_for(lambda: home.status()["driver_state"] == "Error", OFFLINE_S, "driver_state Error")
        home.start_sim()
        wait_for(lambda: home.status()["driver_state"] == "Running", OFFLINE_S, "Running again")


def test_fix_70_phase_count_and_process_name():
    """/Ac/PhaseCount is what the charger uses, /Mgmt/ProcessName is a name"""
    with Home() as home:
        wait_for(lambda: is_connected(home), ONLINE_S, "charger online")
        wait_for(lambda: home.get_value("/Ac/PhaseCount") == 3, ONLINE_S, "three phases")
        name = home.get_value("/Mgmt/ProcessName")
        check(name and "/" not in name, f"process name {name!r}")
        check_equal(home.ctl("phases", "1").returncode, 0, "phaetonctl phases 1")
        wait_for(lambda: home.sim.socket_state()["phases"] == 1, ONLINE_S, "the charger switched")
        wait_for(lambda: home.get_value("/Ac/PhaseCount") == 1, ONLINE_S, "one phase on the bus")


def test_hostile_settings_change_nothing():
    """a broken file is told with its place and leaves the last good values in force"""
    with Home(config=GOOD_FIRST) as home:
        wait_for(lambda: is_connected(home), ONLINE_S, "charger online")
        for text in HOSTILE_SETTINGS:
            before = len(home.daemon.log())
            home.write_config(text)
            wait_for(lambda: home.config_path in home.daemon.log()[before:], RELOAD_S,
                     f"a complaint about {text[:40]!r}")
            said = home.daemon.log()[before:]
            check(len(said) < 5000, f"{len(said)} bytes of log about {text[:40]!r}")
            check(is_connected(home), f"charger lost by {text[:40]!r}")
            check_equal(home.get("/api/config")["controls"]["max_set_current"], 13, text[:40])
        home.write_config(GOOD_FIRST.replace("13", "12"))
        wait_for(lambda: home.get("/api/config")["controls"]["max_set_current"] == 12, RELOAD_S,
                 "a good file is taken")


def test_hostile_writes_on_the_bus():
    """refused or ignored; the values stay, and the service still answers"""
    types = ("x", "t", "d", "s", "b", "as", "a{sv}", "ay")
    values = {"x": -2 ** 63, "t": 2 ** 64 - 1, "d": float("nan"), "s": "\x7f" * 10000, "b": True,
              "as": [], "a{sv}": {}, "ay": b"\0" * 99}
    with Home() as home:
        wait_for(lambda: is_connected(home), ONLINE_S, "charger online")
        before = {path: home.get_value(path) for path in ("/Mode", "/SetCurrent", "/StartStop")}
        for path in ("/Mode", "/SetCurrent", "/Ac/Power", "/Status", "/Serial"):
            for kind in types:
                if path == "/Mode" and kind == "b" or path == "/SetCurrent" and kind in "xtb":
                    continue  # true is 1, and a number of amperes is brought into its range
                answer = home.set_value(path, GLib.Variant(kind, values[kind]))
                check(answer != 0, f"{path} took {kind}: {answer}")
        check_equal({path: home.get_value(path) for path in before}, before, "values")


def complete(*words):
    """what bash offers for the last word"""
    script = ('source "$0"; shift 0; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _phaetonctl; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(
        ["bash", "-c", script, os.path.join(SRCDIR, "data", "completions", "phaetonctl"), *words],
        capture_output=True, text=True, timeout=20, check=False)
    check_equal(done.stderr, "", f"completion of {words}")
    return done.stdout.split()


def test_completion():
    """bash completes commands, arguments, options and, with a daemon, the names of settings"""
    check_equal(complete("phaetonctl", "st"), ["status", "start", "stop"], "st")
    check_equal(complete("phaetonctl", "mode", "a"), ["auto"], "mode a")
    check_equal(complete("phaetonctl", "--url", "http://x", "phases", ""), ["1", "3"], "phases")
    check_equal(complete("phaetonctl", "--j"), ["--json"], "--j")
    with Home(sim=False) as home:
        os.environ["PHAETON_SOCKET"] = home.daemon.socket_path
        check_equal(complete(program("phaetonctl"), "config", "get", "modbus.po"), ["modbus.port"],
                    "a setting")


if __name__ == "__main__":
    run([test_fix_60_figures_of_polls_are_real, test_fix_70_phase_count_and_process_name,
         test_hostile_settings_change_nothing, test_hostile_writes_on_the_bus, test_completion], at_once=3)
