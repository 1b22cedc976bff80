// SPDX-License-Identifier: GPL-3.0-or-later
// What the API answers. Every field of the table may be unknown: null.

export interface Charger {
  id: string;
  mode: number | null;
  start_stop: number | null;
  set_current_mA: number | null;
  phases_set: number | null;
  custom_name: string | null;
  status: number | null;
  connected: number | null;
  applied_current_mA: number | null;
  limit_mA: number | null;
  max_current_mA: number | null;
  min_current_mA: number | null;
  station_max_current_mA: number | null;
  active_phases: number | null;
  power_w: number | null;
  current_mA: number | null;
  l1_voltage_v: number | null;
  l2_voltage_v: number | null;
  l3_voltage_v: number | null;
  l1_current_mA: number | null;
  l2_current_mA: number | null;
  l3_current_mA: number | null;
  l1_power_w: number | null;
  l2_power_w: number | null;
  l3_power_w: number | null;
  energy_wh: number | null;
  pilot: string | null;
  why: string | null;
  why_code: string | null;
  why_values: string | null;
  sample_age_ms: number | null;
  product_name: string | null;
  model: string | null;
  serial: string | null;
  firmware: string | null;
  connection: string | null;
  session_running: number | null;
  session_id: string | null;
  session_started_at: string | null;
  session_ended_at: string | null;
  session_energy_wh: number | null;
  session_time_s: number | null;
  session_cost: number | null;
  session_peak_w: number | null;
  session_sun_wh: number | null;
  session_battery_wh: number | null;
  session_grid_wh: number | null;
  [field: string]: string | number | null;
}

export interface Site {
  version: string | null;
  driver_state: string | null;
  uptime_s: number | null;
  currency: string | null;
  energy_rate: number | null;
  pricing_source: string | null;
  excess_pv_w: number | null;
  grid_power_w: number | null;
  pv_power_w: number | null;
  battery_power_w: number | null;
  battery_soc_percent: number | null;
  consumption_power_w: number | null;
  time_zone: string | null;
  [field: string]: string | number | null;
}

export interface Verdict {
  stage: "wish" | "caps" | "quantise" | "ramp";
  code: string;
  limit_mA: number;
  values: Record<string, number>;
  text: string;
  binding: boolean;
}

export type Role = "none" | "viewer" | "driver" | "admin";

export interface Visitor {
  role: Role;
  user: string | null;
  setup_needed: boolean;
}
