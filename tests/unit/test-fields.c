/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-fields.h"

#include "phaeton-error.h"

#include <math.h>
#include <string.h>

static void
test_table_is_complete (void)
{
  guint n;
  const PhaetonField *fields = phaeton_fields_get (&n);

  g_assert_cmpuint (n, ==, PHAETON_N_FIELDS);
  for (guint i = 0; i < n; i++) {
    g_assert_cmpint (fields[i].id, ==, (int) i);
    g_assert_nonnull (fields[i].name);
    g_assert_nonnull (fields[i].help);
    g_assert_null (strchr (fields[i].name, '%'));
    if (fields[i].dbus != NULL) {
      g_assert_true (strchr ("ids", fields[i].dbus_type) != NULL);
      g_assert_true (phaeton_field_find_by_dbus_path (fields[i].dbus) == &fields[i]);
    }
    g_assert_true (phaeton_field_find_by_name (fields[i].scope, fields[i].name) == &fields[i]);
  }
}

static void
test_lines_are_apart (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);
  PhaetonChargerRecord *record = &snapshot->chargers[0];
  double value;

  for (int i = 0; i < PHAETON_PHASES; i++)
    record->line_power_w[i] = 100 * (i + 1);
  phaeton_field_set_present (PHAETON_FIELD_LINE_POWER + 1, record);
  g_assert_false (
    phaeton_field_get_number (phaeton_field (PHAETON_FIELD_LINE_POWER), record, &value));
  g_assert_true (
    phaeton_field_get_number (phaeton_field (PHAETON_FIELD_LINE_POWER + 1), record, &value));
  g_assert_cmpfloat (value, ==, 200);
  g_assert_cmpstr (phaeton_field (PHAETON_FIELD_LINE_POWER + 1)->dbus, ==, "/Ac/L2/Power");
}

static void
test_equal_below_resolution (void)
{
  g_autoptr (PhaetonSnapshot) a = phaeton_snapshot_new (1);
  g_autoptr (PhaetonSnapshot) b = phaeton_snapshot_new (1);
  const PhaetonField *field = phaeton_field (PHAETON_FIELD_CURRENT);

  g_assert_true (
    phaeton_field_is_equal (field, &a->chargers[0], &b->chargers[0], &field->dbus_format));
  a->chargers[0].current_mA = 9980;
  phaeton_field_set_present (field->id, &a->chargers[0]);
  g_assert_false (
    phaeton_field_is_equal (field, &a->chargers[0], &b->chargers[0], &field->dbus_format));
  b->chargers[0].current_mA = 10020;
  phaeton_field_set_present (field->id, &b->chargers[0]);
  g_assert_true (
    phaeton_field_is_equal (field, &a->chargers[0], &b->chargers[0], &field->dbus_format));
  b->chargers[0].current_mA = 10080;
  g_assert_false (
    phaeton_field_is_equal (field, &a->chargers[0], &b->chargers[0], &field->dbus_format));
}

static void
test_constants_and_aliases (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);

  g_assert_cmpstr (
    phaeton_field_get_text (phaeton_field (PHAETON_FIELD_ROLE), &snapshot->chargers[0]), ==,
    "evcharger");
  g_assert_cmpstr (
    phaeton_field_get_text (phaeton_field (PHAETON_FIELD_PROCESS_NAME), &snapshot->site), ==,
    "phaeton");
  g_assert_true (phaeton_field_find_by_dbus_path ("/ChargingTime") ==
                 phaeton_field (PHAETON_FIELD_SESSION_TIME));
}

static void
test_limits (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);
  PhaetonChargerRecord *record = &snapshot->chargers[0];
  const PhaetonField *set = phaeton_field (PHAETON_FIELD_SET_CURRENT);
  double min, max;

  g_assert_true (phaeton_field_get_limits (phaeton_field (PHAETON_FIELD_MODE), record, &min, &max));
  g_assert_cmpfloat (min, ==, 0);
  g_assert_cmpfloat (max, ==, 2);
  g_assert_false (
    phaeton_field_get_limits (phaeton_field (PHAETON_FIELD_STATUS), record, &min, &max));
  g_assert_false (phaeton_field_get_limits (set, record, &min, &max));
  record->min_mA = 6000;
  record->max_mA = 16000;
  phaeton_field_set_present (PHAETON_FIELD_MIN, record);
  phaeton_field_set_present (PHAETON_FIELD_MAX, record);
  g_assert_true (phaeton_field_get_limits (set, record, &min, &max));
  g_assert_cmpfloat (min, ==, 6000);
  g_assert_cmpfloat (max, ==, 16000);
}

typedef struct {
  PhaetonFieldId field;
  const char *value; /* GVariant text */
  int error;         /* -1: accepted */
  gint64 number;
  gboolean altered;
} ParseCase;

#define T PHAETON_ERROR_TYPE
#define R PHAETON_ERROR_RANGE

/* FIX 24, 56: garbage is refused and never means Manual, stop or 0 A; every number type works */
static const ParseCase parse_cases[] = {
  { PHAETON_FIELD_MODE, "1", -1, 1, FALSE },
  { PHAETON_FIELD_MODE, "byte 2", -1, 2, FALSE },
  { PHAETON_FIELD_MODE, "int16 1", -1, 1, FALSE },
  { PHAETON_FIELD_MODE, "uint16 1", -1, 1, FALSE },
  { PHAETON_FIELD_MODE, "uint32 2", -1, 2, FALSE },
  { PHAETON_FIELD_MODE, "int64 2", -1, 2, FALSE },
  { PHAETON_FIELD_MODE, "uint64 2", -1, 2, FALSE },
  { PHAETON_FIELD_MODE, "1.0", -1, 1, FALSE },
  { PHAETON_FIELD_MODE, "' Auto '", -1, 1, FALSE },
  { PHAETON_FIELD_MODE, "'schedule'", -1, 2, FALSE },
  { PHAETON_FIELD_MODE, "true", -1, 1, FALSE },
  { PHAETON_FIELD_MODE, "3", R, 0, FALSE },
  { PHAETON_FIELD_MODE, "258", R, 0, FALSE },
  { PHAETON_FIELD_MODE, "-1", R, 0, FALSE },
  { PHAETON_FIELD_MODE, "1.5", R, 0, FALSE },
  { PHAETON_FIELD_MODE, "'x'", T, 0, FALSE },
  { PHAETON_FIELD_MODE, "@ai []", T, 0, FALSE },
  { PHAETON_FIELD_START_STOP, "true", -1, 1, FALSE },
  { PHAETON_FIELD_START_STOP, "1.0", -1, 1, FALSE },
  { PHAETON_FIELD_START_STOP, "uint32 1", -1, 1, FALSE },
  { PHAETON_FIELD_START_STOP, "0", -1, 0, FALSE },
  { PHAETON_FIELD_START_STOP, "-5", R, 0, FALSE },
  { PHAETON_FIELD_START_STOP, "2", R, 0, FALSE },
  { PHAETON_FIELD_START_STOP, "0.5", R, 0, FALSE },
  { PHAETON_FIELD_START_STOP, "'Enabled'", -1, 1, FALSE },
  { PHAETON_FIELD_START_STOP, "'off'", -1, 0, FALSE },
  { PHAETON_FIELD_START_STOP, "'yes'", T, 0, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "13", -1, 13000, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "7.25", -1, 7250, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "' 7,25 '", -1, 7250, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "80.0", -1, 32000, TRUE },
  { PHAETON_FIELD_SET_CURRENT, "0", -1, 0, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "-1.0", R, 0, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "'nan'", T, 0, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "'0x10'", T, 0, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "''", T, 0, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "true", T, 0, FALSE },
  { PHAETON_FIELD_SET_CURRENT, "[1.0, 2.0]", T, 0, FALSE },
  { PHAETON_FIELD_PHASES_SET, "3", -1, 3, FALSE },
  { PHAETON_FIELD_PHASES_SET, "1", -1, 1, FALSE },
  { PHAETON_FIELD_PHASES_SET, "2", -1, 3, TRUE },
  { PHAETON_FIELD_PHASES_SET, "256", R, 0, FALSE },
  { PHAETON_FIELD_POSITION, "1", -1, 1, FALSE },
  { PHAETON_FIELD_POSITION, "2", R, 0, FALSE },
  { PHAETON_FIELD_GUARD_ACTIVE, "1", -1, 1, FALSE },
  { PHAETON_FIELD_GUARD_POWER, "4200.9", -1, 4200, FALSE },
  { PHAETON_FIELD_GUARD_POWER, "1e9", -1, PHAETON_GUARD_NONE_W, TRUE },
  { PHAETON_FIELD_GUARD_POWER, "-1", R, 0, FALSE },
  { PHAETON_FIELD_GUARD_LINE + 2, "6.5", -1, 6500, FALSE },
  { PHAETON_FIELD_GUARD_LINE, "@ai []", T, 0, FALSE },
  { PHAETON_FIELD_STATUS, "1", PHAETON_ERROR_READ_ONLY, 0, FALSE },
};

static void
test_parse (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);
  PhaetonChargerRecord *record = &snapshot->chargers[0];

  record->max_mA = 32000;
  phaeton_field_set_present (PHAETON_FIELD_MAX, record);
  for (guint i = 0; i < G_N_ELEMENTS (parse_cases); i++) {
    const ParseCase *c = &parse_cases[i];
    g_autoptr (GVariant) value = g_variant_parse (NULL, c->value, NULL, NULL, NULL);
    g_auto (PhaetonWrite) write = { 0 };
    g_autoptr (GError) error = NULL;
    const gboolean ok =
      phaeton_field_parse (phaeton_field (c->field), value, record, &write, &error);

    g_test_message ("%s = %s", phaeton_field (c->field)->name, c->value);
    g_assert_nonnull (value);
    if (c->error >= 0) {
      g_assert_false (ok);
      g_assert_error (error, PHAETON_ERROR, c->error);
      continue;
    }
    g_assert_no_error (error);
    g_assert_true (ok);
    g_assert_cmpint (write.number, ==, c->number);
    g_assert_cmpint (write.altered, ==, c->altered);
  }
}

static void
test_parse_not_finite (void)
{
  const double bad[] = { NAN, INFINITY, -INFINITY };
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    for (int field = 0; field <= PHAETON_FIELD_POSITION; field++) {
      g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_double (bad[i]));
      g_auto (PhaetonWrite) write = { 0 };
      g_autoptr (GError) error = NULL;

      g_assert_false (
        phaeton_field_parse (phaeton_field (field), value, &snapshot->chargers[0], &write, &error));
      g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE);
    }
}

static void
test_parse_text (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);
  const PhaetonField *field = phaeton_field (PHAETON_FIELD_CUSTOM_NAME);
  g_autoptr (GVariant) name = g_variant_ref_sink (g_variant_new_string ("  Garage \xc3\xbc  "));
  g_autoptr (GVariant) evil = g_variant_ref_sink (g_variant_new_string ("a\nb"));
  g_autoptr (GVariant) nothing = g_variant_ref_sink (g_variant_new_string (""));
  g_auto (PhaetonWrite) write = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (phaeton_field_parse (field, name, &snapshot->chargers[0], &write, NULL));
  g_assert_cmpstr (write.text, ==, "Garage \xc3\xbc");
  g_assert_true (write.altered);
  phaeton_write_clear (&write);
  g_assert_true (phaeton_field_parse (field, nothing, &snapshot->chargers[0], &write, NULL));
  g_assert_cmpstr (write.text, ==, "");
  g_assert_false (write.altered);
  phaeton_write_clear (&write);
  g_assert_false (phaeton_field_parse (field, evil, &snapshot->chargers[0], &write, &error));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fields/table-is-complete", test_table_is_complete);
  g_test_add_func ("/fields/lines-are-apart", test_lines_are_apart);
  g_test_add_func ("/fields/equal-below-resolution", test_equal_below_resolution);
  g_test_add_func ("/fields/constants-and-aliases", test_constants_and_aliases);
  g_test_add_func ("/fields/limits", test_limits);
  g_test_add_func ("/fields/fix-24-56-parse", test_parse);
  g_test_add_func ("/fields/fix-56-not-finite", test_parse_not_finite);
  g_test_add_func ("/fields/text", test_parse_text);
  return g_test_run ();
}
