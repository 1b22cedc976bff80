#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""phaetonctl without a daemon: what it refuses, and how it says that nobody answers; with one:
what it says when the daemon refuses, warns or cannot save."""

import os
import socket
import subprocess
import tempfile

from harness import CONFIG, Home, check, check_equal, program, run, wait_for

OK, FAILED, USAGE, UNREACHABLE = range(4)
SHORT_S = 20


def ctl(*arguments, **environment):
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "STATE_DIRECTORY": home,
                       "PHAETON_SOCKET": os.path.join(home, "none.sock"), **environment}
        return subprocess.run([program("phaetonctl"), *arguments], capture_output=True, text=True,
                              timeout=20, check=False, env=environment)


def test_version_and_help():
    done = ctl("--version")
    check_equal((done.returncode, done.stdout.split()[0]), (OK, "phaetonctl"), "--version")
    done = ctl("--help")
    check_equal(done.returncode, OK, "--help")
    for command in ("status", "watch", "explain", "mode", "start", "stop", "current", "phases",
                    "config", "doctor"):
        check(f"\n  {command} " in done.stdout, f"--help does not tell of {command}")


def test_wrong_usage():
    for arguments in ([], ["dance"], ["current"], ["current", "10", "11"], ["mode"], ["config"],
                      ["--nonsense"], ["phases", "1", "3"], ["start", "now"],
                      ["current", "-5"]):
        done = ctl(*arguments)
        check_equal(done.returncode, USAGE, f"exit status of {arguments}")
        check(done.stderr.startswith("phaetonctl: "), f"{arguments}: {done.stderr!r}")
        check(not done.stderr.endswith(" \n"), f"{arguments}: {done.stderr!r}")
        check_equal(done.stdout, "", f"output of {arguments}")


def test_nobody_answers():
    for arguments in (["status"], ["current", "10"], ["config", "list"], ["doctor"], ["watch"],
                      ["--url", "http://127.0.0.1:1", "status"]):
        done = ctl(*arguments)
        check_equal(done.returncode, UNREACHABLE, f"exit status of {arguments}")


def test_error_names_the_socket():
    done = ctl("status", PHAETON_SOCKET="/nowhere/phaeton.sock")
    check("/nowhere/phaeton.sock" in done.stderr, done.stderr)


def test_url_that_is_none():
    done = ctl("--url", "ftp://somewhere", "status")
    check_equal(done.returncode, FAILED, "exit status")
    check("ftp://somewhere" in done.stderr, done.stderr)


def answer_once(reply):
    """Runs phaetonctl status against a server that says these bytes, whatever it is asked."""
    with tempfile.TemporaryDirectory() as home:
        path = os.path.join(home, "fake.sock")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen(8)
            program_under_test = subprocess.Popen(
                [program("phaetonctl"), "--socket", path, "status"], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            server.accept()[0].close()  # it looks who listens before it asks
            connection = server.accept()[0]
            connection.recv(65536)
            connection.sendall(reply)
            connection.close()
            output, errors = program_under_test.communicate(timeout=20)
        return program_under_test.returncode, output, errors


def http(body, status="200 OK"):
    return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode() + body


def test_answers_that_lie():
    """an answer that is no JSON, too deep or of another shape is an error, not a crash"""
    for reply in (b"", b"\0\1\2", http(b""), http(b"{"), http(b"[" * 5000), http(b"[1,2]"),
                  http(b'{"chargers":{}}'), http(b"null"), http(b'"' + b"x" * 100)):
        status, output, errors = answer_once(reply)
        check(status in (FAILED, UNREACHABLE), f"{reply[:60]!r}: {status} {errors}")
        check(errors.startswith("phaetonctl: ") and not output, f"{reply[:60]!r}: {errors}")


def test_refusal_is_told():
    for body, said in ((b'{"error":"an older way","problems":3}', "an older way"),
                       (b'{"title":"Unprocessable","detail":"limit must be 1 or more"}',
                        "limit must be 1 or more"),
                       (b'{"detail":{}}', "Unprocessable Entity"), (b"[", "Unprocessable Entity")):
        status, _, errors = answer_once(http(body, "422 Unprocessable Entity"))
        check_equal((status, errors), (FAILED, f"phaetonctl: {said}\n"), body)


def test_members_of_any_type():
    """what is missing or of another type is left out"""
    body = (b'{"chargers":[{"id":"1","power_w":null,"status":"x","why":5,"l1_voltage_v":[],'
            b'"session_started_at":"yesterday","sample_age_ms":1e300},{}]}')
    status, output, errors = answer_once(http(body))
    check_equal(status, OK, errors)
    check("Charger 1\n" in output and "0.00 kW" not in output, output)


def check_config(text):
    with tempfile.TemporaryDirectory() as home:
        path = os.path.join(home, "settings.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return ctl("config", "check", path), path


def test_config_check():
    """a file is checked without a daemon; what is wrong comes with file, line and key"""
    done, _ = check_config("modbus:\n  ip: 192.0.2.1\n")
    check_equal(done.returncode, OK, done.stdout + done.stderr)
    check("good, 1 charger" in done.stdout, done.stdout)
    done, path = check_config("modbus:\n  ip: 192.0.2.1\n  port: 99999\n")
    check_equal(done.returncode, FAILED, done.stdout)
    check(f"error: {path}:3: modbus.port: " in done.stdout, done.stdout)
    for text in ("a: [", "\0", "- 1\n", "modbus: 7\n", "a: &a [*a]\n"):
        done, _ = check_config(text)
        check_equal(done.returncode, FAILED, f"{text!r}: {done.stdout} {done.stderr}")
    check_equal(ctl("config", "check", "/nowhere.yaml").returncode, FAILED, "a file that is not")


REMARK = "settings: their file is refused, the last good ones stay in force: line "


def has_remark(home):
    return any(remark.startswith(REMARK) for remark in home.get("/readyz")["remarks"])


def test_refusals_and_warnings_are_told():
    with Home() as home:
        for arguments, said in ((("explain", "--at", "yesterday"), "at must be a date"),
                                (("sessions", "0"), "limit must be"),
                                (("sessions", "abc"), "limit must be"),
                                (("totals", "foo"), "by must be"),
                                (("history", "charger.1.power_w", "5m"), "step must be"),
                                (("config", "set", "modbus.port", "99999"), "modbus.port: ")):
            done = home.ctl(*arguments)
            check_equal(done.returncode, FAILED, arguments)
            check(said in done.stderr and "Unprocessable" not in done.stderr, done.stderr)
        for words in ("0x10", "1e3", "nan", "", ".", "1.2.3", "1001", "16 A", "-- -5"):
            done = home.ctl("current", *(words.split() if "--" in words else [words]))
            check_equal(done.returncode, USAGE, f"{words}: {done.stderr}")
            check("the current is a number of amperes" in done.stderr, done.stderr)
        for words in ("16", "9.5", "10A"):
            check_equal(home.ctl("current", words).returncode, OK, words)
        done = home.ctl("config", "set", "nope.x", "1")
        check_equal(done.returncode, OK, done.stderr)
        check('warning: nope: "nope" is not known and has no effect' in done.stderr, done.stderr)
        check_equal(home.ctl("-j", "config", "set", "timezone", "UTC").stderr, "", "JSON has it all")


def test_prices_begin_now():
    """from the hour that runs on, in the zone of the settings; two days of a tariff without end"""
    with Home(config=CONFIG.replace("Europe/Berlin", "Asia/Kolkata") +
              "pricing: {static_rate_eur_per_kwh: 0.31}\nprices: {provider: fixed}\n",
              environment={"TZ": "America/New_York"}) as home:
        for command in ("prices", "plan"):
            lines = home.ctl(command).stdout.splitlines()
            check("currency" not in lines[0] and "€ per kWh" in lines[0], lines[0])
            hours = [line for line in lines if "  0.3100  " in line]
            check_equal(len(hours), 48, "\n".join(lines))
            check(all(":30 IST " in line for line in hours), hours[0])
            check_equal([line.startswith("-> ") for line in hours], [True] + 47 * [False], "now")


def test_what_is_not_saved_is_told():
    """a change beside a broken file applies, and both are told until the file is mended"""
    with Home() as home:
        with open(home.config_path, encoding="utf-8") as file:
            good = file.read()
        check(not has_remark(home), "a remark on good settings")
        home.write_config(good + "\n  bad: [\n")
        wait_for(lambda: has_remark(home), SHORT_S, "the broken file is seen")
        for form in ([], ["-j"]):
            done = home.ctl(*form, "config", "set", "timezone", "Europe/Amsterdam" if form else "UTC")
            check_equal(done.returncode, FAILED, done.stdout)
            check("not saved: " in done.stderr, done.stderr)
        check(has_remark(home), "the remark is gone though the file is broken")
        home.write_config(good)
        wait_for(lambda: not has_remark(home), SHORT_S, "the file is good again")
        wait_for(lambda: "Europe/Amsterdam" in open(home.config_path, encoding="utf-8").read(),
                 SHORT_S, "the change is saved now")


if __name__ == "__main__":
    run([test_version_and_help, test_wrong_usage, test_nobody_answers, test_error_names_the_socket,
         test_url_that_is_none, test_answers_that_lie, test_refusal_is_told,
         test_members_of_any_type, test_config_check, test_refusals_and_warnings_are_told,
         test_prices_begin_now,
         test_what_is_not_saved_is_told])
