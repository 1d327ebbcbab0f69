import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

import type { ForceChartProps } from "./ForceChart";

const ForceChart = lazy(() => import("./ForceChart").then((module) => ({ default: module.ForceChart })));

const DEFAULT_PX = 380;

/** The chart, fetched when the first page wants one; its place is kept meanwhile. */
export const LazyForceChart = (props: ForceChartProps) => (
  <Suspense
    fallback={<Skeleton h={(props.height ?? DEFAULT_PX) + 28} role="status" aria-label="Loading the chart" />}
  >
    <ForceChart {...props} />
  </Suspense>
);
