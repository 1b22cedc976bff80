// SPDX-License-Identifier: GPL-3.0-or-later
declare module "virtual:catalog/*" {
  const catalog: Record<string, string | string[]>;
  export default catalog;
}

declare module "virtual:reasons" {
  const reasons: Record<string, string>;
  export default reasons;
}
