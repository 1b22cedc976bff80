/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A number of any type that a wire may carry: boolean, byte, integers of all sizes, double. Those
 * of 64 bits lose what a double cannot hold; a double may be anything, also not a number. FALSE:
 * another type; @number is then what it was. */
gboolean phaeton_variant_get_number (GVariant *value, double *number);

G_END_DECLS
