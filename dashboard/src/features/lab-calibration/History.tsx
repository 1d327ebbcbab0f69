import { Button } from "@mantine/core";

import { type Calibration, downloadOf, useWithdrawCalibration } from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { dateTime } from "@/lib/time";
import { formatNumber } from "@/lib/units";
import { Empty } from "@/ui/Empty";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";

import { Residuals } from "./Residuals";

const METHODS: Readonly<Record<string, string>> = {
  tare: "Tare",
  "two-point": "Two points",
  "multi-point": "Several points",
  given: "Told",
};

/** Every calibration of one cell, the newest first, each with its paper. */
export function History({ calibrations, name }: { calibrations: readonly Calibration[]; name: string }) {
  const withdraw = useWithdrawCalibration();
  const mayOperate = useMayOperate();
  const shown = calibrations.find(({ holds }) => holds);
  return (
    <Section title={name === "" ? "History" : `History of ${name}`}>
      {calibrations.length === 0 ? (
        <Empty title="Never calibrated">
          Until it is, its trials hold raw counts; a calibration made later can still be applied to them.
        </Empty>
      ) : (
        <>
          {shown !== undefined && shown.points.length > 1 && (
            <Residuals
              points={shown.points.map((point, index) => ({
                massKg: Number(point.mass_kg ?? 0),
                residual: shown.residuals_n[index] ?? 0,
              }))}
            />
          )}
          <Rows label="Calibrations">
            {calibrations.map((one) => (
              <Row
                key={one.id}
                title={
                  <>
                    {METHODS[one.method] ?? one.method}, {dateTime(one.created_at)}{" "}
                    {one.holds && <Tag>holds</Tag>}
                    {one.withdrawn_at !== null && <Tag>withdrawn</Tag>}
                  </>
                }
                note={[
                  `${one.newtons_per_count.toExponential(5)} N per count, zero at ${formatNumber(one.zero_counts, 1)}`,
                  one.linearity_percent !== null && `linearity ${formatNumber(one.linearity_percent, 3)} %`,
                  one.temperature_c !== null && `${formatNumber(one.temperature_c, 1)} °C`,
                  one.note,
                  `by ${one.author}`,
                ]
                  .filter(Boolean)
                  .join("; ")}
                actions={
                  <>
                    <Button component="a" variant="default" size="sm" href={downloadOf.certificate(one.id)}>
                      Certificate, PDF
                    </Button>
                    {mayOperate && one.withdrawn_at === null && (
                      <Button
                        variant="default"
                        size="sm"
                        loading={withdraw.isPending && withdraw.variables === one.id}
                        onClick={() => withdraw.mutate(one.id)}
                      >
                        Withdraw
                      </Button>
                    )}
                  </>
                }
              />
            ))}
          </Rows>
        </>
      )}
    </Section>
  );
}
