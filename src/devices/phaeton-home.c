/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-home.h"

G_DEFINE_INTERFACE (PhaetonHome, phaeton_home, G_TYPE_OBJECT)

enum { SAMPLED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
phaeton_home_default_init (PhaetonHomeInterface *iface)
{
  signals[SAMPLED] = g_signal_new ("sampled", PHAETON_TYPE_HOME, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

void
phaeton_home_start (PhaetonHome *self)
{
  g_return_if_fail (PHAETON_IS_HOME (self));

  PHAETON_HOME_GET_IFACE (self)->start (self);
}

void
phaeton_home_stop (PhaetonHome *self)
{
  g_return_if_fail (PHAETON_IS_HOME (self));

  PHAETON_HOME_GET_IFACE (self)->stop (self);
}

void
phaeton_home_get_sample (PhaetonHome *self, PhaetonHomeSample *sample)
{
  g_return_if_fail (PHAETON_IS_HOME (self));

  PHAETON_HOME_GET_IFACE (self)->get_sample (self, sample);
}

const char *
phaeton_home_get_time_zone (PhaetonHome *self)
{
  g_return_val_if_fail (PHAETON_IS_HOME (self), NULL);

  return PHAETON_HOME_GET_IFACE (self)->get_time_zone (self);
}

void
phaeton_home_emit_sampled (PhaetonHome *self)
{
  g_signal_emit (self, signals[SAMPLED], 0);
}
