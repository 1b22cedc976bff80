/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-keys.h"

#include <gio/gio.h>
#include <string.h>

#include "phaeton-error.h"

/* The table beside data/de.phaeton.gschema.xml: what a schema cannot say of a key. A new key is one
 * element there and one line here; a test compares both. */

#define CHARGER(member) G_STRUCT_OFFSET (PhaetonChargerConfig, member)
#define SITE(member) G_STRUCT_OFFSET (PhaetonConfig, member)
#define CIRCUIT(member) G_STRUCT_OFFSET (PhaetonCircuitConfig, member)
#define PLAIN PHAETON_FORMAT_NONE

static const PhaetonKey top_keys[] = {
  { "device_instance", "", PLAIN, PHAETON_KEY_PER_CHARGER | PHAETON_KEY_OWN, PHAETON_STORE_INT,
    CHARGER (device_instance) },
  { "require_dbus", "", PLAIN, PHAETON_KEY_RESTART, PHAETON_STORE_BOOLEAN, SITE (require_dbus) },
  { "poll_interval_ms", "ms", PLAIN, PHAETON_KEY_PER_CHARGER, PHAETON_STORE_INT64,
    CHARGER (poll_interval_ms) },
  { "timezone", "", PHAETON_FORMAT_TIMEZONE, 0, PHAETON_STORE_TEXT, SITE (timezone) },
  { "driver", "", PHAETON_FORMAT_DRIVER, PHAETON_KEY_PER_CHARGER, PHAETON_STORE_TEXT,
    CHARGER (driver) },
  { "name", "", PLAIN, PHAETON_KEY_PER_CHARGER | PHAETON_KEY_OWN, PHAETON_STORE_TEXT,
    CHARGER (name) },
  { "phase_rotation", "", PHAETON_FORMAT_ROTATION, PHAETON_KEY_PER_CHARGER | PHAETON_KEY_OWN,
    PHAETON_STORE_ROTATION, CHARGER (phase_map) },
  { "circuit", "", PHAETON_FORMAT_REFERENCE, PHAETON_KEY_PER_CHARGER },
  { "priority", "", PLAIN, PHAETON_KEY_PER_CHARGER | PHAETON_KEY_OWN, PHAETON_STORE_INT,
    CHARGER (priority) },
  { "weight", "", PLAIN, PHAETON_KEY_PER_CHARGER | PHAETON_KEY_OWN, PHAETON_STORE_INT,
    CHARGER (weight) },
  { "circuit_restart_seconds", "s", PLAIN, 0, PHAETON_STORE_MILLI_INT64,
    SITE (circuit_restart_ms) },
  { "product_id", "", PLAIN, PHAETON_KEY_PER_CHARGER, PHAETON_STORE_INT, CHARGER (product_id) },
  { "legacy_energy", "", PLAIN, PHAETON_KEY_PER_CHARGER, PHAETON_STORE_BOOLEAN,
    CHARGER (legacy_energy) },
  { "vrm_tunnel", "", PLAIN, PHAETON_KEY_PER_CHARGER, PHAETON_STORE_BOOLEAN, CHARGER (vrm_tunnel) },
};

static const PhaetonKey modbus_keys[] = {
  { "ip", "", PHAETON_FORMAT_HOST, PHAETON_KEY_OWN, PHAETON_STORE_TEXT, CHARGER (modbus.host) },
  { "port", "", PLAIN, PHAETON_KEY_OWN, PHAETON_STORE_UINT16, CHARGER (modbus.port) },
  { "socket_slave_id", "", PLAIN, PHAETON_KEY_OWN, PHAETON_STORE_UINT8,
    CHARGER (modbus.socket_unit) },
  { "station_slave_id", "", PLAIN, PHAETON_KEY_OWN, PHAETON_STORE_UINT8,
    CHARGER (modbus.station_unit) },
};

static const PhaetonKey default_keys[] = {
  { "intended_set_current", "A", PLAIN, 0, PHAETON_STORE_MILLI, CHARGER (intended_set_mA), 0.1 },
  { "station_max_current", "A", PLAIN, 0, PHAETON_STORE_MILLI, CHARGER (station_max_mA), 0.1 },
};

#define CONTROL(member) CHARGER (controls.member)

static const PhaetonKey control_keys[] = {
  { "current_tolerance", "A", PLAIN, 0, PHAETON_STORE_MILLI, CONTROL (current_tolerance_mA), 0.01 },
  { "update_difference_threshold", "A", PLAIN, 0, PHAETON_STORE_MILLI,
    CONTROL (update_threshold_mA), 0.01 },
  { "verification_delay", "s", PLAIN, 0, PHAETON_STORE_MILLI_INT64, CONTROL (verification_delay_ms),
    0.01 },
  { "retry_delay", "s", PLAIN, 0, PHAETON_STORE_MILLI_INT64, CONTROL (retry_delay_ms), 0.1 },
  { "max_retries", "", PLAIN, 0, PHAETON_STORE_INT, CONTROL (max_retries) },
  { "watchdog_interval_seconds", "s", PLAIN, 0, PHAETON_STORE_MILLI_INT64, CONTROL (reassert_ms) },
  { "max_set_current", "A", PLAIN, 0, PHAETON_STORE_MILLI, CONTROL (max_set_mA), 0.1 },
  { "min_set_current", "A", PLAIN, 0, PHAETON_STORE_MILLI, CONTROL (min_set_mA), 0.1 },
  { "min_charge_duration_seconds", "s", PLAIN, 0, PHAETON_STORE_MILLI_INT64,
    CONTROL (min_charge_ms) },
  { "current_update_interval", "ms", PLAIN, 0, PHAETON_STORE_NOWHERE },
  { "verify_delay", "ms", PLAIN, 0, PHAETON_STORE_NOWHERE },
  { "ev_reporting_lag_ms", "ms", PLAIN, 0, PHAETON_STORE_INT64, CONTROL (ev_lag_ms) },
  { "pv_excess_ema_alpha", "", PLAIN, 0, PHAETON_STORE_DOUBLE, CONTROL (pv_ema_alpha), 0.05 },
  { "phase_switch_grace_seconds", "s", PLAIN, 0, PHAETON_STORE_MILLI_INT64,
    CONTROL (phase_grace_ms) },
  { "phase_switch_settle_seconds", "s", PLAIN, 0, PHAETON_STORE_MILLI_INT64,
    CONTROL (phase_settle_ms) },
  { "auto_phase_switch", "", PLAIN, 0, PHAETON_STORE_BOOLEAN, CONTROL (auto_phase_switch) },
  { "auto_phase_hysteresis_watts", "W", PLAIN, 0, PHAETON_STORE_ROUNDED,
    CONTROL (phase_hysteresis_w), 10 },
  { "phase_switches_per_stay", "", PLAIN, 0, PHAETON_STORE_INT, CONTROL (phase_switches_per_stay) },
  { "phase_switches_per_day", "", PLAIN, 0, PHAETON_STORE_INT, CONTROL (phase_switches_per_day) },
  { "sun_start_margin_watts", "W", PLAIN, 0, PHAETON_STORE_INT, CONTROL (sun_start_margin_w) },
  { "sun_start_delay_seconds", "s", PLAIN, 0, PHAETON_STORE_MILLI_INT64,
    CONTROL (sun_start_delay_ms) },
  { "auto_from_grid", "", PLAIN, 0, PHAETON_STORE_BOOLEAN, CONTROL (auto_from_grid) },
  { "auto_from_grid_below", "per kWh", PLAIN, 0, PHAETON_STORE_MICRO_INT64,
    CONTROL (auto_from_grid_micros), 0.001 },
  { "on_stop", "", PLAIN, 0, PHAETON_STORE_CHOICE, CONTROL (on_stop) },
  { "on_stop_milliamps", "mA", PLAIN, 0, PHAETON_STORE_INT, CONTROL (on_stop_mA) },
};

#define HOME(member) SITE (home.member)

static const PhaetonKey home_keys[] = {
  { "battery_policy", "", PLAIN, 0, PHAETON_STORE_CHOICE, HOME (battery_policy) },
  { "battery_target_soc_percent", "%", PLAIN, 0, PHAETON_STORE_DOUBLE, HOME (target_soc_percent),
    1 },
  { "battery_charge_watts", "W", PLAIN, 0, PHAETON_STORE_INT, HOME (charge_w) },
  { "battery_car_share_percent", "%", PLAIN, 0, PHAETON_STORE_INT, HOME (car_share_percent) },
  { "battery_assist_watts", "W", PLAIN, 0, PHAETON_STORE_INT, HOME (assist_w) },
  { "battery_assist_soc_percent", "%", PLAIN, 0, PHAETON_STORE_DOUBLE, HOME (assist_soc_percent),
    1 },
  { "low_soc_percent", "%", PLAIN, 0, PHAETON_STORE_DOUBLE, HOME (low_soc_percent), 1 },
  { "probe_curtailed", "", PLAIN, 0, PHAETON_STORE_BOOLEAN, HOME (probe_curtailed) },
};

/* parent and whether a base is known: phaeton-circuits.c */
static const PhaetonKey circuit_keys[] = {
  { "parent", "", PHAETON_FORMAT_REFERENCE },
  { "fuse_milliamps", "mA", PHAETON_FORMAT_FUSE, 0, PHAETON_STORE_PHASES, CIRCUIT (fuse_mA) },
  { "fuse_kind", "", PLAIN, 0, PHAETON_STORE_CHOICE, CIRCUIT (kind) },
  { "margin_percent", "%", PLAIN, 0, PHAETON_STORE_INT, CIRCUIT (margin_percent) },
  { "unbalance_milliamps", "mA", PLAIN, 0, PHAETON_STORE_INT, CIRCUIT (unbalance_mA) },
  { "meter", "", PLAIN, 0, PHAETON_STORE_CHOICE, CIRCUIT (meter) },
  { "base_milliamps", "mA", PHAETON_FORMAT_PHASES, 0, PHAETON_STORE_PHASES, CIRCUIT (base_mA) },
  { "failsafe_base_milliamps", "mA", PHAETON_FORMAT_PHASES, 0, PHAETON_STORE_PHASES,
    CIRCUIT (failsafe_base_mA) },
};

static const PhaetonKey logging_keys[] = {
  { "level", "", PHAETON_FORMAT_LEVEL, 0, PHAETON_STORE_LEVEL, SITE (logging.level) },
  { "console_level", "", PHAETON_FORMAT_LEVEL, PHAETON_KEY_NULLABLE, PHAETON_STORE_LEVEL,
    SITE (logging.console_level) },
  { "file_level", "", PHAETON_FORMAT_LEVEL, PHAETON_KEY_NULLABLE, PHAETON_STORE_LEVEL,
    SITE (logging.file_level) },
  { "web_level", "", PHAETON_FORMAT_LEVEL, PHAETON_KEY_NULLABLE, PHAETON_STORE_LEVEL,
    SITE (logging.web_level) },
  { "file", "", PLAIN, PHAETON_KEY_FILE_ONLY, PHAETON_STORE_TEXT, SITE (logging.file) },
  { "format", "", PLAIN, 0, PHAETON_STORE_NOWHERE },
  { "max_file_size_mb", "MB", PLAIN, 0, PHAETON_STORE_UINT, SITE (logging.max_file_size_mb) },
  { "backup_count", "", PLAIN, 0, PHAETON_STORE_UINT, SITE (logging.backup_count) },
  { "console_output", "", PLAIN, 0, PHAETON_STORE_BOOLEAN, SITE (logging.console_output) },
  { "json_format", "", PLAIN, 0, PHAETON_STORE_BOOLEAN, SITE (logging.json_format) },
};

static const PhaetonKey history_keys[] = {
  { "minutes_days", "d", PLAIN, 0, PHAETON_STORE_DAYS, SITE (history.minutes_ms) },
  { "quarters_days", "d", PLAIN, 0, PHAETON_STORE_DAYS, SITE (history.quarters_ms) },
  { "max_size_mb", "MB", PLAIN, 0, PHAETON_STORE_UINT, SITE (history.max_mb) },
};

static const PhaetonKey tibber_keys[] = {
  { "access_token", "", PLAIN, PHAETON_KEY_SECRET, PHAETON_STORE_TEXT, SITE (tibber.token) },
  { "home_id", "", PLAIN, 0, PHAETON_STORE_TEXT, SITE (tibber.home_id) },
  { "url", "", PLAIN, 0, PHAETON_STORE_TEXT, SITE (tibber.url) },
  /* of each charger's price_rule: phaeton-reader.c */
  { "charge_on_cheap", "" },
  { "charge_on_very_cheap", "" },
  { "strategy", "" },
  { "max_price_total", "per kWh", .step = 0.001 },
  { "cheap_percentile", "", .step = 0.01 },
};

#define PRICES(member) SITE (prices.member)

static const PhaetonKey price_keys[] = {
  { "provider", "", PLAIN, 0, PHAETON_STORE_CHOICE, PRICES (provider) },
  { "profile", "", PLAIN, 0, PHAETON_STORE_TEXT, PRICES (profile) },
  { "area", "", PLAIN, 0, PHAETON_STORE_TEXT, PRICES (area) },
  { "product", "", PLAIN, 0, PHAETON_STORE_TEXT, PRICES (product) },
  { "currency", "", PLAIN, 0, PHAETON_STORE_TEXT, PRICES (currency) },
  { "token", "", PLAIN, PHAETON_KEY_SECRET, PHAETON_STORE_TEXT, PRICES (token) },
  { "file", "", PLAIN, 0, PHAETON_STORE_TEXT, PRICES (file) },
  { "profile_folder", "", PLAIN, 0, PHAETON_STORE_TEXT, PRICES (profile_folder) },
  { "url", "", PLAIN, 0, PHAETON_STORE_TEXT, PRICES (url) },
};

static const PhaetonKey network_keys[] = {
  { "proxy", "", PHAETON_FORMAT_PROXY, 0, PHAETON_STORE_TEXT, SITE (network.proxy) },
  { "ca_file", "", PLAIN, 0, PHAETON_STORE_TEXT, SITE (network.ca_file) },
};

static const PhaetonKey vehicle_keys[] = {
  { "name", "" },
  { "provider", "" },
  { "poll_interval_seconds", "s" },
  { "tesla_access_token", "", PLAIN, PHAETON_KEY_SECRET },
  { "tesla_vehicle_id", "" },
  { "tesla_vin", "" },
  { "tesla_wake_if_asleep", "" },
  { "kia_username", "" },
  { "kia_password", "", PLAIN, PHAETON_KEY_SECRET },
  { "kia_pin", "", PLAIN, PHAETON_KEY_SECRET },
  { "kia_region", "" },
  { "kia_brand", "" },
  { "kia_vin", "" },
};

static const PhaetonKey pricing_keys[] = {
  { "source", "" },
  { "fallback", "", PLAIN, 0, PHAETON_STORE_CHOICE, SITE (pricing.is_fallback) },
  { "static_rate_eur_per_kwh", "per kWh", PLAIN, 0, PHAETON_STORE_MICRO_INT64,
    SITE (static_rate_micros_per_kwh), 0.001 },
  { "currency_symbol", "", PLAIN, 0, PHAETON_STORE_TEXT, SITE (currency) },
};

#define TARIFF(member) SITE (pricing.tariff.member)

static const PhaetonKey tariff_keys[] = {
  { "markup_percent", "%", PLAIN, 0, PHAETON_STORE_DOUBLE, TARIFF (markup_percent), 0.1 },
  { "markup_per_kwh", "per kWh", PLAIN, 0, PHAETON_STORE_MICRO_INT64,
    TARIFF (markup_micros_per_kwh), 0.0001 },
  { "grid_fee_per_kwh", "per kWh", PLAIN, 0, PHAETON_STORE_MICRO_INT64,
    TARIFF (grid_fee_micros_per_kwh), 0.0001 },
  { "levies_per_kwh", "per kWh", PLAIN, 0, PHAETON_STORE_MICRO_INT64,
    TARIFF (levies_micros_per_kwh), 0.0001 },
  { "vat_percent", "%", PLAIN, 0, PHAETON_STORE_DOUBLE, TARIFF (vat_percent), 0.1 },
  { "vat_on_negative", "", PLAIN, 0, PHAETON_STORE_BOOLEAN, TARIFF (vat_on_negative) },
  { "feed_in", "", PLAIN, 0, PHAETON_STORE_CHOICE, TARIFF (feed_in) },
  { "feed_in_per_kwh", "per kWh", PLAIN, 0, PHAETON_STORE_MICRO_INT64,
    TARIFF (feed_in_micros_per_kwh), 0.0001 },
  { "currency", "", PHAETON_FORMAT_CURRENCY, 0, PHAETON_STORE_TEXT, TARIFF (currency) },
  { "exchange_rate", "", PLAIN, 0, PHAETON_STORE_DOUBLE, TARIFF (exchange_rate), 0.0001 },
  { "holidays", "", PHAETON_FORMAT_HOLIDAY },
};

/* where they go is the work of phaeton-tariff-reader.c */
static const PhaetonKey rule_keys[] = {
  { "sets", "" },
  { "price_per_kwh", "per kWh", .step = 0.0001 },
  { "days", "", PHAETON_FORMAT_DAYS },
  { "start_time", "", PHAETON_FORMAT_TIME },
  { "end_time", "", PHAETON_FORMAT_TIME },
  { "from_date", "", PHAETON_FORMAT_MONTH_DAY },
  { "to_date", "", PHAETON_FORMAT_MONTH_DAY },
  { "holidays", "" },
};

static const PhaetonKey schedule_keys[] = {
  { "mode", "", PLAIN, 0, PHAETON_STORE_CHOICE, CHARGER (schedule_source) },
  { "min_run_minutes", "min", PLAIN, 0, PHAETON_STORE_MINUTES, CHARGER (min_run_ms) },
  { "start_cost", "", PLAIN, 0, PHAETON_STORE_MICRO_INT64, CHARGER (start_cost_micros), 0.01 },
};

/* where they go is the work of phaeton-windows.c: several keys make one value */
static const PhaetonKey schedule_item_keys[] = {
  { "active", "" },
  { "days", "", PHAETON_FORMAT_DAYS },
  { "start_time", "", PHAETON_FORMAT_TIME },
  { "end_time", "", PHAETON_FORMAT_TIME },
  { "current", "A", .step = 0.1 },
  { "date", "", PHAETON_FORMAT_DATE },
};

/* by phaeton-windows.c too */
static const PhaetonKey deadline_keys[] = {
  { "active", "", PLAIN, PHAETON_KEY_OWN, PHAETON_STORE_BOOLEAN, CHARGER (deadline.active) },
  { "days", "", PHAETON_FORMAT_DAYS, PHAETON_KEY_OWN },
  { "by", "", PHAETON_FORMAT_TIME, PHAETON_KEY_OWN },
  { "energy_kwh", "kWh", PLAIN, PHAETON_KEY_OWN, PHAETON_STORE_MILLI, CHARGER (deadline.energy_wh),
    0.1 },
  { "hours", "h", PLAIN, PHAETON_KEY_OWN, PHAETON_STORE_DOUBLE, CHARGER (deadline.hours), 0.5 },
  { "soc_percent", "%", PLAIN, PHAETON_KEY_OWN, PHAETON_STORE_DOUBLE,
    CHARGER (deadline.soc_percent), 1 },
  { "plan", "", PLAIN, PHAETON_KEY_OWN, PHAETON_STORE_CHOICE, CHARGER (deadline.plan) },
};

#define REGISTER(key)                                                                              \
  {                                                                                                \
#key, "", PLAIN, 0, PHAETON_STORE_UINT16, CHARGER(registers.key)                               \
  }

static const PhaetonKey register_keys[] = {
  REGISTER (voltages),
  REGISTER (currents),
  REGISTER (power),
  REGISTER (energy),
  REGISTER (status),
  REGISTER (amps_config),
  REGISTER (phases),
  REGISTER (firmware_version),
  REGISTER (firmware_version_count),
  REGISTER (station_serial),
  REGISTER (station_serial_count),
  REGISTER (manufacturer),
  REGISTER (manufacturer_count),
  REGISTER (platform_type),
  REGISTER (platform_type_count),
  REGISTER (station_max_current),
  { "station_status", "" },
};

#define WEB(member) SITE (web.member)

static const PhaetonKey web_keys[] = {
  { "host", "", PHAETON_FORMAT_HOST, 0, PHAETON_STORE_TEXT, WEB (host) },
  { "port", "", PLAIN, 0, PHAETON_STORE_UINT16, WEB (port) },
  { "anonymous", "", PLAIN, 0, PHAETON_STORE_CHOICE, WEB (anonymous) },
  { "session_idle_minutes", "min", PLAIN, 0, PHAETON_STORE_MINUTES, WEB (session_idle_ms) },
  { "session_days", "d", PLAIN, 0, PHAETON_STORE_DAYS, WEB (session_ms) },
  { "trusted_hosts", "", PHAETON_FORMAT_HOST, 0, PHAETON_STORE_TEXTS, WEB (trusted_hosts) },
  { "cors_origins", "", PHAETON_FORMAT_ORIGIN, 0, PHAETON_STORE_TEXTS, WEB (cors_origins) },
  { "cors_permissive", "", PLAIN, 0, PHAETON_STORE_BOOLEAN, WEB (cors_permissive) },
  { "tls", "", PLAIN, 0, PHAETON_STORE_CHOICE, WEB (tls) },
  { "tls_certificate", "", PLAIN, PHAETON_KEY_FILE_ONLY, PHAETON_STORE_TEXT, WEB (tls_certificate) },
  { "tls_key", "", PLAIN, PHAETON_KEY_FILE_ONLY, PHAETON_STORE_TEXT, WEB (tls_key) },
};

static const PhaetonKey update_keys[] = {
  { "enabled", "" },
  { "auto_check", "" },
  { "auto_update", "" },
  { "include_prereleases", "" },
  { "check_interval_hours", "h" },
  { "repository", "" },
};

#define SECTION(name, schema, title, kind, is_per_charger, keys)                                   \
  {                                                                                                \
    name, "de.phaeton" schema, title, PHAETON_SECTION_##kind, is_per_charger, keys,                \
      G_N_ELEMENTS (keys)                                                                          \
  }

const PhaetonSection phaeton_sections[] = {
  SECTION ("modbus", ".modbus", "Modbus", OBJECT, TRUE, modbus_keys),
  SECTION ("defaults", ".defaults", "Defaults", OBJECT, TRUE, default_keys),
  SECTION ("controls", ".controls", "Controls & Safety", OBJECT, TRUE, control_keys),
  SECTION ("home", ".home", "Home", OBJECT, FALSE, home_keys),
  SECTION ("circuits", ".circuits", "Circuits", MAP, FALSE, circuit_keys),
  SECTION ("logging", ".logging", "Logging", OBJECT, FALSE, logging_keys),
  SECTION ("history", ".history", "History", OBJECT, FALSE, history_keys),
  SECTION ("prices", ".prices", "Prices: source", OBJECT, FALSE, price_keys),
  SECTION ("tibber", ".tibber", "Prices: Tibber, cheap hours", OBJECT, FALSE, tibber_keys),
  SECTION ("pricing", ".pricing", "Prices: tariff and fees", OBJECT, FALSE, pricing_keys),
  SECTION ("pricing.tariff", ".pricing.tariff", "Fees and tax", OBJECT, FALSE, tariff_keys),
  SECTION ("pricing.rules", ".pricing.rules", "Rules of the tariff", LIST, FALSE, rule_keys),
  SECTION ("vehicles", ".vehicles", "Vehicles", LIST, FALSE, vehicle_keys),
  SECTION ("schedule", ".schedule", "Schedules", OBJECT, TRUE, schedule_keys),
  SECTION ("schedule.items", ".schedule.items", "Windows", LIST, TRUE, schedule_item_keys),
  SECTION ("schedule.deadline", ".schedule.deadline", "Deadline", OBJECT, TRUE, deadline_keys),
  SECTION ("registers", ".registers", "Registers", OBJECT, TRUE, register_keys),
  SECTION ("web", ".web", "Web UI", OBJECT, FALSE, web_keys),
  SECTION ("network", ".network", "Network", OBJECT, FALSE, network_keys),
  SECTION ("updates", ".updates", "Updates", OBJECT, FALSE, update_keys),
  SECTION ("", "", "General", TOP, TRUE, top_keys),
};
const guint phaeton_n_sections = G_N_ELEMENTS (phaeton_sections);

/* what the schema says of a key */
typedef struct {
  char type;
  GVariant *fallback;
  gboolean has_range;
  double min, max;
  char **choices; /* (nullable) */
} Facts;

static Facts *facts[G_N_ELEMENTS (phaeton_sections)]; /* one array a section; for ever */
static const char *const *drivers;                    /* (nullable): set once, at the start */

const PhaetonSection *
phaeton_section_find (const char *name)
{
  for (guint i = 0; i < phaeton_n_sections; i++)
    if (g_str_equal (phaeton_sections[i].name, name))
      return &phaeton_sections[i];
  return NULL;
}

const PhaetonNode *
phaeton_section_find_node (const PhaetonSection *self, const PhaetonNode *level)
{
  g_auto (GStrv) path = g_strsplit (self->name, ".", -1);

  return phaeton_node_get_path (level, (const char *const *) path);
}

gboolean
phaeton_section_is_inner (const PhaetonSection *self)
{
  return strchr (self->name, '.') != NULL;
}

char *
phaeton_section_dup_outer (const PhaetonSection *self)
{
  return g_strndup (self->name, (gsize) (strchr (self->name, '.') - self->name));
}

const PhaetonKey *
phaeton_section_find_key (const PhaetonSection *self, const char *name)
{
  for (guint i = 0; i < self->n_keys; i++)
    if (g_str_equal (self->keys[i].name, name))
      return &self->keys[i];
  return NULL;
}

gboolean
phaeton_section_has_charger_key (const PhaetonSection *self, const PhaetonKey *key)
{
  if (self->kind == PHAETON_SECTION_TOP)
    return (key->flags & PHAETON_KEY_PER_CHARGER) != 0;
  return self->is_per_charger;
}

static const Facts *
get_facts (const PhaetonSection *section, const PhaetonKey *key)
{
  return &facts[section - phaeton_sections][key - section->keys];
}

char *
phaeton_keys_dup_folder (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (program != NULL ? program : "/");
  g_autofree char *beside = g_build_filename (folder, "schemas", NULL);

  if (g_getenv ("PHAETON_DATA_DIR") != NULL)
    return g_build_filename (g_getenv ("PHAETON_DATA_DIR"), "schemas", NULL);
  /* a program that was not installed uses the schema it was built with */
  if (g_str_has_prefix (folder, PHAETON_BUILD_ROOT "/"))
    return g_strdup (PHAETON_BUILD_ROOT "/data");
  if (g_file_test (beside, G_FILE_TEST_IS_DIR)) /* unpacked archive */
    return g_steal_pointer (&beside);
  return g_strdup (PHAETON_DATADIR "/schemas");
}

static void
load_range (Facts *self, GSettingsSchemaKey *key)
{
  g_autoptr (GVariant) range = g_settings_schema_key_get_range (key);
  g_autoptr (GVariant) detail = NULL;
  const char *type;

  g_variant_get (range, "(&sv)", &type, &detail);
  if (g_str_equal (type, "enum")) {
    self->choices = g_variant_dup_strv (detail, NULL);
  } else if (g_str_equal (type, "range")) {
    g_autoptr (GVariant) min = g_variant_get_child_value (detail, 0);
    g_autoptr (GVariant) max = g_variant_get_child_value (detail, 1);

    self->has_range = TRUE;
    switch (self->type) {
    case 'i':
      self->min = g_variant_get_int32 (min);
      self->max = g_variant_get_int32 (max);
      break;
    case 'x':
      self->min = (double) g_variant_get_int64 (min);
      self->max = (double) g_variant_get_int64 (max);
      break;
    default:
      self->min = g_variant_get_double (min);
      self->max = g_variant_get_double (max);
    }
  }
}

static gboolean
load_section (GSettingsSchemaSource *source, const PhaetonSection *section, GError **error)
{
  g_autoptr (GSettingsSchema) schema =
    g_settings_schema_source_lookup (source, section->schema, FALSE);
  Facts *section_facts = g_new0 (Facts, section->n_keys);

  facts[section - phaeton_sections] = section_facts;
  for (guint i = 0; i < section->n_keys; i++) {
    g_autofree char *name = g_strdelimit (g_strdup (section->keys[i].name), "_", '-');
    g_autoptr (GSettingsSchemaKey) key = NULL;

    if (schema == NULL || !g_settings_schema_has_key (schema, name)) {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                   "the settings schema is of another version: it lacks %s %s", section->schema,
                   name);
      return FALSE;
    }
    key = g_settings_schema_get_key (schema, name);
    section_facts[i].fallback = g_settings_schema_key_get_default_value (key);
    section_facts[i].type = g_variant_get_type_string (section_facts[i].fallback)[0];
    load_range (&section_facts[i], key);
  }
  return TRUE;
}

static gboolean
load_schema (GError **error)
{
  g_autofree char *folder = phaeton_keys_dup_folder ();
  g_autoptr (GSettingsSchemaSource) source =
    g_settings_schema_source_new_from_directory (folder, NULL, FALSE, error);

  if (source == NULL) {
    g_prefix_error (error, "cannot load the settings schema: ");
    if (error != NULL && *error != NULL && (*error)->domain != PHAETON_ERROR) {
      g_autofree char *message = g_strdup ((*error)->message);

      g_clear_error (error);
      g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, message);
    }
    return FALSE;
  }
  for (guint i = 0; i < phaeton_n_sections; i++)
    if (!load_section (source, &phaeton_sections[i], error))
      return FALSE;
  return TRUE;
}

gboolean
phaeton_keys_ensure (GError **error)
{
  static gsize once;
  static GError *failure;

  if (g_once_init_enter (&once)) {
    load_schema (&failure);
    g_once_init_leave (&once, 1);
  }
  if (failure != NULL && error != NULL)
    *error = g_error_copy (failure);
  return failure == NULL;
}

GVariant *
phaeton_key_get_default (const PhaetonSection *section, const PhaetonKey *key)
{
  return get_facts (section, key)->fallback;
}

gboolean
phaeton_key_get_range (const PhaetonSection *section, const PhaetonKey *key, double *min,
                       double *max)
{
  const Facts *self = get_facts (section, key);

  *min = self->min;
  *max = self->max;
  return self->has_range;
}

void
phaeton_settings_set_drivers (const char *const *ids)
{
  drivers = ids;
}

const char *const *
phaeton_key_get_choices (const PhaetonSection *section, const PhaetonKey *key)
{
  if (key->format == PHAETON_FORMAT_DRIVER)
    return drivers;
  return (const char *const *) get_facts (section, key)->choices;
}

char
phaeton_key_get_type (const PhaetonSection *section, const PhaetonKey *key)
{
  return get_facts (section, key)->type;
}
