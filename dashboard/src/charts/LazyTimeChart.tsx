import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

import type { TimeChartProps } from "./TimeChart";

const TimeChart = lazy(() => import("./TimeChart").then((module) => ({ default: module.TimeChart })));

const PLACE_PX = 330;

/** The chart, fetched when the first page wants one; its place is kept meanwhile. */
export function LazyTimeChart(props: TimeChartProps) {
  return (
    <Suspense fallback={<Skeleton h={PLACE_PX} role="img" aria-label="Loading the chart" />}>
      <TimeChart {...props} />
    </Suspense>
  );
}
