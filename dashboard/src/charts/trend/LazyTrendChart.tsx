import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

import type { TrendChartProps } from "./TrendChart";

const TrendChart = lazy(() => import("./TrendChart").then((module) => ({ default: module.TrendChart })));

export const LazyTrendChart = (props: TrendChartProps) => (
  <Suspense fallback={<Skeleton h={280} role="status" aria-label="Loading the chart" />}>
    <TrendChart {...props} />
  </Suspense>
);
