/** Force lab: subjects, recordings, trials, results, calibrations, devices that stream force. */

import {
  keepPreviousData,
  queryOptions,
  type QueryClient,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";

import { request } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Subject = Schemas["SubjectView"];
export type NewSubject = Partial<Schemas["NewSubject"]>;
export type SubjectPatch = Schemas["SubjectPatch"];
export type SubjectGroup = Schemas["GroupView"];
export type Recording = Schemas["RecordingView"];
export type RecordingDetail = Schemas["RecordingDetail"];
export type NewRecording = Pick<Schemas["NewRecording"], "name" | "channels"> &
  Partial<Schemas["NewRecording"]>;
export type Trigger = Partial<Schemas["TriggerBody"]>;
export type Trial = Schemas["TrialView"];
export type TrialData = Schemas["TrialData"];
export type TrialColumn = Schemas["ColumnView"];
export type Statistics = Schemas["StatisticsView"];
export type Run = Schemas["RunView"];
export type Metric = Schemas["MetricView"];
export type Finding = Schemas["FindingView"];
export type Missing = Schemas["MissingView"];
export type Analysis = Schemas["AnalysisView"];
export type Calibration = Schemas["CalibrationView"];
export type NewCalibration = Pick<Schemas["NewCalibration"], "channel_id" | "method"> &
  Partial<Schemas["NewCalibration"]>;
export type Capture = Schemas["CaptureView"];
export type ForceDevice = Schemas["ForceDeviceView"];
export type Trend = Schemas["TrendView"];
export type MetricReport = Schemas["MetricReportView"];

/** A value of an analysis parameter. */
export type Setting = number | boolean | string | null;

export const labKeys = {
  subjects: ["lab", "subjects"] as const,
  groups: ["lab", "groups"] as const,
  recordings: ["lab", "recordings"] as const,
  recording: (id: string) => ["lab", "recording", id] as const,
  trial: (id: string) => ["lab", "trial", id] as const,
  devices: ["lab", "force-devices"] as const,
  calibrations: ["lab", "calibrations"] as const,
};

const get = <T>(path: string, signal?: AbortSignal) => request<T>("GET", path, undefined, signal);
const idPath = (noun: string, id: string, verb = "") => `/${noun}/${encodeURIComponent(id)}${verb}`;

/** Where a paper or a table of the server is fetched by the browser itself. */
export const downloadOf = {
  metrics: (recording: string) => `/api/v1${idPath("recordings", recording, "/metrics.csv")}`,
  report: (recording: string) => `/api/v1${idPath("recordings", recording, "/report.pdf")}`,
  samples: (trial: string, form: "units" | "older" = "units") =>
    `/api/v1${idPath("trials", trial, `/export.csv?form=${form}`)}`,
  certificate: (calibration: string) => `/api/v1${idPath("calibrations", calibration, "/certificate.pdf")}`,
};

// What is asked of a list whose length nobody can know.
const EVERYBODY = 1000;

export const subjectsQuery = queryOptions({
  queryKey: labKeys.subjects,
  queryFn: async ({ signal }) =>
    (await get<{ items: Subject[] }>(`/subjects?limit=${EVERYBODY}`, signal)).items,
});

export const groupsQuery = queryOptions({
  queryKey: labKeys.groups,
  queryFn: ({ signal }) => get<SubjectGroup[]>("/groups", signal),
});

export interface RecordingFilter {
  subject?: string;
  group?: string;
  kind?: string;
  from?: number;
  to?: number;
}

const asQuery = (given: object): string => {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(given) as [string, string | number | undefined][])
    if (value !== undefined && value !== "") query.set(key, String(value));
  return query.toString();
};

/** One page of recordings, newest first; `after` is the mark of the page before. */
export const recordingsQuery = (filter: RecordingFilter, limit: number, after: string | null = null) =>
  queryOptions({
    queryKey: [...labKeys.recordings, filter, limit, after],
    queryFn: ({ signal }) =>
      get<{ items: Recording[]; next: string | null }>(
        `/recordings?${asQuery({ ...filter, limit, after: after ?? undefined })}`,
        signal,
      ),
    placeholderData: keepPreviousData,
  });

export const recordingQuery = (id: string) =>
  queryOptions({
    queryKey: labKeys.recording(id),
    queryFn: ({ signal }) => get<RecordingDetail>(idPath("recordings", id), signal),
  });

export const trialQuery = (id: string) =>
  queryOptions({
    queryKey: labKeys.trial(id),
    queryFn: ({ signal }) => get<Trial>(idPath("trials", id), signal),
  });

export const runsQuery = (trial: string) =>
  queryOptions({
    queryKey: [...labKeys.trial(trial), "results"],
    queryFn: ({ signal }) => get<Run[]>(idPath("trials", trial, "/results"), signal),
  });

/** Columns of a trial; `points` 0: every sample, of 30 s at most. `start`, `end` are UTC µs. */
export const trialDataQuery = (trial: string, points: number, span?: { start: number; end: number }) =>
  queryOptions({
    queryKey: [...labKeys.trial(trial), "data", points, span?.start, span?.end],
    queryFn: ({ signal }) =>
      get<TrialData>(
        idPath("trials", trial, `/data?${asQuery({ points, from_us: span?.start, to_us: span?.end })}`),
        signal,
      ),
    staleTime: 60_000,
  });

export const statisticsQuery = (trial: string) =>
  queryOptions({
    queryKey: [...labKeys.trial(trial), "statistics"],
    queryFn: ({ signal }) => get<Statistics[]>(idPath("trials", trial, "/statistics"), signal),
  });

export const analysesQuery = queryOptions({
  queryKey: ["lab", "analyses"],
  queryFn: ({ signal }) => get<Analysis[]>("/analyses", signal),
  staleTime: Infinity,
});

export const forceDevicesQuery = queryOptions({
  queryKey: labKeys.devices,
  queryFn: ({ signal }) => get<ForceDevice[]>("/force-devices", signal),
  refetchInterval: 3_000,
});

export const calibrationsQuery = queryOptions({
  queryKey: labKeys.calibrations,
  queryFn: ({ signal }) => get<Calibration[]>("/calibrations", signal),
});

export const trendQuery = (subject: string, metric: string, use: "best" | "mean") =>
  queryOptions({
    queryKey: ["lab", "trend", subject, metric, use],
    queryFn: ({ signal }) =>
      get<Trend>(idPath("subjects", subject, `/trend?${asQuery({ metric, use })}`), signal),
    placeholderData: keepPreviousData,
  });

export const reliabilityQuery = (metric: string, group: string | undefined, use: "best" | "mean") =>
  queryOptions({
    queryKey: ["lab", "reliability", metric, group, use],
    queryFn: ({ signal }) => get<MetricReport>(`/reliability?${asQuery({ metric, group, use })}`, signal),
  });

export const captureOf = (channel: string, seconds: number) =>
  get<Capture>(`/calibrations/capture?${asQuery({ channel, seconds })}`);

const renew = (cache: QueryClient) => cache.invalidateQueries({ queryKey: ["lab"] });

/** A change after which everything the lab shows may be another. */
function useLabChange<A, T>(change: (given: A) => Promise<T>) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => void renew(cache) });
}

export const useAddSubject = () =>
  useLabChange((subject: NewSubject) => request<Subject>("POST", "/subjects", subject));

export const useChangeSubject = () =>
  useLabChange(({ id, ...patch }: { id: string } & SubjectPatch) =>
    request<Subject>("PATCH", idPath("subjects", id), patch),
  );

export const useRemoveSubject = () =>
  useLabChange((id: string) => request<undefined>("DELETE", idPath("subjects", id)));

export const useAddGroup = () =>
  useLabChange((name: string) => request<SubjectGroup>("POST", "/groups", { name }));

export const useAddRecording = () =>
  useLabChange((body: NewRecording) => request<RecordingDetail>("POST", "/recordings", body));

export const useFinishRecording = () =>
  useLabChange((id: string) => request<RecordingDetail>("POST", idPath("recordings", id, "/finish")));

export const useRemoveRecording = () =>
  useLabChange((id: string) => request<undefined>("DELETE", idPath("recordings", id)));

export const useRestoreRecording = () =>
  useLabChange((id: string) => request<RecordingDetail>("POST", idPath("recordings", id, "/restore")));

export const useAddCalibration = () =>
  useLabChange((body: NewCalibration) => request<Calibration>("POST", "/calibrations", body));

export const useWithdrawCalibration = () =>
  useLabChange((id: string) => request<Calibration>("DELETE", idPath("calibrations", id)));

export const useStream = () =>
  useLabChange(({ device, command }: { device: string; command: "start" | "stop" }) =>
    request<ForceDevice>("POST", idPath("force-devices", device, "/stream"), { command }),
  );

export const useStartTrial = () =>
  useLabChange(({ recording, ...trigger }: { recording: string } & Trigger) =>
    request<Trial>("POST", idPath("recordings", recording, "/trials"), trigger),
  );

/** Answers with the first result, once all samples are in. */
export const useStopTrial = () =>
  useLabChange((id: string) => request<Trial>("POST", idPath("trials", id, "/stop")));

export const useJudgeTrial = () =>
  useLabChange(({ id, accepted, reason }: { id: string; accepted: boolean | null; reason: string }) =>
    request<Trial>("POST", idPath("trials", id, "/accept"), { accepted, reason }),
  );

export interface Look {
  trial: string;
  parameters: Record<string, Setting>;
  keep: boolean;
  recalibrate?: boolean;
}

export const analyse = ({ trial, ...body }: Look, signal?: AbortSignal) =>
  request<Run>("POST", idPath("trials", trial, "/analyse"), body, signal);

export const useAnalyse = () => useLabChange((look: Look) => analyse(look));
