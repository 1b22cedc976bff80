/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-columns.h"

#include "phaeton-config.h"
#include "phaeton-decision.h"

#include <string.h>

#define WORD_BYTES 8

/* one member as it is declared here; its type comes from the struct itself */
typedef struct _Member Member;
struct _Member {
  const char *name;
  gsize offset;
  guint count; /* of elements; 0: no array */
  guint width; /* of two dimensions: the inner one; 0: one dimension */
  gsize size;  /* of an element */
  PhaetonColumnKind kind;
  gboolean is_signed;
  gint64 least, most; /* both 0: whatever the type holds */
  const Member *parts;
};

#define KIND(x) _Generic((x), double : PHAETON_COLUMN_DOUBLE, default : PHAETON_COLUMN_INT)
#define IS_SIGNED(x) _Generic((x), int : TRUE, gint64 : TRUE, default : FALSE)
#define AT(T, m) (((T *) NULL)->m)
#define PLACE(T, m) .name = #m, .offset = G_STRUCT_OFFSET (T, m)
#define ELEMENT(x) .size = sizeof (x), .kind = KIND (x), .is_signed = IS_SIGNED (x)

#define VALUE(T, m)                                                                                \
  {                                                                                                \
    PLACE (T, m), ELEMENT (AT (T, m))                                                              \
  }
/* a number that core uses as an index or in a switch: nothing else may be read from a file */
#define RANGE(T, m, low, high)                                                                     \
  {                                                                                                \
    PLACE (T, m), ELEMENT (AT (T, m)), .least = (low), .most = (high)                              \
  }
#define ARRAY(T, m)                                                                                \
  {                                                                                                \
    PLACE (T, m), ELEMENT (AT (T, m)[0]), .count = G_N_ELEMENTS (AT (T, m))                        \
  }
#define ARRAY_RANGE(T, m, low, high)                                                               \
  {                                                                                                \
    PLACE (T, m), ELEMENT (AT (T, m)[0]), .count = G_N_ELEMENTS (AT (T, m)), .least = (low),       \
                                          .most = (high)                                           \
  }
#define GRID(T, m)                                                                                 \
  {                                                                                                \
    PLACE (T, m), ELEMENT (AT (T, m)[0][0]),                                                       \
      .count = G_N_ELEMENTS (AT (T, m)) * G_N_ELEMENTS (AT (T, m)[0]),                             \
      .width = G_N_ELEMENTS (AT (T, m)[0])                                                         \
  }
#define TEXT(T, m)                                                                                 \
  {                                                                                                \
    PLACE (T, m), .size = WORD_BYTES, .count = sizeof (AT (T, m)) / WORD_BYTES,                    \
                  .kind = PHAETON_COLUMN_TEXT                                                      \
  }
#define PART(T, m, table)                                                                          \
  {                                                                                                \
    PLACE (T, m), .size = sizeof (AT (T, m)), .parts = table                                       \
  }
#define PARTS(T, m, table)                                                                         \
  {                                                                                                \
    PLACE (T, m), .size = sizeof (AT (T, m)[0]), .count = G_N_ELEMENTS (AT (T, m)), .parts = table \
  }
#define END                                                                                        \
  {                                                                                                \
    NULL                                                                                           \
  }

static const Member reading_members[] = {
  VALUE (PhaetonReading, known),
  VALUE (PhaetonReading, at_ms),
  VALUE (PhaetonReading, value),
  END,
};

static const Member reading_d_members[] = {
  VALUE (PhaetonReadingD, known),
  VALUE (PhaetonReadingD, at_ms),
  VALUE (PhaetonReadingD, value),
  END,
};

#define READING(m) PART (PhaetonHomeSample, m, reading_members)
#define READING_D(m) PART (PhaetonHomeSample, m, reading_d_members)

static const Member home_sample_members[] = {
  READING (grid_phases),
  PARTS (PhaetonHomeSample, grid_power_w, reading_members),
  PARTS (PhaetonHomeSample, grid_current_mA, reading_members),
  PARTS (PhaetonHomeSample, grid_voltage_v, reading_d_members),
  READING (genset_power_w),
  READING (pv_dc_power_w),
  READING (pv_on_grid_power_w),
  READING (pv_on_output_power_w),
  READING (pv_on_genset_power_w),
  READING (consumption_power_w),
  READING (battery_power_w),
  READING_D (battery_soc_percent),
  READING_D (min_soc_percent),
  READING (grid_setpoint_w),
  READING (input_limit_mA),
  READING (inverter_limit_mA),
  READING (export_limit_w),
  READING (pv_curtailed),
  READING (off_grid),
  READING (has_grid_meter),
  VALUE (PhaetonHomeSample, changed_at_ms),
  END,
};

static const Member charger_sample_members[] = {
  VALUE (PhaetonChargerSample, at_ms),
  VALUE (PhaetonChargerSample, known),
  RANGE (PhaetonChargerSample, pilot, PHAETON_PILOT_UNKNOWN, PHAETON_PILOT_F),
  RANGE (PhaetonChargerSample, fault, PHAETON_FAULT_NONE, PHAETON_FAULT_OVERHEATING),
  ARRAY (PhaetonChargerSample, voltage_v),
  ARRAY (PhaetonChargerSample, current_mA),
  ARRAY (PhaetonChargerSample, power_w),
  VALUE (PhaetonChargerSample, power_total_w),
  VALUE (PhaetonChargerSample, energy_wh),
  VALUE (PhaetonChargerSample, station_max_mA),
  VALUE (PhaetonChargerSample, applied_mA),
  VALUE (PhaetonChargerSample, setpoint_mA),
  VALUE (PhaetonChargerSample, setpoint_valid_s),
  VALUE (PhaetonChargerSample, safe_mA),
  VALUE (PhaetonChargerSample, accounted),
  VALUE (PhaetonChargerSample, phases),
  VALUE (PhaetonChargerSample, temperature_c),
  END,
};

static const Member capabilities_members[] = {
  VALUE (PhaetonCapabilities, min_mA),
  VALUE (PhaetonCapabilities, max_mA),
  VALUE (PhaetonCapabilities, step_mA),
  VALUE (PhaetonCapabilities, can_set_phases),
  VALUE (PhaetonCapabilities, needs_reassert),
  VALUE (PhaetonCapabilities, reassert_ms),
  END,
};

static const Member command_members[] = {
  RANGE (PhaetonCommand, mode, PHAETON_MODE_MANUAL, PHAETON_MODE_SCHEDULED),
  VALUE (PhaetonCommand, enabled),
  VALUE (PhaetonCommand, set_mA),
  VALUE (PhaetonCommand, phases),
  END,
};

static const Member vehicle_members[] = {
  VALUE (PhaetonVehicleInput, soc_known),
  VALUE (PhaetonVehicleInput, soc_percent),
  VALUE (PhaetonVehicleInput, capacity_wh),
  END,
};

static const Member charger_input_members[] = {
  VALUE (PhaetonChargerInput, online),
  PART (PhaetonChargerInput, sample, charger_sample_members),
  PART (PhaetonChargerInput, can, capabilities_members),
  PART (PhaetonChargerInput, command, command_members),
  RANGE (PhaetonChargerInput, phases_result, PHAETON_PHASES_IDLE, PHAETON_PHASES_FAILED),
  PART (PhaetonChargerInput, vehicle, vehicle_members),
  VALUE (PhaetonChargerInput, on_input),
  END,
};

static const Member order_members[] = {
  VALUE (PhaetonOrder, active),
  VALUE (PhaetonOrder, expires_ms),
  VALUE (PhaetonOrder, limit_w),
  VALUE (PhaetonOrder, limit_mA),
  END,
};

static const Member zone_members[] = {
  VALUE (PhaetonZone, known),
  ARRAY (PhaetonZone, offset_s),
  ARRAY (PhaetonZone, until_at),
  END,
};

static const Member input_members[] = {
  VALUE (PhaetonInput, now_ms),
  VALUE (PhaetonInput, wall_at),
  VALUE (PhaetonInput, wall_known),
  PART (PhaetonInput, order, order_members),
  PART (PhaetonInput, zone, zone_members),
  VALUE (PhaetonInput, prices_fallback),
  PART (PhaetonInput, home, home_sample_members),
  END,
};

static const Member price_members[] = {
  VALUE (PhaetonPriceSlot, start_at),
  VALUE (PhaetonPriceSlot, end_at),
  VALUE (PhaetonPriceSlot, import_micros),
  VALUE (PhaetonPriceSlot, export_micros),
  RANGE (PhaetonPriceSlot, level, PHAETON_PRICE_LEVEL_UNKNOWN, PHAETON_PRICE_VERY_EXPENSIVE),
  VALUE (PhaetonPriceSlot, has_export),
  END,
};

static const Member session_members[] = {
  VALUE (PhaetonSessionState, exists),
  VALUE (PhaetonSessionState, running),
  TEXT (PhaetonSessionState, id),
  VALUE (PhaetonSessionState, started_at),
  VALUE (PhaetonSessionState, ended_at),
  VALUE (PhaetonSessionState, counter_known),
  VALUE (PhaetonSessionState, start_wh),
  VALUE (PhaetonSessionState, last_wh),
  VALUE (PhaetonSessionState, last_at),
  VALUE (PhaetonSessionState, gained_wh),
  VALUE (PhaetonSessionState, charging_ms),
  VALUE (PhaetonSessionState, peak_w),
  VALUE (PhaetonSessionState, phases),
  VALUE (PhaetonSessionState, cost_micros),
  VALUE (PhaetonSessionState, cost_known),
  VALUE (PhaetonSessionState, saved_micros),
  VALUE (PhaetonSessionState, sun_mWh),
  VALUE (PhaetonSessionState, battery_mWh),
  VALUE (PhaetonSessionState, grid_mWh),
  VALUE (PhaetonSessionState, cost_rest),
  VALUE (PhaetonSessionState, saved_rest),
  VALUE (PhaetonSessionState, measured_mWh),
  VALUE (PhaetonSessionState, compared_wh),
  VALUE (PhaetonSessionState, interruptions),
  RANGE (PhaetonSessionState, end, PHAETON_END_NONE, PHAETON_END_INTERRUPTED),
  END,
};

static const Member switch_members[] = {
  RANGE (PhaetonSwitchState, step, PHAETON_SWITCH_NONE, PHAETON_SWITCH_SETTLING),
  VALUE (PhaetonSwitchState, target),
  VALUE (PhaetonSwitchState, since_ms),
  VALUE (PhaetonSwitchState, refused_phases),
  VALUE (PhaetonSwitchState, retry_at_ms),
  END,
};

static const Member car_members[] = {
  VALUE (PhaetonCarState, present),
  VALUE (PhaetonCarState, charging),
  VALUE (PhaetonCarState, finished),
  VALUE (PhaetonCarState, stopped_since_ms),
  VALUE (PhaetonCarState, unclear_since_ms),
  VALUE (PhaetonCarState, seen_ms),
  END,
};

static const Member doubt_members[] = {
  VALUE (PhaetonCounterDoubt, since_ms),
  VALUE (PhaetonCounterDoubt, wh),
  END,
};

static const Member draw_members[] = {
  VALUE (PhaetonDrawState, mask),
  VALUE (PhaetonDrawState, candidate),
  VALUE (PhaetonDrawState, since_ms),
  VALUE (PhaetonDrawState, one_phase_car),
  END,
};

/* a type without a name, so its place is given by the ring */
#define RING_SAMPLE (((PhaetonRing *) NULL)->samples[0])
#define RING_OFFSET(m)                                                                             \
  (G_STRUCT_OFFSET (PhaetonRing, samples[0].m) - G_STRUCT_OFFSET (PhaetonRing, samples))

static const Member ring_sample_members[] = {
  { .name = "at_ms", .offset = RING_OFFSET (at_ms), ELEMENT (RING_SAMPLE.at_ms) },
  { .name = "power_w", .offset = RING_OFFSET (power_w), ELEMENT (RING_SAMPLE.power_w) },
  END,
};

static const Member ring_members[] = {
  VALUE (PhaetonRing, n),
  PARTS (PhaetonRing, samples, ring_sample_members),
  END,
};

static const Member sun_members[] = {
  VALUE (PhaetonSunState, on),
  VALUE (PhaetonSunState, probing),
  VALUE (PhaetonSunState, enough_since_ms),
  VALUE (PhaetonSunState, short_since_ms),
  VALUE (PhaetonSunState, next_probe_ms),
  END,
};

static const Member auto_phases_members[] = {
  VALUE (PhaetonAutoPhasesState, wish),
  VALUE (PhaetonAutoPhasesState, up_since_ms),
  VALUE (PhaetonAutoPhasesState, down_since_ms),
  VALUE (PhaetonAutoPhasesState, switched_ms),
  VALUE (PhaetonAutoPhasesState, was_switching),
  VALUE (PhaetonAutoPhasesState, watch_resume),
  VALUE (PhaetonAutoPhasesState, banned),
  VALUE (PhaetonAutoPhasesState, switches_in_stay),
  VALUE (PhaetonAutoPhasesState, switches_in_day),
  VALUE (PhaetonAutoPhasesState, day_since_ms),
  END,
};

static const Member run_members[] = {
  VALUE (PhaetonRun, from_at),
  VALUE (PhaetonRun, to_at),
  END,
};

static const Member plan_members[] = {
  VALUE (PhaetonPlanState, until_at),
  VALUE (PhaetonPlanState, made_at),
  VALUE (PhaetonPlanState, basis),
  VALUE (PhaetonPlanState, errand),
  VALUE (PhaetonPlanState, charge),
  VALUE (PhaetonPlanState, since_at),
  VALUE (PhaetonPlanState, limit_micros),
  VALUE (PhaetonPlanState, chosen_min),
  VALUE (PhaetonPlanState, open_min),
  VALUE (PhaetonPlanState, power_w),
  VALUE (PhaetonPlanState, session_at),
  VALUE (PhaetonPlanState, most_w),
  VALUE (PhaetonPlanState, draw_w),
  VALUE (PhaetonPlanState, lost_ms),
  VALUE (PhaetonPlanState, tail_ms),
  VALUE (PhaetonPlanState, watched_ms),
  VALUE (PhaetonPlanState, steady_since_ms),
  RANGE (PhaetonPlanState, n_runs, 0, PHAETON_MAX_RUNS),
  PARTS (PhaetonPlanState, runs, run_members),
  END,
};

static const Member charger_state_members[] = {
  VALUE (PhaetonChargerState, last_step_ms),
  VALUE (PhaetonChargerState, limit_mA),
  PART (PhaetonChargerState, phases, switch_members),
  PART (PhaetonChargerState, car, car_members),
  VALUE (PhaetonChargerState, counter_ms),
  PART (PhaetonChargerState, doubt, doubt_members),
  PART (PhaetonChargerState, draw, draw_members),
  PART (PhaetonChargerState, power, ring_members),
  PART (PhaetonChargerState, sun, sun_members),
  PART (PhaetonChargerState, auto_phases, auto_phases_members),
  VALUE (PhaetonChargerState, sent_mA),
  VALUE (PhaetonChargerState, fuse_paused_ms),
  VALUE (PhaetonChargerState, running_ms),
  VALUE (PhaetonChargerState, waiting_ms),
  VALUE (PhaetonChargerState, raised_ms),
  PART (PhaetonChargerState, plan, plan_members),
  PART (PhaetonChargerState, price_plan, plan_members),
  PART (PhaetonChargerState, session, session_members),
  END,
};

static const Member load_members[] = {
  VALUE (PhaetonLoadState, since_ms),
  VALUE (PhaetonLoadState, n),
  GRID (PhaetonLoadState, bins),
  ARRAY (PhaetonLoadState, expected_mA),
  END,
};

static const Member move_members[] = {
  VALUE (PhaetonMeterMove, at_ms),
  ARRAY (PhaetonMeterMove, mA),
  ARRAY (PhaetonMeterMove, told_mA),
  VALUE (PhaetonMeterMove, n_telling),
  VALUE (PhaetonMeterMove, stuck),
  END,
};

static const Member circuit_state_members[] = {
  VALUE (PhaetonCircuitState, seen),
  VALUE (PhaetonCircuitState, at_ms),
  VALUE (PhaetonCircuitState, n),
  GRID (PhaetonCircuitState, base_mA),
  ARRAY (PhaetonCircuitState, theta),
  VALUE (PhaetonCircuitState, hot),
  PART (PhaetonCircuitState, load, load_members),
  PART (PhaetonCircuitState, move, move_members),
  END,
};

static const Member mix_members[] = {
  VALUE (PhaetonEnergyMix, known),
  RANGE (PhaetonEnergyMix, sun_permille, 0, 1000),
  RANGE (PhaetonEnergyMix, battery_permille, 0, 1000),
  END,
};

static const Member site_state_members[] = {
  PART (PhaetonSiteState, balance, ring_members),
  VALUE (PhaetonSiteState, smoothed_at_ms),
  VALUE (PhaetonSiteState, smoothed_w),
  VALUE (PhaetonSiteState, battery_seen),
  VALUE (PhaetonSiteState, low_soc),
  PART (PhaetonSiteState, mix, mix_members),
  VALUE (PhaetonSiteState, battery_filled),
  VALUE (PhaetonSiteState, assist),
  VALUE (PhaetonSiteState, raised_ms),
  VALUE (PhaetonSiteState, rotated_ms),
  PARTS (PhaetonSiteState, circuits, circuit_state_members),
  END,
};

static const Member verdict_members[] = {
  RANGE (PhaetonVerdict, stage, 0, G_MAXINT),
  RANGE (PhaetonVerdict, code, 0, G_MAXINT),
  VALUE (PhaetonVerdict, limit_mA),
  ARRAY (PhaetonVerdict, values),
  END,
};

static const Member chain_members[] = {
  RANGE (PhaetonChain, n, 0, PHAETON_CHAIN_MAX),
  PARTS (PhaetonChain, verdicts, verdict_members),
  END,
};

static const Member charger_decision_members[] = {
  VALUE (PhaetonChargerDecision, limit_mA),
  VALUE (PhaetonChargerDecision, phases),
  VALUE (PhaetonChargerDecision, status),
  VALUE (PhaetonChargerDecision, laxity_s),
  VALUE (PhaetonChargerDecision, kept_out),
  PART (PhaetonChargerDecision, chain, chain_members),
  VALUE (PhaetonChargerDecision, session_began),
  VALUE (PhaetonChargerDecision, session_ended),
  VALUE (PhaetonChargerDecision, session_missed),
  END,
};

static const Member decision_members[] = {
  VALUE (PhaetonDecision, surplus_known),
  VALUE (PhaetonDecision, surplus_w),
  END,
};

static const Member window_members[] = {
  VALUE (PhaetonWindow, active),
  VALUE (PhaetonWindow, days),
  VALUE (PhaetonWindow, start_min),
  VALUE (PhaetonWindow, end_min),
  VALUE (PhaetonWindow, current_mA),
  VALUE (PhaetonWindow, once_day),
  END,
};

static const Member deadline_members[] = {
  VALUE (PhaetonDeadline, active),
  VALUE (PhaetonDeadline, days),
  VALUE (PhaetonDeadline, by_min),
  VALUE (PhaetonDeadline, energy_wh),
  VALUE (PhaetonDeadline, soc_percent),
  VALUE (PhaetonDeadline, hours),
  RANGE (PhaetonDeadline, plan, PHAETON_PLAN_CHEAP, PHAETON_PLAN_BLOCK),
  END,
};

static const Member controls_members[] = {
  VALUE (PhaetonControlsConfig, current_tolerance_mA),
  VALUE (PhaetonControlsConfig, update_threshold_mA),
  VALUE (PhaetonControlsConfig, verification_delay_ms),
  VALUE (PhaetonControlsConfig, retry_delay_ms),
  VALUE (PhaetonControlsConfig, max_retries),
  VALUE (PhaetonControlsConfig, reassert_ms),
  VALUE (PhaetonControlsConfig, max_set_mA),
  VALUE (PhaetonControlsConfig, min_set_mA),
  VALUE (PhaetonControlsConfig, min_charge_ms),
  VALUE (PhaetonControlsConfig, ev_lag_ms),
  VALUE (PhaetonControlsConfig, pv_ema_alpha),
  VALUE (PhaetonControlsConfig, phase_grace_ms),
  VALUE (PhaetonControlsConfig, phase_settle_ms),
  VALUE (PhaetonControlsConfig, auto_phase_switch),
  VALUE (PhaetonControlsConfig, phase_hysteresis_w),
  VALUE (PhaetonControlsConfig, phase_switches_per_stay),
  VALUE (PhaetonControlsConfig, phase_switches_per_day),
  VALUE (PhaetonControlsConfig, sun_start_margin_w),
  VALUE (PhaetonControlsConfig, sun_start_delay_ms),
  VALUE (PhaetonControlsConfig, auto_from_grid),
  VALUE (PhaetonControlsConfig, auto_from_grid_micros),
  RANGE (PhaetonControlsConfig, on_stop, PHAETON_ON_STOP_EXPIRE, PHAETON_ON_STOP_CURRENT),
  VALUE (PhaetonControlsConfig, on_stop_mA),
  END,
};

static const Member price_rule_members[] = {
  RANGE (PhaetonPriceRule, strategy, PHAETON_PRICE_BY_LEVEL, PHAETON_PRICE_BY_QUANTILE),
  VALUE (PhaetonPriceRule, limit_micros_per_kwh),
  VALUE (PhaetonPriceRule, cheap_part),
  VALUE (PhaetonPriceRule, on_cheap),
  VALUE (PhaetonPriceRule, on_very_cheap),
  END,
};

static const Member charger_config_members[] = {
  PART (PhaetonChargerConfig, controls, controls_members),
  VALUE (PhaetonChargerConfig, intended_set_mA),
  VALUE (PhaetonChargerConfig, station_max_mA),
  VALUE (PhaetonChargerConfig, poll_interval_ms),
  VALUE (PhaetonChargerConfig, priority),
  VALUE (PhaetonChargerConfig, weight),
  RANGE (PhaetonChargerConfig, circuit, 0, PHAETON_MAX_CIRCUITS),
  RANGE (PhaetonChargerConfig, schedule_source, PHAETON_SCHEDULE_TIME, PHAETON_SCHEDULE_TIBBER),
  PART (PhaetonChargerConfig, deadline, deadline_members),
  VALUE (PhaetonChargerConfig, min_run_ms),
  VALUE (PhaetonChargerConfig, start_cost_micros),
  PART (PhaetonChargerConfig, price_rule, price_rule_members),
  ARRAY_RANGE (PhaetonChargerConfig, phase_map, 0, PHAETON_PHASES - 1),
  END,
};

static const Member circuit_config_members[] = {
  RANGE (PhaetonCircuitConfig, parent, 0, PHAETON_MAX_CIRCUITS),
  ARRAY (PhaetonCircuitConfig, fuse_mA),
  VALUE (PhaetonCircuitConfig, margin_percent),
  RANGE (PhaetonCircuitConfig, kind, PHAETON_FUSE_GG, PHAETON_FUSE_CONTRACT),
  RANGE (PhaetonCircuitConfig, meter, PHAETON_METER_NONE, PHAETON_METER_GRID),
  VALUE (PhaetonCircuitConfig, base_known),
  ARRAY (PhaetonCircuitConfig, base_mA),
  ARRAY (PhaetonCircuitConfig, failsafe_base_mA),
  VALUE (PhaetonCircuitConfig, unbalance_mA),
  END,
};

static const Member home_config_members[] = {
  RANGE (PhaetonHomeConfig, battery_policy, PHAETON_BATTERY_CAR_FIRST, PHAETON_BATTERY_SHARE),
  VALUE (PhaetonHomeConfig, target_soc_percent),
  VALUE (PhaetonHomeConfig, charge_w),
  VALUE (PhaetonHomeConfig, car_share_percent),
  VALUE (PhaetonHomeConfig, assist_w),
  VALUE (PhaetonHomeConfig, assist_soc_percent),
  VALUE (PhaetonHomeConfig, low_soc_percent),
  VALUE (PhaetonHomeConfig, probe_curtailed),
  END,
};

static const Member config_members[] = {
  PART (PhaetonConfig, home, home_config_members),
  VALUE (PhaetonConfig, circuit_restart_ms),
  VALUE (PhaetonConfig, pricing.is_fallback),
  VALUE (PhaetonConfig, static_rate_micros_per_kwh),
  END,
};

static const struct {
  const char *name;
  gsize size;
  const Member *members;
} shapes[PHAETON_N_SHAPES] = {
  [PHAETON_SHAPE_CONFIG] = { "config", sizeof (PhaetonConfig), config_members },
  [PHAETON_SHAPE_CIRCUIT_CONFIG] = { "circuit-config", sizeof (PhaetonCircuitConfig),
                                     circuit_config_members },
  [PHAETON_SHAPE_CHARGER_CONFIG] = { "charger-config", sizeof (PhaetonChargerConfig),
                                     charger_config_members },
  [PHAETON_SHAPE_WINDOW] = { "window", sizeof (PhaetonWindow), window_members },
  [PHAETON_SHAPE_SITE_STATE] = { "site-state", sizeof (PhaetonSiteState), site_state_members },
  [PHAETON_SHAPE_CHARGER_STATE] = { "charger-state", sizeof (PhaetonChargerState),
                                    charger_state_members },
  [PHAETON_SHAPE_PRICE] = { "price", sizeof (PhaetonPriceSlot), price_members },
  [PHAETON_SHAPE_INPUT] = { "input", sizeof (PhaetonInput), input_members },
  [PHAETON_SHAPE_CHARGER_INPUT] = { "charger-input", sizeof (PhaetonChargerInput),
                                    charger_input_members },
  [PHAETON_SHAPE_DECISION] = { "decision", sizeof (PhaetonDecision), decision_members },
  [PHAETON_SHAPE_CHARGER_DECISION] = { "charger-decision", sizeof (PhaetonChargerDecision),
                                       charger_decision_members },
};

static void add_members (GArray *columns, const Member *members, const char *prefix, gsize offset);

static PhaetonColumn
make_column (const Member *it, const char *name, guint element, gsize offset)
{
  const gboolean is_time = it->kind == PHAETON_COLUMN_INT && it->size == sizeof (gint64) &&
                           (g_str_has_suffix (name, "at_ms") || g_str_has_suffix (name, "now_ms"));
  const gboolean is_any = it->least == 0 && it->most == 0;

  return (PhaetonColumn){
    .name = g_strdup (name),
    .kind = is_time ? PHAETON_COLUMN_TIME : it->kind,
    .size = (guint8) it->size,
    .is_signed = it->is_signed,
    .is_last = element + 1 == it->count,
    .offset = offset,
    .least = !is_any                       ? it->least
             : it->size == sizeof (gint64) ? G_MININT64
             : it->is_signed               ? G_MININT32
                                           : 0,
    .most = !is_any                       ? it->most
            : it->size == sizeof (gint64) ? G_MAXINT64
            : it->size == sizeof (guint8) ? G_MAXUINT8
            : it->is_signed               ? G_MAXINT32
                                          : G_MAXUINT32,
  };
}

static void
add_element (GArray *columns, const Member *it, const char *name, guint element, gsize offset)
{
  if (it->parts != NULL) {
    g_autofree char *prefix = g_strconcat (name, ".", NULL);

    add_members (columns, it->parts, prefix, offset);
  } else {
    const PhaetonColumn column = make_column (it, name, element, offset);

    g_array_append_val (columns, column);
  }
}

static void
add_members (GArray *columns, const Member *members, const char *prefix, gsize offset)
{
  for (const Member *it = members; it->name != NULL; it++)
    for (guint i = 0; i < MAX (it->count, 1); i++) {
      g_autofree char *name = it->count == 0   ? g_strconcat (prefix, it->name, NULL)
                              : it->width == 0 ? g_strdup_printf ("%s%s[%u]", prefix, it->name, i)
                                               : g_strdup_printf ("%s%s[%u][%u]", prefix, it->name,
                                                                  i / it->width, i % it->width);

      add_element (columns, it, name, i, offset + it->offset + i * it->size);
    }
}

static PhaetonColumns *
make_all (void)
{
  PhaetonColumns *all = g_new0 (PhaetonColumns, PHAETON_N_SHAPES);

  for (guint i = 0; i < PHAETON_N_SHAPES; i++) {
    GArray *columns = g_array_new (FALSE, FALSE, sizeof (PhaetonColumn));

    add_members (columns, shapes[i].members, "", 0);
    all[i] = (PhaetonColumns){ shapes[i].name, shapes[i].size, columns->len,
                               (const PhaetonColumn *) (gconstpointer) columns->data };
    g_array_free (columns, FALSE);
  }
  return all;
}

const PhaetonColumns *
phaeton_columns_get (PhaetonShape shape)
{
  static PhaetonColumns *all;

  g_return_val_if_fail (shape < PHAETON_N_SHAPES, NULL);

  if (g_once_init_enter (&all))
    g_once_init_leave (&all, make_all ());
  return &all[shape];
}

static guint64
read_word (const PhaetonColumn *self, const guint8 *place)
{
  guint64 word = 0;
  gint32 small;

  switch (self->size) {
  case 1:
    return *place;
  case 4:
    memcpy (&small, place, sizeof small);
    return self->is_signed ? (guint64) (gint64) small : (guint32) small;
  default:
    memcpy (&word, place, sizeof word);
    return self->kind == PHAETON_COLUMN_TEXT ? GUINT64_FROM_LE (word) : word;
  }
}

void
phaeton_columns_read (const PhaetonColumns *self, gconstpointer base, guint64 *words)
{
  for (guint i = 0; i < self->n; i++)
    words[i] = read_word (&self->columns[i], (const guint8 *) base + self->columns[i].offset);
}

static gboolean
write_word (const PhaetonColumn *self, guint8 *place, guint64 word)
{
  const guint32 small = (guint32) word;

  if (self->kind <= PHAETON_COLUMN_TIME &&
      ((gint64) word < self->least || (gint64) word > self->most))
    return FALSE;
  if (self->kind == PHAETON_COLUMN_TEXT) {
    word = GUINT64_TO_LE (word);
    memcpy (place, &word, sizeof word);
    if (self->is_last)
      place[WORD_BYTES - 1] = 0;
    return TRUE;
  }
  if (self->size == 1)
    *place = (guint8) word;
  else if (self->size == 4)
    memcpy (place, &small, sizeof small);
  else
    memcpy (place, &word, sizeof word);
  return TRUE;
}

int
phaeton_columns_write (const PhaetonColumns *self, gpointer base, const guint64 *words)
{
  int bad = -1;

  for (guint i = 0; i < self->n; i++)
    if (!write_word (&self->columns[i], (guint8 *) base + self->columns[i].offset, words[i]) &&
        bad < 0)
      bad = (int) i;
  return bad;
}

char *
phaeton_column_to_text (const PhaetonColumn *self, guint64 word)
{
  double number;
  char text[WORD_BYTES + 1] = { 0 };

  switch (self->kind) {
  case PHAETON_COLUMN_DOUBLE:
    memcpy (&number, &word, sizeof number);
    return g_strdup_printf ("%.17g", number);
  case PHAETON_COLUMN_TEXT:
    word = GUINT64_TO_LE (word);
    memcpy (text, &word, sizeof word);
    return g_strescape (text, NULL);
  default:
    return g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) word);
  }
}

guint
phaeton_columns_get_widest (void)
{
  guint widest = 0;

  for (guint i = 0; i < PHAETON_N_SHAPES; i++)
    widest = MAX (widest, phaeton_columns_get (i)->n);
  return widest;
}
