/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-load-note.h"

#include <string.h>

static guint n_warnings;
static char *last; /* (owned) (nullable) */

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  n_warnings += (level & G_LOG_LEVEL_WARNING) != 0;
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0) {
      g_free (last);
      last = g_strdup (fields[i].value);
    }
  return G_LOG_WRITER_HANDLED;
}

/* the load that the meter showed, phase 2 of the second circuit; what the settings expect is 10 A
 */
static void
test_larger_is_told_once (void)
{
  const struct {
    int expected_mA;
    guint n_told;
  } days[] = { { 0, 0 },     { 9000, 0 },  { 10000, 0 }, { 12500, 1 }, { 12500, 1 },
               { 11000, 1 }, { 11000, 1 }, { 17000, 2 }, { 0, 2 } };
  g_autoptr (PhaetonConfig) config = phaeton_config_new (1);
  g_autofree PhaetonSiteState *before = g_new0 (PhaetonSiteState, 1);
  g_autofree PhaetonSiteState *now = g_new0 (PhaetonSiteState, 1);

  phaeton_config_take_circuits (config, 2);
  config->circuits[0].id = g_strdup ("house");
  config->circuits[1].id = g_strdup ("garage");
  for (int f = 0; f < PHAETON_PHASES; f++)
    config->circuits[0].failsafe_base_mA[f] = config->circuits[1].failsafe_base_mA[f] = 10000;
  n_warnings = 0;
  for (guint day = 0; day < G_N_ELEMENTS (days); day++) {
    now->circuits[1].load.expected_mA[1] = days[day].expected_mA;
    for (int s = 0; s < 3; s++) { /* steps of that day */
      phaeton_load_note (config, before, now);
      *before = *now;
    }
    g_assert_cmpuint (n_warnings, ==, days[day].n_told);
  }
  g_assert_nonnull (strstr (last, "L2 of circuit garage reach 17.0 A, the settings expect 10.0 A"));
  g_clear_pointer (&last, g_free);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  g_test_add_func ("/load-note/larger-is-told-once", test_larger_is_told_once);
  return g_test_run ();
}
