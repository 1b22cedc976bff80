/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-keys.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

/* One value: from a node to a checked GVariant, and from there to documents and PhaetonConfig. */

typedef struct {
  const PhaetonSection *section;
  const PhaetonKey *key;
  const PhaetonNode *node;
  const char *path;
  GPtrArray *problems;
} Reading;

static char *
describe_range (const char *what, double min, double max, const char *unit)
{
  g_autofree char *low = phaeton_number_to_text (min);
  g_autofree char *high = phaeton_number_to_text (max);

  return g_strdup_printf ("%s from %s to %s%s%s", what, low, high, unit[0] != '\0' ? " " : "",
                          unit);
}

static char *
describe_choices (const char *const *choices)
{
  g_autoptr (GString) text = g_string_new ("one of ");

  for (guint i = 0; choices[i] != NULL; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            choices[i][0] != '\0' ? choices[i] : "nothing");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
phaeton_key_dup_allowed (const PhaetonSection *section, const PhaetonKey *key)
{
  const char *const *choices = phaeton_key_get_choices (section, key);
  const char type = phaeton_key_get_type (section, key);
  double min, max;

  if (choices != NULL)
    return describe_choices (choices);
  if (phaeton_key_get_range (section, key, &min, &max))
    return describe_range (type == 'd' ? "a number" : "a whole number", min, max, key->unit);
  if (phaeton_format_describe (key->format) != NULL)
    return g_strdup (phaeton_format_describe (key->format));
  return g_strdup (type == 'b' ? "true or false" : "text");
}

static GVariant *
refuse (const Reading *reading, const char *verdict)
{
  g_autofree char *allowed = phaeton_key_dup_allowed (reading->section, reading->key);
  g_autofree char *found = NULL;

  if (reading->node->kind != PHAETON_NODE_SCALAR)
    found = g_strdup (phaeton_node_describe (reading->node));
  else if ((reading->key->flags & PHAETON_KEY_SECRET) != 0)
    found = g_strdup ("the value");
  else
    found = phaeton_problem_quote (reading->node->text);
  phaeton_problems_add (reading->problems, TRUE, reading->path, &reading->node->place, allowed,
                        "%s %s", found, verdict);
  return NULL;
}

static void
warn_quoted (const Reading *reading, const char *what)
{
  if (reading->node->is_quoted && reading->node->place.origin == NULL)
    phaeton_problems_add (reading->problems, FALSE, reading->path, &reading->node->place, NULL,
                          "%s in quotes; taken as %s, the quotes can go", what, what);
}

static GVariant *
parse_boolean (const Reading *reading)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };
  g_autofree char *text = g_ascii_strdown (reading->node->text, -1);

  if (!g_strv_contains (yes, text) && !g_strv_contains (no, text))
    return refuse (reading, "is neither true nor false");
  warn_quoted (reading, "a switch");
  return g_variant_new_boolean (g_strv_contains (yes, text));
}

static gboolean
parse_double (const char *text, double *value)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  PhaetonNode node = { .text = stripped };
  char *end;

  if (phaeton_node_get_scalar_type (&node) != PHAETON_SCALAR_NUMBER)
    return FALSE;
  if (g_str_has_prefix (stripped, "0x"))
    *value = (double) g_ascii_strtoull (stripped + 2, &end, 16);
  else
    *value = g_ascii_strtod (stripped, &end);
  return isfinite (*value);
}

static GVariant *
parse_number (const Reading *reading, char type)
{
  double value, min, max;

  if (!parse_double (reading->node->text, &value))
    return refuse (reading, type == 'd' ? "is not a number" : "is not a whole number");
  if (phaeton_key_get_range (reading->section, reading->key, &min, &max) &&
      (value < min || value > max))
    return refuse (reading, "is out of range");
  if (type != 'd' && fabs (value - rint (value)) > 0)
    return refuse (reading, "is not a whole number");
  warn_quoted (reading, "a number");
  switch (type) {
  case 'i':
    return g_variant_new_int32 ((gint32) value);
  case 'x':
    return g_variant_new_int64 ((gint64) value);
  default:
    return g_variant_new_double (value);
  }
}

static GVariant *
parse_choice (const Reading *reading, const char *const *choices)
{
  const char *text = reading->node->text;

  if (reading->key->format == PHAETON_FORMAT_LEVEL) {
    if (g_ascii_strcasecmp (text, "WARNING") == 0)
      text = "WARN";
    else if (g_ascii_strcasecmp (text, "CRITICAL") == 0)
      text = "ERROR";
  }
  for (guint i = 0; choices[i] != NULL; i++)
    if (g_ascii_strcasecmp (text, choices[i]) == 0)
      return g_variant_new_string (choices[i]);
  return refuse (reading, "is not known");
}

static GVariant *
parse_text (const Reading *reading)
{
  const char *const *choices = phaeton_key_get_choices (reading->section, reading->key);
  const char *text = reading->node->text;

  if (choices != NULL)
    return parse_choice (reading, choices);
  if (!phaeton_format_matches (reading->key->format, text))
    return refuse (reading, "is not valid");
  return g_variant_new_string (text);
}

/* one element of a list, refused where it stands */
static gboolean
parse_element (const Reading *reading, const PhaetonNode *node, double min, double max,
               double *value)
{
  Reading inner = *reading;

  inner.node = node;
  if (node->kind == PHAETON_NODE_SCALAR && parse_double (node->text, value) && *value >= min &&
      *value <= max && fabs (*value - rint (*value)) <= 0)
    return TRUE;
  refuse (&inner, "is not one of them");
  return FALSE;
}

static GVariant *
parse_days (const Reading *reading)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ai"));

  if (reading->node->kind != PHAETON_NODE_LIST)
    return refuse (reading, "is not a list");
  for (guint i = 0; i < reading->node->items->len; i++) {
    double day;

    if (!parse_element (reading, reading->node->items->pdata[i], 0, 6, &day))
      return NULL;
    g_variant_builder_add (&builder, "i", (int) day);
  }
  return g_variant_builder_end (&builder);
}

/* three currents, or one for every phase */
static GVariant *
parse_phases (const Reading *reading)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ai"));
  const PhaetonNode *node = reading->node;
  const double min_mA = reading->key->format == PHAETON_FORMAT_FUSE ? PHAETON_MIN_OFFER_mA : 0;

  if (node->kind == PHAETON_NODE_LIST && node->items->len == 0) /* unset, as documents show it */
    return g_variant_builder_end (&builder);
  if (node->kind == PHAETON_NODE_MAP ||
      (node->kind == PHAETON_NODE_LIST && node->items->len != PHAETON_PHASES))
    return refuse (reading, "is neither a number nor a list of three");
  for (int i = 0; i < PHAETON_PHASES; i++) {
    double mA;

    if (!parse_element (reading, node->kind == PHAETON_NODE_LIST ? node->items->pdata[i] : node,
                        min_mA, PHAETON_MAX_FUSE_mA, &mA))
      return NULL;
    g_variant_builder_add (&builder, "i", (int) mA);
  }
  return g_variant_builder_end (&builder);
}

static GVariant *
parse_texts (const Reading *reading)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_STRING_ARRAY);

  if (reading->node->kind != PHAETON_NODE_LIST)
    return refuse (reading, "is not a list");
  for (guint i = 0; i < reading->node->items->len; i++) {
    const PhaetonNode *item = reading->node->items->pdata[i];

    if (item->kind != PHAETON_NODE_SCALAR ||
        !phaeton_format_matches (reading->key->format, item->text)) {
      Reading inner = *reading;

      inner.node = item;
      return refuse (&inner, "is not valid");
    }
    g_variant_builder_add (&builder, "s", item->text);
  }
  return g_variant_builder_end (&builder);
}

static GVariant *
parse_list (const Reading *reading)
{
  if (g_variant_is_of_type (phaeton_key_get_default (reading->section, reading->key),
                            G_VARIANT_TYPE_STRING_ARRAY))
    return parse_texts (reading);
  return reading->key->format == PHAETON_FORMAT_DAYS ? parse_days (reading)
                                                     : parse_phases (reading);
}

static GVariant *
parse (const Reading *reading)
{
  const char type = phaeton_key_get_type (reading->section, reading->key);

  if (type == 'a')
    return parse_list (reading);
  if (reading->node->kind != PHAETON_NODE_SCALAR)
    return refuse (reading, "is not a single value");
  switch (type) {
  case 'b':
    return parse_boolean (reading);
  case 's':
    return parse_text (reading);
  default:
    return parse_number (reading, type);
  }
}

GVariant *
phaeton_key_parse (const PhaetonSection *section, const PhaetonKey *key, const PhaetonNode *node,
                   const char *path, GPtrArray *problems)
{
  const Reading reading = { section, key, node, path, problems };
  GVariant *value;

  /* an empty variable of the environment is an empty text, an empty line in the file is nothing */
  if (phaeton_node_is_null (node) && node->place.origin == NULL)
    return g_variant_ref (phaeton_key_get_default (section, key));
  value = parse (&reading);
  return value != NULL ? g_variant_ref_sink (value) : NULL;
}

static PhaetonNode *
number_to_node (double value)
{
  g_autofree char *text = phaeton_number_to_text (value);

  return phaeton_node_new_scalar (text, FALSE);
}

static PhaetonNode *
list_to_node (GVariant *value)
{
  PhaetonNode *list = phaeton_node_new_list ();

  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (value, i);

    if (g_variant_is_of_type (element, G_VARIANT_TYPE_STRING))
      phaeton_node_append (list,
                           phaeton_node_new_scalar (g_variant_get_string (element, NULL), TRUE));
    else
      phaeton_node_append (list, number_to_node (g_variant_get_int32 (element)));
  }
  return list;
}

PhaetonNode *
phaeton_key_to_node (const PhaetonKey *key, GVariant *value)
{
  switch (g_variant_get_type_string (value)[0]) {
  case 'b':
    return phaeton_node_new_scalar (g_variant_get_boolean (value) ? "true" : "false", FALSE);
  case 'i':
    return number_to_node (g_variant_get_int32 (value));
  case 'x':
    return number_to_node ((double) g_variant_get_int64 (value));
  case 'd':
    return number_to_node (g_variant_get_double (value));
  case 'a':
    return list_to_node (value);
  default: {
    const char *text = g_variant_get_string (value, NULL);

    if (text[0] == '\0' && (key->flags & PHAETON_KEY_NULLABLE) != 0)
      return phaeton_node_new_scalar ("null", FALSE);
    return phaeton_node_new_scalar (text, TRUE);
  }
  }
}

static double
get_number (GVariant *value)
{
  switch (g_variant_get_type_string (value)[0]) {
  case 'i':
    return g_variant_get_int32 (value);
  case 'x':
    return (double) g_variant_get_int64 (value);
  default:
    return g_variant_get_double (value);
  }
}

static int
find_choice (const PhaetonSection *section, const PhaetonKey *key, GVariant *value)
{
  const char *const *choices = phaeton_key_get_choices (section, key);
  int index = 0;

  while (!g_str_equal (choices[index], g_variant_get_string (value, NULL)))
    index++;
  return index;
}

/* the words of the log, see phaeton-log.h */
static const char *
get_level_word (const char *level)
{
  static const char *const words[][2] = { { "TRACE", "debug" },
                                          { "DEBUG", "debug" },
                                          { "INFO", "info" },
                                          { "WARN", "warning" },
                                          { "ERROR", "critical" } };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (level, words[i][0]))
      return words[i][1];
  return "";
}

static void
store_text (gpointer member, const char *text)
{
  char **where = member;

  g_free (*where);
  *where = g_strdup (text);
}

/* an unset one leaves the member as it is */
static void
store_phases (int *member, GVariant *value)
{
  for (gsize i = 0; i < MIN (g_variant_n_children (value), PHAETON_PHASES); i++)
    g_variant_get_child (value, i, "i", &member[i]);
}

void
phaeton_key_store (const PhaetonSection *section, const PhaetonKey *key, GVariant *value,
                   gpointer record)
{
  gpointer member = G_STRUCT_MEMBER_P (record, key->offset);

  switch (key->store) {
  case PHAETON_STORE_NOWHERE:
    break;
  case PHAETON_STORE_BOOLEAN:
    *(gboolean *) member = g_variant_get_boolean (value);
    break;
  case PHAETON_STORE_INT:
  case PHAETON_STORE_ROUNDED:
    *(int *) member = (int) rint (get_number (value));
    break;
  case PHAETON_STORE_UINT:
    *(guint *) member = (guint) get_number (value);
    break;
  case PHAETON_STORE_UINT8:
    *(guint8 *) member = (guint8) get_number (value);
    break;
  case PHAETON_STORE_UINT16:
    *(guint16 *) member = (guint16) get_number (value);
    break;
  case PHAETON_STORE_INT64:
    *(gint64 *) member = (gint64) get_number (value);
    break;
  case PHAETON_STORE_DOUBLE:
    *(double *) member = get_number (value);
    break;
  case PHAETON_STORE_TEXT:
    store_text (member, g_variant_get_string (value, NULL));
    break;
  case PHAETON_STORE_CHOICE:
    *(int *) member = find_choice (section, key, value);
    break;
  case PHAETON_STORE_MILLI:
    *(int *) member = (int) rint (get_number (value) * 1e3);
    break;
  case PHAETON_STORE_MILLI_INT64:
    *(gint64 *) member = (gint64) rint (get_number (value) * 1e3);
    break;
  case PHAETON_STORE_MICRO_INT64:
    *(gint64 *) member = (gint64) rint (get_number (value) * 1e6);
    break;
  case PHAETON_STORE_LEVEL:
    store_text (member, get_level_word (g_variant_get_string (value, NULL)));
    break;
  case PHAETON_STORE_TEXTS:
    g_strfreev (*(char ***) member);
    *(char ***) member = g_variant_dup_strv (value, NULL);
    break;
  case PHAETON_STORE_PHASES:
    store_phases (member, value);
    break;
  case PHAETON_STORE_MINUTES:
    *(gint64 *) member = (gint64) get_number (value) * 60 * 1000;
    break;
  case PHAETON_STORE_DAYS:
    *(gint64 *) member = (gint64) get_number (value) * 24 * 3600 * 1000;
    break;
  case PHAETON_STORE_ROTATION:
    phaeton_format_parse_rotation (g_variant_get_string (value, NULL), member);
    break;
  }
}

static guint
measure_distance (const char *a, const char *b)
{
  guint row[65];
  const guint n = (guint) MIN (strlen (b), G_N_ELEMENTS (row) - 1);

  for (guint j = 0; j <= n; j++)
    row[j] = j;
  for (guint i = 1; a[i - 1] != '\0' && i < G_N_ELEMENTS (row); i++) {
    guint diagonal = row[0];

    row[0] = i;
    for (guint j = 1; j <= n; j++) {
      const guint above = row[j];

      row[j] = MIN (MIN (row[j - 1], above) + 1, diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[n];
}

const char *
phaeton_suggest (const char *name, const char *const *candidates)
{
  const char *best = NULL;
  guint best_distance = 3; /* further away is another word */

  for (guint i = 0; candidates[i] != NULL; i++) {
    const guint distance = measure_distance (name, candidates[i]);

    if (distance < best_distance) {
      best_distance = distance;
      best = candidates[i];
    }
  }
  return best;
}
