/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-why.h"

#include <string.h>

typedef struct {
  const char *name;
  const char *template;
  const char *values[PHAETON_WHY_VALUES];
} WhyLine;

#define N_(text) text /* marks what po/ translates */

/* the sentences are also msgids; a value's unit follows from the suffix of its name */
static const WhyLine lines[PHAETON_N_WHY] = {
  [PHAETON_WHY_NONE] = { "none", N_ ("Nothing decided yet"), { 0 } },
  [PHAETON_WHY_OFFLINE] = { "offline", N_ ("The charger does not answer"), { 0 } },
  [PHAETON_WHY_NO_CAR] = { "no-car", N_ ("No car is plugged in"), { 0 } },
  [PHAETON_WHY_STOPPED] = { "stopped", N_ ("Charging is switched off"), { 0 } },
  [PHAETON_WHY_MANUAL] = { "manual", N_ ("Set by hand to {wanted_mA}"), { "wanted_mA" } },
  [PHAETON_WHY_STATION_MAX] = { "station-max", N_ ("The station allows {max_mA}"), { "max_mA" } },
  [PHAETON_WHY_MAX_SET] = { "max-set", N_ ("The settings allow {max_mA}"), { "max_mA" } },
  [PHAETON_WHY_BELOW_MIN] = { "below-min",
                              N_ ("{allowed_mA} allowed, less than the {min_mA} that a car needs"),
                              { "allowed_mA", "min_mA" } },
  [PHAETON_WHY_STEP] = { "step", N_ ("Rounded down to steps of {step_mA}"), { "step_mA" } },
  [PHAETON_WHY_PHASE_SWITCH] = { "phase-switch",
                                 N_ ("Switching to {phases}"),
                                 { "phases", "step" } },
  [PHAETON_WHY_PHASES_REFUSED] = { "phases-refused",
                                   N_ ("The charger does not allow switching to {phases}"),
                                   { "phases" } },
  [PHAETON_WHY_FAULT] = { "fault", N_ ("The charger reports a fault"), { "fault" } },
  [PHAETON_WHY_UNKNOWN_STATE] = { "unknown-state", N_ ("The state of the car is unknown"), { 0 } },
  [PHAETON_WHY_NO_HOUSE_GUARD] = { "no-house-guard",
                                   N_ ("No circuit is configured: the house connection is not "
                                       "guarded"),
                                   { 0 } },
  [PHAETON_WHY_MODE_NOT_READY] = { "mode-not-ready",
                                   N_ ("This mode has nothing to decide by"),
                                   { "mode" } },
  [PHAETON_WHY_SUN] = { "sun", N_ ("The sun leaves {available_w}"), { "available_w" } },
  [PHAETON_WHY_WAIT_SUN] = { "wait-sun",
                             N_ ("The sun leaves {available_w}, a start needs {needed_w}"),
                             { "available_w", "needed_w" } },
  [PHAETON_WHY_SUN_START] = { "sun-start",
                              N_ ("Enough sun; starting when it lasts {left_s} longer"),
                              { "left_s" } },
  [PHAETON_WHY_SUN_GRACE] = { "sun-grace",
                              N_ ("Too little sun; holding on for {left_s} more"),
                              { "left_s" } },
  [PHAETON_WHY_SUN_PROBE] = { "sun-probe",
                              N_ ("Solar power is held back; trying whether there is more"),
                              { 0 } },
  [PHAETON_WHY_SUN_UNKNOWN] = { "sun-unknown", N_ ("What the sun leaves is not known"), { 0 } },
  [PHAETON_WHY_LOW_SOC] = { "low-soc",
                            N_ ("The home battery has {soc_percent}, below {min_percent}"),
                            { "soc_percent", "min_percent" } },
  [PHAETON_WHY_HOME_FROZEN] = { "home-frozen",
                                N_ ("The measurements of the house stand still: no raise"),
                                { 0 } },
  [PHAETON_WHY_WINDOW] = { "window", N_ ("In a window of the schedule"), { "window_mA" } },
  [PHAETON_WHY_WAIT_WINDOW] = { "wait-window",
                                N_ (
                                  "Outside of the schedule; the next window starts in {left_min}"),
                                { "left_min" } },
  [PHAETON_WHY_DEADLINE] = { "deadline",
                             N_ ("Charging {left_wh}, to be ready in {left_min}"),
                             { "left_wh", "left_min" } },
  [PHAETON_WHY_WAIT_DEADLINE] = { "wait-deadline",
                                  N_ ("{left_wh} to charge in {left_min}: a better time comes"),
                                  { "left_wh", "left_min" } },
  [PHAETON_WHY_DEADLINE_SHORT] = { "deadline-short",
                                   N_ ("Charging {fits_wh} of {left_wh}: more does not fit before "
                                       "{by_clock}"),
                                   { "fits_wh", "left_wh", "by_clock" } },
  [PHAETON_WHY_CAR_SOC_UNKNOWN] = { "car-soc-unknown",
                                    N_ ("The deadline goes by how full the car is, which is not "
                                        "known"),
                                    { 0 } },
  [PHAETON_WHY_CHEAPEST] = { "cheapest",
                             N_ ("In the cheapest {chosen_min} of the {open_min} until {by_clock}"),
                             { "chosen_min", "open_min", "by_clock" } },
  [PHAETON_WHY_WAIT_CHEAPEST] = { "wait-cheapest",
                                  N_ (
                                    "Waiting for the cheapest {chosen_min} of the {open_min} until "
                                    "{by_clock}"),
                                  { "chosen_min", "open_min", "by_clock" } },
  [PHAETON_WHY_BLOCK] = { "block",
                          N_ ("In the cheapest {chosen_min} in a row of the {open_min} until "
                              "{by_clock}"),
                          { "chosen_min", "open_min", "by_clock" } },
  [PHAETON_WHY_WAIT_BLOCK] = { "wait-block",
                               N_ (
                                 "Waiting for the cheapest {chosen_min} in a row of the {open_min} "
                                 "until {by_clock}"),
                               { "chosen_min", "open_min", "by_clock" } },
  [PHAETON_WHY_GRID_PRICE] = { "grid-price",
                               N_ ("The price is {price_micros}: up to {max_micros} the grid may "
                                   "help"),
                               { "price_micros", "max_micros" } },
  [PHAETON_WHY_PRICE] = { "price",
                          N_ ("The price is {price_micros}, up to {max_micros} are allowed"),
                          { "price_micros", "max_micros" } },
  [PHAETON_WHY_WAIT_PRICE] = { "wait-price",
                               N_ ("The price is {price_micros}, more than {max_micros}"),
                               { "price_micros", "max_micros" } },
  [PHAETON_WHY_PRICE_LEVEL] = { "price-level",
                                N_ ("The price is {price_micros}, which is called cheap"),
                                { "price_micros" } },
  [PHAETON_WHY_WAIT_LEVEL] = { "wait-level",
                               N_ ("The price is {price_micros}, which is not called cheap enough"),
                               { "price_micros" } },
  [PHAETON_WHY_FALLBACK] = { "fallback",
                             N_ ("Prices are not known; {price_micros} of the fallback tariff is "
                                 "right"),
                             { "price_micros" } },
  [PHAETON_WHY_WAIT_FALLBACK] = { "wait-fallback",
                                  N_ ("Prices are not known; {price_micros} of the fallback tariff "
                                      "is "
                                      "not cheap"),
                                  { "price_micros" } },
  [PHAETON_WHY_PRICE_UNKNOWN] = { "price-unknown",
                                  N_ ("The price of this hour is not known"),
                                  { 0 } },
  [PHAETON_WHY_CLOCK_UNKNOWN] = { "clock-unknown",
                                  N_ ("Time or time zone is not known: no schedule"),
                                  { 0 } },
  [PHAETON_WHY_FUSE] = { "fuse",
                         N_ ("Circuit {circuit} has {room_mA} for this car on L{phase}"),
                         { "circuit", "phase", "room_mA" } },
  [PHAETON_WHY_FUSE_FULL] = { "fuse-full",
                              N_ ("Circuit {circuit} is full on L{phase}: {room_mA} left"),
                              { "circuit", "phase", "room_mA" } },
  [PHAETON_WHY_FUSE_WAIT] = { "fuse-wait",
                              N_ ("Paused by a fuse; may start again in {left_s}"),
                              { "left_s" } },
  [PHAETON_WHY_FUSE_HOT] = { "fuse-hot",
                             N_ ("The fuse of circuit {circuit} was overloaded and cools down"),
                             { "circuit" } },
  [PHAETON_WHY_METER_STALE] = { "meter-stale",
                                N_ ("The meter of circuit {circuit} is silent: fail-safe current"),
                                { "circuit" } },
  [PHAETON_WHY_METER_MISSING] = { "meter-missing",
                                  N_ ("Nothing is known of the other loads on circuit {circuit}"),
                                  { "circuit" } },
  [PHAETON_WHY_ORDER] = { "order", N_ ("A limit from outside: {limit_w}"), { "limit_w" } },
  [PHAETON_WHY_ORDER_CURRENT] = { "order-current",
                                  N_ ("A limit from outside: {order_mA} a phase"),
                                  { "order_mA" } },
  [PHAETON_WHY_RAISE_WAITS] = { "raise-waits",
                                N_ ("The meter has not yet shown the last raise"),
                                { 0 } },
  [PHAETON_WHY_UNBALANCE] = { "unbalance",
                              N_ (
                                "L{phase} of circuit {circuit} may carry only {room_mA} more than "
                                "the "
                                "other phases"),
                              { "circuit", "phase", "room_mA" } },
  [PHAETON_WHY_RAMP] = { "ramp", N_ ("Rising slowly to {wanted_mA}"), { "wanted_mA" } },
};

static const WhyLine *
get_line (PhaetonWhyCode code)
{
  return &lines[(guint) code < PHAETON_N_WHY ? code : PHAETON_WHY_NONE];
}

const char *
phaeton_why_get_name (PhaetonWhyCode code)
{
  return get_line (code)->name;
}

const char *
phaeton_why_get_template (PhaetonWhyCode code)
{
  return get_line (code)->template;
}

const char *
phaeton_why_get_value_name (PhaetonWhyCode code, guint index)
{
  return index < PHAETON_WHY_VALUES ? get_line (code)->values[index] : NULL;
}

const char *
phaeton_stage_get_name (PhaetonStage stage)
{
  static const char *const names[] = { "wish", "caps", "quantise", "ramp" };

  return (guint) stage < G_N_ELEMENTS (names) ? names[stage] : "unknown";
}

void
phaeton_chain_add (PhaetonChain *chain, PhaetonStage stage, PhaetonWhyCode code, int limit_mA,
                   gint64 value0, gint64 value1, gint64 value2)
{
  const guint at = MIN (chain->n, PHAETON_CHAIN_MAX - 1);

  chain->verdicts[at] = (PhaetonVerdict){ stage, code, limit_mA, { value0, value1, value2 } };
  chain->n = at + 1;
}

/* nobody draws this current now: no stage's number explains what people see, the circumstance does
 */
static gboolean
is_circumstance (PhaetonWhyCode code)
{
  return code == PHAETON_WHY_OFFLINE || code == PHAETON_WHY_NO_CAR || code == PHAETON_WHY_FAULT ||
         code == PHAETON_WHY_UNKNOWN_STATE;
}

gboolean
phaeton_chain_has (const PhaetonChain *chain, PhaetonWhyCode code)
{
  for (guint i = 0; i < chain->n; i++)
    if (chain->verdicts[i].code == code)
      return TRUE;
  return FALSE;
}

const PhaetonVerdict *
phaeton_chain_get_binding (const PhaetonChain *chain)
{
  const PhaetonVerdict *binding = NULL;
  int least_mA = G_MAXINT;

  for (guint i = 0; i < chain->n; i++) {
    if (is_circumstance (chain->verdicts[i].code))
      return &chain->verdicts[i];
    if (binding == NULL ||
        (chain->verdicts[i].limit_mA < least_mA && chain->verdicts[i].code != PHAETON_WHY_STEP))
      binding = &chain->verdicts[i];
    least_mA = MIN (least_mA, chain->verdicts[i].limit_mA);
  }
  return binding;
}

static void
append_value (GString *text, const char *name, gint64 value, const char *value_name)
{
  if (value_name != NULL)
    g_string_append (text, value_name);
  else if (strcmp (name, "phases") == 0)
    g_string_append_printf (text, "%" G_GINT64_FORMAT " %s", value,
                            value == 1 ? "phase" : "phases");
  else if (g_str_has_suffix (name, "_mA"))
    g_string_append_printf (text, value % 1000 == 0 ? "%.0f A" : "%.1f A", (double) value / 1000.0);
  else if (g_str_has_suffix (name, "_w"))
    g_string_append_printf (text, "%" G_GINT64_FORMAT " W", value);
  else if (g_str_has_suffix (name, "_percent"))
    g_string_append_printf (text, "%" G_GINT64_FORMAT " %%", value);
  else if (g_str_has_suffix (name, "_wh"))
    g_string_append_printf (text, "%.1f kWh", (double) value / 1000.0);
  else if (g_str_has_suffix (name, "_micros"))
    g_string_append_printf (text, "%.4f", (double) value / 1e6);
  else if (g_str_has_suffix (name, "_clock"))
    g_string_append_printf (text, "%02" G_GINT64_FORMAT ":%02" G_GINT64_FORMAT, value / 60,
                            value % 60);
  else if (g_str_has_suffix (name, "_min"))
    g_string_append_printf (text, "%" G_GINT64_FORMAT ":%02" G_GINT64_FORMAT " h", value / 60,
                            value % 60);
  else if (g_str_has_suffix (name, "_s"))
    g_string_append_printf (text, "%" G_GINT64_FORMAT " s", value);
  else
    g_string_append_printf (text, "%" G_GINT64_FORMAT, value);
}

const char *
phaeton_verdict_find_name (const PhaetonVerdict *verdict, guint index, const char *const *circuits)
{
  const char *value_name = phaeton_why_get_value_name (verdict->code, index);

  if (value_name == NULL || circuits == NULL || strcmp (value_name, "circuit") != 0)
    return NULL;
  for (gint64 k = 0; circuits[k] != NULL; k++)
    if (k == verdict->values[index])
      return circuits[k];
  return NULL;
}

char *
phaeton_verdict_to_text (const PhaetonVerdict *verdict, const char *const *circuits)
{
  const WhyLine *line = get_line (verdict->code);
  GString *text = g_string_new (NULL);
  const char *at = line->template;

  while (*at != '\0') {
    const char *end = *at == '{' ? strchr (at, '}') : NULL;
    gboolean found = FALSE;

    for (guint i = 0; end != NULL && i < PHAETON_WHY_VALUES && line->values[i] != NULL; i++)
      if (strlen (line->values[i]) == (gsize) (end - at - 1) &&
          strncmp (line->values[i], at + 1, (gsize) (end - at - 1)) == 0) {
        append_value (text, line->values[i], verdict->values[i],
                      phaeton_verdict_find_name (verdict, i, circuits));
        found = TRUE;
        break;
      }
    if (found)
      at = end + 1;
    else
      g_string_append_c (text, *at++);
  }
  return g_string_free (text, FALSE);
}

char *
phaeton_verdict_list_values (const PhaetonVerdict *verdict, const char *const *circuits)
{
  const WhyLine *line = get_line (verdict->code);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < PHAETON_WHY_VALUES && line->values[i] != NULL; i++) {
    const char *name = phaeton_verdict_find_name (verdict, i, circuits);

    g_string_append_printf (text, "%s%s=", i > 0 ? " " : "", line->values[i]);
    if (name != NULL)
      g_string_append (text, name);
    else
      g_string_append_printf (text, "%" G_GINT64_FORMAT, verdict->values[i]);
  }
  return g_string_free (text, FALSE);
}
