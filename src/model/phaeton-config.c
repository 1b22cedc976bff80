/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-config.h"

PhaetonConfig *
phaeton_config_new (guint n_chargers)
{
  PhaetonConfig *self = g_new0 (PhaetonConfig, 1);

  g_atomic_ref_count_init (&self->refs);
  self->n_chargers = n_chargers;
  self->chargers = g_new0 (PhaetonChargerConfig, n_chargers);
  return self;
}

void
phaeton_config_list_circuits (const PhaetonConfig *self, const char **names)
{
  guint n = 0;

  for (; n < MIN (self->n_circuits, PHAETON_MAX_CIRCUITS); n++)
    names[n] = self->circuits[n].id != NULL ? self->circuits[n].id : "";
  names[n] = NULL;
}

void
phaeton_config_take_circuits (PhaetonConfig *self, guint n)
{
  g_assert (self->n_circuits == 0 && n <= PHAETON_MAX_CIRCUITS);
  self->n_circuits = n;
  self->circuits = g_new0 (PhaetonCircuitConfig, n);
}

PhaetonConfig *
phaeton_config_ref (PhaetonConfig *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
phaeton_charger_config_clear (PhaetonChargerConfig *charger)
{
  g_free (charger->id);
  g_free (charger->driver);
  g_free (charger->name);
  g_free (charger->modbus.host);
  g_free (charger->windows);
}

static void
clear_logging (PhaetonLoggingConfig *logging)
{
  g_free (logging->level);
  g_free (logging->console_level);
  g_free (logging->file_level);
  g_free (logging->web_level);
  g_free (logging->file);
}

static void
clear_web (PhaetonWebConfig *web)
{
  g_free (web->host);
  g_strfreev (web->trusted_hosts);
  g_strfreev (web->cors_origins);
  g_free (web->tls_certificate);
  g_free (web->tls_key);
}

void
phaeton_config_unref (PhaetonConfig *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  for (guint i = 0; i < self->n_chargers; i++)
    phaeton_charger_config_clear (&self->chargers[i]);
  g_free (self->chargers);
  for (guint i = 0; i < self->n_circuits; i++)
    g_free (self->circuits[i].id);
  g_free (self->circuits);
  clear_logging (&self->logging);
  g_free (self->timezone);
  clear_web (&self->web);
  g_free (self->tibber.token);
  g_free (self->tibber.home_id);
  g_free (self->tibber.url);
  g_free (self->network.proxy);
  g_free (self->network.ca_file);
  g_free (self->prices.profile);
  g_free (self->prices.profile_folder);
  g_free (self->prices.area);
  g_free (self->prices.product);
  g_free (self->prices.currency);
  g_free (self->prices.token);
  g_free (self->prices.url);
  g_free (self->prices.file);
  g_free (self->pricing.tariff.currency);
  g_free (self->pricing.tariff.holidays);
  g_free (self->pricing.tariff.rules);
  g_free (self->currency);
  g_free (self);
}

int
phaeton_config_find_charger (const PhaetonConfig *self, const char *id)
{
  for (guint i = 0; i < self->n_chargers; i++)
    if (g_strcmp0 (self->chargers[i].id, id) == 0)
      return (int) i;
  return -1;
}
