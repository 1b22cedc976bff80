/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-circuits.h"
#include "phaeton-allocate.h"
#include "phaeton-caps.h"
#include "phaeton-draw.h"
#include "phaeton-failsafe.h"
#include "phaeton-home-reading.h"
#include "phaeton-load.h"
#include "phaeton-meter.h"

#define SECOND_MS 1000
#define NO_CIRCUIT (-1)
#define ALL_PHASES 7

/* who has no deadline comes after all who have one, and among them who waits longest is first */
#define NO_DEADLINE_S G_MAXINT32

/* why a claim is smaller than what was wanted, before anything was divided */
typedef struct {
  PhaetonWhyCode code; /* NONE: it is not */
  gint64 value;
} Curb;

/* what a row stands for */
typedef struct {
  PhaetonWhyCode code; /* FUSE, UNBALANCE, ORDER or ORDER_CURRENT */
  guint circuit;
  int phase;
} RowTag;

typedef struct {
  const PhaetonConfig *config;
  const PhaetonInput *input;
  const PhaetonState *before;
  PhaetonDecision *decision;
  PhaetonState *next;
  gboolean ordered; /* an order from outside is in force */
  PhaetonClaim claims[PHAETON_MAX_CHARGERS];
  Curb curbs[PHAETON_MAX_CHARGERS];
  PhaetonRow rows[PHAETON_MAX_ROWS];
  RowTag tags[PHAETON_MAX_ROWS];
  guint n_rows;
} Division;

static int
get_circuit (const Division *division, guint i)
{
  return division->config->chargers[i].circuit - 1;
}

static gboolean
takes_part (const Division *division, guint i)
{
  return get_circuit (division, i) != NO_CIRCUIT || division->ordered;
}

/* on which phases of the grid a car may draw: as learned only while it does */
static guint8
get_grid_mask (const Division *division, guint i)
{
  const PhaetonChargerState *state = &division->next->chargers[i];
  const PhaetonDrawState unknown = { 0 };
  const guint8 own = phaeton_draw_get_mask (&division->input->chargers[i],
                                            state->car.charging ? &state->draw : &unknown);
  guint8 mask = 0;

  for (int f = 0; f < PHAETON_PHASES; f++)
    if (own & (1 << f))
      mask |= (guint8) (1 << division->config->chargers[i].phase_map[f]);
  return mask;
}

/* the first circuit from charger @i up for which @test holds */
static int
find_circuit (const Division *division, guint i,
              gboolean (*test) (const Division *division, guint k))
{
  for (guint k = 0; k < division->config->n_circuits; k++)
    if (phaeton_circuit_is_below (division->config, get_circuit (division, i), (int) k) &&
        test (division, k))
      return (int) k;
  return NO_CIRCUIT;
}

static gboolean
is_metered (const Division *division, guint k)
{
  return division->config->circuits[k].meter != PHAETON_METER_NONE;
}

static gboolean
is_hot (const Division *division, guint k)
{
  return division->next->site.circuits[k].hot;
}

static gboolean
is_stale (const Division *division, guint k)
{
  return is_metered (division, k) &&
         phaeton_meter_is_stale (&division->next->site.circuits[k], division->input->now_ms);
}

static gboolean
is_missing (const Division *division, guint k)
{
  return !is_metered (division, k) && !division->config->circuits[k].base_known;
}

/* late, or not yet showing the last raise */
static gboolean
is_behind (const Division *division, guint k)
{
  const gint64 at_ms = division->next->site.circuits[k].at_ms;
  const gint64 raised_ms = division->before->site.raised_ms;

  return is_metered (division, k) &&
         (division->input->now_ms - at_ms > PHAETON_METER_LATE_MS ||
          (raised_ms != 0 && at_ms < raised_ms + PHAETON_METER_SETTLE_MS));
}

static int
get_base_mA (const Division *division, guint k, int phase)
{
  return is_metered (division, k)
           ? phaeton_meter_get_base_mA (&division->next->site.circuits[k], phase)
           : division->config->circuits[k].base_mA[phase];
}

/* what @fuse_mA, that of circuit @k or less, leaves for cars */
static int
get_capacity_mA (const Division *division, guint k, int phase, int fuse_mA)
{
  const PhaetonCircuitConfig *circuit = &division->config->circuits[k];
  const int margin_mA = MAX ((int) ((gint64) fuse_mA * circuit->margin_percent / 100), 1000);

  if (is_stale (division, k))
    return fuse_mA - phaeton_load_get_failsafe_base_mA (
                       circuit, &division->next->site.circuits[k].load, phase);
  return fuse_mA - margin_mA - get_base_mA (division, k, phase);
}

static PhaetonRow *
add_row (Division *division, gint64 capacity, PhaetonWhyCode code, guint circuit, int phase)
{
  PhaetonRow *row = &division->rows[division->n_rows];

  division->tags[division->n_rows++] = (RowTag){ code, circuit, phase };
  row->capacity = capacity;
  for (guint i = 0; i < division->config->n_chargers; i++)
    row->coefficient[i] = 0;
  return row;
}

static gboolean
loads (const Division *division, guint i, guint k, int phase)
{
  return phaeton_circuit_is_below (division->config, get_circuit (division, i), (int) k) &&
         (get_grid_mask (division, i) & (1 << phase)) != 0;
}

static void
add_circuit_rows (Division *division)
{
  for (guint k = 0; k < division->config->n_circuits; k++)
    for (int f = 0; f < PHAETON_PHASES; f++) {
      const int fuse_mA = phaeton_circuit_get_fuse_mA (division->config, division->input, k, f);
      PhaetonRow *row =
        add_row (division, get_capacity_mA (division, k, f, fuse_mA), PHAETON_WHY_FUSE, k, f);

      for (guint i = 0; i < division->config->n_chargers; i++)
        row->coefficient[i] = loads (division, i, k, f);
    }
}

/* cars behind an inverter whose input carries less than the fuse; what else is on its input is
 * taken to flow through it too: no meter tells them apart */
static void
add_inverter_rows (Division *division)
{
  const PhaetonInput *input = division->input;
  int limit_mA;

  if (!phaeton_reading_get (&input->home.inverter_limit_mA, input->now_ms, &limit_mA) ||
      limit_mA < 0)
    return;
  for (guint k = 0; k < division->config->n_circuits; k++)
    for (int f = 0; division->config->circuits[k].meter == PHAETON_METER_GRID && f < PHAETON_PHASES;
         f++) {
      PhaetonRow *row;

      if (limit_mA >= phaeton_circuit_get_fuse_mA (division->config, input, k, f))
        continue;
      row = add_row (division, get_capacity_mA (division, k, f, limit_mA), PHAETON_WHY_FUSE, k, f);
      for (guint i = 0; i < division->config->n_chargers; i++)
        row->coefficient[i] = !input->chargers[i].on_input && loads (division, i, k, f);
    }
}

static int
get_least_base_mA (const Division *division, guint k)
{
  int least_mA = G_MAXINT;

  for (int f = 0; f < PHAETON_PHASES; f++)
    least_mA = MIN (least_mA, get_base_mA (division, k, f));
  return least_mA;
}

/* only cars that do not load all phases alike make it worse; that one on another phase would make
 * it better is not counted on: it may stop at any moment */
static void
add_unbalance_rows (Division *division)
{
  for (guint k = 0; k < division->config->n_circuits; k++)
    for (int f = 0; division->config->circuits[k].unbalance_mA > 0 && f < PHAETON_PHASES; f++) {
      const int room_mA = division->config->circuits[k].unbalance_mA -
                          (get_base_mA (division, k, f) - get_least_base_mA (division, k));
      PhaetonRow *row = add_row (division, room_mA, PHAETON_WHY_UNBALANCE, k, f);

      for (guint i = 0; i < division->config->n_chargers; i++) {
        const guint8 mask = get_grid_mask (division, i);

        row->coefficient[i] =
          mask != ALL_PHASES && (mask & (1 << f)) != 0 &&
          phaeton_circuit_is_below (division->config, get_circuit (division, i), (int) k);
      }
    }
}

static void
add_order_rows (Division *division)
{
  const PhaetonOrder *order = &division->input->order;

  for (int f = 0; order->limit_mA >= 0 && f < PHAETON_PHASES; f++) {
    PhaetonRow *row = add_row (division, order->limit_mA, PHAETON_WHY_ORDER_CURRENT, 0, f);

    for (guint i = 0; i < division->config->n_chargers; i++)
      row->coefficient[i] = (get_grid_mask (division, i) & (1 << f)) != 0;
  }
  if (order->limit_w >= 0) {
    PhaetonRow *row = add_row (division, (gint64) order->limit_w * 1000, PHAETON_WHY_ORDER, 0, 0);

    for (guint i = 0; i < division->config->n_chargers; i++) {
      const PhaetonChargerInput *input = &division->input->chargers[i];
      const PhaetonDrawState *draw = &division->next->chargers[i].draw;

      row->coefficient[i] =
        (gint16) (phaeton_draw_get_v (&input->sample, phaeton_draw_get_mask (input, draw)) + 1);
    }
  }
}

/* a charger that does not answer is taken to draw the most it may */
static void
reserve_for_lost (Division *division, guint i)
{
  const PhaetonChargerInput *input = &division->input->chargers[i];
  int drawn_mA = division->before->chargers[i].sent_mA;

  if (phaeton_sample_knows (&input->sample, PHAETON_SAMPLE_SAFE))
    drawn_mA = MAX (drawn_mA, input->sample.safe_mA);
  for (guint r = 0; r < division->n_rows; r++)
    division->rows[r].capacity -= (gint64) division->rows[r].coefficient[i] * drawn_mA;
}

static void
curb (Division *division, guint i, int max_mA, PhaetonWhyCode code, gint64 value)
{
  PhaetonClaim *claim = &division->claims[i];

  if (claim->max_mA <= max_mA)
    return;
  claim->max_mA = max_mA;
  division->curbs[i] = (Curb){ code, value };
}

/* what no room can give: silent or missing meters, hot fuses, waits */
static void
curb_claim (Division *division, guint i, const int *failsafe_mA)
{
  const PhaetonChargerState *before = &division->before->chargers[i];
  const gint64 now_ms = division->input->now_ms;
  const gint64 restart_ms = division->config->circuit_restart_ms;
  const int before_mA = division->claims[i].running ? before->limit_mA : 0;
  int k = find_circuit (division, i, is_behind);

  if (before->fuse_paused_ms != 0 && !division->claims[i].running &&
      now_ms - before->fuse_paused_ms < restart_ms)
    curb (division, i, 0, PHAETON_WHY_FUSE_WAIT,
          (before->fuse_paused_ms + restart_ms - now_ms + SECOND_MS - 1) / SECOND_MS);
  if (k != NO_CIRCUIT)
    curb (division, i, before_mA, PHAETON_WHY_RAISE_WAITS, k);
  k = find_circuit (division, i, is_missing);
  if (k != NO_CIRCUIT)
    curb (division, i, PHAETON_MIN_OFFER_mA, PHAETON_WHY_METER_MISSING, k);
  k = find_circuit (division, i, is_stale);
  if (k != NO_CIRCUIT)
    curb (division, i, failsafe_mA[i], PHAETON_WHY_METER_STALE, k);
  k = find_circuit (division, i, is_hot);
  if (k != NO_CIRCUIT)
    curb (division, i, 0, PHAETON_WHY_FUSE_HOT, k);
}

static void
make_claim (Division *division, guint i)
{
  const PhaetonChargerConfig *charger = &division->config->chargers[i];
  const PhaetonChargerInput *input = &division->input->chargers[i];
  const PhaetonChargerState *before = &division->before->chargers[i];
  const PhaetonChargerDecision *decision = &division->decision->chargers[i];
  const int step_mA = MAX (input->can.step_mA, 1);
  const int min_mA = phaeton_caps_get_min_mA (charger, &input->can);
  PhaetonClaim *claim = &division->claims[i];

  *claim = (PhaetonClaim){
    .asks = takes_part (division, i) && input->online && division->next->chargers[i].car.present,
    .running = before->limit_mA > 0,
    .min_mA = (min_mA + step_mA - 1) / step_mA * step_mA,
    .max_mA = decision->limit_mA,
    .step_mA = step_mA,
    .klass = charger->priority + (decision->laxity_s < 0 ? 1 : 0),
    .weight = charger->weight,
    .laxity_s = MIN (decision->laxity_s, NO_DEADLINE_S),
  };
  if (before->waiting_ms != 0 && claim->laxity_s == NO_DEADLINE_S)
    claim->laxity_s -= (division->input->now_ms - before->waiting_ms) / SECOND_MS;
  if (division->next->chargers[i].car.finished)
    claim->max_mA = MIN (claim->max_mA, claim->min_mA);
}

/* who waits long enough gets the place of the equal who ran longest */
static void
rotate (Division *division)
{
  const gint64 now_ms = division->input->now_ms;
  PhaetonSiteState *site = &division->next->site;
  int longest = -1;

  if (site->rotated_ms != 0 && now_ms - site->rotated_ms < PHAETON_ROTATE_MS)
    return;
  for (guint w = 0; w < division->config->n_chargers; w++) {
    const gint64 waiting_ms = division->before->chargers[w].waiting_ms;

    if (waiting_ms == 0 || now_ms - waiting_ms < PHAETON_ROTATE_MS)
      continue;
    for (guint i = 0; i < division->config->n_chargers; i++) {
      const gint64 running_ms = division->before->chargers[i].running_ms;

      if (running_ms != 0 && now_ms - running_ms >= PHAETON_ROTATE_MS &&
          division->claims[i].klass == division->claims[w].klass &&
          (longest < 0 || running_ms < division->before->chargers[longest].running_ms))
        longest = (int) i;
    }
  }
  if (longest < 0)
    return;
  division->claims[longest].yields = TRUE;
  site->rotated_ms = MAX (now_ms, 1);
}

static void
add_verdict (Division *division, guint i, PhaetonWhyCode code, gint64 value0, gint64 value1,
             gint64 value2)
{
  phaeton_chain_add (&division->decision->chargers[i].chain, PHAETON_STAGE_CAPS, code,
                     division->decision->chargers[i].limit_mA, value0, value1, value2);
}

static gboolean
is_order (PhaetonWhyCode code)
{
  return code == PHAETON_WHY_ORDER || code == PHAETON_WHY_ORDER_CURRENT;
}

/* @r: the row that has the least room; -1: none concerns it */
static void
explain (Division *division, guint i, int r)
{
  const PhaetonClaim *claim = &division->claims[i];
  const Curb *its_curb = &division->curbs[i];
  /* a raise that there is no room for waits for nothing */
  const gboolean full =
    r >= 0 && its_curb->code == PHAETON_WHY_RAISE_WAITS &&
    division->rows[r].slack < (gint64) division->rows[r].coefficient[i] * claim->step_mA;

  if (its_curb->code != PHAETON_WHY_NONE && claim->given_mA == MAX (claim->max_mA, 0) && !full) {
    add_verdict (division, i, its_curb->code, its_curb->value, 0, 0);
  } else if (r >= 0 && is_order (division->tags[r].code)) {
    const PhaetonOrder *order = &division->input->order;
    const gboolean of_power = division->tags[r].code == PHAETON_WHY_ORDER;

    add_verdict (division, i, division->tags[r].code, of_power ? order->limit_w : order->limit_mA,
                 0, 0);
  } else if (r >= 0) {
    const RowTag *tag = &division->tags[r];
    const gint64 room_mA =
      claim->given_mA + division->rows[r].slack / division->rows[r].coefficient[i];
    const gboolean none = tag->code == PHAETON_WHY_FUSE && claim->given_mA == 0;

    add_verdict (division, i, none ? PHAETON_WHY_FUSE_FULL : tag->code, tag->circuit,
                 tag->phase + 1, room_mA);
  }
}

/* remembers who runs, who waits for room, and whom a fuse paused */
static void
remember (Division *division, guint i, int wanted_mA, int r)
{
  PhaetonChargerState *state = &division->next->chargers[i];
  const PhaetonClaim *claim = &division->claims[i];
  const gint64 now_ms = MAX (division->input->now_ms, 1);
  const gboolean kept_out = claim->asks && wanted_mA >= claim->min_mA && claim->given_mA == 0;

  if (claim->given_mA > 0 || !claim->asks)
    state->fuse_paused_ms = 0;
  else if (kept_out && claim->running && !(r >= 0 && is_order (division->tags[r].code)))
    state->fuse_paused_ms = now_ms;
  state->running_ms = claim->given_mA == 0     ? 0
                      : state->running_ms != 0 ? state->running_ms
                                               : now_ms;
  state->waiting_ms = !kept_out ? 0 : state->waiting_ms != 0 ? state->waiting_ms : now_ms;
  division->decision->chargers[i].kept_out = kept_out;
}

static void
apply (Division *division, guint i)
{
  PhaetonChargerDecision *decision = &division->decision->chargers[i];
  const int wanted_mA = decision->limit_mA;
  const int r = phaeton_allocate_find_tightest (division->rows, division->n_rows, i);

  if (!takes_part (division, i))
    return;
  if (!division->input->chargers[i].online) {
    decision->limit_mA = MIN (wanted_mA, division->before->chargers[i].sent_mA);
    return;
  }
  decision->limit_mA = MIN (division->claims[i].given_mA, wanted_mA);
  remember (division, i, wanted_mA, r);
  if (decision->limit_mA < wanted_mA && division->claims[i].asks)
    explain (division, i, r);
}

void
phaeton_circuits_step (const PhaetonConfig *config, const PhaetonInput *input,
                       const PhaetonState *before, PhaetonDecision *decision, PhaetonState *next)
{
  int failsafe_mA[PHAETON_MAX_CHARGERS];
  Division division;

  division.config = config;
  division.input = input;
  division.before = before;
  division.decision = decision;
  division.next = next;
  division.n_rows = 0;
  division.ordered = input->order.active && input->now_ms < input->order.expires_ms;
  if (config->n_circuits == 0 && !division.ordered)
    return;
  phaeton_meter_step (config, input, before, next);
  phaeton_failsafe_compute (config, &next->site, failsafe_mA);
  add_circuit_rows (&division);
  add_inverter_rows (&division);
  add_unbalance_rows (&division);
  if (division.ordered)
    add_order_rows (&division);
  for (guint i = 0; i < config->n_chargers; i++) {
    division.curbs[i] = (Curb){ 0 };
    make_claim (&division, i);
    if (takes_part (&division, i) && !input->chargers[i].online)
      reserve_for_lost (&division, i);
    curb_claim (&division, i, failsafe_mA);
  }
  rotate (&division);
  phaeton_allocate (division.claims, config->n_chargers, division.rows, division.n_rows);
  for (guint i = 0; i < config->n_chargers; i++)
    apply (&division, i);
}
