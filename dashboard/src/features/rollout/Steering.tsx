import { Button, Group } from "@mantine/core";
import { useState } from "react";

import type { Rollout } from "@/api/types";
import { useSteerRollout, type Verb } from "@/api/updates";
import { total } from "@/lib/rollouts";
import { plural } from "@/lib/updates";
import { Confirm } from "@/ui/Confirm";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

const TOLD: Readonly<Record<Verb, string>> = {
  pause: "Paused.",
  resume: "It goes on.",
  stop: "Stopped. Nobody else gets it.",
  rollback: "Devices are brought back.",
};

/** Pause and go on at once; what is for good asks once more. */
export function Steering({ rollout }: { rollout: Rollout }) {
  const { state, counts, rolled_back_by: undone, undoes } = rollout;
  const [asking, setAsking] = useState<"stop" | "rollback" | null>(null);
  const steer = useSteerRollout(rollout.id);
  const toast = useToast();
  const moving = state === "running" || state === "paused";
  const sum = total(counts);
  const changed = (sum.confirmed ?? 0) + (sum.proving ?? 0) + (sum.restarting ?? 0);
  const act = (verb: Verb) =>
    steer.mutate(verb, {
      onSuccess: () => {
        setAsking(null);
        toast({ text: TOLD[verb], topic: "rollout" });
      },
    });
  return (
    <Group gap="xs">
      {state === "running" && (
        <Button variant="default" loading={steer.isPending} onClick={() => act("pause")}>
          Pause
        </Button>
      )}
      {state === "paused" && (
        <Button loading={steer.isPending} onClick={() => act("resume")}>
          Go on
        </Button>
      )}
      {undoes === null && undone.length === 0 && changed > 0 && (
        <Button variant="default" onClick={() => setAsking("rollback")}>
          Roll back
        </Button>
      )}
      {moving && (
        <Button color="red.8" onClick={() => setAsking("stop")}>
          Stop
        </Button>
      )}
      <Confirm
        opened={asking === "stop"}
        onClose={() => setAsking(null)}
        onConfirm={() => act("stop")}
        title="Stop this rollout?"
        verb="Stop it now"
        busy={steer.isPending}
        dangerous
      >
        Nobody else gets it, and who only downloads is told to leave it. Devices that restart already are
        watched to the end. A stopped rollout does not go on; a new one can be started.
        <FormTrouble error={steer.error} />
      </Confirm>
      <Confirm
        opened={asking === "rollback"}
        onClose={() => setAsking(null)}
        onConfirm={() => act("rollback")}
        title="Roll back?"
        verb="Bring devices back"
        busy={steer.isPending}
        dangerous
      >
        {moving && "The rollout stops. "}
        {plural(changed, "device")} that took {rollout.version} or may have taken it are brought back, all at
        once, to the version they ran before, as far as it is kept as a release.
        <FormTrouble error={steer.error} />
      </Confirm>
      {asking === null && <FormTrouble error={steer.error} />}
    </Group>
  );
}
