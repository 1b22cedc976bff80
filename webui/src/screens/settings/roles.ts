// SPDX-License-Identifier: GPL-3.0-or-later
import { t } from "../../lib/i18n.svelte";
import type { Role } from "../../lib/types";

export const roleTexts = (): { value: Role; label: string }[] => [
  { value: "viewer", label: t("May look") },
  { value: "driver", label: t("May charge") },
  { value: "admin", label: t("May set everything") },
];
