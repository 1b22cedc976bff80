/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "phaeton-error.h"
#include "phaeton-keys.h"
#include "phaeton-settings-private.h"
#include "settings-problems.h"
#include "phaeton-yaml.h"

#include <gio/gio.h>

static PhaetonConfig *
parse (const char *yaml, GPtrArray **problems)
{
  g_autoptr (GError) error = NULL;
  PhaetonConfig *config = phaeton_settings_parse (yaml, -1, problems, &error);

  g_assert_no_error (error);
  g_assert_nonnull (config);
  return config;
}

static void
assert_refused (const char *yaml, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonConfig) config = phaeton_settings_parse (yaml, -1, NULL, &error);

  g_assert_null (config);
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, error->message);
}

static void
test_schema_and_table_agree (void)
{
  g_autofree char *folder = phaeton_keys_dup_folder ();
  g_autoptr (GSettingsSchemaSource) source =
    g_settings_schema_source_new_from_directory (folder, NULL, FALSE, NULL);

  g_assert_true (phaeton_keys_ensure (NULL));
  for (guint i = 0; i < phaeton_n_sections; i++) {
    const PhaetonSection *section = &phaeton_sections[i];
    g_autoptr (GSettingsSchema) schema =
      g_settings_schema_source_lookup (source, section->schema, FALSE);
    g_auto (GStrv) keys = g_settings_schema_list_keys (schema);

    g_assert_cmpuint (g_strv_length (keys), ==, section->n_keys);
  }
}

static void
test_defaults (void)
{
  g_autoptr (PhaetonConfig) config = parse ("modbus: {port: 502}\n", NULL);
  const PhaetonChargerConfig *charger = &config->chargers[0];

  g_assert_cmpuint (config->n_chargers, ==, 1);
  g_assert_cmpstr (charger->id, ==, "1");
  g_assert_cmpstr (charger->driver, ==, "alfen");
  g_assert_cmpstr (charger->modbus.host, ==, "192.168.1.100");
  g_assert_cmpint (charger->modbus.port, ==, 502);
  g_assert_cmpint (charger->modbus.station_unit, ==, 200);
  g_assert_cmpint (charger->registers.power, ==, 338);
  g_assert_cmpint (charger->intended_set_mA, ==, 6000);
  g_assert_cmpint (charger->controls.max_set_mA, ==, 64000);
  g_assert_cmpint (charger->controls.current_tolerance_mA, ==, 500);
  g_assert_cmpint (charger->controls.reassert_ms, ==, 30000);
  g_assert_cmpint (charger->controls.verification_delay_ms, ==, 100);
  g_assert_cmpint (charger->poll_interval_ms, ==, 1000);
  g_assert_cmpint (charger->phase_map[2], ==, 2);
  g_assert_true (config->require_dbus);
  g_assert_true (config->pricing.is_fallback);
  g_assert_cmpint (config->static_rate_micros_per_kwh, ==, 250000);
  g_assert_cmpstr (config->logging.level, ==, "info");
  g_assert_cmpint (config->web.port, ==, 8088);
}

static void
test_sample_is_good (void)
{
  g_autofree char *path =
    g_build_filename (g_getenv ("PHAETON_SRCDIR"), "data", "phaeton_config.sample.yaml", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  config = parse (text, &problems);
  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpuint (config->chargers[0].n_windows, ==, 1);
}

/* FIX 28: the price that older settings hoped to find on the bus is the fixed tariff, and said so
 */
static void
test_fix_28 (void)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config = parse (
    "modbus: {ip: h}\npricing:\n  source: victron\n  static_rate_eur_per_kwh: 0.31\n", &problems);
  g_autoptr (PhaetonConfig) other = NULL;

  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_nonnull (
    strstr (((PhaetonProblem *) problems->pdata[0])->message, "the fixed tariff, 0.31"));
  g_assert_cmpint (config->prices.provider, ==, PHAETON_PRICES_FIXED);
  g_assert_cmpint (config->static_rate_micros_per_kwh, ==, 310000);
  g_ptr_array_unref (problems);
  other =
    parse ("modbus: {ip: h}\npricing: {source: victron}\nprices: {provider: tibber}\n", &problems);
  g_assert_cmpint (other->prices.provider, ==, PHAETON_PRICES_TIBBER);
}

static void
test_tariff (void)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config =
    parse ("modbus: {ip: h}\n"
           "pricing:\n"
           "  tariff: {grid_fee_per_kwh: 0.095, vat_percent: 19, feed_in: market,\n"
           "           holidays: [12-25, 2027-04-27, easter+1]}\n"
           "  rules:\n"
           "    - {sets: grid-fee, price_per_kwh: 0.021, days: [5, 6], start_time: '22:00',\n"
           "       end_time: '05:30', from_date: 10-01, to_date: 03-31, holidays: also}\n"
           "    - {price_per_kwh: 0.2}\n",
           &problems);
  const PhaetonTariffConfig *tariff;

  g_assert_cmpuint (problems->len, ==, 0);
  tariff = &config->pricing.tariff;
  g_assert_cmpint (tariff->grid_fee_micros_per_kwh, ==, 95000);
  g_assert_cmpint (tariff->feed_in, ==, PHAETON_FEED_IN_MARKET);
  g_assert_cmpuint (tariff->n_holidays, ==, 3);
  g_assert_cmpint (tariff->holidays[1].year, ==, 2027);
  g_assert_cmpint (tariff->holidays[2].easter_days, ==, 1);
  g_assert_cmpuint (tariff->n_rules, ==, 2);
  g_assert_cmpint (tariff->rules[0].part, ==, PHAETON_TARIFF_GRID_FEE);
  g_assert_cmpint (tariff->rules[0].days, ==, 0x60);
  g_assert_cmpint (tariff->rules[0].end_min, ==, 330);
  g_assert_cmpint (tariff->rules[0].to_month_day, ==, 331);
  g_assert_cmpint (tariff->rules[0].holidays, ==, PHAETON_HOLIDAYS_ALSO);
  g_assert_cmpint (tariff->rules[1].part, ==, PHAETON_TARIFF_PRICE);
  g_assert_cmpint (tariff->rules[1].micros_per_kwh, ==, 200000);
}

static const struct {
  const char *yaml, *message;
} bad[] = {
  { "modbus:\n  port: 99999\n", "f:2: modbus.port: \"99999\" is out of range; expected a whole "
                                "number from 1 to 65535" },
  { "modbus:\n  port: abc\n", "f:2: modbus.port" },
  { "modbus:\n  port: 1.5\n", "not a whole number" },
  { "modbus:\n  port: [1]\n", "a list is not a single value" },
  { "modbus: 5\n", "f:1: modbus: a number; expected keys and values" },
  { "modbus:\n  ip: 256.256.256.256\n", "modbus.ip" },
  { "modbus:\n  ip: 192.168.1\n", "modbus.ip" },
  { "modbus:\n  ip: \"\"\n", "modbus.ip" },
  { "modbus:\n  ip: a b\n", "modbus.ip" },
  { "modbus:\n  socket_slave_id: 248\n", "socket_slave_id" },
  { "registers:\n  power: 70000\n", "registers.power" },
  { "defaults:\n  intended_set_current: 1e308\n", "out of range" },
  { "defaults:\n  intended_set_current: 1e999\n", "not a number" },
  { "defaults:\n  intended_set_current: .nan\n", "not a number" },
  { "defaults:\n  intended_set_current: nan\n", "not a number" },
  { "defaults:\n  intended_set_current: inf\n", "not a number" },
  { "defaults:\n  intended_set_current: 40\ncontrols:\n  max_set_current: 32\n",
    "f:2: defaults.intended_set_current: 40 A is more than controls.max_set_current" },
  { "controls:\n  current_tolerance: -1\n", "current_tolerance" },
  { "controls:\n  on_stop: current\n  on_stop_milliamps: 3000\n", "on_stop_milliamps" },
  { "controls:\n  on_stop: explode\n", "one of expire, pause, current" },
  { "logging:\n  level: LOUD\n", "one of TRACE, DEBUG, INFO" },
  { "device_instance: 256\n", "device_instance" },
  { "poll_interval_ms: 0\n", "poll_interval_ms" },
  { "timezone: Invalid/Zone\n", "timezone" },
  { "timezone: GMT+1\n", "timezone" },
  { "timezone: ../../etc/passwd\n", "timezone" },
  { "require_dbus: maybe\n", "require_dbus" },
  { "schedule:\n  items: 5\n", "schedule.items" },
  { "schedule:\n  items: [5]\n", "schedule.items[0]" },
  { "schedule:\n  items:\n    - {active: true, days: [7]}\n", "schedule.items[0].days" },
  { "schedule:\n  items:\n    - {start_time: 8:00}\n", "start_time" },
  { "schedule:\n  items:\n    - {end_time: \"25:00\"}\n", "end_time" },
  { "schedule:\n  items:\n    - {end_time: \"12:60\"}\n", "end_time" },
  { "phase_rotation: L1L1L2\n", "phase_rotation" },
  { "modbus:\n  ip: a\n  ip: b\n", "f:3: ip: the key appears twice" },
  { "a: &x [1]\nb: *x\n", "anchors" },
  { "a: &x 1\n<<: {}\n", "anchors" },
  { "<<: {}\n", "merge keys" },
  { "a: 1\n---\nb: 2\n", "more than one document" },
  { "- 1\n", "the file holds a list" },
  { "just text\n", "the file holds text" },
  { "a: [1\n", "not YAML" },
  { "a:\n\t- 1\n", "f:2: not YAML" },
  { "a: \"x\\0y\"\n", "zero byte" },
  { "? [a]\n: 1\n", "a key must be text" },
  { "chargers: 5\n", "chargers" },
  { "chargers:\n  'a b':\n    modbus: {ip: a}\n", "no id" },
  { "chargers:\n  a: {}\n", "chargers.a.modbus.ip: the charger has no address" },
  { "modbus: {ip: x}\nchargers:\n  '1':\n    modbus: {ip: a}\n", "already" },
  { "chargers:\n  a: {modbus: {ip: h}}\n  b: {modbus: {ip: H}}\n", "both h:502 unit 1" },
  { "chargers:\n  a: {modbus: {ip: h}, device_instance: 3}\n"
    "  b: {modbus: {ip: i}, device_instance: 3}\n",
    "both have 3" },
  { "pricing:\n  rules: 5\n", "f:2: pricing.rules" },
  { "pricing:\n  rules:\n    - {sets: price}\n", "f:3: pricing.rules[0]: the rule has no price" },
  { "pricing:\n  rules:\n    - {price_per_kwh: 1, from_date: 10-01}\n", "one end alone" },
  { "pricing:\n  rules:\n    - {price_per_kwh: 1, from_date: 13-01}\n", "from_date" },
  { "pricing:\n  rules:\n    - {price_per_kwh: 1, sets: tip}\n", "one of price, grid-fee" },
  { "pricing:\n  rules:\n    - {price_per_kwh: x}\n", "pricing.rules[0].price_per_kwh" },
  { "pricing:\n  tariff: {vat_percent: 101}\n", "pricing.tariff.vat_percent" },
  { "pricing:\n  tariff: {holidays: [easter+101]}\n", "pricing.tariff.holidays" },
  { "pricing:\n  tariff: {holidays: [2027-02-29]}\n", "pricing.tariff.holidays" },
  { "pricing:\n  tariff: {currency: euro}\n", "three capital letters" },
  { "circuits: 5\n", "circuits: a number" },
  { "circuits:\n  house: 5\n", "circuits.house" },
  { "circuits:\n  'a b': {fuse_milliamps: 25000}\n", "no id" },
  { "circuits:\n  house:\n    meter: grid\n", "f:3: circuits.house.fuse_milliamps: the circuit has "
                                              "no fuse" },
  { "circuits:\n  house:\n    fuse_milliamps: 5999\n",
    "f:3: circuits.house.fuse_milliamps: \"5999\" is not one of them; expected a number of mA from "
    "6000" },
  { "circuits:\n  house: {fuse_milliamps: [25000, 25000]}\n", "fuse_milliamps" },
  { "circuits:\n  house: {fuse_milliamps: [25000, 25000, 3000]}\n", "fuse_milliamps" },
  { "circuits:\n  house: {fuse_milliamps: 25000, fuse_kind: wire}\n", "gg, mcb, sls, contract" },
  { "circuits:\n  a: {fuse_milliamps: 25000, parent: x}\n",
    "f:2: circuits.a.parent: there is no circuit \"x\"" },
  { "circuits:\n  a: {fuse_milliamps: 25000, parent: b}\n  b: {fuse_milliamps: 25000, parent: a}\n",
    "f:2: circuits.a.parent: the circuit would feed itself" },
  { "circuits:\n  a: {fuse_milliamps: 25000, parent: a}\n", "feed itself" },
  { "circuits:\n  a:\n    fuse_milliamps: 25000\n    failsafe_base_milliamps: 25001\n",
    "f:4: circuits.a.failsafe_base_milliamps: other loads alone" },
  { "modbus: {ip: h}\ncircuit: garage\n", "f:2: circuit: there is no circuit \"garage\"" },
  { "circuits:\n  a: {fuse_milliamps: 25000}\nchargers:\n  x:\n    modbus: {ip: h}\n    circuit: "
    "b\n",
    "f:6: chargers.x.circuit: there is no circuit \"b\"" },
  { "home: {battery_policy: greedy}\n", "car-first, battery-first, share" },
  { "home: {low_soc_percent: 101}\n", "home.low_soc_percent" },
  { "schedule:\n  deadline: {active: true, energy_kwh: 17}\n", "schedule.deadline.by" },
  { "schedule:\n  deadline: {active: true, by: 07:00}\n", "how much" },
  { "schedule:\n  deadline: 5\n", "schedule.deadline" },
  { "schedule:\n  items:\n    - {date: 2027-02-29}\n", "schedule.items[0].date" },
  { "schedule:\n  items:\n"
    "    - {active: true, start_time: 22:00, end_time: 06:00, current: 10}\n"
    "    - {active: true, start_time: 05:00, end_time: 07:00, days: [0]}\n",
    "f:4: schedule.items[1]: the window and schedule.items[0] are open at the same time" },
  { "schedule:\n  items:\n" /* the tail of Sunday reaches into Monday */
    "    - {active: true, start_time: 01:00, end_time: 02:00, days: [0], current: 6}\n"
    "    - {active: true, start_time: 23:00, end_time: 01:30, days: [6], current: 7}\n",
    "f:4: schedule.items[1]" },
  { "schedule:\n  items:\n" /* 2100-01-03 is a Sunday */
    "    - {active: true, start_time: 23:00, end_time: 01:30, date: 2100-01-03, current: 7}\n"
    "    - {active: true, start_time: 01:00, end_time: 02:00, days: [0], current: 6}\n",
    "f:4: schedule.items[1]" },
  { "web: {tls: files}\n", "web.tls: the files" },
  { "web: {anonymous: everything}\n", "none, read, control" },
  { "web: {cors_origins: ['https://a.b/path']}\n", "web.cors_origins" },
  { "web: {cors_origins: ['*']}\n", "web.cors_origins" },
  { "web: {cors_origins: 'https://a.b'}\n", "is not a list" },
  { "network: {proxy: '192.168.1.2:3128'}\n", "network.proxy" },
  { "network: {proxy: 'ftp://192.168.1.2'}\n", "network.proxy" },
  { "network: {proxy: 'http://me:s3cret@192.168.1.2:3128'}\n", "without user and password" },
  { "network: {proxy: 'http://192.168.1.2/way'}\n", "network.proxy" },
  { "web: {trusted_hosts: ['a b']}\n", "web.trusted_hosts" },
  { "\xff\xfe", "UTF-8" },
};

static void
test_fix_34_bad_input_is_refused_with_its_place (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GPtrArray) problems = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (PhaetonConfig) config = phaeton_settings_parse (bad[i].yaml, -1, &problems, &error);

    if (config != NULL)
      g_error ("accepted: %s", bad[i].yaml);
    g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG);
    assert_problem (problems, bad[i].message);
  }
}

static void
test_hostile_sizes (void)
{
  g_autoptr (GString) deep = g_string_new ("a: ");
  g_autoptr (GString) wide = g_string_new ("a: [");
  g_autofree char *large = g_strnfill (PHAETON_MAX_FILE_BYTES + 1, '#');

  for (int i = 0; i < 5000; i++)
    g_string_append_c (deep, '[');
  for (int i = 0; i < PHAETON_MAX_NODES; i++)
    g_string_append (wide, "1,");
  g_string_append_c (wide, ']');
  assert_refused (deep->str, "deep");
  assert_refused (wide->str, "too many");
  assert_refused (large, "too large");
}

static void
test_fix_35_62_older_words_and_unknown_keys (void)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config =
    parse ("modbus:\n  ip: charger.lan\n  port: \"503\"\n  prot: 1\n"
           "logging:\n  level: warning\n  file_level: CRITICAL\n"
           "controls:\n  future: 1\nbogus:\n  x: 1\n"
           "schedule:\n  items:\n    - {active: true, start_time: 23:00, end_time: 07:00, "
           "current: 10}\n",
           &problems);

  g_assert_cmpint (config->chargers[0].modbus.port, ==, 503);
  g_assert_cmpstr (config->logging.level, ==, "warning");
  g_assert_cmpstr (config->logging.file_level, ==, "critical");
  g_assert_cmpint (config->chargers[0].windows[0].current_mA, ==, 10000);
  g_assert_cmpint (config->chargers[0].windows[0].start_min, ==, 23 * 60);
  assert_problem (problems, "f:3: modbus.port: a number in quotes");
  assert_problem (problems, "f:4: modbus: \"prot\" is not known and has no effect; expected "
                            "perhaps port");
  assert_problem (problems, "\"future\" is not known");
  assert_problem (problems, "\"bogus\" is not known");
}

/* the older generation's own form: legacy windows, Tibber switch, sum register, no web section */
static void
test_fix_33_63_64_older_file (void)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config =
    parse ("modbus:\n  ip: 10.0.0.5\nregisters:\n  power: 344\n  voltages: 300\n"
           "poll_interval_ms: 2000\n"
           "controls:\n  current_tolerance: 0.25\n  retry_delay: 0.5\n  max_retries: 3\n"
           "tibber:\n  enabled: true\n  access_token: abc\n"
           "vehicle:\n  provider: tesla\n"
           "schedule:\n  items:\n"
           "    - {enabled: 1, days_mask: 1, start: \"12:00\", end: \"15:00\"}\n"
           "    - {enabled: 1, days_mask: 62, start: \"08:00\", end: \"09:00\"}\n"
           "    - {enabled: 1, days_mask: 0, start: \"08:00\", end: \"09:00\"}\n"
           "    - {enabled: 1, days_mask: 127, start: \"00:00\", end: \"00:00\"}\n"
           "    - {active: false, enabled: 1, days: [2], days_mask: 1, start_time: \"01:00\", "
           "end_time: \"02:00\", start: \"\", end: \"\"}\n",
           &problems);
  const PhaetonChargerConfig *charger = &config->chargers[0];

  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpint (charger->registers.power, ==, 338);
  g_assert_cmpint (charger->registers.voltages, ==, 300);
  g_assert_cmpint (charger->poll_interval_ms, ==, 2000);
  g_assert_cmpint (charger->controls.current_tolerance_mA, ==, 250);
  g_assert_cmpint (charger->controls.retry_delay_ms, ==, 500);
  g_assert_cmpint (charger->schedule_source, ==, PHAETON_SCHEDULE_TIBBER);
  g_assert_cmpuint (charger->n_windows, ==, 5);
  g_assert_true (charger->windows[0].active);
  g_assert_cmphex (charger->windows[0].days, ==, 1 << 6); /* Sunday */
  g_assert_cmphex (charger->windows[1].days, ==, 0x1f);   /* Monday to Friday */
  g_assert_false (charger->windows[2].active);
  g_assert_false (charger->windows[3].active);
  g_assert_false (charger->windows[4].active);
  g_assert_cmphex (charger->windows[4].days, ==, 1 << 2);
}

/* nobody said where one is: none is made up */
static void
test_no_charger (void)
{
  static const char *const texts[] = { "", "timezone: UTC\n", "modbus:\n", "chargers: {}\n",
                                       "controls: {max_set_current: 20}\n" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (PhaetonConfig) config = parse (texts[i], NULL);

    g_assert_cmpuint (config->n_chargers, ==, 0);
  }
}

static void
test_chargers (void)
{
  g_autoptr (PhaetonConfig) config =
    parse ("controls:\n  max_set_current: 20\n"
           "chargers:\n"
           "  left:\n    modbus: {ip: st, socket_slave_id: 1}\n    phase_rotation: STR\n"
           "  right:\n    modbus: {ip: st, socket_slave_id: 2}\n    device_instance: 0\n"
           "    controls:\n      max_set_current: 10\n",
           NULL);

  g_assert_cmpuint (config->n_chargers, ==, 2);
  g_assert_cmpstr (config->chargers[0].id, ==, "left");
  g_assert_cmpint (config->chargers[0].controls.max_set_mA, ==, 20000);
  g_assert_cmpint (config->chargers[0].phase_map[0], ==, 1);
  g_assert_cmpint (config->chargers[0].device_instance, ==, 1);
  g_assert_cmpint (config->chargers[1].controls.max_set_mA, ==, 10000);
  g_assert_cmpint (config->chargers[1].device_instance, ==, 0);
}

static void
test_circuits (void)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config =
    parse ("circuit: garage\n"
           "modbus: {ip: h}\n"
           "circuit_restart_seconds: 60\n"
           "circuits:\n"
           "  garage: {parent: house, fuse_milliamps: [16000, 20000, 16000], fuse_kind: mcb,\n"
           "           base_milliamps: 0, extra: 1}\n"
           "  house: {fuse_milliamps: 25000, meter: grid, margin_percent: 10,\n"
           "          unbalance_milliamps: 20000}\n"
           "chargers:\n"
           "  a: {modbus: {ip: i}, circuit: house, priority: 2, weight: 3}\n"
           "  b: {modbus: {ip: j}}\n"
           "  c: {modbus: {ip: k}, circuit: ''}\n",
           &problems);
  const PhaetonCircuitConfig *garage = &config->circuits[0], *house = &config->circuits[1];

  g_assert_cmpuint (config->n_circuits, ==, 2);
  g_assert_cmpint (config->circuit_restart_ms, ==, 60000);
  g_assert_cmpstr (garage->id, ==, "garage");
  g_assert_cmpint (garage->parent, ==, 2);
  g_assert_cmpint (garage->fuse_mA[0], ==, 16000);
  g_assert_cmpint (garage->fuse_mA[1], ==, 20000);
  g_assert_cmpint (garage->kind, ==, PHAETON_FUSE_MCB);
  g_assert_cmpint (garage->margin_percent, ==, 5);
  g_assert_true (garage->base_known);
  g_assert_cmpint (garage->failsafe_base_mA[1], ==, 0);
  g_assert_cmpint (house->parent, ==, 0);
  g_assert_cmpint (house->meter, ==, PHAETON_METER_GRID);
  g_assert_cmpint (house->unbalance_mA, ==, 20000);
  g_assert_cmpint (house->fuse_mA[2], ==, 25000);
  g_assert_false (house->base_known);
  g_assert_cmpint (house->failsafe_base_mA[2], ==, 25000); /* unknown: nothing is left for cars */
  g_assert_cmpint (config->chargers[0].circuit, ==, 1);
  g_assert_cmpint (config->chargers[1].circuit, ==, 2);
  g_assert_cmpint (config->chargers[1].priority, ==, 2);
  g_assert_cmpint (config->chargers[1].weight, ==, 3);
  g_assert_cmpint (config->chargers[2].circuit, ==, 1); /* inherited */
  g_assert_cmpint (config->chargers[2].weight, ==, 1);
  g_assert_cmpint (config->chargers[3].circuit, ==, 0);
  assert_problem (problems, "circuits.garage: \"extra\" is not known");
}

/* nothing tells how full a car is: a deadline by that alone would never charge */
static void
test_deadline_by_soc_alone (void)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (PhaetonConfig) lost =
    parse ("modbus: {ip: h}\n"
           "schedule:\n"
           "  deadline: {active: true, by: 07:30, soc_percent: 80}\n",
           &problems);
  g_autoptr (PhaetonConfig) helped =
    parse ("modbus: {ip: h}\n"
           "schedule:\n"
           "  deadline: {active: true, by: 07:30, soc_percent: 80, hours: 2}\n",
           &none);

  g_assert_true (lost->chargers[0].deadline.active);
  g_assert_true (helped->chargers[0].deadline.active);
  assert_problem (problems, "nothing tells how full the car is");
  g_assert_false (phaeton_problems_has_error (problems));
  g_assert_cmpuint (none->len, ==, 0);
}

static void
test_decision_keys (void)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config =
    parse ("modbus: {ip: h}\n"
           "controls: {sun_start_margin_watts: 300, sun_start_delay_seconds: 90,\n"
           "  phase_switches_per_stay: 2, phase_switches_per_day: 4}\n"
           "home: {battery_policy: share, battery_car_share_percent: 30, low_soc_percent: 15}\n"
           "tibber: {strategy: threshold, max_price_total: 0.2}\n"
           "schedule:\n"
           "  deadline: {active: true, by: 07:30, energy_kwh: 17.5, plan: late, days: [0, 4]}\n"
           "  items:\n"
           "    - {active: true, date: 1971-01-02, start_time: 10:00, end_time: 11:00}\n"
           "    - {active: true, start_time: 10:00, end_time: 11:00}\n",
           &problems);
  const PhaetonChargerConfig *charger = &config->chargers[0];

  g_assert_cmpint (charger->controls.sun_start_margin_w, ==, 300);
  g_assert_cmpint (charger->controls.sun_start_delay_ms, ==, 90000);
  g_assert_cmpint (charger->controls.phase_switches_per_stay, ==, 2);
  g_assert_cmpint (charger->controls.phase_switches_per_day, ==, 4);
  g_assert_cmpint (config->home.battery_policy, ==, PHAETON_BATTERY_SHARE);
  g_assert_cmpint (config->home.car_share_percent, ==, 30);
  g_assert_cmpint (config->home.charge_w, ==, 3000);
  g_assert_true (config->home.probe_curtailed);
  g_assert_cmpint (charger->price_rule.strategy, ==, PHAETON_PRICE_BY_LIMIT);
  g_assert_cmpint (charger->price_rule.limit_micros_per_kwh, ==, 200000);
  g_assert_true (charger->deadline.active);
  g_assert_cmpint (charger->deadline.by_min, ==, 7 * 60 + 30);
  g_assert_cmpint (charger->deadline.energy_wh, ==, 17500);
  g_assert_cmpint (charger->deadline.plan, ==, PHAETON_PLAN_LATE);
  g_assert_cmphex (charger->deadline.days, ==, 0x11);
  g_assert_cmpint (charger->windows[0].once_day, ==, 366);
  g_assert_cmpint (charger->windows[1].once_day, ==, 0);
  assert_problem (problems, "f:9: schedule.items[0]: the window was on 1971-01-02");
  g_assert_cmpuint (problems->len, ==, 1);
}

static void
test_web_keys (void)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config =
    parse ("modbus: {ip: h}\n"
           "web: {anonymous: control, cors_permissive: true, tls: files, tls_certificate: /c,\n"
           "  tls_key: /k, cors_origins: ['https://a.example:8443', 'http://10.0.0.1'],\n"
           "  trusted_hosts: [box.lan], session_idle_minutes: 5, session_days: 2}\n",
           &problems);
  g_autoptr (PhaetonConfig) plain = parse ("", NULL);

  g_assert_cmpint (config->web.anonymous, ==, PHAETON_ANONYMOUS_CONTROL);
  g_assert_cmpint (config->web.tls, ==, PHAETON_TLS_FILES);
  g_assert_cmpstr (config->web.tls_key, ==, "/k");
  g_assert_cmpstr (config->web.cors_origins[0], ==, "https://a.example:8443");
  g_assert_cmpuint (g_strv_length (config->web.cors_origins), ==, 2);
  g_assert_cmpstr (config->web.trusted_hosts[0], ==, "box.lan");
  g_assert_cmpint (config->web.session_idle_ms, ==, 5 * 60 * 1000);
  g_assert_cmpint (config->web.session_ms, ==, 2 * 24 * 3600 * 1000);
  assert_problem (problems, "web.cors_permissive: with web.anonymous: control");
  g_assert_cmpint (plain->web.anonymous, ==, PHAETON_ANONYMOUS_NONE);
  g_assert_false (plain->web.cors_permissive);
  g_assert_cmpuint (g_strv_length (plain->web.cors_origins), ==, 0);
  g_assert_cmpint (plain->chargers[0].price_rule.strategy, ==, PHAETON_PRICE_BY_LEVEL);
  g_assert_cmpint (plain->chargers[0].price_rule.limit_micros_per_kwh, ==, G_MININT64);
  g_assert_true (plain->chargers[0].price_rule.on_very_cheap);
}

static void
test_drivers (void)
{
  static const char *const ids[] = { "alfen", "other", NULL };

  phaeton_settings_set_drivers (ids);
  assert_refused ("modbus: {ip: h}\ndriver: tesla\n",
                  "driver: \"tesla\" is not known; expected one of alfen, other");
  assert_refused ("chargers:\n  a: {modbus: {ip: h}, driver: x}\n", "chargers.a.driver");
  phaeton_settings_set_drivers (NULL);
}

static void
test_form (void)
{
  g_autoptr (JsonNode) form = phaeton_settings_dup_ui_schema ();
  g_autofree char *json = json_to_string (form, FALSE);

  g_assert_nonnull (strstr (json, "\"sections\":{\"modbus\":{\"type\":\"object\""));
  g_assert_nonnull (strstr (json, "\"ui\":\"days\""));
  g_assert_nonnull (strstr (json, "\"device_instance\":{\"type\":\"integer\""));
}

static JsonObject *
get_member (JsonObject *object, const char *name)
{
  g_assert_nonnull (object);
  if (!json_object_has_member (object, name))
    g_error ("the schema lacks %s", name);
  return json_object_get_object_member (object, name);
}

/* where the schema describes the section: the object whose properties are its keys */
static JsonObject *
find_in_schema (JsonObject *level, const PhaetonSection *section)
{
  g_auto (GStrv) path = g_strsplit (section->name, ".", -1);
  JsonObject *schema = level;

  for (guint i = 0; path[i] != NULL && path[i][0] != '\0'; i++)
    schema = get_member (get_member (schema, "properties"), path[i]);
  if (g_str_equal (section->name, "vehicles"))
    schema = get_member (get_member (schema, "properties"), "items");
  if (section->kind == PHAETON_SECTION_LIST)
    schema = get_member (schema, "items");
  if (section->kind == PHAETON_SECTION_MAP)
    schema = get_member (schema, "additionalProperties");
  return schema;
}

static void
check_key_schema (JsonObject *schema, const PhaetonSection *section, const PhaetonKey *key)
{
  JsonObject *member = get_member (get_member (schema, "properties"), key->name);
  double min, max;

  g_assert_cmpstr (json_object_get_string_member (member, "title"), !=, "");
  g_assert_cmpstr (json_object_get_string_member (member, "description"), !=, "");
  g_assert_cmpstr (json_object_get_string_member (member, "x-group"), ==, section->name);
  g_assert_true (json_object_has_member (member, "type") ||
                 json_object_has_member (member, "oneOf"));
  if (phaeton_key_get_range (section, key, &min, &max)) {
    g_assert_cmpfloat (json_object_get_double_member (member, "minimum"), ==, min);
    g_assert_cmpfloat (json_object_get_double_member (member, "maximum"), ==, max);
  }
  if (phaeton_key_get_choices (section, key) != NULL)
    g_assert_true (json_object_has_member (member, "enum"));
  g_assert_true (json_object_has_member (member, "x-secret") ==
                 ((key->flags & PHAETON_KEY_SECRET) != 0));
  g_assert_true (json_object_has_member (member, "x-restart") ==
                 ((key->flags & PHAETON_KEY_RESTART) != 0));
  if (key->unit[0] != '\0')
    g_assert_cmpstr (json_object_get_string_member (member, "x-unit"), ==, key->unit);
}

static void
test_json_schema (void)
{
  g_autoptr (JsonNode) root = phaeton_settings_dup_json_schema ();
  JsonObject *schema = json_node_get_object (root);
  JsonObject *charger =
    get_member (get_member (get_member (schema, "properties"), "chargers"), "additionalProperties");

  for (guint i = 0; i < phaeton_n_sections; i++) {
    const PhaetonSection *section = &phaeton_sections[i];

    for (guint k = 0; k < section->n_keys; k++) {
      check_key_schema (find_in_schema (schema, section), section, &section->keys[k]);
      if (section->is_per_charger && phaeton_section_has_charger_key (section, &section->keys[k]))
        check_key_schema (find_in_schema (charger, section), section, &section->keys[k]);
    }
  }
  g_assert_false (json_object_has_member (get_member (charger, "properties"), "web"));
}

static void
test_reference_is_fresh (void)
{
  g_autofree char *path =
    g_build_filename (g_getenv ("PHAETON_SRCDIR"), "docs", "settings.md", NULL);
  g_autofree char *fresh = phaeton_keys_dup_reference ();
  g_autofree char *text = NULL;

  if (g_getenv ("PHAETON_WRITE_DOCS") != NULL)
    g_assert_true (g_file_set_contents (path, fresh, -1, NULL));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, fresh);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/tariff", test_tariff);
  g_test_add_func ("/settings/fix-28-victron-price", test_fix_28);
  g_test_add_func ("/settings/schema-and-table-agree", test_schema_and_table_agree);
  g_test_add_func ("/settings/defaults", test_defaults);
  g_test_add_func ("/settings/sample-is-good", test_sample_is_good);
  g_test_add_func ("/settings/fix-34-bad-input", test_fix_34_bad_input_is_refused_with_its_place);
  g_test_add_func ("/settings/hostile-sizes", test_hostile_sizes);
  g_test_add_func ("/settings/fix-35-fix-62-older-words",
                   test_fix_35_62_older_words_and_unknown_keys);
  g_test_add_func ("/settings/fix-33-fix-63-fix-64-older-file", test_fix_33_63_64_older_file);
  g_test_add_func ("/settings/no-charger", test_no_charger);
  g_test_add_func ("/settings/chargers", test_chargers);
  g_test_add_func ("/settings/circuits", test_circuits);
  g_test_add_func ("/settings/decision-keys", test_decision_keys);
  g_test_add_func ("/settings/deadline-by-soc-alone", test_deadline_by_soc_alone);
  g_test_add_func ("/settings/web-keys", test_web_keys);
  g_test_add_func ("/settings/drivers", test_drivers);
  g_test_add_func ("/settings/form", test_form);
  g_test_add_func ("/settings/json-schema", test_json_schema);
  g_test_add_func ("/settings/reference-is-fresh", test_reference_is_fresh);
  return g_test_run ();
}
