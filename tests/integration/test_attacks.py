#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks: wrong credentials on every route and role. Nothing gets in, and nothing grows."""

import json
import os
import re
import time

from harness import SRCDIR, Home, check, check_equal, measure_memory, run

AWAY = "203.0.113."
ROLES = ("NOBODY", "VIEWER", "DRIVER", "ADMIN")
MAX_GROWTH_KB = 8192


def list_routes():
    """every line of the table of routes: method, path, role"""
    with open(os.path.join(SRCDIR, "src", "faces", "web", "phaeton-web-api.c"),
              encoding="utf-8") as file:
        table = file.read().split("routes[] = {", 1)[1]
    return re.findall(r'\{ "(\w+)", "([^"]+)", PHAETON_ROLE_(\w+),', table)


def read_rss_kb(home):
    with open(f"/proc/{home.daemon.pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def ask(home, method, path, headers):
    body = {} if method in ("POST", "PUT", "PATCH") else None
    for _ in range(100):  # strangers have a bucket of requests, which fills again
        status = home.request(method, path, body, headers={"X-Forwarded-For": AWAY + "1",
                                                           **headers})[0]
        if status != 429:
            return status
        time.sleep(0.1)
    raise AssertionError(f"{method} {path}: 429 for ever")


def test_fix_51_every_route_holds_its_role():
    """fix-51: nobody, a foreign name and each role that is too small, on every route"""
    routes = list_routes()
    check(len(routes) > 40, "the table of routes was not found")
    measure_memory()
    with Home() as home:
        tokens = {}
        for role in ("viewer", "driver"):
            status, _, text = home.request("POST", "/api/v1/tokens", {"name": role, "role": role})
            check_equal(status, 201, text)
            tokens[role.upper()] = {"Authorization": "Bearer " + json.loads(text)["token"]}
        before = read_rss_kb(home)
        for method, path, needed in routes:
            path = path.replace("{id}", "1").replace("*", "index.html")
            if needed == "NOBODY":
                continue
            check(ask(home, method, path, {}) == 401, f"{method} {path}")
            check(ask(home, method, path, {"Host": "evil.example"}) == 421,
                  f"{method} {path} by a foreign name")
            for role, header in tokens.items():
                if ROLES.index(role) < ROLES.index(needed):
                    check(ask(home, method, path, header) == 403, f"{role}: {method} {path}")
        check(read_rss_kb(home) - before < MAX_GROWTH_KB, "the daemon grew")
        home.status()


def test_pages_of_others_change_nothing():
    """a foreign origin on every route that changes something, asked from this machine"""
    with Home() as home:
        before = home.get("/api/config")
        for method, path, _ in list_routes():
            if method != "GET":
                status = home.request(method, path.replace("{id}", "1"), {},
                                      headers={"Origin": "http://evil.example"})[0]
                check_equal(status, 403, f"{method} {path}")
        check_equal(home.get("/api/config"), before, "settings")


run([test_fix_51_every_route_holds_its_role, test_pages_of_others_change_nothing])
