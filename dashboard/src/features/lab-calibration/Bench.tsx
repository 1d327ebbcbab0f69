import { Button, Group, NativeSelect, SegmentedControl, Stack, Table, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { useForce } from "@/api/force/useForce";
import {
  type Calibration,
  captureOf,
  type Capture,
  type ForceDevice,
  useAddCalibration,
  useStream,
} from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { parseNumber } from "@/lib/numbers";
import { formatNumber } from "@/lib/units";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";
import { WideTable } from "@/ui/WideTable";

import { fitOf, lacking, type Method, type Point } from "./fit";
import { Reading } from "./Reading";
import { Residuals } from "./Residuals";

const CAPTURE_S = 2;

interface BenchProps {
  devices: readonly ForceDevice[];
  device: ForceDevice;
  channel: ForceDevice["channels"][number] | undefined;
  calibrations: readonly Calibration[];
  onChoose: (device: string, channel?: string) => void;
}

/** One cell on the bench: what it reads now, the points taken, the line through them. */
export function Bench({ devices, device, channel, calibrations, onChoose }: BenchProps) {
  const stream = useStream();
  const mayOperate = useMayOperate();
  const deviceId = device.device_id;
  const held = calibrations.find(({ channel_id: id, holds }) => id === channel?.id && holds);
  return (
    <Section
      title="Calibrate a cell"
      hint="Counts are stored as they come. A new calibration holds from now on, and can be applied to old trials without changing them."
    >
      <Stack gap="md">
        <Group align="end" gap="sm">
          <NativeSelect
            label="Device"
            value={deviceId}
            onChange={(event) => onChoose(event.currentTarget.value)}
            data={devices.map((one) => ({ value: one.device_id, label: one.name }))}
          />
          <NativeSelect
            label="Cell"
            value={channel?.id ?? ""}
            onChange={(event) => onChoose(deviceId, event.currentTarget.value)}
            data={device.channels.map(({ id, key }) => ({ value: id, label: key }))}
          />
          {mayOperate && (
            <Button
              variant="default"
              loading={stream.isPending}
              disabled={!device.connected}
              onClick={() =>
                stream.mutate({ device: deviceId, command: device.streaming ? "stop" : "start" })
              }
            >
              {device.streaming ? "Stop streaming" : "Start streaming"}
            </Button>
          )}
        </Group>
        <FormTrouble error={stream.error} />
        {channel !== undefined && (
          <OneCell key={channel.id} channel={channel} held={held} mayOperate={mayOperate} />
        )}
      </Stack>
    </Section>
  );
}

interface OneCellProps {
  channel: ForceDevice["channels"][number];
  held: Calibration | undefined;
  mayOperate: boolean;
}

function OneCell({ channel, held, mayOperate }: OneCellProps) {
  const toast = useToast();
  const { trace, live } = useForce([channel.id], held?.id ?? null);
  const add = useAddCalibration();
  const [method, setMethod] = useState<Method>(held === undefined ? "multi-point" : "tare");
  const [points, setPoints] = useState<readonly Point[]>([]);
  const [mass, setMass] = useState("0");
  const [temperature, setTemperature] = useState("");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const massKg = parseNumber(mass);
  const fit = fitOf(points);
  const missing = lacking(method, points);
  const change = (next: Method) => {
    setMethod(next);
    setPoints([]);
    setMass("0");
  };
  const take = async () => {
    setBusy(true);
    setError(null);
    try {
      const found: Capture = await captureOf(channel.id, CAPTURE_S);
      const point = { massKg: method === "tare" ? 0 : (massKg ?? 0), counts: found.mean, sd: found.sd };
      setPoints((known) => (method === "tare" ? [point] : [...known, point]));
      setMass("");
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    } finally {
      setBusy(false);
    }
  };
  const save = () =>
    add.mutate(
      {
        channel_id: channel.id,
        method,
        points: points.map((one) => ({ mass_kg: one.massKg, counts: one.counts })),
        temperature_c: parseNumber(temperature),
        note: note.trim(),
      },
      {
        onSuccess: () => {
          setPoints([]);
          toast({ text: `The new calibration of ${channel.key} holds from now on.` });
        },
      },
    );
  return (
    <Stack gap="md">
      <Reading trace={trace} unit={live[0]?.unit ?? channel.unit} line={held} />
      {mayOperate && (
        <>
          <SegmentedControl
            aria-label="Method"
            value={method}
            onChange={(value) => change(value)}
            data={[
              { value: "tare", label: "Tare", disabled: held === undefined },
              { value: "two-point", label: "Two points" },
              { value: "multi-point", label: "Several points" },
            ]}
          />
          <Group align="end" gap="sm">
            {method !== "tare" && (
              <TextInput
                label="Mass on the cell, kg"
                inputMode="decimal"
                w={180}
                value={mass}
                error={mass !== "" && (massKg === null || massKg < 0) ? "A mass in kg" : null}
                onChange={(event) => setMass(event.currentTarget.value)}
              />
            )}
            <Button
              loading={busy}
              disabled={method !== "tare" && (massKg === null || massKg < 0)}
              onClick={() => void take()}
            >
              {method === "tare" ? "Read it unloaded" : "Read this point"}
            </Button>
            <Text size="sm" c="dimmed">
              The mean of the last {CAPTURE_S} s.
            </Text>
          </Group>
          <FormTrouble error={error} />
          {points.length > 0 && (
            <WideTable label="Points" columns={["Mass", "Counts", "Noise (SD)", "Residual", "Change"]}>
              {points.map((point, index) => (
                <Table.Tr key={`${point.massKg} ${point.counts}`}>
                  <Table.Th scope="row">{formatNumber(point.massKg, 3)} kg</Table.Th>
                  <Table.Td className="tabular">{formatNumber(point.counts, 1)}</Table.Td>
                  <Table.Td className="tabular">{formatNumber(point.sd, 1)}</Table.Td>
                  <Table.Td className="tabular">
                    {fit === null ? "–" : `${formatNumber(fit.residuals[index] ?? 0, 2)} N`}
                  </Table.Td>
                  <Table.Td>
                    <Button
                      size="xs"
                      variant="default"
                      aria-label={`Remove the point at ${formatNumber(point.massKg, 3)} kg`}
                      onClick={() => setPoints(points.filter((one) => one !== point))}
                    >
                      Remove
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </WideTable>
          )}
          {fit !== null && (
            <>
              <Residuals
                points={points.map((one, index) => ({
                  massKg: one.massKg,
                  residual: fit.residuals[index] ?? 0,
                }))}
              />
              <Text size="sm">
                {fit.newtonsPerCount.toExponential(5)} N per count, zero at {formatNumber(fit.zeroCounts, 1)}{" "}
                counts; off by {formatNumber(fit.worstPercent, 3)} % of the highest point at most.
              </Text>
            </>
          )}
          <Group align="end" gap="sm">
            <TextInput
              label="Temperature, °C (optional)"
              inputMode="decimal"
              w={200}
              value={temperature}
              onChange={(event) => setTemperature(event.currentTarget.value)}
            />
            <TextInput
              label="Note (optional)"
              placeholder="which masses, which class"
              maxLength={2000}
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
            />
            <Button loading={add.isPending} disabled={missing !== null} onClick={save}>
              Save the calibration
            </Button>
          </Group>
          {missing !== null && (
            <Text size="sm" c="dimmed">
              {missing}
            </Text>
          )}
          <FormTrouble error={add.error} />
        </>
      )}
    </Stack>
  );
}
