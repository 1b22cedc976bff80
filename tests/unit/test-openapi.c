/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-fields.h"
#include "phaeton-web-api.h"
#include "phaeton-why.h"
#include "phaeton-yaml.h"

#include <string.h>

/* data/openapi.yaml is the contract; what the daemon is made of, its routes and its fields, must
 * stand in it. PHAETON_WRITE_DOCS=1 writes the part that comes from the fields. */

#define MARK "    # --- from the table of fields"

static char *
dup_path (void)
{
  return g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "data", "openapi.yaml", NULL);
}

static char *
load_text (void)
{
  g_autofree char *path = dup_path ();
  g_autoptr (GError) error = NULL;
  char *text;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static PhaetonNode *
parse_document (const char *text)
{
  g_autoptr (GPtrArray) problems = phaeton_problems_new ();
  PhaetonNode *document = phaeton_yaml_parse (text, strlen (text), problems);

  g_assert_nonnull (document);
  g_assert_cmpuint (problems->len, ==, 0);
  return document;
}

static PhaetonNode *
load_document (void)
{
  g_autofree char *text = load_text ();

  return parse_document (text);
}

/* schemas of the fields */

static const char *
get_json_type (const PhaetonField *field, const PhaetonFormat *format)
{
  if (field->type == PHAETON_TYPE_TEXT || field->type == PHAETON_TYPE_TIME)
    return "string";
  return format->decimals == 0 ? "integer" : "number";
}

/* the values that there are; NULL: too many to tell */
static const char *
get_choices (const PhaetonField *field)
{
  switch (field->parse) {
  case PHAETON_PARSE_MODE:
    return "0, 1, 2";
  case PHAETON_PARSE_SWITCH:
  case PHAETON_PARSE_CHOICE:
    return "0, 1";
  case PHAETON_PARSE_PHASES:
    return "1, 3";
  default:
    return NULL;
  }
}

static void
add_property (GString *text, const char *name, const PhaetonField *field,
              const PhaetonFormat *format, gboolean nullable)
{
  const char *type = get_json_type (field, format);
  const char *choices = get_choices (field);

  g_string_append_printf (text, "        %s:\n          description: \"%s\"\n", name, field->help);
  if (field->constant != NULL) {
    g_string_append_printf (text, "          const: %s\n", field->constant);
    return;
  }
  if (field->id == PHAETON_FIELD_ID || !nullable)
    g_string_append_printf (text, "          type: %s\n", type);
  else
    g_string_append_printf (text, "          type: [%s, 'null']\n", type);
  if (choices != NULL)
    g_string_append_printf (text, "          enum: [%s%s]\n", choices, nullable ? ", null" : "");
  if (field->type == PHAETON_TYPE_TIME)
    g_string_append (text, "          format: date-time\n");
}

/* "[a, b]" in lines of less than a hundred characters */
static void
add_list (GString *text, const char *key, GPtrArray *names, int indent)
{
  gsize column;

  g_string_append_printf (text, "%*s%s: [", indent, "", key);
  column = (gsize) indent + strlen (key) + 3;
  for (guint i = 0; i < names->len; i++) {
    const char *name = names->pdata[i];

    if (i > 0 && column + strlen (name) + 2 > 98) {
      g_string_append_printf (text, ",\n%*s", indent + 2, "");
      column = (gsize) indent + 2;
    } else if (i > 0) {
      g_string_append (text, ", ");
      column += 2;
    }
    g_string_append (text, name);
    column += strlen (name);
  }
  g_string_append (text, "]\n");
}

/* @values without required members, for changes, and @state with all of them */
static void
add_scope (GString *text, PhaetonScope scope, const char *noun, const char *description)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);

  g_string_append_printf (text,
                          "    %sValues:\n      description: %s\n      type: object\n"
                          "      properties:\n",
                          noun, description);
  for (guint i = 0; i < n_fields; i++) {
    if (fields[i].scope != scope)
      continue;
    add_property (text, fields[i].name, &fields[i], &fields[i].v1, TRUE);
    g_ptr_array_add (names, (gpointer) fields[i].name);
  }
  g_string_append_printf (text, "    %sState:\n", noun);
  add_list (text, "required", names, 6);
  g_string_append_printf (text, "      allOf:\n        - $ref: '#/components/schemas/%sValues'\n",
                          noun);
}

/* what PATCH of a charger takes */
static void
add_charger_patch (GString *text)
{
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);

  g_string_append (text, "    ChargerPatch:\n"
                         "      description: Any of them; all are checked before the first is set\n"
                         "      type: object\n"
                         "      additionalProperties: false\n"
                         "      properties:\n");
  for (guint i = 0; i < n_fields; i++)
    if (fields[i].scope == PHAETON_SCOPE_CHARGER && fields[i].parse != PHAETON_PARSE_NONE &&
        fields[i].parse != PHAETON_PARSE_INSTANCE)
      add_property (text, fields[i].name, &fields[i], &fields[i].v1, FALSE);
}

/* the ancestors' paths "GROUP.name"; without a group if @group is NULL */
static void
add_status (GString *text, const char *schema, const char *group, const char *const *absent)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);

  g_string_append_printf (text, "    %s:\n      type: object\n      properties:\n", schema);
  for (guint i = 0; i < n_fields; i++)
    for (guint j = 0; j < G_N_ELEMENTS (fields[i].status) && fields[i].status[j] != NULL; j++) {
      const char *path = fields[i].status[j];
      const char *dot = strchr (path, '.');
      const gboolean is_in_group =
        group == NULL ? dot == NULL : dot != NULL && g_str_has_prefix (path, group);

      if (!is_in_group)
        continue;
      path = dot != NULL ? dot + 1 : path;
      add_property (text, path, &fields[i], &fields[i].status_format, TRUE);
      g_ptr_array_add (names, (gpointer) path);
    }
  for (; absent != NULL && *absent != NULL; absent++) {
    g_string_append_printf (text,
                            "        %s:\n          description: Polls do not have this step\n"
                            "          type: 'null'\n",
                            *absent);
    g_ptr_array_add (names, (gpointer) *absent);
  }
  add_list (text, "required", names, 6);
}

static void
add_dbus (GString *text)
{
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);

  g_string_append (text, "    DbusValues:\n      type: object\n      properties:\n");
  for (guint i = 0; i < n_fields; i++)
    for (int j = 0; j < 2; j++) {
      const char *path = j == 0 ? fields[i].dbus : fields[i].dbus_alias;

      if (path != NULL)
        add_property (text, path, &fields[i], &fields[i].dbus_format, TRUE);
    }
}

static void
add_codes (GString *text)
{
  g_autoptr (GPtrArray) codes = g_ptr_array_new ();
  g_autoptr (GPtrArray) stages = g_ptr_array_new ();

  for (int code = PHAETON_WHY_NONE + 1; code < PHAETON_N_WHY; code++)
    g_ptr_array_add (codes, (gpointer) phaeton_why_get_name ((PhaetonWhyCode) code));
  for (int stage = PHAETON_STAGE_WISH; stage <= PHAETON_STAGE_RAMP; stage++)
    g_ptr_array_add (stages, (gpointer) phaeton_stage_get_name ((PhaetonStage) stage));
  g_string_append (text, "    WhyCode:\n      description: Stable code of a reason\n");
  add_list (text, "enum", codes, 6);
  g_string_append (text, "    Stage:\n      description: Where in the chain it was said\n");
  add_list (text, "enum", stages, 6);
}

static char *
make_schemas (void)
{
  static const char *const absent[] = { "read_currents_ms",
                                        "read_powers_ms",
                                        "read_energy_ms",
                                        "read_station_max_ms",
                                        "pv_excess_ms",
                                        "finalize_cycle_ms",
                                        NULL };
  GString *text =
    g_string_new (MARK ": PHAETON_WRITE_DOCS=1 build/tests/unit/test-openapi writes it ---\n");

  add_scope (text, PHAETON_SCOPE_SITE, "Site", "Values of the site");
  add_scope (text, PHAETON_SCOPE_CHARGER, "Charger", "Values of a charger");
  add_charger_patch (text);
  add_status (text, "StatusValues", NULL, NULL);
  add_status (text, "StatusSession", "session.", NULL);
  add_status (text, "StatusSteps", "poll_steps_ms.", absent);
  add_dbus (text);
  add_codes (text);
  return g_string_free (text, FALSE);
}

/* the first difference: all of the text is no message for people */
static void
compare_lines (const char *text, const char *wanted)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_auto (GStrv) wanted_lines = g_strsplit (wanted, "\n", -1);
  guint i = 0;

  while (lines[i] != NULL && wanted_lines[i] != NULL && strcmp (lines[i], wanted_lines[i]) == 0)
    i++;
  g_assert_cmpstr (lines[i], ==, wanted_lines[i]);
}

static void
test_schemas_are_those_of_the_fields (void)
{
  g_autofree char *text = load_text ();
  g_autofree char *schemas = make_schemas ();
  char *mark = strstr (text, MARK);

  g_assert_nonnull (mark);
  if (g_getenv ("PHAETON_WRITE_DOCS") != NULL) {
    g_autofree char *path = dup_path ();
    g_autoptr (GError) error = NULL;
    g_autofree char *whole = NULL;

    *mark = '\0';
    whole = g_strconcat (text, schemas, NULL);
    g_file_set_contents (path, whole, -1, &error);
    g_assert_no_error (error);
  } else {
    compare_lines (mark, schemas);
  }
}

/* operations and routes */

static const char *const role_names[] = { NULL, "viewer", "driver", "admin" };

/* "/ui/ *" of the table is "/ui/{path}" in the document */
static char *
dup_document_path (const PhaetonWebRoute *route)
{
  const char *star = strchr (route->path, '*');

  return star != NULL ? g_strdup_printf ("%.*s{path}", (int) (star - route->path), route->path)
                      : g_strdup (route->path);
}

static PhaetonNode *
find_operation (const PhaetonNode *document, const PhaetonWebRoute *route)
{
  g_autofree char *path = dup_document_path (route);
  g_autofree char *method = g_ascii_strdown (route->method, -1);
  const char *const steps[] = { "paths", path, method, NULL };

  return phaeton_node_get_path (document, steps);
}

/* the first route that the document lacks */
static char *
dup_missing (const PhaetonNode *document)
{
  for (const PhaetonWebRoute *route = phaeton_web_api_get_routes (); route->method != NULL; route++)
    if (find_operation (document, route) == NULL)
      return g_strconcat (route->method, " ", route->path, NULL);
  return NULL;
}

static void
test_missing_route_is_found (void)
{
  static const struct {
    const char *line, *instead, *missing;
  } mutants[] = {
    { "\n  /api/dbus:\n", "\n  /api/dbux:\n", "GET /api/dbus" },
    { "\n  /ui/{path}:\n", "\n  /ui/{file}:\n", "GET /ui/*" },
    { "\n    patch:\n      operationId: patchCharger\n", "\n    put:\n      operationId: x\n",
      "PATCH /api/v1/chargers/{id}" },
  };
  g_autofree char *text = load_text ();

  for (guint i = 0; i < G_N_ELEMENTS (mutants); i++) {
    g_auto (GStrv) parts = g_strsplit (text, mutants[i].line, -1);
    g_autofree char *mutant = g_strjoinv (mutants[i].instead, parts);
    g_autoptr (PhaetonNode) document = parse_document (mutant);
    g_autofree char *missing = dup_missing (document);

    g_assert_cmpuint (g_strv_length (parts), ==, 2);
    g_assert_cmpstr (missing, ==, mutants[i].missing);
  }
}

static void
test_every_route_is_an_operation (void)
{
  g_autoptr (PhaetonNode) document = load_document ();
  g_autofree char *missing = dup_missing (document);

  g_assert_cmpstr (missing, ==, NULL);
  for (const PhaetonWebRoute *route = phaeton_web_api_get_routes (); route->method != NULL;
       route++) {
    const PhaetonNode *operation = find_operation (document, route);
    const PhaetonNode *security;

    security = phaeton_node_get (operation, "security");
    g_test_message ("%s %s", route->method, route->path);
    g_assert_nonnull (security);
    g_assert_cmpint (security->items->len > 0, ==, role_names[route->role] != NULL);
    for (guint i = 0; i < security->items->len; i++) {
      const PhaetonNode *way = security->items->pdata[i];
      const PhaetonNode *roles = way->items->pdata[0];

      g_assert_cmpstr (((PhaetonNode *) roles->items->pdata[0])->text, ==, role_names[route->role]);
    }
    g_assert_cmpint (phaeton_node_get (operation, "requestBody") != NULL, ==, route->max_body > 0);
  }
}

static gboolean
is_route (const char *method, const char *path)
{
  for (const PhaetonWebRoute *route = phaeton_web_api_get_routes (); route->method != NULL;
       route++) {
    g_autofree char *known = dup_document_path (route);

    if (g_ascii_strcasecmp (route->method, method) == 0 && strcmp (known, path) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
test_every_operation_is_a_route (void)
{
  g_autoptr (PhaetonNode) document = load_document ();
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  const PhaetonNode *paths = phaeton_node_get (document, "paths");

  for (guint i = 0; i < paths->keys->len; i++) {
    const char *path = ((PhaetonNode *) paths->keys->pdata[i])->text;
    const PhaetonNode *operations = paths->items->pdata[i];

    for (guint j = 0; j < operations->keys->len; j++) {
      const char *method = ((PhaetonNode *) operations->keys->pdata[j])->text;
      const PhaetonNode *id = phaeton_node_get (operations->items->pdata[j], "operationId");

      g_test_message ("%s %s", method, path);
      g_assert_true (is_route (method, path));
      g_assert_nonnull (id);
      g_assert_true (g_hash_table_add (ids, id->text));
    }
  }
}

static void
test_version_is_that_of_the_daemon (void)
{
  static const char *const steps[] = { "info", "version", NULL };
  g_autoptr (PhaetonNode) document = load_document ();

  g_assert_cmpstr (phaeton_node_get_path (document, steps)->text, ==, PHAETON_VERSION);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/openapi/schemas-are-those-of-the-fields",
                   test_schemas_are_those_of_the_fields);
  g_test_add_func ("/openapi/missing-route-is-found", test_missing_route_is_found);
  g_test_add_func ("/openapi/every-route-is-an-operation", test_every_route_is_an_operation);
  g_test_add_func ("/openapi/every-operation-is-a-route", test_every_operation_is_a_route);
  g_test_add_func ("/openapi/version-is-that-of-the-daemon", test_version_is_that_of_the_daemon);
  return g_test_run ();
}
