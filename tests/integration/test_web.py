#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web face of the real daemon: every route, every error, and peers that mean no good."""

import gzip
import json
import os
import re
import socket
import stat
import threading
import time

from harness import CONFIG, Home, check, check_equal, run, wait_for

SHORT_S = 5
STALLED_GONE_S = 15
SLOW_CUT_S = 40


def raw(home, request, timeout_s=SHORT_S):
    """Sends bytes and answers what comes until the peer closes."""
    with socket.create_connection((home.daemon.host, home.daemon.port), timeout_s) as peer:
        peer.sendall(request)
        answer = b""
        while chunk := peer.recv(65536):
            answer += chunk
        return answer


def open_events(home, receive_buffer=None):
    peer = socket.socket()
    if receive_buffer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    peer.settimeout(SHORT_S)
    peer.connect((home.daemon.host, home.daemon.port))
    peer.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return peer


def read_event(stream):
    """Answers the document of the next status event."""
    for line in stream:
        if line.startswith("data: "):
            return json.loads(line[6:])
    raise AssertionError("the stream ended")


def test_every_document_answers():
    with Home() as home:
        for path in ("/api/status", "/api/metrics", "/api/sessions", "/api/dbus", "/api/explain",
                     "/api/config", "/api/config/schema", "/api/v1/site", "/api/v1/chargers",
                     "/api/v1/chargers/1", "/api/v1/explain", "/api/v1/settings"):
            status, headers, body = home.request("GET", path)
            check_equal((status, headers["Content-Type"]), (200, "application/json"), path)
            check(isinstance(json.loads(body), dict), path)
            check("Access-Control-Allow-Origin" not in headers, f"fix-51: {path} is open to any page")
        check_equal(home.request("GET", "/api/health")[::2], (200, b"ok"), "health")
        check_equal(home.request("GET", "/")[1]["Location"], "/ui/index.html", "root")


def test_commands_are_carried_out():
    with Home() as home:
        wait_for(lambda: home.status()["modbus_connected"] is True, SHORT_S, "charger online")
        check_equal(home.post("/api/mode", {"mode": 0}), {"ok": True}, "mode")
        check_equal(home.post("/api/startstop", {"value": 1}), {"ok": True}, "start")
        check_equal(home.status()["start_stop"], 1, "started, at once")
        home.post("/api/startstop", {"enabled": False})
        check_equal(home.status()["start_stop"], 0, "stopped by the older name")
        home.post("/api/startstop", {"value": 1})
        home.post("/api/set_current", {"amps": 9})
        check_equal(home.status()["set_current"], 9, "current, at once")
        clamped = home.post("/api/set_current", {"amps": 500})
        check_equal(clamped["set_current"], home.status()["set_current"], "the clamped value is told")
        charger = home.patch("/api/v1/chargers/1", {"set_current_mA": 11000, "custom_name": "Car"})
        check_equal((charger["set_current_mA"], charger["custom_name"]), (11000, "Car"), "patch")
        home.post("/api/phases", {"phases": 1})


def test_fix_24_bad_commands_change_nothing():
    """fix-24: numbers that mean nothing, wrong types, no JSON"""
    with Home() as home:
        before = home.status()
        for path, body, expected in (
                ("/api/mode", {"mode": 3}, 422), ("/api/mode", {"mode": "1"}, 422),
                ("/api/mode", {}, 422), ("/api/mode", [], 422),
                ("/api/startstop", {"value": 2}, 422), ("/api/startstop", {"enabled": 1}, 422),
                ("/api/set_current", {"amps": "6"}, 422), ("/api/set_current", {"amps": None}, 422),
                ("/api/phases", {"phases": 300}, 422)):
            status, _, text = home.request("POST", path, body)
            check_equal(status, expected, f"{path} {body}")
            check(json.loads(text)["error"], f"{path} {body}: no reason")
        json_type = {"Content-Type": "application/json"}
        for body, headers, expected in (("{", json_type, 400), ("", json_type, 400),
                                        ("[" * 4000, json_type, 400), ('{"mode":1e999}', json_type, 400),
                                        ('{"mode":1}', {}, 415), ("x" * 5000, json_type, 413)):
            status = home.request("POST", "/api/mode", body, headers=headers)[0]
            check_equal(status, expected, f"{body[:20]!r}")
        status, _, text = home.request("PATCH", "/api/v1/chargers/1", {"mode": 1, "power_w": 5})
        check_equal((status, json.loads(text)["status"]), (422, 422), "read-only field")
        check_equal(home.request("GET", "/api/v1/chargers/none")[0], 404, "no such charger")
        for key in ("mode", "start_stop", "set_current"):
            check_equal(home.status()[key], before[key], key)


def test_errors_have_their_status():
    with Home() as home:
        check_equal(home.request("GET", "/api/none")[0], 404, "unknown path")
        status, headers, _ = home.request("DELETE", "/api/status")
        check_equal((status, headers["Allow"]), (405, "GET, HEAD"), "wrong method")
        check_equal(home.request("GET", "/" + "x" * 3000)[0], 414, "long address")
        check_equal(home.request("GET", "/api/status", headers={"A": "x" * 20000})[0], 431, "headers")
        check_equal(home.request("OPTIONS", "/api/mode")[0], 405, "fix-51: no preflight is granted")
        check_equal(home.request("HEAD", "/api/status")[2], b"", "HEAD")


def test_status_is_tagged():
    with Home(sim=False, config=CONFIG) as home:
        for _ in range(20):
            tag = home.request("GET", "/api/status")[1]["ETag"]
            if home.request("GET", "/api/status", headers={"If-None-Match": tag})[0] == 304:
                return
        raise AssertionError("never 304")


def test_events_follow():
    """status at once, then on each change; a command is seen without waiting"""
    with Home() as home, open_events(home) as peer:
        stream = peer.makefile(encoding="utf-8")
        check_equal(read_event(stream)["set_current"], home.status()["set_current"], "at once")
        home.post("/api/set_current", {"amps": 7})
        wait_for(lambda: read_event(stream)["set_current"] == 7, SHORT_S, "the new current")


def test_stalled_readers_go():
    """readers that never read are closed and hold up nobody"""
    with Home() as home:
        stalled = [open_events(home, receive_buffer=1024) for _ in range(20)]
        for i in range(600):  # enough events to fill what the kernel holds for a reader
            home.request("POST", "/api/set_current", {"amps": 6 + i % 5})
        wait_for(lambda: "Event stream closed: the reader stalled" in home.daemon.log(),
                 STALLED_GONE_S, "a stalled reader is closed")
        begun = time.monotonic()
        home.status()
        check(time.monotonic() - begun < 1, "status was slow")
        for peer in stalled:
            peer.close()


def test_slow_request_is_cut():
    with Home() as home:
        peer = socket.create_connection((home.daemon.host, home.daemon.port), SLOW_CUT_S)
        peer.sendall(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nA:")
        for _ in range(3):  # meanwhile others are served
            home.status()
        while peer.recv(4096):
            pass
        peer.close()


def test_hostile_bytes_do_no_harm():
    with Home() as home:
        for request in (b"\x00\xff" * 100 + b"\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        b"GET /ui/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                        b"GET /ui/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                        b"POST /api/mode HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"):
            try:
                answer = raw(home, request, timeout_s=1)
                check(b" 200 " not in answer and b"root:" not in answer, f"{request!r}: {answer!r}")
            except OSError:
                pass  # cut, or kept waiting until its deadline
        many = [socket.create_connection((home.daemon.host, home.daemon.port), SHORT_S)
                for _ in range(300)]
        home.status()
        for peer in many:
            peer.close()


def test_page_is_whole():
    with Home() as home:
        for folder in ("/ui/", "/app/"):
            status, headers, page = home.request("GET", folder)
            check_equal(status, 200, folder)
            check(b"<title>Phaeton EV Charger</title>" in page, "title")
            check(b"<script>" not in page and b"http://" not in page and b"https://" not in page,
                  "fix-61: the page needs nothing from outside")
            check_equal(headers["Cache-Control"], "no-cache", "cache of the page")
            names = re.findall(r'(?:src|href)="\./([^"]+)"', page.decode())
            check(len(names) >= 4, f"the page names its files: {names}")
            for name in names:
                status, headers, plain = home.request("GET", folder + name)
                check_equal(status, 200, name)
                check_equal("immutable" in headers["Cache-Control"], name.startswith("assets/"), name)
                status, packed_headers, packed = home.request(
                    "GET", folder + name, headers={"Accept-Encoding": "br, gzip;q=0.5"})
                check_equal(packed_headers["Content-Encoding"], "gzip", name)
                check(gzip.decompress(packed) == plain, f"{name}: packed and plain are the same")
                check(packed_headers["ETag"] != headers["ETag"], f"{name}: tags")
                for tag in (headers["ETag"], packed_headers["ETag"]):
                    known = {"If-None-Match": tag, "Accept-Encoding": "gzip" if "gzip" in tag else "gzip;q=0"}
                    check_equal(home.request("GET", folder + name, headers=known)[0], 304, name)


def test_settings_are_saved_or_refused():
    """fix-34, fix-37: the reason is told, the file in use is the one that is written"""
    with Home() as home:
        status, _, text = home.request("PUT", "/api/config", {"modbus": {"port": 0}})
        check_equal(status, 400, "bad value")
        check("modbus.port" in json.loads(text)["error"], text)
        status, _, text = home.request("PATCH", "/api/v1/settings", {"poll_interval_ms": 5})
        check_equal((status, json.loads(text)["problems"][0]["key"]), (422, "poll_interval_ms"), "v1")
        document = home.get("/api/config")
        document["pricing"]["static_rate_eur_per_kwh"] = 0.31
        status, _, text = home.request("PUT", "/api/config", document)
        answer = json.loads(text)
        check_equal((status, answer["ok"], answer["saved"], answer["path"]),
                    (200, True, True, home.config_path), "saved")
        with open(home.config_path, encoding="utf-8") as file:
            check("0.31" in file.read(), "not in the file")


def test_fix_53_secrets_are_masked():
    with Home() as home:
        home.patch("/api/v1/settings", {"tibber": {"access_token": "do-not-tell"}})
        for path in ("/api/config", "/api/v1/settings"):
            check(b"do-not-tell" not in home.request("GET", path)[2], f"{path} tells a secret")
        document = home.get("/api/config")
        check_equal(home.request("PUT", "/api/config", document)[0], 200, "masked values are kept")
        check("do-not-tell" not in home.daemon.log(), "the log tells a secret")


def test_unix_socket_is_private():
    with Home() as home:
        check_equal(stat.S_IMODE(os.stat(home.daemon.socket_path).st_mode), 0o600, "mode")
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(SHORT_S)
            peer.connect(home.daemon.socket_path)
            peer.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            check(peer.makefile("rb").read().endswith(b"ok"), "no answer over the unix socket")


def test_fix_17_answers_while_the_charger_hangs():
    with Home() as home:
        wait_for(lambda: home.status()["modbus_connected"] is True, SHORT_S, "charger online")
        home.sim.stop()
        for _ in range(20):
            home.status(timeout_s=1)
            home.post("/api/set_current", {"amps": 8})
        home.sim.cont()


def test_taken_port_is_retried():
    """the daemon runs without the port, and takes it when it becomes free"""
    with socket.create_server(("127.0.0.1", 0)) as holder, \
            Home(daemon=False) as home:
        port = holder.getsockname()[1]
        home.write_config(CONFIG.replace("port: 0\n", f"port: {port}\n"))
        release = threading.Timer(2, holder.close)
        release.start()
        home.start_daemon()  # waits for the line that it listens
        release.join()
        check_equal(home.daemon.port, port, "port")
        check("Address already in use" in home.daemon.log(), "nothing was said about the port")


run([test_every_document_answers, test_commands_are_carried_out,
     test_fix_24_bad_commands_change_nothing, test_errors_have_their_status, test_status_is_tagged,
     test_events_follow, test_stalled_readers_go, test_slow_request_is_cut,
     test_hostile_bytes_do_no_harm, test_page_is_whole, test_settings_are_saved_or_refused,
     test_fix_53_secrets_are_masked, test_unix_socket_is_private,
     test_fix_17_answers_while_the_charger_hangs, test_taken_port_is_retried], at_once=4)
