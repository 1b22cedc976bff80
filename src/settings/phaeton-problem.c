/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-problem.h"

#include "phaeton-error.h"

#define MAX_QUOTED_CHARS 60

void
phaeton_problem_free (PhaetonProblem *self)
{
  g_free (self->key);
  g_free (self->message);
  g_free (self->allowed);
  g_free (self);
}

char *
phaeton_problem_to_text (const PhaetonProblem *self, const char *path)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (path != NULL && self->line > 0)
    g_string_append_printf (text, "%s:%d: ", path, self->line);
  if (self->key[0] != '\0')
    g_string_append_printf (text, "%s: ", self->key);
  g_string_append (text, self->message);
  if (self->allowed != NULL)
    g_string_append_printf (text, "; expected %s", self->allowed);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

GPtrArray *
phaeton_problems_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_problem_free);
}

void
phaeton_problems_add (GPtrArray *problems, gboolean is_error, const char *key,
                      const PhaetonPlace *place, const char *allowed, const char *format, ...)
{
  PhaetonProblem *problem;
  va_list args;

  if (problems->len >= PHAETON_MAX_PROBLEMS && (!is_error || phaeton_problems_has_error (problems)))
    return;
  problem = g_new0 (PhaetonProblem, 1);
  problem->is_error = is_error;
  problem->key = g_strdup (key);
  problem->allowed = g_strdup (allowed);
  va_start (args, format);
  problem->message = g_strdup_vprintf (format, args);
  va_end (args);
  if (place != NULL && place->origin != NULL) {
    g_autofree char *message = problem->message;

    problem->message =
      g_strdup_printf ("%s (from the environment variable %s)", message, place->origin);
  } else if (place != NULL) {
    problem->line = place->line;
  }
  g_ptr_array_add (problems, problem);
}

gboolean
phaeton_problems_has_error (GPtrArray *problems)
{
  for (guint i = 0; i < problems->len; i++)
    if (((PhaetonProblem *) problems->pdata[i])->is_error)
      return TRUE;
  return FALSE;
}

void
phaeton_problems_take (GPtrArray *problems, GPtrArray *other)
{
  g_ptr_array_extend_and_steal (problems, g_ptr_array_ref (other));
}

void
phaeton_problems_set_error (GPtrArray *problems, const char *path, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++) {
    const PhaetonProblem *problem = problems->pdata[i];
    g_autofree char *line = NULL;

    if (!problem->is_error)
      continue;
    line = phaeton_problem_to_text (problem, path);
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", line);
  }
  g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, text->str);
}

char *
phaeton_problem_quote (const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);
  g_autoptr (GString) text = g_string_new ("\"");
  int n = 0;

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p)) {
    const gunichar c = g_utf8_get_char (p);

    if (++n > MAX_QUOTED_CHARS) {
      g_string_append (text, "...");
      break;
    }
    g_string_append_unichar (text, g_unichar_isprint (c) ? c : '?');
  }
  g_string_append_c (text, '"');
  return g_string_free (g_steal_pointer (&text), FALSE);
}
