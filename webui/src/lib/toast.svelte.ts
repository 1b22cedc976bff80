// SPDX-License-Identifier: GPL-3.0-or-later
// Short messages in the corner. Errors stay until closed, the rest goes by itself.

export type ToastKind = "info" | "success" | "error";

export interface Toast {
  id: number;
  kind: ToastKind;
  text: string;
}

const SHOW_MS = 5000;
const MAX = 4;

let counter = 0;
const toasts = $state<Toast[]>([]);

export const shownToasts = (): readonly Toast[] => toasts;

export function dismissToast(id: number): void {
  const index = toasts.findIndex((toast) => toast.id === id);
  if (index >= 0) toasts.splice(index, 1);
}

export function toast(kind: ToastKind, text: string): void {
  const id = ++counter;
  if (toasts.some((other) => other.text === text)) return;
  if (toasts.length >= MAX) toasts.shift();
  toasts.push({ id, kind, text });
  if (kind !== "error") setTimeout(() => dismissToast(id), SHOW_MS);
}
