/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "phaeton-price-series.h"

G_BEGIN_DECLS

/* Reading answers that may hold anything: what is not there or of another type is NULL. */

/* (transfer full): fails with PHAETON_ERROR_PROTOCOL, which tells a page of HTML from other noise
 */
JsonNode *phaeton_price_json_parse (GBytes *body, GError **error);

JsonObject *phaeton_price_json_get_object (JsonObject *object, const char *name);
JsonArray *phaeton_price_json_get_array (JsonObject *object, const char *name);
JsonObject *phaeton_price_json_get_element (JsonArray *array, guint index);
const char *phaeton_price_json_get_text (JsonObject *object, const char *name);

/* a number (with @text_too also a decimal one in quotes) times @factor, in millionths. FALSE: no
 * price; FIX 40: what is no number is not 0 */
gboolean phaeton_price_json_get_micros (JsonNode *node, double factor, gboolean text_too,
                                        gint64 *micros);

/* @price in millionths; FALSE: not finite, or more than can be */
gboolean phaeton_price_to_micros (double price, gint64 *micros);

/**
 * phaeton_price_time_parse:
 * @zone: (nullable): of a time that does not say its own; NULL: such a time is none
 *
 * RFC 3339, with or without seconds.
 */
gboolean phaeton_price_time_parse (const char *text, GTimeZone *zone, gint64 *at);

/* the first words of what a server said, for a message; free with g_free() */
char *phaeton_price_json_quote (const char *words);

/**
 * phaeton_price_slots_close:
 * @slots: (element-type PhaetonPriceSlot): with @end_at 0 where the end was not told
 *
 * Gives those an end: slots are as long as the shortest step between two starts of @starts
 * (element-type gint64, in any order), an hour at most and for one alone a quarter.
 */
void phaeton_price_slots_close (GArray *slots, GArray *starts);

G_END_DECLS
