// SPDX-License-Identifier: GPL-3.0-or-later
import { t } from "./i18n.svelte";
import type { Charger } from "./types";

export const chargerName = (charger: Charger): string =>
  charger.custom_name || charger.product_name || t("Charger {id}", { id: charger.id });

export const isOffline = (charger: Charger): boolean => charger.connected === 0;
