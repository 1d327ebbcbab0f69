import type { ProblemDocument } from "./types";

export const BASE = "/api/v1";

/** What the server said was wrong, or that it could not be reached (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  readonly retryAfterS: number | null;
  /** What is wrong where, as far as the server says so. */
  readonly errors: readonly unknown[];

  constructor(document: ProblemDocument, retryAfterS: number | null = null) {
    super(document.detail || document.title);
    this.name = "Problem";
    this.status = document.status;
    this.errors = document.errors ?? [];
    this.retryAfterS = retryAfterS;
  }
}

export const UNREACHABLE: ProblemDocument = {
  type: "about:blank",
  title: "The server cannot be reached",
  status: 0,
  detail: "The server cannot be reached. Check that it runs and that this device is in its network.",
};

/** What the server answered, with what a broken answer lacks. */
export const problemDocument = (status: number, title: string, answer: unknown): ProblemDocument => ({
  type: "about:blank",
  title: title || "Request failed",
  ...(answer as Partial<ProblemDocument>),
  status,
});

async function problemOf(response: Response): Promise<Problem> {
  const answer: unknown = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get("Retry-After") ?? NaN);
  return new Problem(
    problemDocument(response.status, response.statusText, answer),
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}

/** A file goes as it is; everything else as JSON. */
const packed = (body: unknown): Pick<RequestInit, "body" | "headers"> =>
  body instanceof Blob
    ? { body }
    : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(BASE + path, {
    method,
    credentials: "same-origin",
    ...(body === undefined ? {} : packed(body)),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Problem(UNREACHABLE);
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** Send one request; resolves with the JSON answer (undefined for an empty one), rejects with a `Problem`. */
export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const response = await send(method, path, body, signal);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** A file of the server; rejects with a `Problem`. */
export async function download(path: string): Promise<ArrayBuffer> {
  const response = await send("GET", path);
  return response.arrayBuffer().catch(() => {
    throw new Problem(UNREACHABLE);
  });
}

export const isProblem = (error: unknown, status: number): boolean =>
  error instanceof Problem && error.status === status;
