#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an EV charger means on the bus of Venus OS, check by check: status, session, the GUI's
controls, and what is read of the rest of the system.

scripts/venus-checks prints the numbers with their results.
"""

import contextlib
import re
import time

from harness import (BUS_ITEM, CONFIG, LONG, Home, Process, check, check_equal, is_sanitized, run,
                     wait_for)
from venus_client import (CAR_START_S, CHARGING, DISCONNECTED, LOST_S, SYSTEM,
                          Client, double, integer, make_client, make_quick, start_charging, text)

WAIT_SUN, WAIT_START, LOW_SOC, LIMITED, TO_3_PHASES, TO_1_PHASE = 4, 6, 7, 20, 22, 23
FAULTS = range(8, 15)
MANUAL, AUTO, SCHEDULED = range(3)
ALARM_PATHS = ["/Alarms/" + name for name in (
    "GNDNotPresent", "WeldedContacts", "CPInputShortCircuit", "ResidualCurrent", "OverTemperature")]

# the sun starts and stops a car without long thoughts
SUNNY = CONFIG + """\
controls:
  sun_start_delay_seconds: 1
  min_charge_duration_seconds: 0
  phase_switch_settle_seconds: 1
  auto_phase_switch: false
  pv_excess_ema_alpha: 1
pricing:
  source: static
  static_rate_eur_per_kwh: 100
"""

_shared = contextlib.ExitStack()
_client = None


def shared():
    """one running house with a car that follows at once; load, sun and battery stand still"""
    global _client
    if _client is None:
        _client = _shared.enter_context(make_client(config=SUNNY))
        make_quick(_client.home)
        for line in ("battery 1", "battery_soc_percent 50", "battery_max_charge_w 0",
                     "battery_max_discharge_w 0", "load_w 500", "pv_w 0"):
            _client.home.sim.command("house " + line)
    _client.pump(0)
    _client.signals.clear()
    return _client


def stop_charging(client):
    client.home.sim.command("unplug")
    client.wait_value("/Status", DISCONNECTED)


# --- semantics for the GUI ---

def check_43():
    """an hour of automatic charging writes nothing to the settings service"""
    with Home(config=SUNNY, clock_rate=120) as home:
        client = Client(home)
        client.follow()
        make_quick(home)
        for line in ("battery 0", "load_w 500", "pv_w 9000"):
            home.sim.command("house " + line)
        home.sim.command("plug")
        client.write("/StartStop", integer(1))
        check_equal(client.write("/Mode", integer(AUTO)), 0, "auto")
        client.wait_value("/Status", CHARGING, CAR_START_S)
        monitor = home._add(Process(home, "dbus-monitor", [
            "dbus-monitor", "--address", home.bus_address,
            "type=method_call,interface=com.victronenergy.BusItem,member=SetValue"]))
        monitor.wait_log("NameLost|NameAcquired")
        end = time.monotonic() + 3600 / 120
        sun = 0
        while time.monotonic() < end:
            sun += 1
            home.sim.command(f"house pv_w {6000 + 1000 * (sun % 4)}")
            client.pump(0.5)
        # not what it does just now: a machine that is busy for a second misses two minutes
        check(client.value("/Session/Energy") > 1, "it hardly charged")
        client.write("/SetCurrent", double(9))  # the monitor does see writes
        monitor.wait_log("path=/SetCurrent", 20)
        check("path=/Settings" not in monitor.log(), monitor.log())


def check_44():
    """/Status in every situation, and the alarms of a fault"""
    client = shared()
    sim = client.home.sim
    client.wait_value("/Status", DISCONNECTED)
    check_equal(client.write("/Mode", integer(MANUAL)), 0, "manual")
    check_equal(client.write("/StartStop", integer(0)), 0, "stop")
    sim.command("plug")
    client.wait_value("/Status", WAIT_START)
    check_equal(client.write("/StartStop", integer(1)), 0, "start")
    client.wait_value("/Status", CHARGING, CAR_START_S)
    check_equal(client.write("/Mode", integer(AUTO)), 0, "auto without sun")
    client.wait_value("/Status", WAIT_SUN)
    check_equal(client.write("/Mode", integer(SCHEDULED)), 0, "no window")
    client.wait_value("/Status", WAIT_START)
    sim.command("victron /Dc/Battery/Soc 5")
    sim.command("victron /Control/ActiveSocLimit 20")
    check_equal(client.write("/Mode", integer(AUTO)), 0, "auto")
    client.wait_value("/Status", LOW_SOC)
    sim.command("victron /Dc/Battery/Soc auto")
    sim.command("victron /Control/ActiveSocLimit auto")
    check_equal(client.write("/Mode", integer(MANUAL)), 0, "manual")
    client.wait_value("/Status", CHARGING, CAR_START_S)
    for phases, status in ((1, TO_1_PHASE), (3, TO_3_PHASES)):
        client.signals.clear()
        check_equal(client.write("/Ac/PhaseCount", integer(phases)), 0, f"{phases} phases")
        wait_for(lambda: (client.pump(0.1), status in client.heard("/Status"))[1], 20,
                 f"status {status} is announced")
        client.wait_value("/Status", CHARGING, 90)
    check_equal([client.value(path) for path in ALARM_PATHS], [0] * len(ALARM_PATHS), "alarms")
    try:
        for fault in ("residual-current", "temperature"):
            sim.command("station fault " + fault)
            wait_for(lambda: client.value("/Status") in FAULTS, 10, "a fault is shown")
            check(any(client.value(path) >= 1 for path in ALARM_PATHS), "no alarm is raised")
            sim.command("station fault none")
            wait_for(lambda: client.value("/Status") not in FAULTS, 30, "the fault is over")
            check_equal([client.value(path) for path in ALARM_PATHS], [0] * len(ALARM_PATHS),
                        "alarms")
    finally:
        sim.command("station fault none")
    stop_charging(client)


def check_45():
    """energy and time of a session, and a lifetime counter that never goes down"""
    with make_client() as client:
        before = client.value("/Ac/Energy/Forward")
        start_charging(client)
        wait_for(lambda: client.value("/Session/Energy") >= 0.02, 60, "energy of the session")
        check_equal(client.write("/StartStop", integer(0)), 0, "stop")
        wait_for(lambda: client.value("/Ac/Power") < 50, 10, "nothing flows")
        client.pump(1)
        charged_s = client.value("/Session/Time")
        client.pump(3)
        check_equal(client.value("/Session/Time"), charged_s, "time while nothing flows")
        check_equal(client.value("/ChargingTime"), charged_s, "its twin")
        client.home.sim.command("unplug")
        client.wait_value("/Status", DISCONNECTED)
        energy, forward = client.value("/Session/Energy"), client.value("/Ac/Energy/Forward")
        check(energy >= 0.02 and forward > before, f"{energy} and {forward}, before {before}")
        client.home.daemon.end()
        client.home.start_daemon()
        client.follow()
        wait_for(lambda: client.value("/Connected") == 1, 10, "the charger answers")
        check_equal(client.value("/Session/Energy"), energy, "after the restart")
        check(client.value("/Ac/Energy/Forward") >= forward, "the counter went down")
        client.home.sim.command("plug")
        wait_for(lambda: client.value("/Session/Energy") == 0, CAR_START_S, "a new session")
        check(client.value("/Ac/Energy/Forward") >= forward, "the counter went down")


def check_46():
    """phases add up to the whole, and the current is that of the busiest"""
    with make_client() as client:
        start_charging(client)
        items = {path: item["Value"] for path, item in client.get_items().items()}
        total = sum(items[f"/Ac/L{n}/Power"] for n in (1, 2, 3))
        check(abs(total - items["/Ac/Power"]) <= 0.02 * total, f"{total}: {items['/Ac/Power']}")
        busiest = max(items[f"/Ac/L{n}/Current"] for n in (1, 2, 3))
        check(abs(busiest - items["/Current"]) <= 0.1, f"{busiest}: {items['/Current']}")


class Gui(Client):
    """The controls of the GUI: a write is held back until the last one was answered by a signal."""

    def use(self, path, value):
        self.pump(0.2)
        self.signals.clear()
        check_equal(self.write(path, value), 0, f"{path} = {value}")
        wait_for(lambda: (self.pump(0.05), self.heard(path))[1], 5, f"{path} is no longer Storing")
        check_equal(self.heard(path)[-1], value.unpack(), path)


def check_47():
    """the GUI lists the device, each of its controls works and reaches the charger"""
    home = shared().home
    gui = Gui(home)
    items = gui.follow()

    def offered(amperes):
        wait_for(lambda: home.sim.socket_state()["setpoint_a"] == amperes, 15,
                 f"{amperes} A on the wire")
    check(items["/DeviceInstance"]["Value"] >= 0 and items["/ProductName"]["Value"], "identity")
    check("/EnableDisplay" not in items, "a control without a function")
    gui.write("/Mode", integer(MANUAL))
    gui.write("/StartStop", integer(1))
    gui.write("/SetCurrent", double(10))
    home.sim.command("plug")
    gui.use("/SetCurrent", double(13))
    offered(13)
    gui.use("/Mode", integer(AUTO))
    offered(0)  # there is no sun
    gui.use("/Mode", integer(MANUAL))
    offered(13)
    gui.use("/Mode", integer(SCHEDULED))
    offered(0)  # there is no window
    gui.use("/Mode", integer(MANUAL))
    offered(13)
    gui.use("/StartStop", integer(0))
    offered(0)
    gui.use("/AutoStart", integer(1 - gui.value("/AutoStart")))
    gui.write("/AutoStart", integer(1))
    home.sim.command("unplug")
    gui.wait_value("/Status", DISCONNECTED)
    gui.signals.clear()
    home.sim.command("plug")
    gui.wait_value("/StartStop", 1)  # by auto start
    gui.pump(0)
    check_equal(gui.heard("/StartStop"), [1], "announced for /StartStop")
    offered(13)
    gui.use("/Position", integer(1 - gui.value("/Position")))
    gui.use("/CustomName", text("Garage"))
    gui.write("/AutoStart", integer(0))
    gui.write("/Position", integer(0))
    stop_charging(gui)


# --- reading the system ---

def surplus(client):
    """watts that the sun leaves, or None: unknown"""
    return client.home.status()["excess_pv_power_w"]


def wait_surplus(client, watts, deadline_s=10, tolerance_w=150):
    wait_for(lambda: abs(surplus(client) - watts) <= tolerance_w, deadline_s,
             f"a surplus of {watts} W")


def check_49():
    """whole numbers give the same surplus as fractions"""
    client = shared()
    sim = client.home.sim
    sim.command("house pv_w 5000")
    try:
        wait_surplus(client, 4500)
        sim.command("victron ints 1")
        check_equal(client.home.call(SYSTEM, "/Ac/Grid/L1/Power", "com.victronenergy.BusItem",
                                     "GetValue")[0].__class__, int, "type of the grid's power")
        sim.command("house pv_w 3000")
        wait_surplus(client, 2500)
        sim.command("house pv_w 5000")
        wait_surplus(client, 4500)
    finally:
        sim.command("victron ints 0")


def set_paths(sim, paths, value):
    for path in paths:
        sim.command(f"victron {path} {value}")


def check_50():
    """one unknown term leaves the others; without grid and consumption Auto waits and says so"""
    client = shared()
    sim = client.home.sim
    grid = [f"/Ac/Grid/L{n}/Power" for n in (1, 2, 3)]
    consumption = [f"/Ac/{where}/L{n}/Power" for n in (1, 2, 3)
                   for where in ("Consumption", "ConsumptionOnInput", "ConsumptionOnOutput")]
    sim.command("house pv_w 6000")
    wait_surplus(client, 5500)
    sim.command("victron /Ac/PvOnOutput/L2/Power invalid")
    client.pump(2)
    wait_surplus(client, 5500)
    sim.command("victron /Ac/PvOnOutput/L2/Power auto")
    client.write("/StartStop", integer(1))
    check_equal(client.write("/Mode", integer(AUTO)), 0, "auto")
    sim.command("plug")
    client.wait_value("/Status", CHARGING, CAR_START_S)
    existing = client.home.get_items(SYSTEM)
    hidden = [path for path in grid + consumption if path in existing]
    before = client.home.daemon.log()
    try:
        set_paths(sim, hidden, "invalid")
        client.wait_value("/Status", WAIT_SUN, LOST_S)
        check_equal(surplus(client), None, "surplus")
        client.pump(3)
        check_equal(client.value("/Status"), WAIT_SUN, "/Status")
        said = client.home.daemon.log()[len(before):]
        check_equal(said.count("What the sun leaves is not known"), 1, "log says so: "
                    + "\n".join(line for line in said.splitlines() if "not known" in line))
    finally:
        set_paths(sim, hidden, "auto")
    client.wait_value("/Status", CHARGING, CAR_START_S)
    stop_charging(client)


def wait_told(client, path, holds):
    """until the system says so on the bus: from then on the second counts"""
    wait_for(lambda: holds(client.home.call(SYSTEM, path, BUS_ITEM, "GetValue")[0]), 10,
             f"{path} on the bus")


def check_51():
    """what only one of the two signals announces is used within a second"""
    client = shared()
    sim = client.home.sim
    sim.command("house pv_position output")
    sim.command("house pv_w 6000")
    sim.command("victron /Dc/Battery/Soc 50")
    sim.command("victron /Control/ActiveSocLimit 20")
    client.write("/StartStop", integer(1))
    check_equal(client.write("/Mode", integer(AUTO)), 0, "auto")
    sim.command("plug")
    try:
        client.wait_value("/Status", CHARGING, CAR_START_S)
        sim.command("victron /Control/ActiveSocLimit 60")  # PropertiesChanged
        wait_told(client, "/Control/ActiveSocLimit", lambda percent: percent == 60)
        client.wait_value("/Status", LOW_SOC, 1)
        sim.command("victron /Control/ActiveSocLimit 20")
        client.wait_value("/Status", CHARGING, CAR_START_S)
        wait_surplus(client, 5500)
        sim.command("house pv_w 2000")  # ItemsChanged
        wait_told(client, "/Ac/PvOnOutput/L1/Power", lambda watts: watts < 1000)
        wait_surplus(client, 1500, 1)
        stop_charging(client)
        sim.command("house pv_w 6000")
        wait_told(client, "/Ac/PvOnOutput/L1/Power", lambda watts: watts > 1500)
        wait_surplus(client, 5500, 1)  # where nobody draws more sun counts at once too
    finally:
        sim.command("victron /Dc/Battery/Soc auto")
        sim.command("victron /Control/ActiveSocLimit auto")


def check_52():
    """a system that goes is unknown, and read again under its next owner"""
    client = shared()
    sim = client.home.sim
    sim.command("house pv_w 5000")
    wait_surplus(client, 4500)
    sim.command("victron drop")
    wait_for(lambda: surplus(client) is None, 3, "nothing is known")
    client.pump(10 if LONG else 2)
    check_equal(surplus(client), None, "surplus meanwhile")
    sim.command("house pv_w 3000")
    sim.command("victron return")
    wait_surplus(client, 2500)


def check_53():
    """a system that thinks for 5 s does not hold up our own answers"""
    client = shared()
    sim = client.home.sim
    sim.command("victron drop")
    sim.command("victron delay 5000")
    sim.command("victron return")
    slowest = 0
    try:
        for _ in range(60):
            begun = time.monotonic()
            client.get_items()
            slowest = max(slowest, time.monotonic() - begun)
            client.pump(0.1)
    finally:
        sim.command("victron delay 0")
    check(slowest < (1 if is_sanitized() else 0.1), f"took {1000 * slowest:.0f} ms")
    wait_for(lambda: surplus(client) is not None, 15, "it is read in the end")


def check_54():
    """PV at the grid's side alone is surplus too"""
    client = shared()
    sim = client.home.sim
    sim.command("house pv_position grid")
    sim.command("house load_w 1000")
    try:
        sim.command("house pv_w 5000")
        wait_surplus(client, 4000)
    finally:
        sim.command("house pv_position output")
        sim.command("house load_w 500")


def check_55():
    """without a grid meter the power of a car at the input is not subtracted"""
    client = shared()
    sim = client.home.sim
    sim.command("house pv_position output")
    sim.command("house pv_w 5000")
    check_equal(client.write("/Position", integer(1)), 0, "at the input")
    wait_surplus(client, 4500)
    sim.command("house grid_meter 0")
    try:
        client.write("/Mode", integer(MANUAL))
        client.write("/SetCurrent", double(10))
        client.write("/StartStop", integer(1))
        client.pump(3)
        without_car = wait_for(lambda: surplus(client), 10, "a surplus without meter and car")
        sim.command("plug")
        client.wait_value("/Status", CHARGING, CAR_START_S)
        wait_for(lambda: client.value("/Current") > 9, 15, "10 A flow")
        client.pump(4)
        wait_surplus(client, without_car)
    finally:
        sim.command("house grid_meter 1")
        stop_charging(client)
        client.write("/Position", integer(0))


# --- beyond the checks ---

def test_power_guard():
    """a limit from outside is obeyed, refused where it makes no sense, and taken back"""
    client = shared()
    guard = "/PowerGuard/Consumption"
    client.write("/Mode", integer(MANUAL))
    client.write("/SetCurrent", double(16))
    client.write("/StartStop", integer(1))
    client.home.sim.command("plug")
    client.wait_value("/Status", CHARGING, CAR_START_S)

    def offered(amperes):
        wait_for(lambda: abs(client.home.sim.socket_state()["setpoint_a"] - amperes) < 0.3, 10,
                 f"{amperes} A on the wire")
    offered(16)
    check_equal(client.value(guard + "/Active"), 0, "at first")
    check(client.write(guard + "/Ac/Power", double(-5)) != 0, "a negative limit is accepted")
    check_equal(client.write(guard + "/Ac/L2/Current", double(8)), 0, "8 A on L2")
    client.pump(2)
    offered(16)
    check_equal(client.write(guard + "/Active", integer(1)), 0, "in force")
    offered(8)
    check_equal(client.write(guard + "/Ac/Power", double(3000)), 0, "less than three phases need")
    offered(0)
    client.wait_value("/Status", LIMITED)
    check_equal(client.write(guard + "/Active", integer(0)), 0, "taken back")
    wait_for(lambda: client.home.sim.socket_state()["setpoint_a"] == 16, 60, "16 A again")
    stop_charging(client)


def test_setup_needed():
    """a charger that takes no limits asks to be set up"""
    with make_client() as client:
        start_charging(client)
        check_equal(client.value("/Alarms/SetupNeeded"), 0, "at first")
        client.home.sim.command("station allow_writing 0")
        client.write("/SetCurrent", double(9))
        wait_for(lambda: client.value("/Alarms/SetupNeeded") == 1, 20, "the alarm")
        client.home.sim.command("station allow_writing 1")
        wait_for(lambda: client.value("/Alarms/SetupNeeded") == 0, 20, "it is over")


def test_fix_70_phases_and_process_name():
    """the phases follow the charger, the process has a name and no path"""
    client = shared()
    check_equal(client.value("/Mgmt/ProcessName"), "phaeton", "/Mgmt/ProcessName")
    check_equal(client.value("/Ac/PhaseCount"), 3, "at first")
    check_equal(client.write("/Ac/PhaseCount", integer(1)), 0, "1 phase")
    client.wait_value("/Ac/PhaseCount", 1, 30)
    client.write("/Ac/PhaseCount", integer(3))
    client.wait_value("/Ac/PhaseCount", 3, 30)


def test_doctor_sees_the_bus():
    """phaetonctl doctor names the service that the Victron system sees"""
    client = shared()
    told = client.home.ctl("doctor").stdout
    check(f"com.victronenergy.evcharger.phaeton_{client.value('/DeviceInstance')}" in told, told)


def test_session_cost():
    """what a session cost, and what its sun would have cost"""
    client = shared()
    client.home.sim.command("house pv_w 6000")
    try:
        start_charging(client, 6)
        wait_for(lambda: client.value("/Session/SavedCost") > 0, 30, "the sun saved something")
        check(client.value("/Session/SavedCost") <= client.value("/Session/Cost"), "more than all")
    finally:
        client.home.sim.command("house pv_w 0")
    stop_charging(client)


def test_vrm_tunnel():
    """the connection ends in a bare address only where that was asked for"""
    home = shared().home
    check(home.get_value("/Mgmt/Connection").endswith(f" 127.0.0.1:{home.sim.port}"), "at first")
    home.write_config(SUNNY + "vrm_tunnel: true\n")
    wait_for(lambda: home.get_value("/Mgmt/Connection").endswith(" 127.0.0.1"), 10, "a tunnel")
    home.write_config(SUNNY)


if __name__ == "__main__":
    everything = [test for name, test in globals().items() if re.match(r"check_\d|test_", name)]
    in_a_house = [test for test in everything if "shared" in test.__code__.co_names]
    alone = [test for test in everything if test not in in_a_house]  # the longest is one of them
    quarter = -(-len(in_a_house) // 4)  # as many houses, side by side
    houses = [in_a_house[at:at + quarter] for at in range(0, len(in_a_house), quarter)]
    run(alone + houses, at_once=6, at_end=_shared.close)
