/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "entsoe-decode.h"

#include "phaeton-error.h"
#include "phaeton-price-json.h"

#include <string.h>

/* GMarkup reads it: no document types, no entities of the sender's making, no network. */

#define MAX_DEPTH 8
#define MAX_TEXT 256     /* of what we read; more is no value of ours */
#define MAX_POINTS 400   /* of one period: three days of quarters */
#define MAX_FOUND 8000   /* slots of all series together */
#define USUAL_SEQUENCE 1 /* the coupled day-ahead market; others are auctions beside it */
#define PER_MWH 0.001
#define NO_DATA_CODE "999"

/* one price as a series told it */
typedef struct {
  PhaetonPriceSlot slot;
  int sequence;
} Found;

/* what the elements said so far; texts are "" until they came */
typedef struct {
  guint depth;
  gboolean is_publication, is_refusal;
  GString *text; /* (owned): of the element that is open */

  char currency[4];
  int sequence;
  gboolean is_mwh, fills_gaps;

  char start[32], end[32], resolution[8];
  GArray *prices; /* (owned) (element-type Price): of the period */
  int position;
  gboolean has_amount;
  gint64 micros;

  char reason_code[8];
  char reason[MAX_TEXT];

  GArray *found; /* (owned) (element-type Found) */
  gboolean by_hour;
} Reading;

typedef struct {
  int position;
  gboolean known;
  gint64 micros;
} Price;

static const char *
get_local_name (const char *name)
{
  const char *colon = strrchr (name, ':');

  return colon != NULL ? colon + 1 : name;
}

static void
begin_series (Reading *self)
{
  self->sequence = USUAL_SEQUENCE;
  self->is_mwh = FALSE;
  self->fills_gaps = FALSE;
}

static void
begin_period (Reading *self)
{
  self->start[0] = self->end[0] = self->resolution[0] = '\0';
  g_array_set_size (self->prices, 0);
}

static void
start_cb (GMarkupParseContext *context, const char *element, const char **names,
          const char **values, gpointer user_data, GError **error)
{
  Reading *self = user_data;
  const char *name = get_local_name (element);

  if (++self->depth > MAX_DEPTH) {
    g_set_error_literal (error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "nested too deep");
    return;
  }
  g_string_truncate (self->text, 0);
  if (self->depth == 1) {
    self->is_publication = g_str_equal (name, "Publication_MarketDocument");
    self->is_refusal = g_str_equal (name, "Acknowledgement_MarketDocument");
  } else if (g_str_equal (name, "TimeSeries")) {
    begin_series (self);
  } else if (g_str_equal (name, "Period")) {
    begin_period (self);
  } else if (g_str_equal (name, "Point")) {
    self->position = 0;
    self->has_amount = FALSE;
  }
}

static void
text_cb (GMarkupParseContext *context, const char *text, gsize size, gpointer user_data,
         GError **error)
{
  Reading *self = user_data;

  if (self->text->len + size <= MAX_TEXT)
    g_string_append_len (self->text, text, (gssize) size);
}

/* "1,234.50": some feeds write thousands with commas */
static gboolean
parse_amount (const char *text, gint64 *micros)
{
  char plain[32];
  char *end;
  gsize n = 0;
  double amount;

  for (; *text != '\0' && n < sizeof plain - 1; text++)
    if (*text != ',')
      plain[n++] = *text;
  plain[n] = '\0';
  amount = g_ascii_strtod (plain, &end);
  return n > 0 && *text == '\0' && *end == '\0' && strspn (plain, "+-.0123456789eE") == n &&
         phaeton_price_to_micros (amount * PER_MWH, micros);
}

static gint64
get_resolution_s (const char *text)
{
  if (g_str_equal (text, "PT15M"))
    return 15 * 60;
  if (g_str_equal (text, "PT30M"))
    return 30 * 60;
  return g_str_equal (text, "PT60M") || g_str_equal (text, "PT1H") ? 60 * 60 : 0;
}

static int
compare_positions (gconstpointer a, gconstpointer b)
{
  return ((const Price *) a)->position - ((const Price *) b)->position;
}

/* Curve type A03 leaves out what repeats, within one period; A01 leaves out nothing, so that what
 * is missing there is unknown. */
static void
end_period (Reading *self)
{
  const gint64 step_s = get_resolution_s (self->resolution);
  const Price *last = NULL;
  gint64 start_at, end_at;
  guint i = 0;

  if (!self->is_mwh || step_s == 0 || !phaeton_price_time_parse (self->start, NULL, &start_at) ||
      !phaeton_price_time_parse (self->end, NULL, &end_at) || end_at <= start_at ||
      (end_at - start_at) / step_s > MAX_POINTS)
    return;
  g_array_sort (self->prices, compare_positions);
  for (int position = 1; start_at + position * step_s <= end_at; position++) {
    gboolean is_told = FALSE;

    while (i < self->prices->len && g_array_index (self->prices, Price, i).position <= position) {
      last = &g_array_index (self->prices, Price, i++);
      is_told = last->position == position;
    }
    if (last != NULL && last->known && (is_told || self->fills_gaps) &&
        self->found->len < MAX_FOUND) {
      const Found found = { { .start_at = start_at + (position - 1) * step_s,
                              .end_at = start_at + position * step_s,
                              .import_micros = last->micros },
                            self->sequence };

      g_array_append_val (self->found, found);
    }
  }
}

static void
end_point (Reading *self)
{
  const Price price = { self->position, self->has_amount, self->micros };

  if (self->position >= 1 && self->position <= MAX_POINTS && self->prices->len < MAX_POINTS)
    g_array_append_val (self->prices, price);
}

static void
take_text (Reading *self, const char *parent, const char *name, const char *text)
{
  if (g_str_equal (name, "currency_Unit.name") && strlen (text) == 3)
    g_strlcpy (self->currency, text, sizeof self->currency);
  else if (g_str_equal (name, "price_Measure_Unit.name"))
    self->is_mwh = g_str_equal (text, "MWH");
  else if (g_str_equal (name, "classificationSequence_AttributeInstanceComponent.position"))
    self->sequence = (int) CLAMP (g_ascii_strtoll (text, NULL, 10), 1, 1000);
  else if (g_str_equal (name, "curveType"))
    self->fills_gaps = g_str_equal (text, "A03");
  else if (g_str_equal (name, "resolution"))
    g_strlcpy (self->resolution, text, sizeof self->resolution);
  else if (g_str_equal (name, "start") && g_str_equal (parent, "timeInterval"))
    g_strlcpy (self->start, text, sizeof self->start);
  else if (g_str_equal (name, "end") && g_str_equal (parent, "timeInterval"))
    g_strlcpy (self->end, text, sizeof self->end);
  else if (g_str_equal (name, "position"))
    self->position = (int) CLAMP (g_ascii_strtoll (text, NULL, 10), 0, MAX_POINTS + 1);
  else if (g_str_equal (name, "price.amount"))
    self->has_amount = parse_amount (text, &self->micros);
  else if (g_str_equal (name, "code"))
    g_strlcpy (self->reason_code, text, sizeof self->reason_code);
  else if (g_str_equal (name, "text"))
    g_strlcpy (self->reason, text, sizeof self->reason);
}

static void
end_cb (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  Reading *self = user_data;
  const GSList *stack = g_markup_parse_context_get_element_stack (context);
  const char *parent = stack->next != NULL ? get_local_name (stack->next->data) : "";
  const char *name = get_local_name (element);

  self->depth--;
  if (g_str_equal (name, "Period"))
    end_period (self);
  else if (g_str_equal (name, "Point"))
    end_point (self);
  else
    take_text (self, parent, name, g_strstrip (self->text->str));
  g_string_truncate (self->text, 0);
}

/* the best last: the smallest sequence, then the slots that are wanted */
static int
compare_found (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Reading *self = user_data;
  const Found *one = a, *other = b;
  const gint64 one_s = one->slot.end_at - one->slot.start_at;
  const gint64 other_s = other->slot.end_at - other->slot.start_at;

  if (one->sequence != other->sequence)
    return one->sequence < other->sequence ? 1 : -1;
  return self->by_hour ? (one_s > other_s) - (one_s < other_s)
                       : (one_s < other_s) - (one_s > other_s);
}

/* group by group, the better one over what the worse one said */
static void
choose (Reading *self, PhaetonPriceAnswer *answer)
{
  int best = G_MAXINT;

  g_array_sort_with_data (self->found, compare_found, self);
  for (guint i = 0; i < self->found->len;) {
    const Found *first = &g_array_index (self->found, Found, i);
    const gint64 length_s = first->slot.end_at - first->slot.start_at;
    g_autoptr (GArray) group = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));

    best = MIN (best, first->sequence);
    for (; i < self->found->len; i++) {
      const Found *found = &g_array_index (self->found, Found, i);

      if (found->sequence != first->sequence ||
          found->slot.end_at - found->slot.start_at != length_s)
        break;
      g_array_append_val (group, found->slot);
    }
    phaeton_price_slots_settle (group);
    phaeton_price_slots_merge (answer->slots, group, 0);
  }
  answer->is_preliminary = best > USUAL_SEQUENCE && best < G_MAXINT;
}

/* 999 is everything from "nothing yet" to a bad parameter: the words tell */
static gboolean
take_refusal (const Reading *self, GError **error)
{
  g_autofree char *words = phaeton_price_json_quote (self->reason);

  if (g_str_equal (self->reason_code, NO_DATA_CODE) &&
      strstr (self->reason, "No matching data found") != NULL)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED, "the platform says: %s", words);
  return FALSE;
}

static gboolean
read_all (Reading *self, GBytes *body, guint status, PhaetonPriceAnswer *answer, GError **error)
{
  static const GMarkupParser parser = { start_cb, end_cb, text_cb, NULL, NULL };
  g_autoptr (GMarkupParseContext) context =
    g_markup_parse_context_new (&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, self, NULL);
  g_autoptr (GError) own = NULL;
  gsize size;
  const char *text = g_bytes_get_data (body, &size);

  if (size == 0 || !g_markup_parse_context_parse (context, text, (gssize) size, &own) ||
      !g_markup_parse_context_end_parse (context, &own)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "the answer is no XML: %s",
                 own != NULL ? own->message : "it is empty");
    return FALSE;
  }
  if (self->is_refusal)
    return take_refusal (self, error);
  if (!self->is_publication || status >= 300) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                 "the answer (%u) is no Publication_MarketDocument", status);
    return FALSE;
  }
  choose (self, answer);
  memcpy (answer->currency, self->currency, sizeof answer->currency);
  if (answer->slots->len > 0)
    return TRUE;
  g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "the answer has no price");
  return FALSE;
}

gboolean
entsoe_decode (gboolean by_hour, guint status, GBytes *body, PhaetonPriceAnswer *answer,
               GError **error)
{
  Reading reading = { .text = g_string_new (NULL),
                      .prices = g_array_new (FALSE, FALSE, sizeof (Price)),
                      .found = g_array_new (FALSE, FALSE, sizeof (Found)),
                      .by_hour = by_hour };
  const gboolean ok = read_all (&reading, body, status, answer, error);

  g_string_free (reading.text, TRUE);
  g_array_unref (reading.prices);
  g_array_unref (reading.found);
  return ok;
}
