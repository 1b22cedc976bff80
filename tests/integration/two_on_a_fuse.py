# SPDX-License-Identifier: GPL-3.0-or-later
"""Two chargers on one house connection of 25 A, for integration tests."""

import re

from harness import CONFIG, Home, check_equal, wait_for

TWO_ON_A_FUSE = CONFIG + """\
circuit: house
circuit_restart_seconds: 30
circuits:
  house:
    fuse_milliamps: 25000
    meter: grid
    failsafe_base_milliamps: 12000
chargers:
  second:
    device_instance: 1
    circuit: house
    modbus:
      ip: 127.0.0.1
      port: {second_port}
"""


def chargers(home):
    return home.get("/api/v1/chargers")["chargers"]


class TwoOnAFuse:
    """two cars behind one fuse, charging in Manual at 16 A"""

    def __init__(self, rate, daemon_arguments=()):
        self.rate = rate
        self.home = Home(config=CONFIG, daemon=False, sim_arguments=["--stations", "2"],
                         clock_rate=rate, daemon_arguments=daemon_arguments)

    def __enter__(self):
        home = self.home.__enter__()
        try:
            second_port = re.findall(r"^PORT (\d+)$", home.sim.log(), re.MULTILINE)[1]
            home.write_config(TWO_ON_A_FUSE.replace("{second_port}", second_port))
            home.sim.command("house load_w 1000")
            home.sim.command("house pv_w 0")
            home.start_daemon()
            for station, charger in ((1, "1"), (2, "second")):
                home.sim.command(f"@{station} plug")
                for words in (("mode", "manual"), ("current", "16"), ("start",)):
                    done = home.ctl("--charger", charger, *words)
                    check_equal(done.returncode, 0, done.stderr)
            wait_for(lambda: all(c["limit_mA"] > 10000 for c in chargers(home)),
                     120 / self.rate + 10, "both charge")
        except BaseException as error:
            self.home.__exit__(type(error), error, None)
            raise
        return home

    def __exit__(self, *arguments):
        self.home.__exit__(*arguments)


def set_extra(home, amperes):
    for phase in (1, 2, 3):
        home.sim.command(f"house extra_l{phase}_w {amperes * 230}")
