/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-types.h"

G_BEGIN_DECLS

/* What is set. Made by settings/ from the YAML file, converted once into our units; immutable and
 * reference-counted. Keys and defaults: docs/settings.md. Strings are never NULL unless said. */

#define PHAETON_MAX_CHARGERS 128
#define PHAETON_MAX_CIRCUITS 16

/* modbus, registers: what a Modbus charger driver needs */
typedef struct {
  char *host; /* address or name */
  guint16 port;
  guint8 socket_unit;  /* modbus.socket_slave_id: measurements, set-point, phases */
  guint8 station_unit; /* modbus.station_slave_id: identity, station maximum */
} PhaetonModbusConfig;

typedef struct {
  guint16 voltages, currents, power, energy, status, amps_config, phases;
  guint16 firmware_version, firmware_version_count;
  guint16 station_serial, station_serial_count;
  guint16 manufacturer, manufacturer_count;
  guint16 platform_type, platform_type_count;
  guint16 station_max_current;
} PhaetonRegisterConfig;

typedef enum {
  PHAETON_ON_STOP_EXPIRE,  /* leave the set-point; the charger forgets it */
  PHAETON_ON_STOP_PAUSE,   /* write 0 A */
  PHAETON_ON_STOP_CURRENT, /* write on_stop_mA */
} PhaetonOnStop;

typedef struct {
  int current_tolerance_mA;
  int update_threshold_mA; /* update_difference_threshold */
  gint64 verification_delay_ms;
  gint64 retry_delay_ms;
  int max_retries;
  gint64 reassert_ms; /* the shorter of watchdog_interval_seconds, current_update_interval */
  int max_set_mA;
  int min_set_mA;       /* never below PHAETON_MIN_OFFER_mA */
  gint64 min_charge_ms; /* min_charge_duration_seconds: grace in Auto */
  gint64 ev_lag_ms;     /* ev_reporting_lag_ms */
  double pv_ema_alpha;
  gint64 phase_grace_ms;
  gint64 phase_settle_ms;
  gboolean auto_phase_switch;
  int phase_hysteresis_w;
  int phase_switches_per_stay;  /* by the sun, for one car's stay; 0: no cap */
  int phase_switches_per_day;   /* by the sun, in 24 h; 0: no cap */
  int sun_start_margin_w;       /* so much more than the minimum before the sun starts a car, 200 */
  gint64 sun_start_delay_ms;    /* ... for so long, 30 s */
  gboolean auto_from_grid;      /* Auto may take from the grid ... */
  gint64 auto_from_grid_micros; /* auto_from_grid_below: ... at this price per kWh or less */
  PhaetonOnStop on_stop;
  int on_stop_mA;
} PhaetonControlsConfig;

typedef enum {
  PHAETON_BATTERY_CAR_FIRST, /* the car takes what the battery would charge with */
  PHAETON_BATTERY_FIRST,     /* until its target the battery's charge power is kept for it */
  PHAETON_BATTERY_SHARE,     /* until its target it gets what the car's share leaves */
} PhaetonBatteryPolicy;

/* home: how the sun is divided between home battery and cars; all zero: car first, no help */
typedef struct {
  PhaetonBatteryPolicy battery_policy; /* battery-policy: car-first, battery-first, share */
  double target_soc_percent; /* battery-target-soc-percent: first and share end here, 80 */
  int charge_w;              /* battery-charge-watts: what it charges with at most, 3000 */
  int car_share_percent;     /* battery-car-share-percent: of the surplus, 50 */
  int assist_w;              /* battery-assist-watts: it may add so much to the sun, 0 */
  double assist_soc_percent; /* battery-assist-soc-percent: ... above this, 90 */
  double low_soc_percent;    /* low-soc-percent: stop below, where the system tells no
                                limit of its own, 10; 0: never */
  gboolean probe_curtailed;  /* probe-curtailed: try the car when PV is held back, true */
} PhaetonHomeConfig;

typedef enum {
  PHAETON_METER_NONE, /* nothing but what is below it, or base_mA */
  PHAETON_METER_GRID, /* the grid meter of the home */
} PhaetonMeter;

typedef enum {
  PHAETON_FUSE_GG,
  PHAETON_FUSE_MCB,
  PHAETON_FUSE_SLS,
  PHAETON_FUSE_CONTRACT
} PhaetonFuseKind;

/* circuits.ID: a fuse and what hangs on it */
typedef struct {
  char *id;
  int parent;                  /* circuits.ID.parent: index + 1 of the circuit above; 0: the top */
  int fuse_mA[PHAETON_PHASES]; /* fuse-milliamps: one number or one per phase, at least 6000 */
  int margin_percent;          /* margin-percent: kept free, and at least 1 A; 5 */
  PhaetonFuseKind kind;        /* fuse-kind: gg, mcb, sls, contract */
  PhaetonMeter meter;          /* meter: none, grid */
  gboolean base_known;         /* base_mA was given, or the circuit feeds chargers alone */
  int base_mA[PHAETON_PHASES]; /* base-milliamps: other loads at most, where no meter is */
  int failsafe_base_mA[PHAETON_PHASES]; /* failsafe-base-milliamps: other loads at most while the
                                           meter is silent; unset: base_mA */
  int unbalance_mA; /* unbalance-milliamps: so much more than another one phase may carry; 0: any */
} PhaetonCircuitConfig;

/* one window of a schedule; minutes of the local day, end <= start: over midnight */
typedef struct {
  gboolean active;
  guint8 days; /* bit 0 Monday ... bit 6 Sunday: the day on which the window starts */
  int start_min, end_min;
  int current_mA;  /* 0: as much as allowed */
  gint64 once_day; /* schedule.items[].date: counts from 1970-01-01, the local day on which it
                      starts, instead of days; 0: every week */
} PhaetonWindow;

typedef enum {
  PHAETON_PLAN_CHEAP, /* at the cheapest known times; late where no price is known */
  PHAETON_PLAN_LATE,  /* as late as it still works */
  PHAETON_PLAN_BLOCK, /* at the cheapest times in a row */
} PhaetonPlan;

/* schedule.deadline: so much energy, or so full, by a time of the day; in Scheduled */
typedef struct {
  gboolean active;
  guint8 days;        /* on which it falls, as in PhaetonWindow; 0: every day */
  int by_min;         /* minute of the local day */
  int energy_wh;      /* energy_kwh: since the car was plugged in; 0: by soc_percent */
  double hours;       /* since the car was plugged in, where no energy is given; 0: none */
  double soc_percent; /* of the car, where its vehicle tells; 0: by energy_wh */
  PhaetonPlan plan;
} PhaetonDeadline;

typedef enum { PHAETON_SCHEDULE_TIME, PHAETON_SCHEDULE_TIBBER } PhaetonScheduleSource;

typedef enum {
  PHAETON_PRICE_BY_LEVEL,   /* while the price is called cheap */
  PHAETON_PRICE_BY_LIMIT,   /* up to a price; the word in the settings is threshold */
  PHAETON_PRICE_BY_QUANTILE /* in the cheapest part of what is known from now on; percentile */
} PhaetonPriceStrategy;

/* when the mode Scheduled charges by price; tibber.* */
typedef struct {
  PhaetonPriceStrategy strategy;
  gint64 limit_micros_per_kwh; /* max_price_total; G_MININT64: not set */
  double cheap_part;           /* cheap_percentile: 0 to 1 */
  gboolean on_cheap, on_very_cheap;
} PhaetonPriceRule;

typedef struct {
  char *id;     /* "1" for the top-level one, else its key under chargers: */
  char *driver; /* id in the registry of devices, "alfen" */
  char *name;   /* what people call it, "" unset */
  int device_instance;
  PhaetonModbusConfig modbus;
  PhaetonRegisterConfig registers;
  PhaetonControlsConfig controls;
  int intended_set_mA; /* defaults.intended_set_current: only where no state says otherwise */
  int station_max_mA;  /* defaults.station_max_current: until the charger told */
  gint64 poll_interval_ms;
  int priority; /* larger is served first, 0 */
  int weight;   /* share among equals, 1; 0 counts as 1 */
  int circuit;  /* index + 1 of the circuit it hangs on; 0: on none, no house guard */
  PhaetonScheduleSource schedule_source;
  guint n_windows;
  PhaetonWindow *windows;
  PhaetonDeadline deadline;
  gint64 min_run_ms;                /* schedule.min_run_minutes: no charging by price is shorter */
  gint64 start_cost_micros;         /* schedule.start_cost: what a start must save */
  PhaetonPriceRule price_rule;      /* schedule_source TIBBER */
  int product_id;                   /* /ProductId on D-Bus */
  gboolean legacy_energy;           /* /Ac/Energy/Forward has the session, for GX before 3.70 */
  gboolean vrm_tunnel;              /* /Mgmt/Connection ends in a bare address */
  guint8 phase_map[PHAETON_PHASES]; /* grid phase (0..2) of the charger's L1, L2, L3 */
} PhaetonChargerConfig;

typedef struct {
  char *level;         /* "debug" "info" "message" "warning"; sinks fall back to it */
  char *console_level; /* "" as level */
  char *file_level;
  char *web_level;
  char *file; /* "" none */
  guint max_file_size_mb;
  guint backup_count;
  gboolean console_output;
  gboolean json_format;
} PhaetonLoggingConfig;

/* how long history is kept; sessions are kept for ever */
typedef struct {
  gint64 minutes_ms, quarters_ms; /* the points of a minute, of a quarter of an hour */
  guint max_mb;                   /* of the file */
} PhaetonHistoryConfig;

/* what a client may do that did not log in, beyond this machine */
typedef enum {
  PHAETON_ANONYMOUS_NONE,
  PHAETON_ANONYMOUS_READ,
  PHAETON_ANONYMOUS_CONTROL
} PhaetonAnonymous;

typedef enum {
  PHAETON_TLS_OFF,
  PHAETON_TLS_SELF_SIGNED, /* a certificate of our own making */
  PHAETON_TLS_FILES,       /* tls_certificate and tls_key */
} PhaetonTls;

typedef struct {
  char *host;
  guint16 port; /* 0: any free port, for tests */
  PhaetonAnonymous anonymous;
  gint64 session_idle_ms;   /* a login ends after so long without a request ... */
  gint64 session_ms;        /* ... and after so long in any case */
  char **trusted_hosts;     /* names of this machine in Host, beside its addresses */
  char **cors_origins;      /* pages of these origins may use the API */
  gboolean cors_permissive; /* pages of any origin may */
  PhaetonTls tls;
  char *tls_certificate, *tls_key; /* PEM files; "" unset */
} PhaetonWebConfig;

/* the account that prices come from */
typedef struct {
  char *token;   /* "" unset: no prices */
  char *home_id; /* "" the first with a contract */
  char *url;
} PhaetonTibberConfig;

typedef enum {
  PHAETON_PRICES_AUTO, /* of Tibber where its token is set, else none */
  PHAETON_PRICES_NONE,
  PHAETON_PRICES_TIBBER,
  PHAETON_PRICES_NORDPOOL,
  PHAETON_PRICES_ENTSOE,
  PHAETON_PRICES_PROFILE, /* a file says how a service is asked */
  PHAETON_PRICES_FILE,    /* a file has the prices */
  PHAETON_PRICES_FIXED,   /* the tariff of the settings */
} PhaetonPricesProvider;

/* prices: which market tells what power costs */
typedef struct {
  PhaetonPricesProvider provider;
  char *profile;        /* name of the profile, "energyzero" */
  char *profile_folder; /* with profiles of people's own; "" none */
  char *area;           /* of the market, in the service's word */
  char *product;        /* what of it the service shall tell, in its word; "" its usual one */
  char *currency;       /* ISO 4217; "" the service's usual one */
  char *token;          /* "" unset */
  char *url;            /* in place of scheme and host of the service; "" its own */
  char *file;           /* CSV */
} PhaetonPricesConfig;

/* network: how the internet is reached */
typedef struct {
  char *proxy;   /* a URI; "" as the environment says */
  char *ca_file; /* PEM: the only authorities that are trusted; "" those of the system */
} PhaetonNetworkConfig;

/* what a rule of the tariff sets, in the order of its choices */
typedef enum {
  PHAETON_TARIFF_PRICE, /* the fixed tariff's */
  PHAETON_TARIFF_GRID_FEE,
  PHAETON_TARIFF_LEVY,
  PHAETON_TARIFF_MARKUP,
  PHAETON_TARIFF_FEED_IN,
} PhaetonTariffPart;

typedef enum {
  PHAETON_HOLIDAYS_AS_WEEKDAY, /* a holiday is the weekday it falls on */
  PHAETON_HOLIDAYS_NEVER,      /* not on holidays */
  PHAETON_HOLIDAYS_ALSO,       /* on its weekdays and on holidays */
  PHAETON_HOLIDAYS_ONLY,
} PhaetonHolidays;

/* pricing.rules[]: a price, fee or tariff of some hours; minutes of the local day, end <= start:
 * over midnight */
typedef struct {
  PhaetonTariffPart part;
  gint64 micros_per_kwh;
  guint8 days; /* bit 0 Monday ... bit 6 Sunday: on which it begins; 0: every day */
  int start_min, end_min;
  int from_month_day,
    to_month_day; /* 1001 is the first of October, both belong to it; 0: all year */
  PhaetonHolidays holidays;
} PhaetonTariffRule;

typedef struct {
  int month_day; /* 1225; 0: by Easter */
  int year;      /* 0: each year */
  int easter_days;
} PhaetonHoliday;

typedef enum {
  PHAETON_FEED_IN_NONE,
  PHAETON_FEED_IN_FIXED,
  PHAETON_FEED_IN_MARKET, /* what the source tells, and something on top */
} PhaetonFeedIn;

/* pricing.tariff, pricing.rules: what comes on top of the price that a source tells */
typedef struct {
  double markup_percent;
  gint64 markup_micros_per_kwh, grid_fee_micros_per_kwh, levies_micros_per_kwh;
  double vat_percent;
  gboolean vat_on_negative; /* a sum below zero has tax as well */
  PhaetonFeedIn feed_in;
  gint64 feed_in_micros_per_kwh;
  char *currency;       /* ISO 4217: of the house; "" as the source says */
  double exchange_rate; /* what one unit of another currency is worth; 0: not known */
  guint n_holidays;
  PhaetonHoliday *holidays;
  guint n_rules;
  PhaetonTariffRule *rules; /* the last that matches counts */
} PhaetonTariffConfig;

/* pricing: the fixed tariff */
typedef struct {
  gboolean is_fallback; /* fallback: it counts where no price is known */
  PhaetonTariffConfig tariff;
} PhaetonPricingConfig;

typedef struct {
  gatomicrefcount refs;

  guint n_chargers;
  PhaetonChargerConfig *chargers;

  PhaetonHomeConfig home;

  guint n_circuits; /* PHAETON_MAX_CIRCUITS at most */
  PhaetonCircuitConfig *circuits;
  gint64 circuit_restart_ms; /* circuit-restart-seconds: after a pause by a fuse, 300 s */

  gboolean require_dbus;
  char *timezone; /* IANA name, "" take the Victron system's */

  PhaetonWebConfig web;

  PhaetonNetworkConfig network;
  PhaetonTibberConfig tibber;
  PhaetonPricesConfig prices;
  PhaetonPricingConfig pricing;
  gint64 static_rate_micros_per_kwh;
  char *currency; /* symbol, "" none */

  PhaetonLoggingConfig logging;
  PhaetonHistoryConfig history;
} PhaetonConfig;

PhaetonConfig *phaeton_config_ref (PhaetonConfig *self);
void phaeton_config_unref (PhaetonConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonConfig, phaeton_config_unref)

/* for makers: @n_chargers zeroed charger entries; everything else zero or "" */
PhaetonConfig *phaeton_config_new (guint n_chargers);

/* frees what the entry owns */
void phaeton_charger_config_clear (PhaetonChargerConfig *charger);

/* @names: (out) (array zero-terminated): of the circuits, PHAETON_MAX_CIRCUITS + 1 at most; they
 * live as long as @self */
void phaeton_config_list_circuits (const PhaetonConfig *self, const char **names);

/* for makers: @n zeroed circuits */
void phaeton_config_take_circuits (PhaetonConfig *self, guint n);

/* index of the charger with @id, or -1 */
int phaeton_config_find_charger (const PhaetonConfig *self, const char *id);

G_END_DECLS
