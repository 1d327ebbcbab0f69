import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { request } from "./client";
import { keys } from "./keys";
import type { CsvPreview, ImportJob, ImportOptions, NewImport } from "./types";

// The server looks at no more than this to find out how a file is written.
const HEAD_BYTES = 256 * 1024;
// Small enough that a broken connection costs seconds, large enough that a request is not the work.
const PIECE_BYTES = 4 * 1024 * 1024;
const POLL_MS = 1_000;

const path = (id: string, verb = "") => `/imports/${encodeURIComponent(id)}${verb}`;

const isMoving = ({ state }: ImportJob): boolean => state === "running" || state === "receiving";

/** Newest first; asked again and again while one of them is moving. */
export const importsQuery = queryOptions({
  queryKey: keys.imports,
  queryFn: ({ signal }) => request<ImportJob[]>("GET", "/imports", undefined, signal),
  refetchInterval: ({ state }) => (state.data?.some(isMoving) ? POLL_MS : false),
});

/** How a table is written, and what its columns probably are. */
export const previewQuery = (file: File | null) =>
  queryOptions({
    queryKey: keys.importPreview(file === null ? "" : `${file.name} ${file.size} ${file.lastModified}`),
    queryFn: ({ signal }) =>
      request<CsvPreview>("POST", "/imports/preview", file?.slice(0, HEAD_BYTES), signal),
    enabled: file !== null,
    staleTime: Infinity,
  });

export interface Order {
  file: File;
  kind: NewImport["kind"];
  options: ImportOptions;
}

/** The import of this file that was cut off while it was sent, if there is one. */
async function cutOff(file: File, kind: Order["kind"]): Promise<ImportJob | undefined> {
  const jobs = await request<ImportJob[]>("GET", "/imports");
  return jobs.find(
    (job) =>
      job.state === "receiving" && job.kind === kind && job.name === file.name && job.size === file.size,
  );
}

/** Sends the file in pieces from where it was cut off, if it was, and starts the import. */
async function bringIn({ file, kind, options }: Order, onJob: (job: ImportJob) => void): Promise<ImportJob> {
  let job =
    (await cutOff(file, kind)) ??
    (await request<ImportJob>("POST", "/imports", {
      kind,
      name: file.name,
      size: file.size,
      modified_at: file.lastModified,
      options,
    }));
  onJob(job);
  while (job.state === "receiving") {
    const piece = file.slice(job.received, job.received + PIECE_BYTES);
    job = await request<ImportJob>("PUT", path(job.id, `/content?offset=${job.received}`), piece);
    onJob(job);
  }
  return job.state === "ready" || job.state === "failed"
    ? await request<ImportJob>("POST", path(job.id, "/start"), { options })
    : job;
}

function useStoreJob() {
  const cache = useQueryClient();
  return (job: ImportJob) =>
    cache.setQueryData<ImportJob[]>(keys.imports, (jobs = []) =>
      jobs.some(({ id }) => id === job.id)
        ? jobs.map((known) => (known.id === job.id ? job : known))
        : [job, ...jobs],
    );
}

export function useBringIn() {
  const store = useStoreJob();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (order: Order) => bringIn(order, store),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.imports }),
  });
}

/** Tries again what failed, or starts what was received whole. */
export function useStartImport() {
  const store = useStoreJob();
  return useMutation({
    mutationFn: (id: string) => request<ImportJob>("POST", path(id, "/start"), {}),
    onSuccess: store,
  });
}

export function useCancelImport() {
  const store = useStoreJob();
  return useMutation({
    mutationFn: (id: string) => request<ImportJob>("POST", path(id, "/cancel")),
    onSuccess: store,
  });
}
