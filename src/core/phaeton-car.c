/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-car.h"

static PhaetonPilot
get_pilot (const PhaetonChargerInput *input)
{
  if (!input->online || !phaeton_sample_knows (&input->sample, PHAETON_SAMPLE_PILOT))
    return PHAETON_PILOT_UNKNOWN;
  return input->sample.pilot;
}

static void
lose_car (PhaetonCarState *car, gint64 now_ms)
{
  *car = (PhaetonCarState){ .seen_ms = MAX (now_ms, 1) };
}

/* E ends a stay only when it lasts, A at once */
static void
step_absence (PhaetonPilot pilot, gint64 now_ms, PhaetonCarState *car)
{
  const gboolean known_absent = !car->present && car->seen_ms != 0;

  if (pilot == PHAETON_PILOT_A || known_absent) {
    lose_car (car, now_ms);
    return;
  }
  if (car->unclear_since_ms == 0)
    car->unclear_since_ms = MAX (now_ms, 1);
  if (now_ms - car->unclear_since_ms >= PHAETON_CAR_UNCLEAR_MS)
    lose_car (car, now_ms);
  else if (car->present)
    car->seen_ms = MAX (now_ms, 1);
}

static gboolean
is_offered (const PhaetonChargerSample *sample, int offered_mA)
{
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_APPLIED) &&
      sample->applied_mA < PHAETON_MIN_OFFER_mA)
    return FALSE;
  return offered_mA >= PHAETON_MIN_OFFER_mA;
}

static void
step_finished (const PhaetonChargerInput *input, int offered_mA, gint64 now_ms,
               PhaetonCarState *car)
{
  const gboolean charging = phaeton_pilot_is_charging (input->sample.pilot);

  if (charging) {
    car->finished = FALSE;
    car->stopped_since_ms = 0;
  } else if (!is_offered (&input->sample, offered_mA)) {
    car->stopped_since_ms = 0;
  } else if (car->charging) {
    car->stopped_since_ms = MAX (now_ms, 1);
  } else if (car->stopped_since_ms != 0 &&
             now_ms - car->stopped_since_ms >= PHAETON_CAR_FINISHED_MS) {
    car->finished = TRUE;
    car->stopped_since_ms = 0;
  }
  car->charging = charging;
}

void
phaeton_car_step (const PhaetonChargerInput *input, int offered_mA, gint64 now_ms,
                  PhaetonCarState *car)
{
  const PhaetonPilot pilot = get_pilot (input);

  if (phaeton_pilot_has_car (pilot)) {
    car->present = TRUE;
    car->unclear_since_ms = 0;
    car->seen_ms = MAX (now_ms, 1);
    step_finished (input, offered_mA, now_ms, car);
    return;
  }
  car->charging = FALSE;
  car->stopped_since_ms = 0;
  if (pilot == PHAETON_PILOT_A || pilot == PHAETON_PILOT_E)
    step_absence (pilot, now_ms, car);
}
