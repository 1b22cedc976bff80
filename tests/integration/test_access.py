#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: this machine, the unix socket, logins, tokens, and strangers."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import socket
import ssl
import stat
import subprocess

from harness import CONFIG, Home, Process, check, check_equal, program, run, wait_for

AWAY = {"X-Forwarded-For": "203.0.113.9"}  # as if it came through a proxy: never local
PASSWORD = "correct horse"


def ask(home, method, path, body=None, headers=None, **more):
    status, answer, text = home.request(method, path, body, headers={**AWAY, **(headers or {})},
                                        **more)
    return status, answer, text


def set_up(home):
    """Makes the first admin with the code; answers his cookie."""
    code = json.loads(home.ctl("--json", "setup").stdout)["code"]
    status, headers, text = ask(home, "POST", "/api/v1/setup",
                                {"code": code, "user": "ann", "password": PASSWORD})
    check_equal(status, 201, text)
    return headers["Set-Cookie"]


def cookie_of(header):
    return {"Cookie": header.split(";")[0]}


def make_token(home, role, **more):
    status, _, text = home.request("POST", "/api/v1/tokens", {"name": role, "role": role, **more})
    check_equal(status, 201, text)
    return json.loads(text)


def test_fix_51_strangers_get_nothing():
    """fix-51: from elsewhere without a password: health and the set-up page, no more"""
    with Home() as home:
        check_equal(ask(home, "GET", "/api/health")[0], 200, "health")
        for path in ("/ui/", "/ui/index.html", "/app/icon.svg"):
            check_equal(ask(home, "GET", path)[0], 200, path)
        for path in ("/api/status", "/api/config", "/api/v1/settings", "/api/events",
                     "/api/v1/setup", "/api/v1/users", "/api/v1/tokens"):
            status, headers, text = ask(home, "GET", path)
            check_equal(status, 401, path)
            check("WWW-Authenticate" in headers and b"setup" in text, path)
        check_equal(ask(home, "POST", "/api/mode", {"mode": 1})[0], 401, "command")
        check_equal(ask(home, "PUT", "/api/config", {})[0], 401, "settings")


def test_first_password():
    with Home() as home:
        body = {"code": "AAAAA-AAAAA", "user": "ann", "password": PASSWORD}
        check_equal(ask(home, "POST", "/api/v1/setup", body)[0], 403, "wrong code")
        cookie = set_up(home)
        for word in ("HttpOnly", "SameSite=Strict", "Max-Age="):
            check(word in cookie, f"{word} is missing in {cookie}")
        check_equal(ask(home, "GET", "/api/status", headers=cookie_of(cookie))[0], 200, "logged in")
        check_equal(ask(home, "POST", "/api/v1/setup", body)[0], 409, "only once")
        path = os.path.join(home.state_dir, "access.json")
        check_equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode of access.json")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        check("$y$" in text and PASSWORD not in text, "the password is no yescrypt")
        check(PASSWORD not in home.daemon.log(), "the log tells the password")
        home.daemon.end()
        home.start_daemon()
        status, headers, _ = ask(home, "POST", "/api/v1/login", {"user": "ann", "password": PASSWORD})
        check_equal(status, 200, "after a restart")
        cookie = cookie_of(headers["Set-Cookie"])
        check_equal(ask(home, "POST", "/api/v1/logout", headers=cookie)[0], 204, "logout")
        check_equal(ask(home, "GET", "/api/status", headers=cookie)[0], 401, "logged out")


def test_roles_hold():
    with Home() as home:
        set_up(home)
        expected = {"viewer": (200, 403, 403), "driver": (200, 200, 403), "admin": (200, 200, 200)}
        for role, statuses in expected.items():
            token = {"Authorization": "Bearer " + make_token(home, role)["token"]}
            check_equal((ask(home, "GET", "/api/status", headers=token)[0],
                         ask(home, "POST", "/api/mode", {"mode": 0}, headers=token)[0],
                         ask(home, "GET", "/api/v1/users", headers=token)[0]), statuses, role)
            check_equal(home.request("POST", "/api/v1/users", {
                "name": role, "role": role, "password": PASSWORD})[0], 201, "new user")
            status, headers, _ = ask(home, "POST", "/api/v1/login",
                                     {"user": role, "password": PASSWORD})
            check_equal(status, 200, "login")
            check_equal(ask(home, "GET", "/api/v1/users",
                            headers=cookie_of(headers["Set-Cookie"]))[0], statuses[2], role)


def test_users_and_tokens_are_kept_in_order():
    with Home() as home:
        cookie = cookie_of(set_up(home))
        check_equal(home.request("DELETE", "/api/v1/users/none")[0], 404, "nobody")
        for body in ({}, [], {"name": "x y", "role": "viewer", "password": PASSWORD},
                     {"name": "bob", "role": "king", "password": PASSWORD},
                     {"name": "bob", "role": "viewer", "password": "short"}):
            check_equal(home.request("POST", "/api/v1/users", body)[0], 422, f"{body}")
        home.request("POST", "/api/v1/users", {"name": "bob", "role": "viewer", "password": PASSWORD})
        check_equal(home.request("POST", "/api/v1/users", {
            "name": "bob", "role": "viewer", "password": PASSWORD})[0], 409, "twice")
        check_equal(home.request("PATCH", "/api/v1/users/ann", {"role": "viewer"})[0], 409, "last admin")
        check_equal(home.request("DELETE", "/api/v1/users/ann")[0], 409, "last admin")
        check_equal(home.request("PATCH", "/api/v1/users/ann", {"password": PASSWORD + "!"})[0], 200,
                    "new password")
        check_equal(ask(home, "GET", "/api/status", headers=cookie)[0], 401, "old logins end")
        users = json.loads(home.request("GET", "/api/v1/users")[2])["users"]
        check_equal({user["name"]: user["role"] for user in users},
                    {"ann": "admin", "bob": "viewer"}, "users")
        token = make_token(home, "viewer", expires_days=1)
        check("token" not in json.loads(home.request("GET", "/api/v1/tokens")[2])["tokens"][0],
              "a token is shown once")
        check_equal(home.request("DELETE", "/api/v1/tokens/" + token["id"])[0], 204, "delete")
        check_equal(ask(home, "GET", "/api/status", headers={
            "Authorization": "Bearer " + token["token"]})[0], 401, "a deleted token")


def test_wrong_passwords_are_slowed_down():
    with Home() as home:
        set_up(home)
        for _ in range(3):
            check_equal(ask(home, "POST", "/api/v1/login", {"user": "ann", "password": "wrong"})[0],
                        401, "wrong password")
        status, headers, _ = ask(home, "POST", "/api/v1/login", {"user": "ann", "password": PASSWORD})
        check_equal(status, 429, "slowed down")
        check(int(headers["Retry-After"]) >= 1, "Retry-After")


def test_a_login_of_ones_own_is_no_key():
    """who may log in as himself guesses the passwords of others no faster by it, and locks out
    nobody who has a token"""
    with Home() as home:
        set_up(home)
        home.request("POST", "/api/v1/users", {"name": "eve", "role": "viewer",
                                               "password": PASSWORD})
        token = {"Authorization": "Bearer " + make_token(home, "viewer")["token"]}

        def log_in(user, password):
            return ask(home, "POST", "/api/v1/login", {"user": user, "password": password})[0]

        for _ in range(3):
            check_equal(log_in("ann", "wrong"), 401, "a guess")
            check_equal(log_in("eve", PASSWORD), 200, "an own login")
        check_equal(log_in("ann", PASSWORD), 429, "one guess more")
        check_equal(log_in("eve", PASSWORD), 200, "the own login is not slowed down")
        for _ in range(5):
            ask(home, "GET", "/api/status", headers={"Authorization": "Bearer none"})
        check_equal(ask(home, "GET", "/api/status", headers={"Authorization": "Bearer none"})[0], 429,
                    "wrong tokens are slowed down")
        check_equal(ask(home, "GET", "/api/status", headers=token)[0], 200, "a right token is not")


def test_logins_and_tokens_end():
    """the absolute end of a cookie and of a token, after a day that takes seconds"""
    config = CONFIG.replace("web:\n", "web:\n  session_days: 1\n  session_idle_minutes: 100000\n")
    with Home(sim=False, config=config, clock_rate=20000) as home:
        cookie = cookie_of(set_up(home))
        token = {"Authorization": "Bearer " + make_token(home, "viewer", expires_days=1)["token"]}
        for header in (cookie, token):
            check_equal(ask(home, "GET", "/api/status", headers=header)[0], 200, "at first")
        for header in (cookie, token):
            wait_for(lambda: ask(home, "GET", "/api/status", headers=header)[0] == 401, 15,
                     "it ended though it was used")


def test_idle_logins_end():
    config = CONFIG.replace("web:\n", "web:\n  session_idle_minutes: 5\n")
    with Home(sim=False, config=config, clock_rate=100) as home:
        def uptime():
            return home.get("/api/v1/site")["uptime_s"]

        cookie = cookie_of(set_up(home))
        begun = uptime()
        while uptime() < begun + 400:  # longer than the idle time
            check_equal(ask(home, "GET", "/api/status", headers=cookie)[0], 200, "in use")
        begun = uptime()
        wait_for(lambda: uptime() > begun + 330, 30, "nobody uses it")
        check_equal(ask(home, "GET", "/api/status", headers=cookie)[0], 401, "idle")


def test_strangers_lose_streams_with_their_rights():
    config = CONFIG.replace("web:\n", "web:\n  anonymous: read\n")
    with Home(config=config) as home:
        connection = http.client.HTTPConnection(home.daemon.host, home.daemon.port, timeout=10)
        connection.request("GET", "/api/v1/events", headers=AWAY)
        answer = connection.getresponse()
        check_equal(answer.status, 200, "stream")
        home.patch("/api/v1/settings", {"web": {"anonymous": "none"}})
        answer.read()  # to its end, or the time-out fails the test
        connection.close()


def test_rate_is_limited():
    with Home() as home:
        statuses = [ask(home, "GET", "/api/health")[0] for _ in range(400)]
        check(429 in statuses, "no limit")
        status, headers, _ = wait_for(
            lambda: (lambda answer: answer[0] == 429 and answer)(ask(home, "GET", "/api/health")), 10,
            "the limit")
        check(int(headers["Retry-After"]) >= 1, "Retry-After")
        home.status()  # this machine itself is not held up


def test_other_sites_are_kept_out():
    """fix-51: pages of other sites, and names that are made to point at us"""
    with Home() as home:
        evil = {"Origin": "http://evil.example"}
        check_equal(home.request("POST", "/api/mode", {"mode": 1}, headers=evil)[0], 403, "origin")
        check_equal(home.request("POST", "/api/mode", {"mode": 1},
                                 headers={"Sec-Fetch-Site": "cross-site"})[0], 403, "fetch site")
        check_equal(home.request("DELETE", "/api/v1/users/ann", headers={"Origin": "null"})[0], 403,
                    "null origin")
        headers = home.request("GET", "/api/status", headers=evil)[1]
        check("Access-Control-Allow-Origin" not in headers, "readable by a foreign page")
        own = {"Origin": f"http://{home.daemon.host}:{home.daemon.port}"}
        check_equal(home.request("POST", "/api/mode", {"mode": 0}, headers=own)[0], 200, "own page")
        for host in ("evil.example", f"evil.example:{home.daemon.port}", "localhost.evil.example", ""):
            status = home.request("GET", "/api/status", headers={"Host": host})[0]
            check(status in (400, 421), f"{host!r} was answered {status}")
            status = home.request("POST", "/api/mode", {"mode": 1}, headers={"Host": host})[0]
            check(status in (400, 421), f"{host!r} was answered {status}")


def test_cors_is_a_choice():
    config = CONFIG + "\ncontrols: {}\n"
    with Home(config=config.replace("web:\n", "web:\n  cors_origins: ['http://other.example']\n")) \
            as home:
        origin = {"Origin": "http://other.example"}
        status, headers, _ = home.request("OPTIONS", "/api/mode", headers=origin)
        check_equal((status, headers["Access-Control-Allow-Origin"]), (204, origin["Origin"]),
                    "preflight")
        status, headers, _ = home.request("POST", "/api/mode", {"mode": 0}, headers=origin)
        check_equal((status, headers["Access-Control-Allow-Origin"]), (200, origin["Origin"]), "named")
        check_equal(home.request("POST", "/api/mode", {"mode": 0},
                                 headers={"Origin": "http://evil.example"})[0], 403, "not named")
    with Home(config=config.replace("web:\n", "web:\n  cors_permissive: true\n")) as home:
        headers = home.request("GET", "/api/status", headers={"Origin": "http://any.example"})[1]
        check_equal(headers["Access-Control-Allow-Origin"], "*", "permissive")
        for method, path in (("GET", "/api/status"), ("POST", "/api/mode"), ("GET", "/api/config")):
            status = home.request(method, path, {"mode": 1} if method == "POST" else None,
                                  headers={"Origin": "http://any.example"})[0]
            check_equal(status, 401, f"a page of any origin in a browser here: {method} {path}")


def test_a_trusted_name_is_no_login():
    """a proxy on this machine that tells nothing of those behind it"""
    with Home(config=CONFIG.replace("web:\n", "web:\n  trusted_hosts: [charger.example]\n")) as home:
        check_equal(home.request("GET", "/api/config", headers={"Host": "charger.example"})[0], 401,
                    "by the proxy's name")
        check_equal(home.request("GET", "/api/config")[0], 200, "by our own")


def test_lost_rights_end_streams():
    """who logs out, or whose token goes, reads no further; a login replaces the one before"""
    with Home() as home:
        cookie = cookie_of(set_up(home))
        token = make_token(home, "viewer")
        for header, lose in (
                ({"Authorization": "Bearer " + token["token"]},
                 lambda: home.request("DELETE", "/api/v1/tokens/" + token["id"])),
                (cookie, lambda: ask(home, "POST", "/api/v1/logout", headers=cookie))):
            connection = http.client.HTTPConnection(home.daemon.host, home.daemon.port, timeout=10)
            connection.request("GET", "/api/v1/events", headers={**AWAY, **header})
            answer = connection.getresponse()
            check_equal(answer.status, 200, "stream")
            check_equal(lose()[0], 204, "taken away")
            answer.read()  # to its end, or the time-out fails the test
            connection.close()
        credentials = {"user": "ann", "password": PASSWORD}
        first = cookie_of(ask(home, "POST", "/api/v1/login", credentials)[1]["Set-Cookie"])
        second = cookie_of(
            ask(home, "POST", "/api/v1/login", credentials, headers=first)[1]["Set-Cookie"])
        check(first != second, "a login must not keep the cookie that came before it")
        check_equal(ask(home, "GET", "/api/status", headers=first)[0], 401, "the login before")
        check_equal(ask(home, "GET", "/api/status", headers=second)[0], 200, "the login")
        planted = {"Cookie": "phaeton_session=planted"}
        answer = ask(home, "POST", "/api/v1/login", credentials, headers=planted)[1]["Set-Cookie"]
        check("planted" not in answer, "a planted cookie became a login")
        check_equal(home.request("HEAD", "/api/events", timeout_s=5)[0], 200, "HEAD of a stream ends")


def test_anonymous_is_a_choice():
    for choice, statuses in (("read", (200, 401)), ("control", (200, 200))):
        with Home(config=CONFIG.replace("web:\n", f"web:\n  anonymous: {choice}\n")) as home:
            got = (ask(home, "GET", "/api/status")[0],
                   ask(home, "POST", "/api/mode", {"mode": 0})[0])
            check_equal(got, statuses if choice == "control" else (200, 403), choice)
            check_equal(ask(home, "GET", "/api/config")[0], 403, "settings")
            check_equal(ask(home, "GET", "/api/status", headers={"Host": "evil.example"})[0], 421,
                        "rebinding")


def test_broken_accounts_let_nobody_in():
    with Home(daemon=False) as home:
        path = os.path.join(home.state_dir, "access.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"users": [')
        home.start_daemon()
        check_equal(ask(home, "GET", "/api/status")[0], 401, "stranger")
        check_equal(json.loads(home.ctl("--json", "setup").stdout)["setup_needed"], False, "no code")
        check_equal(home.request("POST", "/api/v1/users", {
            "name": "bob", "role": "viewer", "password": PASSWORD})[0], 409, "not overwritten")
        with open(path, encoding="utf-8") as file:
            check_equal(file.read(), '{"users": [', "the file")


def test_every_answer_is_hardened():
    with Home() as home:
        for path in ("/api/status", "/api/none", "/ui/", "/api/v1/session"):
            headers = home.request("GET", path)[1]
            check_equal(headers["X-Content-Type-Options"], "nosniff", path)
            policy = headers["Content-Security-Policy"]
            check("default-src" in policy and "unsafe" not in policy, f"{path}: {policy}")


def test_tls():
    """with a certificate: documents, event streams through the tunnel, HSTS; without it: no port"""
    with Home(daemon=False) as home:
        key, certificate = (os.path.join(home.directory, name) for name in ("key.pem", "cert.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        home.write_config(CONFIG.replace(
            "web:\n", f"web:\n  tls: files\n  tls_certificate: {certificate}\n  tls_key: {key}\n"))
        daemon = home._add(Process(home, "phaeton", [
            program("phaeton"), "--config", home.config_path, "--state-dir", home.state_dir]))
        port = int(daemon.wait_log(r"Web server listening at https://127.0.0.1:(\d+)")[1])
        context = ssl.create_default_context(cafile=certificate)
        with contextlib.closing(http.client.HTTPSConnection(
                "127.0.0.1", port, timeout=5, context=context)) as connection:
            connection.request("GET", "/api/status")
            answer = connection.getresponse()
            check_equal(answer.status, 200, "status")
            check("max-age" in answer.headers["Strict-Transport-Security"], "HSTS")
            answer.read()
        with socket.create_connection(("127.0.0.1", port), 5) as plain, \
                context.wrap_socket(plain, server_hostname="127.0.0.1") as peer:
            peer.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            text = b""
            while b"event: change" not in text:
                chunk = peer.recv(65536)
                check(chunk, "the stream ended")
                text += chunk
            check(b"event: state" in text, "no state")
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            plain.sendall(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                check(b"200" not in plain.recv(4096), "answered in the clear")
        os.unlink(certificate)
        home.write_config(CONFIG.replace(
            "web:\n", f"web:\n  tls: files\n  tls_certificate: {certificate}\n  tls_key: {key}1\n"))
        daemon.wait_log("web.tls_certificate")
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            raise AssertionError("the port is open without the certificate")
        except ConnectionRefusedError:
            pass


def test_own_certificate():
    """web.tls: self-signed: made once, private, shown to whoever is at the machine, trusted when
    pinned, kept over a restart, made anew when it is broken"""
    with Home(daemon=False) as home:
        home.write_config(CONFIG.replace("web:\n", "web:\n  tls: self-signed\n"))
        path = os.path.join(home.state_dir, "web-certificate.pem")
        arguments = [program("phaeton"), "--config", home.config_path, "--state-dir",
                     home.state_dir]

        def start():
            daemon = home._add(Process(home, "phaeton", arguments))
            port = int(daemon.wait_log(r"Web server listening at https://127.0.0.1:(\d+)")[1])
            return daemon, port, daemon.wait_log(r"SHA-256 fingerprint ([0-9A-F:]{95})")[1]

        def ask_phaetonctl(*words):
            return subprocess.run(
                [program("phaetonctl"), "--socket", os.path.join(home.state_dir, "phaeton.sock"),
                 *words], capture_output=True, text=True, check=False, timeout=10,
                env=home.make_environment({})).stdout

        daemon, port, fingerprint = start()
        check_equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode of key and certificate")
        context = ssl.create_default_context(cafile=path)
        for name in ("127.0.0.1", "localhost", socket.gethostname()):
            with socket.create_connection(("127.0.0.1", port), 5) as plain, \
                    context.wrap_socket(plain, server_hostname=name) as peer:
                digest = hashlib.sha256(peer.getpeercert(binary_form=True)).hexdigest().upper()
                check_equal(":".join(digest[i:i + 2] for i in range(0, 64, 2)), fingerprint, name)
        for words in (("setup",), ("doctor",)):
            check(fingerprint in ask_phaetonctl(*words), f"{words} does not tell the fingerprint")
        check_equal(daemon.end(), 0, "end")
        daemon, _, again = start()
        check_equal(again, fingerprint, "after a restart")
        home.write_config(CONFIG.replace(
            "web:\n", "web:\n  tls: self-signed\n  trusted_hosts: [charger.example]\n"))
        wait_for(lambda: len(re.findall("SHA-256 fingerprint", daemon.log())) == 2, 10,
                 "a certificate for the new name")
        daemon.end()
        with open(path, "w", encoding="utf-8") as file:
            file.write("-----BEGIN NOTHING-----\n")
        os.chmod(path, 0o644)
        check(start()[2] != fingerprint, "a broken file was used")
        check_equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode of the new file")


def count_descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.pid}/fd"))


def test_stalled_readers_over_tls_go():
    """who does not read an encrypted stream loses it, with all that it holds in the daemon"""
    with Home(daemon=False) as home:
        home.write_config(CONFIG.replace("web:\n", "web:\n  tls: self-signed\n"))
        daemon = home._add(Process(home, "phaeton", [
            program("phaeton"), "--config", home.config_path, "--state-dir", home.state_dir]))
        port = int(daemon.wait_log(r"Web server listening at https://127.0.0.1:(\d+)")[1])
        context = ssl.create_default_context(
            cafile=os.path.join(home.state_dir, "web-certificate.pem"))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        connection.request("GET", "/api/health")
        connection.getresponse().read()
        before = count_descriptors(daemon)
        stalled = []
        for _ in range(4):
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            plain.connect(("127.0.0.1", port))
            peer = context.wrap_socket(plain, server_hostname="127.0.0.1")
            peer.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stalled.append(peer)
        wait_for(lambda: count_descriptors(daemon) >= before + 4, 10, "they are there")

        def are_gone():
            for i in range(20):  # events, to fill what lies between us and them
                connection.request("POST", "/api/set_current", json.dumps({"amps": 6 + i % 5}),
                                   {"Content-Type": "application/json"})
                connection.getresponse().read()
            return count_descriptors(daemon) <= before

        wait_for(are_gone, 60, "stalled readers are closed, tunnel and all")
        for peer in stalled:
            peer.close()
        connection.close()


run([test_tls, test_own_certificate, test_stalled_readers_over_tls_go, test_fix_51_strangers_get_nothing, test_first_password, test_roles_hold,
     test_users_and_tokens_are_kept_in_order, test_wrong_passwords_are_slowed_down,
     test_a_login_of_ones_own_is_no_key, test_logins_and_tokens_end, test_idle_logins_end,
     test_strangers_lose_streams_with_their_rights, test_rate_is_limited, test_other_sites_are_kept_out, test_cors_is_a_choice,
     test_a_trusted_name_is_no_login, test_lost_rights_end_streams, test_anonymous_is_a_choice, test_broken_accounts_let_nobody_in, test_every_answer_is_hardened])
