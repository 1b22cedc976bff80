#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on every route of the contract, on its wire and on its limits. Nothing gets in, nothing
grows, and the control loop stays on time."""

import http.client
import itertools
import json
import os
import re
import resource
import socket
import ssl
import time

import openapi
from harness import (CONFIG, Home, Process, check, check_equal, is_sanitized, measure_memory,
                     program, run, wait_for)

AWAY = {"X-Forwarded-For": "203.0.113.1"}  # as if it came through a proxy: never local
ROLES = (None, "viewer", "driver", "admin")
MAX_GROWTH_KB = 8192
DISPATCH_S = 0.025 if is_sanitized() else 0.005
CROWD = 250
SPARE_DESCRIPTORS = 10  # what a daemon that just began still opens: buses, files


def list_routes():
    """(method, path, role) of every operation of the contract"""
    routes = []
    for path, methods in openapi.load()["paths"].items():
        for method, document in methods.items():
            operation = openapi.Operation(method, path, document)
            routes.append((operation.method, path.replace("{id}", "1"), operation.role))
    return routes


def read_rss_kb(home):
    with open(f"/proc/{home.daemon.pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


peers = itertools.count(2)


def ask(home, method, path, headers, source="127.0.0.1"):
    """Answers status and headers."""
    body = b"{}" if method in ("POST", "PUT", "PATCH") else None
    connection = http.client.HTTPConnection(home.daemon.host, home.daemon.port, timeout=10,
                                            source_address=(source, 0))
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **AWAY,
                                                **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers
    finally:
        connection.close()


def ask_as_stranger(home, method, path, headers):
    """from an address that nobody had before: strangers are slowed down"""
    number = next(peers)
    return ask(home, method, path, headers, f"127.1.{number // 250}.{1 + number % 250}")


def test_fix_51_every_route_holds_its_role():
    """fix-51: no, wrong, foreign and too small credentials on every route of the contract"""
    routes = list_routes()
    check(len(routes) > 60, "the contract was not found")
    measure_memory()
    with Home() as home:
        tokens = {}
        for role in ROLES[1:]:
            status, _, text = home.request("POST", "/api/v1/tokens", {"name": role, "role": role})
            check_equal(status, 201, text)
            tokens[role] = json.loads(text)["token"]
        wrong = [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic YW5uOmFubg=="},
                 {"Authorization": "Bearer " + tokens["admin"][:-1]},
                 {"Authorization": "Bearer " + tokens["admin"] + "A"},
                 {"Cookie": "phaeton_session="}, {"Cookie": "phaeton_session=" + tokens["admin"]},
                 {"Cookie": "a=b; phaeton_session=" + "A" * 43}]
        before = read_rss_kb(home)
        for method, path, needed in routes:
            if needed is None:
                continue
            what = f"{method} {path}"
            for header in wrong:
                status, headers = ask_as_stranger(home, method, path, header)
                check_equal(status, 401, f"{what} with {header}")
                check(headers["WWW-Authenticate"].startswith("Bearer"), what)
            for header in ({"Host": "evil.example"}, {"Host": "localhost.evil.example"}):
                check_equal(ask_as_stranger(home, method, path, header)[0], 421, what)
            for role, token in tokens.items():
                if ROLES.index(role) < ROLES.index(needed):
                    status = ask_as_stranger(home, method, path,
                                             {"Authorization": "Bearer " + token})[0]
                    check_equal(status, 403, f"{role}: {what}")
            if method == "GET":
                status = ask_as_stranger(home, method, path,
                                         {"Authorization": "Bearer " + tokens[needed]})[0]
                check(status not in (401, 403, 421), f"{needed}: {what}: {status}")
        check(read_rss_kb(home) - before < MAX_GROWTH_KB, "the daemon grew")
        home.status()


def test_pages_of_others_change_nothing():
    """a foreign origin on every route that changes something, asked from this machine"""
    with Home() as home:
        before = home.get("/api/config")
        for method, path, _ in list_routes():
            if method != "GET":
                for header in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                               {"Origin": "https://localhost"}, {"Sec-Fetch-Site": "cross-site"},
                               {"Sec-Fetch-Site": "same-site"}):
                    status = home.request(method, path, {}, headers=header)[0]
                    check_equal(status, 403, f"{method} {path} with {header}")
        check_equal(home.get("/api/config"), before, "settings")


def count_descriptors(home):
    return len(os.listdir(f"/proc/{home.daemon.pid}/fd"))


def connect(home):
    return socket.create_connection((home.daemon.host, home.daemon.port), 10)


def send(home, request):
    """what comes back until the daemon hangs up, or its first bytes"""
    with connect(home) as peer:
        try:
            peer.sendall(request)
            return peer.recv(4096)
        except ConnectionError:
            return b""


def check_untouched(home, before):
    """nothing got in, nothing grew, the site steps on"""
    settings, descriptors, rss_kb, late = before
    check_equal(home.get("/api/config"), settings, "settings")
    wait_for(lambda: count_descriptors(home) <= descriptors + SPARE_DESCRIPTORS, 10, "descriptors are given back")
    check(read_rss_kb(home) - rss_kb < MAX_GROWTH_KB, "the daemon grew")
    check_equal(home.request("GET", "/readyz")[0], 200, "the site stands still")
    check_equal(count_late(home), late, f"dispatches of more than {DISPATCH_S} s")


def count_late(home):
    """dispatches of the main loop, by its CPU time, in which the control loop may have been late"""
    text = home.request("GET", "/metrics")[2].decode()
    total, punctual = (int(re.search(rf"^phaeton_loop_busy_seconds_{name} (\d+)$", text, re.M)[1])
                       for name in ("count", re.escape(f'bucket{{le="{DISPATCH_S}"}}')))
    return total - punctual


def look(home):
    home.status()
    return home.get("/api/config"), count_descriptors(home), read_rss_kb(home), count_late(home)


def test_fix_52_paths_lead_nowhere():
    """fix-52: traversal and malformed escapes, wherever a path or a name is taken"""
    with Home() as home:
        before = look(home)
        for path in ("/ui/../../../../etc/passwd", "/ui/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
                     "/ui/..%2f..%2f..%2fetc%2fpasswd", "/ui//etc/passwd", "/ui/%00", "/ui/%zz",
                     "/ui/%c0%ae%c0%ae/", "/app/..%5c..%5cetc%5cpasswd", "/api/v1/chargers/../../x",
                     "/api/v1/chargers/%2e%2e%2f", "/api/v1/users/%ff", "/api/logs/tail?lines=%zz",
                     "/api/logs/../../etc/passwd", "/" + "%41" * 600, "//", "/%", "/?%%%"):
            answer = send(home, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            check(b"root:" not in answer and b"phaeton_config" not in answer, path)
            check(not answer.startswith(b"HTTP/1.1 5"), f"{path}: {answer[:60]}")
        check_untouched(home, before)


def test_bodies_do_no_harm():
    """oversized, endless, deep and absurd JSON on every route that takes a body"""
    with Home() as home:
        before = look(home)
        bodies = [b"[" * 4000, b'{"a":' * 700, b'{"mode":1e999}', b'{"amps":' + b"9" * 3000 + b"}",
                  b"\x00" * 100, b'{"a":"\xff\xfe"}', b'{"a":1,"a":2', b"x" * 300000]
        for method, path, _ in list_routes():
            if method == "GET" or path.endswith("/restore") or path.endswith("/backup"):
                continue
            for body in bodies:
                try:
                    status = home.request(method, path, body, headers={
                        "Content-Type": "application/json"})[0]
                except ConnectionError:
                    continue  # hung up on
                check(status < 500 or status == 501, f"{method} {path} {body[:20]}: {status}")
        check_untouched(home, before)


def flood(home):
    slow = [connect(home) for _ in range(200)]
    for peer in slow:
        peer.sendall(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nA: ")
    stalled = []
    for _ in range(50):
        peer = connect(home)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        peer.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        stalled.append(peer)
    crowd = [connect(home) for _ in range(CROWD)]
    for peer in crowd:
        peer.sendall(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
    filler = b"A: " + b"b" * 8000 + b"\r\n"
    for _ in range(100):
        send(home, b"GET / HTTP/1.1\r\n" + filler * 20)
        send(home, b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n")
    begun = time.monotonic()
    home.status()
    check(time.monotonic() - begun < 2, "others wait")
    for peer in slow + stalled + crowd:
        peer.close()


def test_floods_are_outlived():
    """slowloris, floods of headers, a crowd, requests that libsoup would keep, streams that nobody reads"""
    measure_memory()
    with Home() as home:
        descriptors = count_descriptors(home)
        flood(home)  # what a peak takes is kept and used again
        wait_for(lambda: count_descriptors(home) <= descriptors + SPARE_DESCRIPTORS, 30, "the flood is over")
        before = look(home)
        for _ in range(3):
            flood(home)
        check_untouched(home, before)


def ask_unread(home, path):
    """on many connections; answers them"""
    crowd = [connect(home) for _ in range(CROWD)]
    for peer in crowd:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    for peer in crowd:
        check(peer.recv(12) == b"HTTP/1.1 200", path)
    return crowd


def close_all(crowd):
    for peer in crowd:
        peer.close()


def test_large_answers_are_shared():
    """who asks for the largest file on many connections and reads on none"""
    measure_memory()
    with Home() as home:
        path = "/docs/swagger-ui-bundle.js"
        if home.request("GET", path)[0] != 200:
            path = "/openapi.json"  # built without Node.js
        copies_kb = CROWD * len(home.request("GET", path)[2]) // 1024
        check(copies_kb > 2 * MAX_GROWTH_KB, f"{path} is too small to tell")
        close_all(ask_unread(home, "/livez"))  # what connections take is not the subject
        rss_kb = read_rss_kb(home)
        crowd = ask_unread(home, path)
        check(read_rss_kb(home) - rss_kb < max(MAX_GROWTH_KB, copies_kb // 4), "each has a copy")
        close_all(crowd)
        check_equal(home.request("GET", "/readyz")[0], 200, "the site stands still")


def make_hello(context):
    """the first message of a client"""
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def test_silent_tls():
    """connections that never say hello, or only half of it, hold nobody up"""
    config = CONFIG.replace("web:\n", "web:\n  tls: self-signed\n")
    with Home(daemon=False, config=config) as home:
        # the search for leaks crashes in threads that an aborted handshake has just left
        daemon = home._add(Process(
            home, "phaeton",
            [program("phaeton"), "--config", home.config_path, "--state-dir", home.state_dir],
            ASAN_OPTIONS=home.make_environment({})["ASAN_OPTIONS"] + ":detect_leaks=0"))
        port = int(daemon.wait_log(r"Web server listening at https://127.0.0.1:(\d+)")[1])
        context = ssl.create_default_context(
            cafile=os.path.join(home.state_dir, "web-certificate.pem"))

        def is_answered():
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
            connection.request("GET", "/readyz")
            status = connection.getresponse().status
            connection.close()
            return status == 200

        wait_for(is_answered, 10, "the site steps")
        silent = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(150)]
        for peer in silent[::2]:
            peer.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        hello = make_hello(context)
        for number in range(20):  # of two others, who say no more than that
            silent.append(socket.create_connection(("127.0.0.1", port), 5,
                                                   source_address=(f"127.0.0.{2 + number % 2}", 0)))
            silent[-1].sendall(hello)
        begun = time.monotonic()
        check(is_answered(), "the site stands still")
        check(time.monotonic() - begun < 3, "others wait for those who are silent")
        for peer in silent:
            peer.close()


def test_out_of_descriptors():
    """when no descriptor is left the site steps on, and the door opens again by itself"""
    with Home() as home:
        before = look(home)
        limits = resource.prlimit(home.daemon.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(home.daemon.pid, resource.RLIMIT_NOFILE,
                         (count_descriptors(home) + 5, limits[1]))
        peers = [connect(home) for _ in range(40)]
        home.daemon.wait_log("Cannot accept connections for now")
        for peer in peers:
            peer.close()
        resource.prlimit(home.daemon.pid, resource.RLIMIT_NOFILE, limits)
        wait_for(home.status, 10, "the door opens again")
        check_untouched(home, before)


def test_requests_between_requests():
    """a body that hides another request is no request"""
    with Home() as home:
        before = look(home)
        inner = b'POST /api/mode HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' \
                b'Content-Length: 10\r\n\r\n{"mode":1}'
        for length in (b"Content-Length: 0\r\nContent-Length: 5", b"Content-Length: 0, 5",
                       b"Transfer-Encoding: chunked\r\nContent-Length: 5",
                       b"Transfer-Encoding : chunked", b"Content-Length: +0", b"X: y\r\n z: w"):
            send(home, b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n" + length + b"\r\n\r\n" +
                 inner)
        check_equal(home.status()["mode"], 0, "mode")
        check_untouched(home, before)


run([test_fix_51_every_route_holds_its_role, test_pages_of_others_change_nothing,
     test_fix_52_paths_lead_nowhere, test_bodies_do_no_harm, test_floods_are_outlived,
     test_large_answers_are_shared, test_silent_tls, test_out_of_descriptors, test_requests_between_requests])
