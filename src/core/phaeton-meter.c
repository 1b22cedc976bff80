/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-meter.h"
#include "phaeton-draw.h"
#include "phaeton-load.h"
#include "phaeton-home-reading.h"

#define IMPLAUSIBLE_TIMES 3 /* of the fuse: no meter of a home shows that for long */
#define CLEARLY_mA 1000
#define CLEARLY_W 250
#define NO_ROOM_mA 1000000 /* base of a phase that does not exist */
#define COOL 0.95
#define SANE_mA 1000000
#define SAME_MOVE_MS 10000 /* a car takes 5 s to follow, and a charger some to say so */

/* what the cars below a circuit draw, by phase of the grid */
typedef struct {
  int drawn_mA[PHAETON_PHASES];
  int told_mA[PHAETON_PHASES]; /* the part that their own meters tell now */
  int n_telling;
} Cars;

gboolean
phaeton_circuit_is_below (const PhaetonConfig *config, int circuit, int above)
{
  for (guint i = 0; circuit >= 0 && circuit < (int) config->n_circuits && i < config->n_circuits;
       i++) {
    if (circuit == above)
      return TRUE;
    circuit = config->circuits[circuit].parent - 1;
  }
  return FALSE;
}

int
phaeton_circuit_get_fuse_mA (const PhaetonConfig *config, const PhaetonInput *input, guint k,
                             int phase)
{
  const PhaetonCircuitConfig *circuit = &config->circuits[k];
  int limit_mA;

  if (circuit->meter == PHAETON_METER_GRID &&
      phaeton_reading_get (&input->home.input_limit_mA, input->now_ms, &limit_mA) && limit_mA >= 0)
    return MIN (circuit->fuse_mA[phase], limit_mA);
  return circuit->fuse_mA[phase];
}

/* what charger @i draws on phase @own of its own: as measured; without a meter what it was told,
 * and nothing while its car does not charge. A lost one is taken to go on as it was last seen, but
 * not above what it was told: more than that is not reserved for it */
static int
get_drawn_mA (const PhaetonInput *input, const PhaetonState *before, guint i, int own)
{
  const PhaetonChargerInput *charger = &input->chargers[i];
  const PhaetonChargerState *state = &before->chargers[i];

  if (phaeton_sample_knows (&charger->sample, PHAETON_SAMPLE_CURRENT_L1 << own))
    return CLAMP (charger->sample.current_mA[own], 0, charger->online ? SANE_mA : state->sent_mA);
  return state->car.charging && (phaeton_draw_get_mask (charger, &state->draw) & (1 << own)) != 0
           ? state->sent_mA
           : 0;
}

static void
sum_cars (const PhaetonConfig *config, const PhaetonInput *input, const PhaetonState *before,
          guint k, Cars *cars)
{
  *cars = (Cars){ 0 };
  for (guint i = 0; i < config->n_chargers; i++) {
    const gboolean tells =
      input->chargers[i].online &&
      phaeton_sample_knows (&input->chargers[i].sample, 7 * PHAETON_SAMPLE_CURRENT_L1);

    if (!phaeton_circuit_is_below (config, config->chargers[i].circuit - 1, (int) k))
      continue;
    cars->n_telling += tells;
    for (int own = 0; own < PHAETON_PHASES; own++) {
      const int phase = config->chargers[i].phase_map[own];
      const int drawn_mA = get_drawn_mA (input, before, i, own);

      cars->drawn_mA[phase] += drawn_mA;
      cars->told_mA[phase] += tells ? drawn_mA : 0;
    }
  }
}

/* newest time of the phases; FALSE while one that exists is unknown */
static gboolean
read_grid (const PhaetonInput *input, gint64 *at_ms, int *mA, gboolean *exists)
{
  int n_phases, n_known = 0;
  const gboolean counted = phaeton_reading_get (&input->home.grid_phases, input->now_ms, &n_phases);

  *at_ms = G_MININT64;
  for (int f = 0; f < PHAETON_PHASES; f++) {
    const PhaetonReading *reading = &input->home.grid_current_mA[f];

    exists[f] = phaeton_reading_get (reading, input->now_ms, &mA[f]);
    if (!exists[f] && counted && f < n_phases)
      return FALSE;
    if (!exists[f])
      continue;
    *at_ms = MAX (*at_ms, reading->at_ms);
    n_known++;
  }
  return n_known > 0;
}

/* the power of the same sample says clearly that it flows the other way */
static gboolean
is_turned (const PhaetonReading *current, const PhaetonReading *power)
{
  return power->known && power->at_ms == current->at_ms &&
         ABS ((gint64) current->value) >= CLEARLY_mA && ABS ((gint64) power->value) >= CLEARLY_W &&
         (current->value > 0) != (power->value > 0);
}

static gboolean
is_plausible (const PhaetonCircuitConfig *circuit, const PhaetonHomeSample *home, const int *mA,
              const gboolean *exists, const int *cars_mA)
{
  gboolean all_zero = TRUE, cars_draw = FALSE;

  for (int f = 0; f < PHAETON_PHASES; f++) {
    if (!exists[f])
      continue;
    if (ABS ((gint64) mA[f]) > (gint64) IMPLAUSIBLE_TIMES * circuit->fuse_mA[f])
      return FALSE;
    if (is_turned (&home->grid_current_mA[f], &home->grid_power_w[f]))
      return FALSE;
    all_zero &= mA[f] == 0;
    cars_draw |= cars_mA[f] >= CLEARLY_mA;
  }
  return !(all_zero && cars_draw);
}

/* Answers whether the meter hangs: it did not move by a milliampere since the cars' own meters did.
 * What those tell soon after it moved is the same move */
static gboolean
step_move (const int *mA, const gboolean *exists, const Cars *cars, gint64 at_ms,
           PhaetonMeterMove *move)
{
  gboolean moved = move->at_ms == 0;

  for (int f = 0; f < PHAETON_PHASES; f++)
    moved |= exists[f] && mA[f] != move->mA[f];
  if (moved)
    *move = (PhaetonMeterMove){ .at_ms = MAX (at_ms, 1) };
  for (int f = 0; f < PHAETON_PHASES; f++) {
    move->mA[f] = exists[f] ? mA[f] : 0;
    if (at_ms - move->at_ms <= SAME_MOVE_MS || cars->n_telling != move->n_telling)
      move->told_mA[f] = cars->told_mA[f];
    move->stuck |= exists[f] && ABS (cars->told_mA[f] - move->told_mA[f]) >= CLEARLY_mA;
  }
  move->n_telling = cars->n_telling;
  return move->stuck;
}

static double
get_trip_theta (PhaetonFuseKind kind)
{
  return kind == PHAETON_FUSE_CONTRACT ? 1.0 : 1.1;
}

static void
warm (const PhaetonCircuitConfig *circuit, const int *mA, const gboolean *exists, gint64 elapsed_ms,
      PhaetonCircuitState *state)
{
  const double part = MIN ((double) elapsed_ms / PHAETON_FUSE_TAU_MS, 1.0);
  double warmest = 0;

  for (int f = 0; f < PHAETON_PHASES; f++) {
    const double load = exists[f] ? (double) mA[f] / MAX (circuit->fuse_mA[f], 1) : 0;

    state->theta[f] += (load * load - state->theta[f]) * part;
    warmest = MAX (warmest, state->theta[f]);
  }
  state->hot = warmest > (state->hot ? COOL : get_trip_theta (circuit->kind));
}

static void
step_circuit (const PhaetonConfig *config, const PhaetonInput *input, const PhaetonState *before,
              guint k, PhaetonCircuitState *state)
{
  const PhaetonCircuitConfig *circuit = &config->circuits[k];
  int mA[PHAETON_PHASES], base_mA[PHAETON_PHASES];
  gboolean exists[PHAETON_PHASES];
  gint64 at_ms;
  Cars cars;

  if (!read_grid (input, &at_ms, mA, exists) || (state->seen && at_ms <= state->at_ms))
    return;
  sum_cars (config, input, before, k, &cars);
  if (!is_plausible (circuit, &input->home, mA, exists, cars.drawn_mA) ||
      step_move (mA, exists, &cars, at_ms, &state->move))
    return;
  if (state->seen)
    warm (circuit, mA, exists, at_ms - state->at_ms, state);
  for (int f = 0; f < PHAETON_PHASES; f++) {
    base_mA[f] = exists[f] ? mA[f] - cars.drawn_mA[f] : NO_ROOM_mA;
    state->base_mA[state->n % PHAETON_BASE_SAMPLES][f] = base_mA[f];
  }
  phaeton_load_step (circuit, base_mA, exists, at_ms, &state->load);
  state->n = state->n + 1 < 2 * PHAETON_BASE_SAMPLES ? state->n + 1 : PHAETON_BASE_SAMPLES;
  state->at_ms = at_ms;
  state->seen = TRUE;
}

void
phaeton_meter_step (const PhaetonConfig *config, const PhaetonInput *input,
                    const PhaetonState *before, PhaetonState *next)
{
  for (guint k = 0; k < config->n_circuits; k++)
    if (config->circuits[k].meter == PHAETON_METER_GRID)
      step_circuit (config, input, before, k, &next->site.circuits[k]);
}

gboolean
phaeton_meter_is_stale (const PhaetonCircuitState *state, gint64 now_ms)
{
  return !state->seen || now_ms - state->at_ms > PHAETON_METER_STALE_MS;
}

int
phaeton_meter_get_base_mA (const PhaetonCircuitState *state, int phase)
{
  int most_mA = 0; /* never counts on export: a cloud is faster than a car */

  for (guint i = 0; i < MIN (state->n, PHAETON_BASE_SAMPLES); i++)
    most_mA = MAX (most_mA, state->base_mA[i][phase]);
  return most_mA;
}
