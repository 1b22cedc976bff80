#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""API v1, health, metrics and the dashboard that is built on them."""

import concurrent.futures
import json
import math
import os
import re
import signal
import socket
import time

from prometheus_client.parser import text_string_to_metric_families

from harness import CONFIG, SRCDIR, Home, check, check_equal, run, wait_for

SHORT_S = 5


def read_events(home, last_id=None):
    """Yields (name, id, document) of /api/v1/events."""
    more = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
    with socket.create_connection((home.daemon.host, home.daemon.port), SHORT_S) as peer:
        peer.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())
        event = {}
        for line in peer.makefile(encoding="utf-8"):
            key, _, value = line.rstrip("\n").partition(": ")
            if line == "\n" and "data" in event:
                yield event["event"], event["id"], json.loads(event["data"])
                event = {}
            elif value:
                event[key] = value


def online(home):
    wait_for(lambda: home.status()["modbus_connected"] is True, SHORT_S, "charger online")


def identified(home):
    """everything about the charger is read, which comes some moments after its first answer"""
    wait_for(lambda: home.status()["serial"], SHORT_S, "charger identified")


def test_events_tell_changes():
    with Home() as home:
        identified(home)
        events = read_events(home)
        name, first, state = next(events)
        check_equal(name, "state", "first event")
        check_equal(state["chargers"]["1"]["id"], "1", "whole state")
        check("version" in state["site"], "site")
        home.patch("/api/v1/chargers/1", {"set_current_mA": 7000})
        for name, last, change in events:
            check_equal(name, "change", "then changes")
            if "set_current_mA" in change["chargers"]["1"]:
                break
        check_equal(change["chargers"]["1"]["set_current_mA"], 7000, "the change")
        check("model" not in change["chargers"]["1"], "what stayed is not told again")
        events.close()
        home.patch("/api/v1/chargers/1", {"set_current_mA": 8000})
        events = read_events(home, last)
        name, again, change = next(events)
        check_equal(name, "change", "resumed")
        check(again != last, "not what was seen")
        while change["chargers"]["1"].get("set_current_mA") != 8000:
            change = next(events)[2]
        events.close()
        # many at once: each gets what it missed itself
        many = [read_events(home, last if number % 2 else None) for number in range(8)]
        with concurrent.futures.ThreadPoolExecutor(len(many)) as pool:
            names = list(pool.map(lambda events: next(events)[0], many))
        check_equal(names, ["state", "change"] * 4, "each by its own id")
        for unknown in ("0000-1", first.split("-")[0] + "-99999999", "x" * 500):
            check_equal(next(read_events(home, unknown))[0], "state", f"unknown id {unknown[:20]}")


def test_explanations_of_the_past():
    with Home() as home:
        online(home)
        home.post("/api/mode", {"mode": 0})
        home.post("/api/startstop", {"value": 1})
        now = home.get("/api/explain")
        check_equal(now, {**home.get("/api/v1/explain"), "timestamp": now["timestamp"],
                          "chargers": now["chargers"]}, "the alias")
        entry = wait_for(lambda: home.get(f"/api/v1/explain?at={int(time.time()) + 1}")["chargers"],
                         SHORT_S, "a decision was noted")[0]
        check(entry["chain"] and entry["since"], "its chain")
        span = home.get("/api/v1/explain?charger=1&from=0")["decisions"]
        check(len(span) >= 1 and span == sorted(span, key=lambda one: one["since"]), "a span")
        check_equal(home.get("/api/v1/explain?at=2020-01-01T00:00:00Z")["chargers"], [], "too old")
        check_equal(home.request("GET", "/api/v1/explain?at=yesterday")[0], 422, "no time")
        check_equal(home.request("GET", "/api/v1/explain?charger=9")[0], 404, "no such charger")
        for unknown in ("2020-01-01T00:00:00Z", str(int(time.time()) + 3600)):
            check_equal(home.get(f"/api/v1/explain?at={unknown}")["chargers"], [], unknown)
            done = home.ctl("explain", "--at", unknown)
            check(done.returncode == 1 and "nothing is known of" in done.stderr, done.stderr)
        check("->" in home.ctl("explain", "--at", str(int(time.time()) + 1)).stdout, "ctl explain --at")


def test_order_from_outside():
    with Home() as home:
        check_equal(home.request("PATCH", "/api/v1/site", {
            "order": {"limit_w": 4200, "duration_s": 60}})[0], 200, "order")
        for body in ({}, [], {"order": 1}, {"order": {"limit_w": -1, "duration_s": 5}},
                     {"order": {"limit_w": 4200}}, {"order": {"duration_s": 10}},
                     {"order": {"limit_w": 1.5, "duration_s": 5}}, {"version": "2"}):
            check_equal(home.request("PATCH", "/api/v1/site", body)[0], 422, f"{body}")
        check_equal(home.request("PATCH", "/api/v1/site", {"order": {"duration_s": 0}})[0], 200, "end")


def test_settings_are_not_overwritten():
    with Home() as home:
        tag = home.request("GET", "/api/v1/settings")[1]["ETag"]
        body = {"poll_interval_ms": 1500}
        check_equal(home.request("PATCH", "/api/v1/settings", body,
                                 headers={"If-Match": '"old"'})[0], 412, "old")
        check_equal(home.request("PATCH", "/api/v1/settings", body,
                                 headers={"If-Match": tag})[0], 200, "as seen")
        check_equal(home.request("PATCH", "/api/v1/settings", body,
                                 headers={"If-Match": tag})[0], 412, "no longer")
        schema = home.get("/api/v1/settings/schema")
        check("2020-12" in schema["$schema"], "schema")


def test_health():
    with Home() as home:
        check_equal(home.request("GET", "/livez")[::2], (200, b"ok"), "livez")
        wait_for(lambda: home.request("GET", "/readyz")[0] == 200, SHORT_S, "ready")
        wait_for(lambda: home.get("/readyz")["remarks"] == [], SHORT_S, "no remarks")
        home.sim.stop()
        wait_for(lambda: home.get("/readyz")["remarks"], 20, "a remark on the charger")
        home.sim.cont()
        update = home.get("/api/update/status")
        check_equal((update["update_available"], update["installation"]), (False, "source"), "update")
        for method, path, body in (("POST", "/api/update/check", None),
                                   ("GET", "/api/update/releases", None),
                                   ("POST", "/api/update/apply", {})):
            status, _, text = home.request(method, path, body)
            check_equal(status, 501, path)
            check("updater" in json.loads(text)["error"], path)


def read_metrics(home):
    """Answers {name: family of samples}, as the parser of Prometheus' own client reads them."""
    status, headers, text = home.request("GET", "/metrics")
    check_equal((status, headers["Content-Type"]),
                (200, "text/plain; version=0.0.4; charset=utf-8"), "metrics")
    families, seen = {}, set()
    for family in text_string_to_metric_families(text.decode()):
        check(family.name not in families, f"{family.name} twice")
        check(family.documentation, f"{family.name} says nothing")
        check(family.type in ("gauge", "counter", "histogram"), f"{family.name}: {family.type}")
        check(family.type != "counter" or f"# TYPE {family.name}_total " in text.decode(),
              f"{family.name} is a counter without _total")
        families[family.name] = family
        for sample in family.samples:
            series = (sample.name, tuple(sorted(sample.labels.items())))
            check(series not in seen, f"{series} twice")
            seen.add(series)
    return families


def read_sample(families, name, **labels):
    """None: it is not there"""
    family = families[re.sub("_(total|bucket|sum|count)$", "", name)]
    return next((sample.value for sample in family.samples
                 if sample.name == name and sample.labels == labels), None)


def check_histograms(families):
    """each series counts upwards to +Inf, which is its count"""
    for family in families.values():
        if family.type != "histogram":
            continue
        buckets = {}
        for sample in family.samples:
            labels = dict(sample.labels)
            if sample.name.endswith("_bucket"):
                bound = labels.pop("le")
                buckets.setdefault(tuple(labels.items()), []).append((float(bound), sample.value))
        check(buckets, f"{family.name} is empty")
        for labels, series in buckets.items():
            check(series == sorted(series) and series[-1][0] == math.inf, f"{family.name}: {series}")
            counts = [value for _, value in series]
            check(counts == sorted(counts), f"{family.name}: {counts}")
            check_equal(read_sample(families, family.name + "_count", **dict(labels)), counts[-1],
                        family.name)


def test_fix_60_metrics_are_real():
    """fix-60: durations and counts are measured, of each route and of each station"""
    with Home() as home:
        online(home)
        families = wait_for(
            lambda: (lambda now: read_sample(now, "phaeton_polls_total", charger="1") and now)(
                read_metrics(home)), SHORT_S, "polls")
        check_histograms(families)
        version = home.get("/api/update/status")["current_version"]
        check_equal(read_sample(families, "phaeton_connected", charger="1"), 1, "online")
        check_equal(read_sample(families, "phaeton_build_info", version=version), 1, "what runs")
        check_equal(families["phaeton_energy_watt_hours"].type, "counter", "kind")
        check(read_sample(families, "phaeton_loop_busy_seconds_count") > 0, "the loop")
        station = f"127.0.0.1:{home.sim.port}"
        check(read_sample(families, "phaeton_modbus_request_duration_seconds_count",
                          station=station, kind="read") > 0, "reads of the wire")

        asked = {"method": "GET", "route": "/api/v1/chargers/{id}"}
        check_equal(read_sample(families, "phaeton_http_requests_total", **asked, **{"class": "2xx"}),
                    None, "not asked yet")
        for path in ("1", "1", "none", "a%20b"):
            home.request("GET", "/api/v1/chargers/" + path)
        for number in range(30):
            home.request("GET", f"/nothing/{number}")
        home.sim.command("fault silent")
        families = wait_for(
            lambda: (lambda now: read_sample(now, "phaeton_modbus_errors_total", station=station,
                                             kind="no_answer") and now)(read_metrics(home)),
            SHORT_S, "errors of the wire")
        for labels, status, count in ((asked, "2xx", 2), (asked, "4xx", 2),
                                      ({"method": "", "route": ""}, "4xx", 30)):
            check_equal(read_sample(families, "phaeton_http_requests_total", **labels,
                                    **{"class": status}), count, f"{labels} {status}")
        check_equal(read_sample(families, "phaeton_http_request_duration_seconds_count", **asked), 4,
                    "durations")


def test_dashboard_asks_for_what_there_is():
    """each metric and each label of every query"""
    with open(os.path.join(SRCDIR, "data", "grafana", "phaeton.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [one["query"] for one in dashboard["templating"]["list"]]
    with Home() as home:
        online(home)
        labels = {}
        for family in read_metrics(home).values():
            for sample in family.samples:
                labels.setdefault(sample.name, set()).update(sample.labels)
            if family.type == "gauge":  # one that nobody can measure now
                labels.setdefault(family.name, {"charger"})
    asked = 0
    for query in queries:
        for name in re.findall(r"phaeton_\w+", query):
            asked += 1
            check(name in labels, f"the dashboard asks for {name}, which there is not")
            used = re.findall(r"(\w+)=~?\"", query)
            for group in re.findall(r"by \(([^)]*)\)", query):
                used += group.split(", ")
            check(set(used) <= labels[name], f"{query}: {name} has {sorted(labels[name])}")
    check(asked > 15, "hardly any query")


def test_fix_52_fix_59_logs():
    """fix-52: no file is ever opened for a client; fix-59: no colours, a level of its own"""
    with Home() as home:
        online(home)
        other = os.path.join(home.directory, "other")
        with open(other, "w", encoding="utf-8") as file:
            file.write("root:x:0:0\n")
        status, _, text = home.request("PATCH", "/api/v1/settings", {"logging": {"file": other}})
        check_equal(status, 422, text)
        check(b"logging.file" in text and b"in the settings file only" in text, text)
        document = home.get("/api/config")
        check_equal(home.request("PUT", "/api/config", document)[0], 200, "as it was")
        document["logging"]["file"] = "/etc/passwd"
        check_equal(home.request("PUT", "/api/config", document)[0], 400, "changed")
        check("other" not in home.get("/api/config")["logging"]["file"], "the file")
        home.patch("/api/v1/settings", {"logging": {"web_level": "INFO"}})
        home.write_config(CONFIG.replace("{directory}/phaeton.log", other))
        wait_for(lambda: home.get("/api/config")["logging"]["file"] == other, SHORT_S, "by the file")
        for path in ("head", "tail", "download", "tail?lines=5", "head?file=/etc/passwd",
                     "download?path=../../etc/passwd"):
            status, headers, text = home.request("GET", "/api/logs/" + path)
            check_equal(status, 200, path)
            check(b"root:" not in text and b"\x1b" not in text, path)
        check(len(home.request("GET", "/api/logs/tail?lines=5")[2].splitlines()) <= 5, "lines")
        check_equal(home.request("GET", "/api/logs/tail?lines=x")[0], 400, "no number")
        for query, pattern in (("level=warn", rb" (WARN|ERROR) "), ("area=victron", rb" victron(\[|:)"),
                               ("charger=1", rb"\[1\]: "),
                               ("area=site&charger=1&level=info", rb" INFO +site\[1\]")):
            for part in ("head", "tail"):
                lines = home.request("GET", f"/api/logs/{part}?{query}")[2].splitlines()
                check(all(re.search(pattern, line) for line in lines), f"{query}: {lines}")
                check(lines or "warn" in query, f"{part}?{query} found nothing")
        for path in ("head", "tail", "stream"):
            check_equal(home.request("GET", f"/api/logs/{path}?level=LOUD")[0], 400, path)
        status, _, text = home.request("POST", "/api/logs/web_level?level=debug")
        check_equal((status, json.loads(text)), (200, {"ok": True, "level": "debug"}), "set")
        check_equal(home.get("/api/logs/web_level"), {"level": "DEBUG"}, "get")
        status, _, text = home.request("POST", "/api/logs/web_level?level=LOUD")
        check_equal((status, json.loads(text)["ok"]), (400, False), "no level")
        check_equal(home.request("POST", "/api/logs/web_level")[0], 400, "nothing")
        with socket.create_connection((home.daemon.host, home.daemon.port), SHORT_S) as peer:
            peer.sendall(b"GET /api/logs/stream?charger=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream = peer.makefile(encoding="utf-8")
            home.post("/api/mode", {"mode": 1})
            home.post("/api/mode", {"mode": 0})
            for line in stream:
                if line.startswith("data: "):
                    break
            check("[1]: " in line, line)
        strangers = home.request("GET", "/api/logs/tail", headers={"X-Forwarded-For": "203.0.113.1"})
        check_equal(strangers[0], 401, "strangers")


def test_log_file_is_reopened():
    """SIGHUP, as logrotate sends it; and what is written is JSON where that is wanted"""
    with Home(config=CONFIG.replace("logging:\n", "logging:\n  json_format: true\n")) as home:
        path = os.path.join(home.directory, "phaeton.log")
        wait_for(lambda: os.path.getsize(path), SHORT_S, "a log")
        os.rename(path, path + ".old")
        home.daemon.signal(signal.SIGHUP)
        wait_for(lambda: os.path.exists(path), SHORT_S, "the file is made anew")
        home.post("/api/mode", {"mode": 1})
        wait_for(lambda: "Mode changed" in open(path, encoding="utf-8").read(), SHORT_S, "a line")
        home.daemon.end()
        for name in (path + ".old", path):
            with open(name, encoding="utf-8") as file:
                for line in file:
                    check_equal(list(json.loads(line)),
                                ["timestamp", "level", "area", "device", "message"], "keys")
        home.start_daemon()


run([test_log_file_is_reopened, test_fix_52_fix_59_logs, test_events_tell_changes, test_explanations_of_the_past, test_order_from_outside,
     test_settings_are_not_overwritten, test_health, test_fix_60_metrics_are_real,
     test_dashboard_asks_for_what_there_is])
