// SPDX-License-Identifier: GPL-3.0-or-later
// #/sessions/ID?month=2026-11: a screen, the rest of the path, parameters.

export interface Route {
  screen: string;
  rest: string[];
  query: URLSearchParams;
}

function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [screen = "", ...rest] = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { screen, rest: rest.filter((part) => part !== ""), query: new URLSearchParams(search) };
}

let route = $state.raw<Route>(parse(location.hash));

addEventListener("hashchange", () => {
  route = parse(location.hash);
});

export const currentRoute = (): Route => route;

export function link(screen: string, rest: string[] = [], query: Record<string, string> = {}): string {
  const path = [screen, ...rest].map(encodeURIComponent).join("/");
  const search = new URLSearchParams(query).toString();
  return `#/${path}${search === "" ? "" : `?${search}`}`;
}

/** changes the parameters of this screen without a new entry in the history */
export function setQuery(values: Record<string, string | null>): void {
  const next = new URLSearchParams(route.query);
  for (const [name, value] of Object.entries(values))
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  const url = link(route.screen, route.rest, Object.fromEntries(next));
  history.replaceState(null, "", url);
  route = parse(url);
}
