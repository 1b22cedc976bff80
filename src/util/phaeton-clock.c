/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-clock"
#include "config.h"

#include "phaeton-clock.h"

#include <time.h>

/**
 * PhaetonClock:
 *
 * The only place in src/ that asks the system for the time. A real clock may run at a rate (test
 * builds); a virtual one stands still until it is advanced. Main thread only, but the getters of a
 * real clock may be called from any thread.
 */

typedef struct {
  guint id;
  gint64 due_ms;
  gint64 interval_ms;
  GSourceFunc function;
  gpointer user_data;
  GSource *source; /* (owned) (nullable): real clocks only */
  PhaetonClock *clock;
} Timer;

struct _PhaetonClock {
  GObject parent_instance;

  gboolean is_virtual;
  double rate;
  gint64 origin_monotonic_us; /* real clocks: of the machine, where the rate began */
  gint64 origin_wall_us;
  gint64 virtual_ms;
  gint64 virtual_wall_us; /* wall time at monotonic 0 of a virtual clock */
  guint last_id;
  GHashTable *timers; /* (owned) (element-type guint Timer) */
};

G_DEFINE_FINAL_TYPE (PhaetonClock, phaeton_clock, G_TYPE_OBJECT)

static void
free_timer (gpointer data)
{
  Timer *timer = data;

  if (timer->source != NULL) {
    g_source_destroy (timer->source);
    g_source_unref (timer->source);
  }
  g_free (timer);
}

static gint64
to_machine_us (PhaetonClock *self, gint64 monotonic_ms)
{
  return self->origin_monotonic_us +
         (gint64) (((double) (monotonic_ms * 1000 - self->origin_monotonic_us)) / self->rate);
}

gint64
phaeton_clock_get_monotonic_ms (PhaetonClock *self)
{
  gint64 now_us;

  g_return_val_if_fail (PHAETON_IS_CLOCK (self), 0);

  if (self->is_virtual)
    return self->virtual_ms;
  now_us = g_get_monotonic_time ();
  if (self->rate > 1.0)
    now_us = self->origin_monotonic_us +
             (gint64) ((double) (now_us - self->origin_monotonic_us) * self->rate);
  return now_us / 1000;
}

gint64
phaeton_clock_get_wall_us (PhaetonClock *self)
{
  g_return_val_if_fail (PHAETON_IS_CLOCK (self), 0);

  if (self->is_virtual)
    return self->virtual_wall_us + self->virtual_ms * 1000;
  if (self->rate > 1.0)
    return self->origin_wall_us +
           (gint64) ((double) (g_get_monotonic_time () - self->origin_monotonic_us) * self->rate);
  return g_get_real_time ();
}

gint64
phaeton_clock_get_wall_at (PhaetonClock *self)
{
  return phaeton_clock_get_wall_us (self) / G_USEC_PER_SEC;
}

gint64
phaeton_clock_stamp_us (void)
{
  return g_get_real_time ();
}

gint64
phaeton_clock_get_machine_us (void)
{
  return g_get_monotonic_time ();
}

gint64
phaeton_clock_cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

double
phaeton_clock_get_rate (PhaetonClock *self)
{
  g_return_val_if_fail (PHAETON_IS_CLOCK (self), 1.0);

  return self->rate;
}

/* the next due time after now, on the timer's own grid: missed ticks are gone */
static gint64
skip_missed (const Timer *timer, gint64 now_ms)
{
  const gint64 missed = MAX (now_ms - timer->due_ms, 0) / timer->interval_ms;

  return timer->due_ms + (missed + 1) * timer->interval_ms;
}

static gboolean
dispatch_timer (GSource *source, GSourceFunc callback, gpointer user_data)
{
  /* the source lives in the main context; set_ready_time() and this callback are all it needs */
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { .dispatch = dispatch_timer };

static gboolean
real_timer_cb (gpointer user_data)
{
  Timer *timer = user_data;
  PhaetonClock *self = timer->clock;
  const guint id = timer->id;
  const gboolean again = timer->function (timer->user_data);

  if (g_hash_table_lookup (self->timers, GUINT_TO_POINTER (id)) != timer)
    return G_SOURCE_REMOVE; /* removed by its own callback */
  if (!again) {
    g_hash_table_remove (self->timers, GUINT_TO_POINTER (id));
    return G_SOURCE_REMOVE;
  }
  timer->due_ms = skip_missed (timer, phaeton_clock_get_monotonic_ms (self));
  g_source_set_ready_time (timer->source, to_machine_us (self, timer->due_ms));
  return G_SOURCE_CONTINUE;
}

guint
phaeton_clock_add_timer (PhaetonClock *self, gint64 interval_ms, GSourceFunc function,
                         gpointer user_data)
{
  Timer *timer;

  g_return_val_if_fail (PHAETON_IS_CLOCK (self), 0);
  g_return_val_if_fail (interval_ms > 0 && function != NULL, 0);

  timer = g_new0 (Timer, 1);
  timer->id = ++self->last_id;
  timer->interval_ms = interval_ms;
  timer->due_ms = phaeton_clock_get_monotonic_ms (self) + interval_ms;
  timer->function = function;
  timer->user_data = user_data;
  timer->clock = self;
  g_hash_table_insert (self->timers, GUINT_TO_POINTER (timer->id), timer);
  if (!self->is_virtual) {
    timer->source = g_source_new (&timer_funcs, sizeof (GSource));
    g_source_set_callback (timer->source, real_timer_cb, timer, NULL);
    g_source_set_ready_time (timer->source, to_machine_us (self, timer->due_ms));
    g_source_attach (timer->source, g_main_context_get_thread_default ());
  }
  return timer->id;
}

void
phaeton_clock_remove_timer (PhaetonClock *self, guint id)
{
  g_return_if_fail (PHAETON_IS_CLOCK (self));

  g_hash_table_remove (self->timers, GUINT_TO_POINTER (id));
}

/* the earliest timer due by @until_ms; the lower id where two are due at once */
static Timer *
find_due (PhaetonClock *self, gint64 until_ms)
{
  GHashTableIter iter;
  Timer *timer, *first = NULL;

  g_hash_table_iter_init (&iter, self->timers);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &timer))
    if (timer->due_ms <= until_ms && (first == NULL || timer->due_ms < first->due_ms ||
                                      (timer->due_ms == first->due_ms && timer->id < first->id)))
      first = timer;
  return first;
}

void
phaeton_clock_advance (PhaetonClock *self, gint64 interval_ms)
{
  const gint64 until_ms = self->virtual_ms + interval_ms;
  Timer *timer;

  g_return_if_fail (PHAETON_IS_CLOCK (self) && self->is_virtual && interval_ms >= 0);

  while ((timer = find_due (self, until_ms)) != NULL) {
    const guint id = timer->id;
    gboolean again;

    self->virtual_ms = MAX (self->virtual_ms, timer->due_ms);
    timer->due_ms = skip_missed (timer, self->virtual_ms);
    again = timer->function (timer->user_data);
    if (!again && g_hash_table_lookup (self->timers, GUINT_TO_POINTER (id)) == timer)
      g_hash_table_remove (self->timers, GUINT_TO_POINTER (id));
  }
  self->virtual_ms = until_ms;
}

void
phaeton_clock_set_wall (PhaetonClock *self, gint64 wall_at)
{
  g_return_if_fail (PHAETON_IS_CLOCK (self) && self->is_virtual);

  self->virtual_wall_us = wall_at * G_USEC_PER_SEC - self->virtual_ms * 1000;
}

static void
phaeton_clock_finalize (GObject *object)
{
  PhaetonClock *self = PHAETON_CLOCK (object);

  g_hash_table_unref (self->timers);
  G_OBJECT_CLASS (phaeton_clock_parent_class)->finalize (object);
}

static void
phaeton_clock_class_init (PhaetonClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_clock_finalize;
}

static void
phaeton_clock_init (PhaetonClock *self)
{
  self->rate = 1.0;
  self->timers = g_hash_table_new_full (NULL, NULL, NULL, free_timer);
}

#if PHAETON_TEST_HOOKS
static void
read_rate (PhaetonClock *self)
{
  const char *rate = g_getenv ("PHAETON_CLOCK_RATE");
  const char *origin = g_getenv ("PHAETON_CLOCK_ORIGIN");
  char *end = NULL;

  if (rate == NULL)
    return;
  self->rate = CLAMP (g_ascii_strtod (rate, NULL), 1.0, 100000.0);
  if (origin == NULL)
    return;
  self->origin_monotonic_us = g_ascii_strtoll (origin, &end, 10);
  if (end != NULL && *end == ':')
    self->origin_wall_us = g_ascii_strtoll (end + 1, NULL, 10) * G_USEC_PER_SEC;
}
#endif

PhaetonClock *
phaeton_clock_new_real (void)
{
  PhaetonClock *self = g_object_new (PHAETON_TYPE_CLOCK, NULL);

  self->origin_monotonic_us = g_get_monotonic_time ();
  self->origin_wall_us = g_get_real_time ();
#if PHAETON_TEST_HOOKS
  read_rate (self);
#endif
  return self;
}

PhaetonClock *
phaeton_clock_new_virtual (gint64 wall_at)
{
  PhaetonClock *self = g_object_new (PHAETON_TYPE_CLOCK, NULL);

  self->is_virtual = TRUE;
  self->virtual_ms = 1000;
  phaeton_clock_set_wall (self, wall_at);
  return self;
}
