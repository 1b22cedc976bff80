/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* everything of one charger that the stages of a step hand on */
typedef struct {
  const PhaetonChargerConfig *config;
  const PhaetonChargerInput *input;
  const PhaetonChargerState *before;
  PhaetonChargerState *state;
  PhaetonChargerDecision *decision;
} PhaetonLane;

/* what the stages know of the house in this step */
typedef struct {
  const PhaetonInput *input;
  gint64 now_ms;
  gboolean known; /* what the sun leaves */
  int left_w;     /* of it, for those next in line */
  int spare_w;    /* what the running ones of the present class take above their minimum */
  int share_w;    /* the part of the car in turn */
  int surplus_w;  /* all of it */
  gboolean curtailed;
  gboolean frozen;  /* its values stand still */
  gboolean low_soc; /* and these are the numbers */
  int soc_percent, min_soc_percent;
} PhaetonHouse;

G_END_DECLS
