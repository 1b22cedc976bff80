/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-error.h"

#include <gio/gio.h>

#define NAME(name) "de.phaeton.Error." name

static const GDBusErrorEntry entries[] = {
  { PHAETON_ERROR_OFFLINE, NAME ("Offline") },
  { PHAETON_ERROR_PROTOCOL, NAME ("Protocol") },
  { PHAETON_ERROR_IMPLAUSIBLE, NAME ("Implausible") },
  { PHAETON_ERROR_REFUSED, NAME ("Refused") },
  { PHAETON_ERROR_CONFIG, NAME ("Config") },
  { PHAETON_ERROR_READ_ONLY, NAME ("ReadOnly") },
  { PHAETON_ERROR_TYPE, NAME ("Type") },
  { PHAETON_ERROR_RANGE, NAME ("Range") },
  { PHAETON_ERROR_UNKNOWN, NAME ("Unknown") },
  { PHAETON_ERROR_STORAGE, NAME ("Storage") },
};

GQuark
phaeton_error_quark (void)
{
  static gsize quark;

  g_dbus_error_register_error_domain ("phaeton-error", &quark, entries, G_N_ELEMENTS (entries));
  return (GQuark) quark;
}
