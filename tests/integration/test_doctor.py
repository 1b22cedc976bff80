#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""phaetonctl doctor against a daemon: what does not do what it is told, and says so."""

from harness import Home, check, check_equal, run, wait_for

FOLLOW_S = 60  # a write, its repetition and its refusal, on a slow machine


def doctor(home):
    done = home.ctl("doctor")
    return done.returncode, done.stdout + done.stderr


def wait_doctor(home, word):
    """it fails, and tells why; answers what it told"""
    def told():
        status, text = doctor(home)
        return status == 1 and word in text and text
    return wait_for(told, FOLLOW_S, f"the doctor says {word!r}")


def wait_healthy(home):
    wait_for(lambda: doctor(home)[0] == 0, FOLLOW_S, "the doctor finds nothing")


def get_problem(home):
    return home.get("/api/v1/chargers")["chargers"][0]["problem"]


def check_limits(home):
    """a charger that takes no limits"""
    home.sim.command("station allow_writing 0")
    check_equal(home.ctl("current", "8").returncode, 0, "phaetonctl current")
    told = wait_doctor(home, "refuses limits")
    check("allow writing" in told, told)
    shown = home.ctl("status").stdout
    check("Problem" in shown and "refuses limits" in shown, shown)
    device = home.get("/api/v1/devices")["devices"][0]
    check(device["last_error"] and device["last_error_at"], f"{device}")
    home.sim.command("station allow_writing 1")
    wait_healthy(home)
    check_equal(get_problem(home), "", "it takes them again")


def check_phases(home):
    """a charger that does not let us switch its phases, until nobody asks for it any more"""
    home.sim.command("station allow_phase_switch 0")
    check_equal(home.ctl("phases", "1").returncode, 0, "phaetonctl phases 1")
    wait_doctor(home, "refuses to switch its phases")
    check("refuses to switch its phases" in home.ctl("status").stdout, "phaetonctl status")
    home.sim.command("station allow_phase_switch 1")
    check_equal(home.ctl("phases", "3").returncode, 0, "phaetonctl phases 3")
    wait_healthy(home)


def check_fault(home):
    """a fault of which the charger does not say what it is"""
    home.sim.command("station fault overcurrent")
    told = wait_doctor(home, "reports a fault and does not say which")
    check("shorted" not in told + home.ctl("status").stdout, told)
    home.sim.command("station fault none")
    wait_healthy(home)


def test_charger_that_refuses():
    """refused limits, refused phases and a fault are told, and gone when they are over"""
    with Home(victron=False) as home:
        home.sim.command("plug")
        for words in (("mode", "manual"), ("start",), ("current", "10")):
            check_equal(home.ctl(*words).returncode, 0, words)
        wait_for(lambda: home.sim.socket_state()["setpoint_a"] == 10, FOLLOW_S, "10 A on the wire")
        wait_healthy(home)
        check_equal(get_problem(home), "", "at first")
        for check_one in (check_limits, check_phases, check_fault):
            check_one(home)


def test_refused_settings():
    """a file that is refused, by its form or by a value, and one with a word nobody knows"""
    with Home(victron=False) as home:
        def change(text):
            with open(home.config_path, "a", encoding="utf-8") as file:
                file.write(text)

        with open(home.config_path, encoding="utf-8") as file:
            good = file.read()
        line = good.count("\n") + 1
        wait_healthy(home)
        for text, place in (("  bad: [\n", "line "), ("poll_interval_ms: never\n",
                                                      f"line {line}: poll_interval_ms")):
            change(text)
            told = wait_doctor(home, "refused")
            check("FAIL  settings" in told and place in told, told)
            ready = home.get("/readyz")
            check(ready["ready"] and not ready["settings"]["ok"], f"{ready}")
            check(any("refused" in remark for remark in ready["remarks"]), f"{ready}")
            home.write_config(good)
            wait_healthy(home)
        change("nobody_knows_this: 1\n")
        wait_for(lambda: "warn  settings" in doctor(home)[1], FOLLOW_S, "a warning")
        check_equal(doctor(home)[0], 0, "a warning is no failure")


def test_bus_of_the_daemon():
    """what is on the bus is what the daemon says, wherever the caller's own bus is"""
    with Home(victron=False) as home:
        def look():
            return home.ctl("doctor").stdout

        wait_for(lambda: "ok    D-Bus      com.victronenergy.evcharger.phaeton_" in look(), FOLLOW_S,
                 "the name on the bus")
        address, home.bus_address = home.bus_address, "unix:path=/nowhere"
        check("ok    D-Bus" in look(), look())
        home.bus_address = address
        home.bus.kill()
        wait_for(lambda: "warn  D-Bus      the Victron system does not see" in look(), FOLLOW_S,
                 "the bus is gone")


if __name__ == "__main__":
    run([test_charger_that_refuses, test_refused_settings, test_bus_of_the_daemon], at_once=3)
