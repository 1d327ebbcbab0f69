import { vi } from "vitest";

export interface Asked {
  method: string;
  path: string;
  body: unknown;
}

type Answer = readonly [status: number, body?: unknown, headers?: Record<string, string>];

/**
 * Stands in for the network: answers "METHOD /path" as `answers` says and keeps what was asked. A question without an
 * answer is a 404.
 */
export function fakeServer(answers: Record<string, Answer | (() => Answer)>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    await Promise.resolve();
    const path = url.replace("/api/v1", "");
    const method = init.method ?? "GET";
    asked.push({ method, path, body: typeof init.body === "string" ? JSON.parse(init.body) : undefined });
    const found = answers[`${method} ${path.split("?")[0] ?? ""}`] ?? [
      404,
      { title: "Not found", status: 404 },
    ];
    const [status, body, headers] = typeof found === "function" ? found() : found;
    return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
  });
  return asked;
}
