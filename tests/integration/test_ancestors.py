#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of the daemons before this one, line by line as their clients know it: addresses, shapes,
types, statuses. Where this daemon differs on purpose, the line says so behind "differs"."""

import http.client
import json
import re
import socket

from harness import CONFIG, Home, check, check_equal, run, wait_for

SHORT_S = 10
JSON = {"Content-Type": "application/json"}

# Shapes: a type, a tuple of choices (None: null, anything that is no type: that value), a compiled
# pattern of a text, [shape] a list, {name: shape} an object that may have more members.
NUMBER = (int, float)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?\+00:00")
LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OK = {"ok": True}
ERROR = {"error": str}
REFUSED = {"ok": False, "error": str}


def maybe(shape):
    return (*shape, None) if isinstance(shape, tuple) else (shape, None)


STEPS = {name + "_ms": maybe(int) for name in (
    "read_voltages", "read_currents", "read_powers", "read_energy", "read_status",
    "read_station_max", "pv_excess", "compute_effective", "write_current", "finalize_cycle",
    "snapshot_build")}
POLLS = {"poll_duration_ms": maybe(int), "total_polls": int, "overrun_count": int,
         "poll_interval_ms": int, "modbus_connected": maybe(bool),
         "driver_state": ("Initializing", "Running", "Error", "ShuttingDown"),
         "poll_steps_ms": maybe(STEPS)}
STATUS = {
    "timestamp": STAMP, "mode": (0, 1, 2), "start_stop": (0, 1), "set_current": NUMBER,
    "applied_current": NUMBER, "station_max_current": NUMBER, "device_instance": int,
    "product_name": maybe(re.compile(".+ EV Charger")), "firmware": maybe(str),
    "serial": maybe(str), "status": int, "active_phases": (1, 3), "ac_power": NUMBER,
    "ac_current": NUMBER,
    **{f"l{phase}_{what}": NUMBER for phase in (1, 2, 3)
       for what in ("voltage", "current", "power")},
    "total_energy_kwh": NUMBER, "pricing_currency": maybe(str), "energy_rate": maybe(NUMBER),
    "session": {"charging_time_sec": int, "start_ts": maybe(TIME), "end_ts": maybe(TIME),
                "energy_delivered_kwh": maybe(NUMBER), "cost": maybe(NUMBER),
                "start_energy_kwh": maybe(NUMBER)},
    "excess_pv_power_w": maybe(NUMBER), # differs: null when it is unknown, as nothing is 0 then
    **POLLS,
    # of the older one
    "energy_forward_kwh": maybe(NUMBER), "charging_time_sec": int, "charging_time": int,
    "session_cost": maybe(NUMBER), "pricing_source": maybe(str),
}
SESSION = {"id": UUID, "start_time": TIME, "end_time": maybe(TIME), "start_energy_kwh": NUMBER,
           "end_energy_kwh": maybe(NUMBER), "energy_delivered_kwh": NUMBER,
           "peak_power_w": maybe(NUMBER), "average_power_w": maybe(NUMBER), "cost": maybe(NUMBER),
           "status": ("Active", "Completed", "Interrupted", "Failed")}
SESSIONS = {"current_session": maybe(SESSION), "last_session": maybe(SESSION), "history": [SESSION]}
DBUS = {"/DeviceInstance": int, "/ProductName": str, "/FirmwareVersion": str, "/Serial": str,
        "/Ac/Power": NUMBER, "/Ac/Energy/Forward": NUMBER, "/Ac/Current": NUMBER,
        "/Ac/PhaseCount": int, "/Status": int, "/Mode": int, "/StartStop": int,
        "/SetCurrent": NUMBER}
CONFIG_DOCUMENT = {
    "modbus": {"ip": str, "port": int, "socket_slave_id": int, "station_slave_id": int},
    "device_instance": int, "require_dbus": bool, "poll_interval_ms": int, "timezone": str,
    "registers": {"voltages": int, "currents": int, "power": int, "energy": int, "status": int},
    "defaults": {"intended_set_current": NUMBER, "station_max_current": NUMBER},
    "logging": {"level": str, "file": str}, "schedule": {"mode": str, "items": list},
    "tibber": {"access_token": str, "strategy": str}, "controls": {"max_set_current": NUMBER},
    "web": {"host": str, "port": int},
    "pricing": {"source": str, "static_rate_eur_per_kwh": NUMBER, "currency_symbol": str},
    "updates": {"enabled": bool}}
SECTIONS = ("modbus defaults controls logging tibber pricing schedule registers web updates "
            "device_instance require_dbus poll_interval_ms timezone").split()
UPDATE = {"current_version": str, "latest_version": maybe(str), "update_available": bool,
          "last_check": maybe(int), "error": maybe(str)}

# method, path, body, status, shape of the answer
ENDPOINTS = (
    ("GET", "/api/health", None, 200, re.compile("ok")),
    ("GET", "/api/status", None, 200, STATUS),
    ("GET", "/api/metrics", None, 200, {"age_ms": int, **POLLS}),
    ("POST", "/api/mode", {"mode": 1}, 200, OK),
    ("POST", "/api/mode", {"mode": 2, "more": []}, 200, OK),
    ("POST", "/api/mode", {"mode": 0}, 200, OK),
    ("POST", "/api/mode", {"mode": 7}, 422, ERROR),  # differs: fix-24, it became manual
    ("POST", "/api/mode", {"mode": 256}, 422, ERROR),
    ("POST", "/api/mode", {"mode": "1"}, 422, ERROR),
    ("POST", "/api/mode", {}, 422, ERROR),
    ("POST", "/api/startstop", {"value": 1}, 200, OK),
    ("POST", "/api/startstop", {"value": 0, "enabled": True}, 200, OK),
    ("POST", "/api/startstop", {"enabled": True}, 200, OK),
    ("POST", "/api/startstop", {"value": None, "enabled": True}, 200, OK),
    ("POST", "/api/startstop", {}, 200, OK),
    ("POST", "/api/startstop", {"value": 7}, 422, ERROR),  # differs: fix-24, it stopped
    ("POST", "/api/startstop", {"value": True}, 422, ERROR),
    ("POST", "/api/set_current", {"amps": 9}, 200, OK),
    ("POST", "/api/set_current", {"amps": 9.5}, 200, OK),
    ("POST", "/api/set_current", {"amps": 1e6}, 200, OK),  # differs: tells what it became
    ("POST", "/api/set_current", {"amps": -3}, 200, OK),
    ("POST", "/api/set_current", {"amps": "9"}, 422, ERROR),
    ("POST", "/api/set_current", {}, 422, ERROR),
    ("POST", "/api/phases", {"phases": 1}, 200, OK),
    ("POST", "/api/phases", {"phases": 2}, 200, OK),
    ("POST", "/api/phases", {"phases": 255}, 200, OK),
    ("POST", "/api/phases", {"phases": 256}, 422, ERROR),
    ("GET", "/api/config", None, 200, CONFIG_DOCUMENT),
    ("PUT", "/api/config", {"poll_interval_ms": 1000}, 200,
     {"ok": True, "saved": True, "path": str}),
    ("PUT", "/api/config", [], 400, ERROR),
    ("PUT", "/api/config", {"modbus": {"port": 0}}, 400, {"error": re.compile(".*modbus.port.*", re.S)}),
    ("PUT", "/api/config", b"{", 400, ERROR),
    ("GET", "/api/config/schema", None, 200, {"sections": dict}),
    ("GET", "/api/sessions", None, 200, SESSIONS),
    ("GET", "/api/dbus", None, 200, DBUS),
    ("GET", "/api/logs/tail", None, 200, str),
    ("GET", "/api/logs/tail?lines=3", None, 200, re.compile("([^\n]+\n){2}[^\n]+\n?")),
    ("GET", "/api/logs/tail?lines=0", None, 200, re.compile("")),
    ("GET", "/api/logs/tail?lines=99999", None, 200, str),
    ("GET", "/api/logs/tail?lines=-1", None, 400, ERROR),
    ("GET", "/api/logs/tail?lines=x", None, 400, ERROR),
    ("GET", "/api/logs/head?lines=3", None, 200, re.compile("([^\n]+\n){2}[^\n]+\n?")),
    ("GET", "/api/logs/download", None, 200, str),
    ("POST", "/api/logs/web_level?level=info", None, 200, {"ok": True, "level": "info"}),
    ("GET", "/api/logs/web_level", None, 200, {"level": "INFO"}),  # fix-59: no Level(Info)
    ("POST", "/api/logs/web_level?level=LOUD", None, 400,
     {"ok": False, "error": "Configuration error: Invalid log level: LOUD"}),
    ("POST", "/api/logs/web_level", None, 400, REFUSED),
    ("GET", "/api/tibber/plan", None, 200,
     {"error": "No Tibber access token configured", "points": []}),
    ("GET", "/api/update/status", None, 200, UPDATE),
    ("POST", "/api/update/check", None, 501, ERROR),  # differs until there is an updater
    ("GET", "/api/update/releases", None, 501, ERROR),
    ("POST", "/api/update/apply", {}, 501, ERROR),
    ("POST", "/api/update/apply", {"version": "v0.15.0"}, 501, ERROR),
    ("GET", "/openapi.json", None, 200, {"openapi": str, "paths": dict}),
    ("GET", "/docs", None, 200, str),
    ("GET", "/", None, 303, None),
    ("GET", "/ui", None, 303, None),
    ("GET", "/ui/", None, 200, str),
    ("GET", "/ui/index.html", None, 200, str),
    ("GET", "/app", None, 303, None),
    ("GET", "/app/", None, 200, str),
    ("GET", "/ui/none", None, 404, ERROR),
    ("GET", "/api/none", None, 404, ERROR),
    ("GET", "/api/mode", None, 405, ERROR),
    ("DELETE", "/api/status", None, 405, ERROR),
)
TYPES = {"/api/health": "text/plain", "/api/logs/tail": "text/plain; charset=utf-8",
         "/api/logs/head": "text/plain; charset=utf-8",
         "/api/logs/download": "application/octet-stream"}
COMMANDS = ("/api/mode", "/api/startstop", "/api/set_current", "/api/phases")


def differs(shape, value, place="answer"):
    """Answers what is not as the shape wants it, or None."""
    if isinstance(shape, tuple):
        return None if any(differs(one, value) is None for one in shape) else \
            f"{place} is {value!r}"
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return f"{place} is no object"
        missing = [name for name in shape if name not in value]
        if missing:
            return f"{place} lacks {' '.join(missing)}"
        return next(filter(None, (differs(inner, value[name], f"{place}.{name}")
                                  for name, inner in shape.items())), None)
    if isinstance(shape, list):
        if not isinstance(value, list) or (shape == [] and value != []):
            return f"{place} is {value!r}"
        return next(filter(None, (differs(shape[0], one, f"{place}[]") for one in value)), None)
    if isinstance(shape, re.Pattern):
        fits = isinstance(value, str) and shape.fullmatch(value) is not None
    elif isinstance(shape, type):
        fits = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    else:
        fits = value == shape and isinstance(value, bool) == isinstance(shape, bool)
    return None if fits else f"{place} is {value!r}"


def online(home):
    wait_for(lambda: home.status()["serial"], SHORT_S, "charger online")


def ask(home, method, path, body):
    if isinstance(body, bytes):
        return home.request(method, path, body, headers=JSON)
    return home.request(method, path, body)


def test_shapes_can_differ():
    """the comparison finds what it is for"""
    for shape, good, bad in ((int, 1, 1.5), (int, 0, False), (bool, True, 1), (1, 1, True),
                             (maybe(int), None, "1"), ({"a": NUMBER}, {"a": 2.5, "b": 1}, {}),
                             ([int], [1, 2], [1, None]), ([], [], [1]), (TIME, "2025-08-30T08:12:03.512Z",
                                                                       "2025-08-30 08:12:03")):
        check_equal(differs(shape, good), None, f"{shape} {good!r}")
        check(differs(shape, bad), f"{shape} took {bad!r}")


def test_every_endpoint():
    with Home() as home:
        online(home)
        home.post("/api/startstop", {"value": 1})
        home.sim.command("plug")
        wait_for(lambda: home.get("/api/sessions")["current_session"], SHORT_S, "a session")
        for method, path, body, status, shape in ENDPOINTS:
            what = f"{method} {path} {body if body is not None else ''}"
            actual, headers, text = ask(home, method, path, body)
            check_equal(actual, status, f"{what}: {text[:200]!r}")
            wanted = TYPES.get(path.split("?")[0], "application/json")
            if status == 200 and path in TYPES:
                check_equal(headers["Content-Type"].split(";")[0], wanted.split(";")[0], what)
            answer = json.loads(text) if "json" in (headers["Content-Type"] or "") else text.decode()
            check_equal(differs(shape, answer) if shape is not None else None, None, what)
        form = home.get("/api/config/schema")["sections"]
        check_equal([name for name in SECTIONS if name not in form], [], "sections of the form")
        check_equal(home.request("GET", "/")[1]["Location"], "/ui/index.html", "root")
        for folder in ("/ui", "/app"):
            check_equal(home.request("GET", folder)[1]["Location"], folder + "/index.html", folder)
        ask_for_sessions(home)


def ask_for_sessions(home):
    home.sim.command("unplug")
    ended = wait_for(lambda: home.get("/api/sessions")["history"], SHORT_S, "it is history")
    check_equal(differs(SESSIONS, home.get("/api/sessions")), None, "sessions")
    check_equal(home.get("/api/sessions")["last_session"], ended[-1], "oldest first")


def test_commands_have_their_effect():
    with Home(config=CONFIG + "controls: {max_set_current: 13}\n") as home:
        online(home)
        for path, body, name, value in (
                ("/api/mode", {"mode": 2}, "mode", 2), ("/api/mode", {"mode": 0}, "mode", 0),
                ("/api/startstop", {"enabled": True}, "start_stop", 1),
                ("/api/startstop", {"value": 0, "enabled": True}, "start_stop", 0),
                ("/api/startstop", {"value": None, "enabled": True}, "start_stop", 1),
                ("/api/startstop", {"enabled": None}, "start_stop", 0),
                ("/api/startstop", {"value": 1}, "start_stop", 1),
                ("/api/startstop", {}, "start_stop", 0),
                ("/api/set_current", {"amps": 7.5}, "set_current", 7.5),
                ("/api/set_current", {"amps": -3}, "set_current", 0),
                ("/api/set_current", {"amps": 1e6}, "set_current", 13)):
            home.post(path, body)
            check_equal(home.status()[name], value, f"{path} {body}")


VEHICLES = """\
vehicles:
  mine:
    provider: tesla
    tesla_access_token: do-not-tell-1
    tesla_vehicle_id: 5
  other: {provider: kia, kia_username: ann, kia_password: do-not-tell-2, kia_pin: "7351"}
"""


def test_fix_36_a_form_keeps_vehicles():
    """fix-36, fix-53: a whole document that comes back changes nothing, and shows no secret"""
    with Home(config=CONFIG + VEHICLES) as home:
        text = home.request("GET", "/api/config")[2]
        for secret in (b"do-not-tell", b"7351"):
            check(secret not in text, f"{secret}: {text}")
        status, _, answer = home.request("PUT", "/api/config", text, headers=JSON)
        check_equal((status, json.loads(answer)["ok"]), (200, True), answer)
        with open(home.config_path, encoding="utf-8") as file:
            check(VEHICLES in file.read(), "vehicles as they were")


def test_errors_of_the_frame():
    """415 400 422 404 405, before anything is done"""
    with Home() as home:
        before = home.status()["mode"]
        for path in (*COMMANDS, "/api/config"):
            method = "PUT" if path == "/api/config" else "POST"
            for wanted, body, headers in ((415, b"{}", {}), (415, b"{}", {"Content-Type": "text/plain"}),
                                          (400, b"{", JSON), (400, b"", JSON), (400, b"\xff", JSON)):
                status, _, text = home.request(method, path, body, headers=headers)
                check_equal(status, wanted, f"{path} {body} {headers}")
                check_equal(differs(ERROR, json.loads(text)), None, path)
        for kind in ("application/json; charset=utf-8", "application/vnd.api+json", "APPLICATION/JSON"):
            status = home.request("POST", "/api/mode", b'{"mode": 0}', headers={"Content-Type": kind})[0]
            check_equal(status, 200, kind)
        check_equal(home.status()["mode"], before, "nothing was done")


def test_streams():
    with Home() as home:
        online(home)
        home.request("POST", "/api/logs/web_level?level=info")
        for path, event, trigger in (("/api/events", "status", None),
                                     ("/api/logs/stream", "log", ("/api/mode", {"mode": 1}))):
            connection = http.client.HTTPConnection(home.daemon.host, home.daemon.port, timeout=SHORT_S)
            connection.request("GET", path)
            answer = connection.getresponse()
            check_equal(answer.headers["Content-Type"], "text/event-stream", path)
            check_equal(answer.headers["Cache-Control"], "no-cache", path)
            if trigger:
                home.post(*trigger)
            lines = [line.decode().rstrip("\n") for line in (answer.readline() for _ in range(8))]
            lines = [line for line in lines if not line.startswith(":")]
            at = lines.index(f"event: {event}")
            data = lines[at + 1].removeprefix("data: ")
            check_equal(lines[at + 2], "", "one event, one line, no id, no retry")
            if event == "status":
                check_equal(differs(STATUS, json.loads(data)), None, path)
            else:
                check("\x1b" not in data, "fix-59: no colours")
            connection.close()


def test_pages_of_other_origins():
    """the open door of before, when the settings ask for it"""
    with Home(config=CONFIG.replace("web:\n", "web:\n  anonymous: control\n  cors_permissive: true\n")) as home:
        origin = {"Origin": "https://page.example"}
        headers = home.request("GET", "/api/status", headers=origin)[1]
        check_equal(headers["Access-Control-Allow-Origin"], "*", "origin")
        check("Access-Control-Allow-Credentials" not in headers, "no credentials")
        status, headers, _ = home.request("OPTIONS", "/api/mode", headers={
            **origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type"})
        check(status in (200, 204), f"preflight {status}")
        check_equal(headers["Access-Control-Allow-Origin"], "*", "preflight")
        status, _, text = home.request("POST", "/api/mode", {"mode": 1}, headers=origin)
        check_equal((status, json.loads(text)), (200, OK), "a command of another page")


def test_files_in_parts():
    """ranges of files, which players and download managers ask for"""
    with Home() as home:
        whole = home.request("GET", "/ui/index.html")[2]
        status, headers, part = home.request("GET", "/ui/index.html", headers={"Range": "bytes=5-9"})
        check_equal((status, part), (206, whole[5:10]), "a part")
        check_equal(headers["Content-Range"], f"bytes 5-9/{len(whole)}", "which")
        check_equal(home.request("HEAD", "/ui/index.html")[::2], (200, b""), "HEAD")


run([test_shapes_can_differ, test_every_endpoint, test_commands_have_their_effect,
     test_fix_36_a_form_keeps_vehicles, test_errors_of_the_frame, test_streams, test_pages_of_other_origins, test_files_in_parts],
    at_once=2)
