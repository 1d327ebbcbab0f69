import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

import type { BarChartProps } from "./BarChart";

const BarChart = lazy(() => import("./BarChart").then((module) => ({ default: module.BarChart })));

const PLACE_PX = 328;

/** The chart, fetched when the first page wants one; its place is kept meanwhile. */
export function LazyBarChart(props: BarChartProps) {
  return (
    <Suspense fallback={<Skeleton h={PLACE_PX} role="img" aria-label="Loading the chart" />}>
      <BarChart {...props} />
    </Suspense>
  );
}
