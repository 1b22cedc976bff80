// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to the daemon. What it refuses arrives as an ApiError with its own words.

export interface Problem {
  severity: "error" | "warning";
  key: string | null;
  message: string;
  allowed: string | null;
}

const TIMEOUT_MS = 12_000; // a charger that is tested has ten seconds

// the page lies in /ui/ or /app/, also behind a proxy that adds a folder
const ROOT = new URL("../", document.baseURI);

export const apiUrl = (path: string): string => new URL(path, ROOT).href;

export class ApiError extends Error {
  readonly status: number; // 0: no answer
  readonly problems: Problem[];
  readonly body: unknown;

  constructor(status: number, message: string, problems: Problem[] = [], body: unknown = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.problems = problems;
    this.body = body;
  }

  /** the daemon did not answer: it may or may not have done it */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

function readProblem(status: number, body: unknown): ApiError {
  const document = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = document["detail"] ?? document["error"] ?? `HTTP ${status}`;
  const problems = Array.isArray(document["problems"]) ? (document["problems"] as Problem[]) : [];
  return new ApiError(status, String(text), problems, body);
}

let onDenied: (() => void) | null = null;

/** what to do when the daemon no longer knows the visitor */
export function whenDenied(callback: () => void): void {
  onDenied = callback;
}

export interface Answer<T> {
  body: T;
  etag: string | null;
}

export async function requestWithTag<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path), {
      method,
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new ApiError(0, error instanceof Error ? error.message : String(error));
  }
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const document: unknown = isJson ? await response.json().catch(() => null) : await response.text().catch(() => "");
  if (response.status === 401 && path !== "api/v1/login") onDenied?.();
  if (!response.ok) throw readProblem(response.status, document);
  return { body: document as T, etag: response.headers.get("ETag") };
}

export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await requestWithTag<T>(method, path, body)).body;
}

export const get = <T>(path: string): Promise<T> => request<T>("GET", path);
export const patch = <T>(path: string, body: unknown): Promise<T> => request<T>("PATCH", path, body);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => request<T>("POST", path, body);
export const remove = <T>(path: string): Promise<T> => request<T>("DELETE", path);

/** "a=1&b=2" of what is known */
export function query(values: Record<string, string | number | null | undefined>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
