# SPDX-License-Identifier: GPL-3.0-or-later
"""The web server beside nginx, and a thousand event streams: bench_web.py SECONDS. On loopback
only; started by scripts/bench --web."""

import os
import re
import resource
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from bench import QUIET, Table, measure_cpu_percent, read_cpu_s, read_pss_mb
from harness import Home, wait_for

CONNECTIONS = 32
CLIENTS = 1000
STALLED = 20
SHORTAGE = 40
RATIO = 0.2  # of nginx: what plain libsoup reaches

NGINX = """\
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 1024; }}
http {{ access_log off; default_type application/json; keepalive_requests 100000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
"""


def run_wrk(url, seconds, pid):
    """requests a second, 99th percentile in ms, CPU time of the server in us for each"""
    cpu_s = read_cpu_s(pid)
    text = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", url],
                          capture_output=True, text=True, check=True).stdout
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    cpu_us = (read_cpu_s(pid) - cpu_s) * 1e6 / int(re.search(r"(\d+) requests in", text)[1])
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
            float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit], cpu_us)


def find_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_worker(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return int(file.read().split()[0])


def measure_nginx(body, seconds):
    folder = tempfile.mkdtemp(prefix="phaeton-bench-")
    port = find_port()
    with open(os.path.join(folder, "status"), "wb") as file:
        file.write(body)
    with open(os.path.join(folder, "conf"), "w", encoding="utf-8") as file:
        file.write(NGINX.format(folder=folder, port=port))
    os.chmod(folder, 0o755)
    server = subprocess.Popen(["nginx", "-p", folder, "-c", os.path.join(folder, "conf")],
                              stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1), 10, "nginx listens")
        return run_wrk(f"http://127.0.0.1:{port}/status", seconds, find_worker(server.pid))
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def read_metrics(home, *names):
    """of one moment"""
    text = home.request("GET", "/metrics", timeout_s=20)[2].decode()
    return [float(re.search(rf"^phaeton_{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])
            for name in names]


def count_streams(home):
    return read_metrics(home, "event_streams")[0]


def count_long_dispatches(home):
    total, short = read_metrics(home, "loop_busy_seconds_count",
                                'loop_busy_seconds_bucket{le="0.005"}')
    return total - short


def open_streams(home, count, receive_bytes=None):
    streams = []
    for _ in range(count):
        peer = socket.socket()
        if receive_bytes is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        peer.connect((home.daemon.host, home.daemon.port))
        peer.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        streams.append(peer)
    wait_for(lambda: count_streams(home) >= count, 30, "all streams are open")
    return streams


def read_for(streams, seconds):
    """reads whatever comes; answers the bytes"""
    selector, total, end = selectors.DefaultSelector(), 0, time.monotonic() + seconds
    for peer in streams:
        peer.setblocking(False)
        selector.register(peer, selectors.EVENT_READ)
    while time.monotonic() < end:
        for key, _ in selector.select(0.1):
            total += len(key.fileobj.recv(65536))
    selector.close()
    return total


def measure_requests(table, seconds):
    with Home(config=QUIET) as home:
        body = home.request("GET", "/api/status")[2]
        url = f"http://{home.daemon.host}:{home.daemon.port}/api/status"
        pid = home.daemon.pid
        run_wrk(url, 1, pid)
        long_before = count_long_dispatches(home)
        rate, p99_ms, cpu_us = run_wrk(url, seconds, pid)
        nginx_rate, nginx_p99_ms, nginx_cpu_us = measure_nginx(body, seconds)
        print(f"GET /api/status: {rate:.0f} requests/s, p99 {p99_ms:.2f} ms, {cpu_us:.0f} us of "
              f"CPU each; nginx, the same {len(body)} bytes: {nginx_rate:.0f} requests/s, p99 "
              f"{nginx_p99_ms:.2f} ms, {nginx_cpu_us:.0f} us; ratios {rate / nginx_rate:.3f}, "
              f"CPU {nginx_cpu_us / cpu_us:.3f}")
        table.add("nginx requests for one of ours", nginx_rate / rate, 1 / RATIO, "", "wrk, "
                  f"{CONNECTIONS} connections")
        table.add("dispatches above 5 ms under that", count_long_dispatches(home) - long_before, 0.5,
                  "", "the daemon's own histogram, CPU time of the main loop")


def measure_streams(table, seconds):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * CLIENTS), hard))
    with Home(config=QUIET) as home:
        for peer in open_streams(home, 50):  # what a first stream takes is no client's
            peer.close()
        wait_for(lambda: count_streams(home) == 0, 10, "they are gone")
        idle_percent = measure_cpu_percent(home.daemon.pid, seconds)
        pss_mb, long_before = read_pss_mb(home.daemon.pid), count_long_dispatches(home)
        streams = open_streams(home, CLIENTS)
        read_for(streams, 2)
        per_client_kb = (read_pss_mb(home.daemon.pid) - pss_mb) * 1024 / CLIENTS
        pid = os.fork()
        if pid == 0:  # reads while its parent measures
            read_for(streams, seconds + 2)
            os._exit(0)
        percent = measure_cpu_percent(home.daemon.pid, seconds)
        os.waitpid(pid, 0)
        table.add("memory of an event stream", per_client_kb, 2, "kB", f"PSS, {CLIENTS} clients")
        table.add("CPU for them, of a core", percent - idle_percent, 2, "%",
                  f"{seconds} s at 1 Hz, {percent:.2f} % less {idle_percent:.2f} % without clients")
        table.add("dispatches above 5 ms with them", count_long_dispatches(home) - long_before, 0.5,
                  "", "the daemon's own histogram")
        begun = time.monotonic()
        for peer in streams:
            peer.close()
        wait_for(lambda: count_streams(home) == 0, 20, "all are gone")
        table.add("clients that vanished are gone", time.monotonic() - begun, 5, "s", "closed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def measure_stalled(table):
    """from the moment that nothing more fits, which the log tells by what it counts"""
    with Home(config=QUIET) as home:
        stalled = open_streams(home, STALLED, receive_bytes=1024)
        for i in range(200):
            home.request("POST", "/api/set_current", {"amps": 6 + i % 5})
        begun = time.monotonic()
        wait_for(lambda: count_streams(home) == 0, 20, "stalled readers are gone")
        table.add("a reader that stalls is gone", time.monotonic() - begun, 5, "s",
                  f"{STALLED} readers, since their buffers are full")
        for peer in stalled:
            peer.close()


def measure_exhaustion(table):
    """from the moment that descriptors are there again to the first answer"""
    with Home(config=QUIET) as home:
        home.status()
        limits = resource.prlimit(home.daemon.pid, resource.RLIMIT_NOFILE)
        taken = len(os.listdir(f"/proc/{home.daemon.pid}/fd"))
        resource.prlimit(home.daemon.pid, resource.RLIMIT_NOFILE, (taken + 5, limits[1]))
        peers = [socket.create_connection((home.daemon.host, home.daemon.port))
                 for _ in range(SHORTAGE)]
        home.daemon.wait_log("Cannot accept connections for now")
        for peer in peers:
            peer.close()
        resource.prlimit(home.daemon.pid, resource.RLIMIT_NOFILE, limits)
        begun = time.monotonic()
        wait_for(home.status, 20, "the server accepts again")
        table.add("accepts again after EMFILE", time.monotonic() - begun, 1, "s",
                  f"{SHORTAGE} connections, 5 descriptors")


def main():
    seconds = int(sys.argv[1])
    table = Table()
    measure_requests(table, seconds)
    measure_streams(table, seconds)
    measure_stalled(table)
    measure_exhaustion(table)
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
