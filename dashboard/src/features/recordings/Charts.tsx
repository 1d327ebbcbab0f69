import { Stack } from "@mantine/core";
import { useMemo, useState } from "react";

import type { Span } from "@/charts/force/drag";
import { LazyForceChart } from "@/charts/force/LazyForceChart";
import { useScheme } from "@/ui/useScheme";

import { byUnit, extent, type NamedLine } from "./lines";

/** Lines from their beginnings, one chart for each unit, all with the same span. */
export function Charts({ lines, label }: { lines: readonly NamedLine[]; label: string }) {
  const scheme = useScheme();
  const key = lines.map(({ id, t }) => `${id}:${t.length}:${t.at(-1) ?? 0}`).join();
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const stable = useMemo(() => byUnit(lines), [key]);
  const [view, setView] = useState<Span | null>(null);
  const span = view ?? extent(lines);
  return (
    <Stack gap="lg">
      {stable.map(([unit, own]) => (
        <LazyForceChart
          key={unit}
          lines={own}
          span={span}
          unit={unit}
          scheme={scheme}
          label={`${label}, in ${unit}`}
          height={300}
          onZoom={setView}
          onReset={() => setView(null)}
        />
      ))}
    </Stack>
  );
}
