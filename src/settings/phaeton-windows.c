/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-clock.h"
#include "phaeton-reader.h"

#include "phaeton-items.h"

#include <math.h>

#define MAX_WINDOWS 256
#define DAY_MIN 1440
#define THURSDAY 3

/* by a day at least, whatever zone the house is in */
static gboolean
has_passed (gint64 day)
{
  return day + 2 < phaeton_clock_stamp_us () / G_USEC_PER_SEC / (24 * 3600);
}

static void
read_window (const PhaetonSection *section, const PhaetonNode *item, const char *path,
             PhaetonWindow *window, GPtrArray *problems)
{
  g_autoptr (GVariant) active = phaeton_items_read (section, item, "active");
  g_autoptr (GVariant) days = phaeton_items_read (section, item, "days");
  g_autoptr (GVariant) start = phaeton_items_read (section, item, "start_time");
  g_autoptr (GVariant) end = phaeton_items_read (section, item, "end_time");
  g_autoptr (GVariant) current = phaeton_items_read (section, item, "current");
  g_autoptr (GVariant) date = phaeton_items_read (section, item, "date");
  const gboolean is_timed = phaeton_items_get_minutes (start, &window->start_min) &&
                            phaeton_items_get_minutes (end, &window->end_min);

  window->active = g_variant_get_boolean (active) && is_timed;
  window->days = phaeton_items_get_days (days);
  if (phaeton_format_parse_date (g_variant_get_string (date, NULL), &window->once_day) &&
      window->active && has_passed (window->once_day))
    phaeton_problems_add (problems, FALSE, path, &item->place, NULL,
                          "the window was on %s and never comes again",
                          g_variant_get_string (date, NULL));
  window->current_mA = (int) rint (g_variant_get_double (current) * 1e3);
  if (g_variant_get_boolean (active) && !is_timed)
    phaeton_problems_add (problems, FALSE, path, &item->place, "start_time and end_time as HH:MM",
                          "the window has no start or no end, so it never counts");
}

/* one time that a window is open: minutes since Monday, or since 1970 for a window that comes once
 */
typedef struct {
  gint64 start, end;
  guint index;
} Opening;

static int
compare_openings (gconstpointer a, gconstpointer b)
{
  const Opening *first = a, *second = b;

  return (first->start > second->start) - (first->start < second->start);
}

static void
add_opening (GArray *openings, gint64 day, const PhaetonWindow *window, guint index)
{
  const gint64 start = day * DAY_MIN + window->start_min;
  const gint64 end = day * DAY_MIN + window->end_min;
  const Opening opening = { start, end > start ? end : end + DAY_MIN, index };

  g_array_append_val (openings, opening);
}

/* a week of windows, with the days before and after, whose tails reach into it */
static void
add_weekly (GArray *openings, const PhaetonWindow *window, guint index)
{
  for (int day = -1; day <= 7; day++)
    if (window->days & (1 << ((day + 7) % 7)))
      add_opening (openings, day, window, index);
}

/* TRUE: two that are open at once want different currents, @first and @second */
static gboolean
find_contradiction (GArray *openings, const PhaetonWindow *windows, guint *first, guint *second)
{
  const Opening *last = NULL; /* of those before, the one that is open longest */

  g_array_sort (openings, compare_openings);
  for (guint i = 0; i < openings->len; i++) {
    const Opening *opening = &g_array_index (openings, Opening, i);

    if (last != NULL && opening->start < last->end &&
        windows[opening->index].current_mA != windows[last->index].current_mA) {
      *first = MIN (opening->index, last->index);
      *second = MAX (opening->index, last->index);
      return TRUE;
    }
    if (last == NULL || opening->end > last->end)
      last = opening;
  }
  return FALSE;
}

/* TRUE: a window that comes once and one of every week, in the week in which it comes */
static gboolean
find_mixed_contradiction (GArray *weekly, const PhaetonWindow *windows, guint n_windows,
                          guint *first, guint *second)
{
  for (guint i = 0; i < n_windows; i++) {
    const gint64 weekday = (windows[i].once_day + THURSDAY) % 7; /* 1970 began on one */
    const gint64 start = weekday * DAY_MIN + windows[i].start_min;
    const gint64 end = weekday * DAY_MIN + windows[i].end_min;

    if (!windows[i].active || windows[i].once_day == 0)
      continue;
    for (guint k = 0; k < weekly->len; k++) {
      const Opening *opening = &g_array_index (weekly, Opening, k);

      if (start < opening->end && opening->start < (end > start ? end : end + DAY_MIN) &&
          windows[i].current_mA != windows[opening->index].current_mA) {
        *first = MIN (i, opening->index);
        *second = MAX (i, opening->index);
        return TRUE;
      }
    }
  }
  return FALSE;
}

static void
check_contradictions (const PhaetonChargerConfig *charger, const PhaetonNode *list,
                      const char *path, GPtrArray *problems)
{
  g_autoptr (GArray) weekly = g_array_new (FALSE, FALSE, sizeof (Opening));
  g_autoptr (GArray) once = g_array_new (FALSE, FALSE, sizeof (Opening));
  g_autofree char *item_path = NULL;
  guint first, second;

  for (guint i = 0; i < charger->n_windows; i++) {
    const PhaetonWindow *window = &charger->windows[i];

    if (window->active && window->once_day == 0)
      add_weekly (weekly, window, i);
    else if (window->active)
      add_opening (once, window->once_day, window, i);
  }
  if (!find_contradiction (weekly, charger->windows, &first, &second) &&
      !find_contradiction (once, charger->windows, &first, &second) &&
      !find_mixed_contradiction (weekly, charger->windows, charger->n_windows, &first, &second))
    return;
  item_path = g_strdup_printf ("%s[%u]", path, second);
  phaeton_problems_add (
    problems, TRUE, item_path, &((PhaetonNode *) list->items->pdata[second])->place,
    "the same current, or times that do not overlap",
    "the window and %s[%u] are open at the same time with different currents", path, first);
}

static void
read_deadline (const PhaetonScope *scope, PhaetonDeadline *deadline, GPtrArray *problems)
{
  const PhaetonSection *section = phaeton_section_find ("schedule.deadline");
  const PhaetonNode *own = scope->charger != NULL ? scope->charger : scope->root;
  const PhaetonNode *node = phaeton_section_find_node (section, own);
  g_autoptr (GVariant) days = phaeton_items_read (section, node, "days");
  g_autoptr (GVariant) by = phaeton_items_read (section, node, "by");
  g_autofree char *path = phaeton_scope_dup_path (scope, section, "by");

  deadline->days = phaeton_items_get_days (days);
  if (!deadline->active)
    return;
  if (!phaeton_items_get_minutes (by, &deadline->by_min))
    phaeton_problems_add (problems, TRUE, path, &node->place, "HH:MM", "the deadline has no time");
  if (deadline->energy_wh == 0 && deadline->soc_percent <= 0 && deadline->hours <= 0)
    phaeton_problems_add (problems, TRUE, path, &node->place, "energy_kwh, hours or soc_percent",
                          "the deadline does not say how much is to be charged");
  else if (deadline->energy_wh == 0 && deadline->hours <= 0)
    phaeton_problems_add (problems, FALSE, path, &node->place, "energy_kwh or hours beside it",
                          "nothing tells how full the car is: the deadline has nothing to do");
}

void
phaeton_windows_read (const PhaetonScope *scope, PhaetonChargerConfig *charger, GPtrArray *problems)
{
  const PhaetonSection *section = phaeton_section_find ("schedule.items");
  const PhaetonNode *own = scope->charger != NULL ? scope->charger : scope->root;
  const PhaetonNode *list = phaeton_node_get (phaeton_node_get (own, "schedule"), "items");
  g_autofree char *path =
    phaeton_scope_dup_path (scope, phaeton_section_find ("schedule"), "items");

  read_deadline (scope, &charger->deadline, problems);
  phaeton_items_check (section, list, path, problems);
  if (list == NULL || list->kind != PHAETON_NODE_LIST)
    return;
  if (list->items->len > MAX_WINDOWS) {
    phaeton_problems_add (problems, TRUE, path, &list->place, "at most 256 windows",
                          "%u windows are too many", list->items->len);
    return;
  }
  charger->n_windows = list->items->len;
  charger->windows = g_new0 (PhaetonWindow, charger->n_windows);
  for (guint i = 0; i < charger->n_windows; i++) {
    const PhaetonNode *item = list->items->pdata[i];
    g_autofree char *item_path = g_strdup_printf ("%s[%u]", path, i);

    if (item->kind == PHAETON_NODE_MAP)
      read_window (section, item, item_path, &charger->windows[i], problems);
  }
  check_contradictions (charger, list, path, problems);
}
