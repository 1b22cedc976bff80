#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""data/openapi.yaml is what the daemon does: every operation and every answer that it names."""

import concurrent.futures
import http.client
import json
import os
import re
import signal
import socket
import sys
import time

from harness import CONFIG, SRCDIR, Home, check, check_equal, run, wait_for
from openapi import Contract, load

sys.path.insert(0, os.path.join(SRCDIR, "tests", "fakes"))
import prices as fakes  # noqa: E402  pylint: disable=wrong-import-position

SHORT_S = 10
AWAY = {"X-Forwarded-For": "203.0.113.9"}  # as if it came through a proxy: never local
PASSWORD = "correct horse"
NOBODY = {"id": "nobody.such"}
SESSION = {"id": "00000000-0000-8000-a000-000000000000"}
PARAMETERS = {"ChargerId": "1", "SessionId": SESSION["id"], "UserId": "nobody", "TokenId": "x",
              "Path": "index.html"}
LESS = {"viewer": None, "driver": "viewer", "admin": "driver"}


def bearer(token):
    return {"Authorization": "Bearer " + token}


def path_of(contract, operation):
    """something for each {hole} of the address"""
    names = [item["$ref"].rsplit("/", 1)[1] for item in operation.document.get("parameters", ())
             if "$ref" in item]
    return {contract.document["components"]["parameters"][name]["name"]: PARAMETERS[name]
            for name in names if name in PARAMETERS}


def ask_accounts(contract):
    """From the first password to the last token; answers tokens by role."""
    ask = contract.ask
    check_equal(ask("getLogin", headers=AWAY)["role"], "none", "a stranger")
    code = ask("getSetup")["code"]
    ann = {"code": code, "user": "ann", "password": PASSWORD}
    ask("postSetup", 422, body={**ann, "password": "short"})
    ask("postSetup", 403, body={**ann, "code": "WRONG"})
    ask("postSetup", 201, body=ann)
    ask("postSetup", 409, body=ann)
    ask("logIn", 422, body={"user": 1, "password": PASSWORD})
    ask("logIn", 401, body={"user": "ann", "password": "wrong"}, source="127.0.1.1")
    ask("logIn", body={"user": "ann", "password": PASSWORD})
    ask("logOut", 204)
    bob = {"name": "bob", "role": "viewer", "password": PASSWORD}
    ask("postUser", 201, body=bob)
    ask("postUser", 409, body=bob)
    ask("postUser", 422, body={**bob, "role": "king"})
    ask("patchUser", path={"id": "bob"}, body={"role": "driver"})
    ask("patchUser", 422, path={"id": "bob"}, body={"role": 1})
    ask("patchUser", 404, path=NOBODY, body={"role": "driver"})
    ask("patchUser", 409, path={"id": "ann"}, body={"role": "driver"})
    ask("deleteUser", 409, path={"id": "ann"})
    ask("deleteUser", 204, path={"id": "bob"})
    ask("deleteUser", 404, path={"id": "bob"})
    check_equal(ask("getUsers")["users"], [{"name": "ann", "role": "admin"}], "users")
    tokens = {role: ask("postToken", 201, body={"name": role, "role": role, "expires_days": 2})
              for role in ("viewer", "driver", "admin")}
    ask("postToken", 422, body={"name": "x", "role": "viewer", "expires_days": 0})
    check_equal(len(ask("getTokens")["tokens"]), 3, "tokens")
    while len(ask("getTokens")["tokens"]) < 64:
        spare = ask("postToken", 201, body={"name": "spare", "role": "viewer"})
    ask("postToken", 409, body={"name": "one too many", "role": "viewer"})
    ask("deleteToken", 204, path={"id": spare["id"]})
    ask("deleteToken", 404, path={"id": spare["id"]})
    return {role: token["token"] for role, token in tokens.items()}


def ask_ancestors(contract):
    ask = contract.ask
    for name in ("getHealth", "getStatus", "getMetrics", "getOldSessions", "getDbus",
                 "getOldExplanation", "getConfig", "getConfigSchema", "getTibberPlan"):
        ask(name)
    for name in ("getStatus", "getConfig", "getConfigSchema"):
        operation = contract.operations[name]
        # the status changes every second: ask with the newest tag until none came between
        def ask_again():
            tag = contract.send(operation)[1]["ETag"]
            answer = contract.send(operation, headers={"If-None-Match": tag})
            contract.check_answer(operation, *answer)
            return answer[0] == 304
        wait_for(ask_again, SHORT_S, f"{name}: 304")
    ask("getOldExplanation", 404, query={"charger": "9"})
    ask("getOldExplanation", 422, query={"at": "yesterday"})
    for name, good, bad in (("postMode", {"mode": 1}, {"mode": 3}),
                            ("postStartStop", {"value": 1}, {"value": "yes"}),
                            ("postSetCurrent", {"amps": 1000}, {"amps": "a lot"}),
                            ("postPhases", {"phases": 3}, {"phases": 256}),):
        ask(name, body=good)
        ask(name, 422, body=bad)
    ask("putConfig", body={"poll_interval_ms": 1100})
    ask("putConfig", 400, body={"poll_interval_ms": "never"})
    for name in ("getLogHead", "getLogTail"):
        ask(name, query={"lines": 5})
        ask(name, 400, query={"lines": -1})
    ask("streamLog", 400, query={"level": "LOUD"})
    ask("getLog")
    ask("getLogLevel")
    ask("postLogLevel", query={"level": "debug"})
    ask("postLogLevel", 400, query={"level": "loud"})
    ask("getUpdateStatus")
    ask("checkForUpdate", 501)
    ask("getReleases", 501)
    ask("applyUpdate", 501, body={})


def ask_state(contract):
    ask = contract.ask
    check_equal(ask("getSite")["chargers"], ["1"], "ids")
    ask("patchSite", body={"order": {"limit_w": 4200, "duration_s": 60}})
    ask("patchSite", body={"order": {"duration_s": 0}})
    ask("patchSite", 422, body={"order": {"limit_w": 4200}})
    check_equal(ask("getChargers")["chargers"][0]["connected"], 1, "connected")
    devices = {device["kind"]: device for device in ask("getDevices")["devices"]}
    check(devices["charger"]["answers"] and devices["grid"]["answers"], devices)
    check(devices["charger"]["age_ms"] < 30000 and devices["charger"]["last_error"] is None, devices)
    ask("getCharger", path={"id": "1"})
    ask("getCharger", 404, path={"id": "9"})
    ask("patchCharger", path={"id": "1"}, body={"mode": 0, "set_current_mA": 9000})
    ask("patchCharger", 404, path={"id": "9"}, body={"mode": 0})
    ask("patchCharger", 422, path={"id": "1"}, body={"power_w": 9000})
    check(ask("getReason", path={"id": "1"})["why_code"], "a reason")
    ask("getReason", 404, path={"id": "9"})
    ask("getExplanation")
    ask("getExplanation", query={"at": int(time.time()) + 1})
    ask("getExplanation", query={"at": "2026-11-21"})
    ask("getExplanation", query={"at": "2026-11-21T12:00:00.5+01:00"})
    decisions = ask("getExplanation", query={"charger": "1", "from": 0})["decisions"]
    check(decisions and "since" in decisions[0], "decisions of the past")
    ask("getExplanation", 404, query={"charger": "9"})
    ask("getExplanation", 422, query={"from": "yesterday"})


def ask_history(contract, home):
    ask = contract.ask
    home.post("/api/startstop", {"value": 1})
    home.sim.command("plug")
    wait_for(lambda: ask("getSessions")["sessions"], SHORT_S, "a session")
    wait_for(lambda: ask("getOldSessions")["current_session"], SHORT_S, "it runs")
    home.sim.command("unplug")
    ended = wait_for(lambda: [one for one in ask("getSessions")["sessions"] if not one["running"]],
                     SHORT_S, "it ended")[0]
    wait_for(lambda: ask("getOldSessions")["history"], SHORT_S, "it is in the history")
    for name in ("getSessions", "getTotals"):
        text = ask(name, query={"format": "csv"})
        check(isinstance(text, bytes) and b"," in text, "CSV")
        ask(name, 422, query={"from": "yesterday"})
    ask("getTotals", query={"by": "charger"})
    path = {"id": ended["id"]}
    ask("getSession", path=path)
    ask("getSession", 404, path=SESSION)
    check_equal(ask("patchSession", path=path, body={"tag": "work"})["tag"], "work", "tag")
    ask("patchSession", 422, path=path, body={"energy_wh": 0})
    ask("patchSession", 404, path=SESSION, body={"tag": "work"})
    names = ask("getSeries")["series"]
    check(names, "series")
    ask("getHistory", query={"series": ",".join(names[:3]), "step": "minute"})
    ask("getHistory", query={"series": names[0], "step": "second"})
    ask("getHistory", query={"series": names[0], "format": "csv"})
    ask("getHistory", 422)
    ask("getHistory", 404, query={"series": "nope"})
    ask("restoreHistory", 422)
    copy = ask("backUpHistory")["path"]
    os.rename(copy, os.path.join(os.path.dirname(copy), "history-restore.db"))
    ask("restoreHistory")
    ask("deleteSession", path=path)
    ask("deleteSession", 404, path=SESSION)


def ask_settings(contract):
    ask = contract.ask
    settings = contract.send(contract.operations["getSettings"])
    tag = settings[1]["ETag"]
    ask("getSettings")
    ask("getSettings", 304, headers={"If-None-Match": tag})
    ask("getSettingsSchema")
    tagged = contract.send(contract.operations["getSettingsSchema"])[1]["ETag"]
    ask("getSettingsSchema", 304, headers={"If-None-Match": tagged})
    operation = contract.operations["patchSettings"]
    def patch(value, tags): # two at once may not both win
        answer = contract.send(operation, body={"poll_interval_ms": value},
                               headers={"If-Match": tags})
        contract.check_answer(operation, *answer)
        return answer
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda value: patch(value, tag), (1001, 1002)))
    check_equal(sorted(answer[0] for answer in answers), [200, 412], "one of two wins")
    newer = next(answer[1]["ETag"] for answer in answers if answer[0] == 200)
    for status, tags in ((412, tag), (412, "W/" + newer), (412, '"x"'), (412, newer[:-1]),
                         (200, f'"x", {newer}'), (200, "*")):
        check_equal(patch(1000, tags)[0], status, f"If-Match: {tags}")
    dry = {"query": {"dry_run": "1"}}
    check_equal(ask("patchSettings", body={"poll_interval_ms": 2000}, **dry)["saved"], False, "dry")
    problem = ask("patchSettings", 422, body={"poll_interval_ms": 1}, **dry)
    check_equal(problem["problems"][0]["key"], "poll_interval_ms", "a dry run says which one")
    ask("patchSettings", 422, body=[], **dry)
    ask("patchSettings", 422, body={"poll_interval_ms": 2000}, query={"dry_run": "true"})
    check_equal(ask("getSettings")["poll_interval_ms"], 1000, "a dry run sets nothing")
    problem = ask("patchSettings", 422, body={"poll_interval_ms": 1})
    check_equal(problem["problems"][0]["key"], "poll_interval_ms", "which one")
    ask("getPrices")
    ask("getPlan")


def test_charger(contract, settings):
    return contract.ask("testCharger", body={"charger": "1", "settings": settings})


def ask_charger_tests(contract, home):
    """settings that are not in force, beside a charger that runs and is not disturbed"""
    ask = contract.ask
    polls = home.status()["total_polls"]
    tested = test_charger(contract, {})
    check(tested["answers"] and tested["identity"]["serial"] == "ACE0402633", tested)
    check(tested["values"]["voltage_v"][0] > 200 and tested["error"] is None, tested)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    tested = test_charger(contract, {"modbus": {"port": port}})
    check(not tested["answers"] and "refused" in tested["error"], tested)
    check(tested["took_ms"] >= 1000, "a failure takes a second")
    for bad in (-1, 1, 22, 80, 501, 503, 1023, 65536):  # no way to look what else listens there
        ask("testCharger", 422, body={"charger": "1", "settings": {"modbus": {"port": bad}}})
    ask("testCharger", 404, body={"charger": "9", "settings": {}})
    wait_for(lambda: home.status()["total_polls"] > polls, SHORT_S, "it is polled on")
    check_equal(home.get("/api/v1/settings")["modbus"]["port"], home.sim.port, "nothing is set")
    ask_silent_chargers(contract)
    check(len(re.findall("Asking 127.0.0.1 port", home.daemon.log())) == 3, "each is in the log")


def ask_silent_chargers(contract):
    operation = contract.operations["testCharger"]
    with socket.create_server(("127.0.0.1", 0)) as silent:  # listens, but says nothing
        settings = {"modbus": {"port": silent.getsockname()[1]}}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(test_charger, contract, settings)
            silent.settimeout(SHORT_S)
            with silent.accept()[0]:
                answer = contract.send(operation, body={"charger": "1", "settings": settings})
                contract.check_answer(operation, *answer)
                check_equal(answer[0], 409, "one at a time")
                check(not first.result()["answers"], "silence is no answer")


def ask_pages(contract):
    for name, operation in contract.operations.items():
        if operation.tag != "pages":
            continue
        path = path_of(contract, operation)
        if name == "getDocsFile":
            path = {"path": "swagger-ui-bundle.js"}
            contract.ask(name, 303, path={"path": ""})
        contract.ask(name, min(operation.statuses), path=path)
        if 304 in operation.statuses:
            tag = contract.send(operation, path=path)[1]["ETag"]
            contract.ask(name, 304, path=path, headers={"If-None-Match": tag})
        if 404 in operation.statuses:
            contract.ask(name, 404, path={"path": "no/such/file"})
    check(contract.ask("getOpenapi") == load(), "the document is what is served: build it")


def ask_streams(contract, home):
    check_equal(next(contract.read_events("streamStatus"))[0], "status", "first event")
    events = contract.read_events("streamState")
    check_equal(next(events)[0], "state", "everything first")
    name, last, _ = next(events)
    check_equal(name, "change", "then changes")
    events.close()
    home.patch("/api/v1/chargers/1", {"set_current_mA": 7000})
    resumed = contract.read_events("streamState", headers={"Last-Event-ID": last})
    check_equal(next(resumed)[0], "change", "what was missed")
    resumed.close()
    lines = contract.read_events("streamLog")
    next_line = wait_line(lines, home)
    check_equal(next_line[0], "log", "a line")


def wait_line(lines, home):
    """the stream tells what is logged from now on: a command is"""
    home.post("/api/mode", {"mode": 1})
    home.post("/api/mode", {"mode": 0})
    return next(lines)


def ask_bad_bodies(contract, operation):
    """400 413 415, which come before anything is done"""
    kind = operation.body_type()
    path = path_of(contract, operation)
    for wanted, body, headers in (
            (400, b"{", {}), (400, b"[" * 100 + b"]" * 100, {}),
            (413, b" " * (256 * 1024 + 1), {}), (415, b"{}", {"Content-Type": "text/plain"})):
        contract.ask(operation.id, wanted, path=path, body=body,
                     headers={"Content-Type": kind, **headers})


def ask_what_is_not_there(contract, home):
    """405 for each path and 404 beside it: a problem document below /api/v1, else {"error"}"""
    for path, methods in contract.document["paths"].items():
        target = path.replace("{id}", "1").replace("{path}", "index.html")
        known = {method.upper() for method in methods}
        wrong = next(method for method in ("DELETE", "PUT") if method not in known)
        for method, address, wanted in ((wrong, target, 405), ("GET", target + "/not/there", 404)):
            status, headers, text = home.request(method, address)
            check_equal(status, wanted, f"{method} {address}")
            is_v1 = address.startswith("/api/v1/")
            check_equal(headers["Content-Type"],
                        "application/problem+json" if is_v1 else "application/json", address)
            contract.check({"$ref": "#/components/schemas/" + ("Problem" if is_v1 else "Error")},
                           json.loads(text), f"{method} {address}")
            if status == 405:
                check(known <= set(headers["Allow"].split(", ")), f"{path}: {headers['Allow']}")


def guess(contract, operation, address, **request):
    """wrong tokens until the daemon makes that address wait, which doubles each time"""
    for _ in range(8):
        answer = contract.send(operation, source=address, **request)
        contract.check_answer(operation, *answer)
        if answer[0] == 429:
            return
        check_equal(answer[0], 401, f"{operation.id} with a wrong token")
    raise AssertionError(f"{operation.id}: who guesses tokens need not wait")


def ask_like_strangers(contract, operation, tokens, address):
    """401 403 421 429"""
    path = path_of(contract, operation)
    body = b"{}" if operation.body_type() else None
    statuses = operation.statuses
    if operation.role is not None:
        contract.ask(operation.id, 401, path=path, body=body, headers=AWAY)
        contract.ask(operation.id, 421, path=path, body=body, headers={"Host": "evil.example"})
    if LESS.get(operation.role):
        contract.ask(operation.id, 403, path=path, body=body,
                     headers=bearer(tokens[LESS[operation.role]]))
    if operation.method != "GET":
        contract.ask(operation.id, 403, path=path, body=body,
                     headers={"Origin": "https://evil.example"})
    check_equal(403 in statuses, operation.role in ("driver", "admin") or
                operation.method != "GET", f"{operation.id}: 403")
    guess(contract, operation, address, path=path, body=body, headers=bearer("wrong"))


def ask_prices(contract, home):
    """a service that does not answer, then one that does"""
    service = fakes.make("tibber")
    service.set_clock(time.time(), 1.0)
    config = CONFIG + f"""\
schedule: {{mode: tibber}}
tibber:
  access_token: {fakes.Tibber.TOKEN}
  home_id: "{fakes.Tibber.HOME}"
  url: http://127.0.0.1:PORT/
"""
    try:
        home.write_config(config.replace("PORT", "1"))
        wait_for(lambda: contract.ask("getPrices")["error"], SHORT_S, "there are none")
        contract.ask("getTibberPlan", 500)
        home.write_config(config.replace("PORT", str(service.port)))
        wait_for(lambda: contract.send(contract.operations["getTibberPlan"])[0] == 200, SHORT_S,
                 "there are prices")
        check(contract.ask("getPrices")["slots"], "prices")
        check("charge" in contract.ask("getPlan")["slots"][0], "a plan")
        check("charge" in contract.ask("getPlan", query={"charger": "1"})["slots"][0], "its plan")
        contract.ask("getPlan", 404, query={"charger": "9"})
        contract.ask("getPlan", 422, query={"charger": b"\xff"})
        check(contract.ask("getTibberPlan")["points"], "the plan of the ancestors")
    finally:
        service.cut()


def begin_slowly(home, path, body):
    """the headers of a command, whose body is to come"""
    peer = socket.create_connection((home.daemon.host, home.daemon.port), SHORT_S)
    peer.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode())
    return peer


def end_politely(contract, home):
    """SIGTERM lets what is under way finish, and says meanwhile that it is no longer ready"""
    connection = http.client.HTTPConnection(home.daemon.host, home.daemon.port, timeout=SHORT_S)
    connection.request("GET", "/livez")
    connection.getresponse().read()
    body = b'{"mode": 1}'
    with begin_slowly(home, "/api/mode", body) as late:
        answers = home.status()["total_polls"] # the headers of the other one have been read
        check(answers is not None, "polls")
        home.daemon.signal(signal.SIGTERM)
        home.daemon.wait_log("Stopping")
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        document = contract.check_answer(contract.operations["getReadiness"], answer.status,
                                         answer.headers, answer.read())
        check_equal((answer.status, document["reasons"]), (503, ["the daemon stops"]), "readyz")
        late.sendall(body)
        text = late.makefile("rb").read()
        check(text.startswith(b"HTTP/1.1 200") and text.endswith(b'{"ok":true}'), text)
    connection.close()
    check_equal(home.daemon.popen.wait(SHORT_S), 0, "exit status")


def ask_at_the_end(contract, home):
    """The daemon waits a second for what is under way: a machine that stands still misses it."""
    for _ in range(4):
        try:
            return end_politely(contract, home)
        except (OSError, http.client.HTTPException) as error:
            last = error
            home.daemon.popen.wait(SHORT_S)
            home.start_daemon()
    raise last


def test_every_operation_and_every_answer():
    with Home() as home, Contract(home) as contract:
        wait_for(lambda: home.status()["modbus_connected"] is True, SHORT_S, "charger online")
        wait_for(lambda: home.request("GET", "/readyz")[0] == 200, SHORT_S, "ready")
        contract.ask("getReadiness")
        contract.ask("getLiveness")
        check(b"phaeton_" in contract.ask("getPrometheusMetrics"), "metrics")
        tokens = ask_accounts(contract)
        ask_ancestors(contract)
        ask_state(contract)
        ask_history(contract, home)
        ask_settings(contract)
        ask_charger_tests(contract, home)
        ask_pages(contract)
        ask_streams(contract, home)
        ask_what_is_not_there(contract, home)
        ask_prices(contract, home)
        for number, operation in enumerate(contract.operations.values()):
            if operation.body_type():
                ask_bad_bodies(contract, operation)
            ask_like_strangers(contract, operation, tokens, f"127.0.2.{number + 1}")
        ask_at_the_end(contract, home)
        missing = contract.missing()
        answers = sum(len(operation.statuses) for operation in contract.operations.values())
        print(f"# {len(contract.operations)} operations, {answers} documented answers, "
              f"{len(missing)} not asked for: {' '.join(missing)}", flush=True)
        check_equal(missing, [], "never seen")


def test_document_is_openapi():
    with Contract(None) as contract:
        check_equal(contract.lint(), [], "data/openapi.yaml")


def test_a_stop_waits_for_no_other_machine():
    with Home() as home, Contract(home) as contract, \
            socket.create_server(("127.0.0.1", 0)) as silent, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        body = {"charger": "1", "settings": {"modbus": {"port": silent.getsockname()[1]}}}
        operation = contract.operations["testCharger"]
        asked = pool.submit(contract.send, operation, body=body)
        silent.settimeout(SHORT_S)
        with silent.accept()[0]:
            home.daemon.signal(signal.SIGTERM)
            answer = asked.result()
        check_equal(answer[0], 503, answer[2])
        contract.check_answer(operation, *answer)
        check_equal(home.daemon.popen.wait(SHORT_S), 0, "exit status")


run([test_document_is_openapi, test_every_operation_and_every_answer,
     test_a_stop_waits_for_no_other_machine])
