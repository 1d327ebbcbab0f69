import { Anchor, NativeSelect, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { assignedQuery, type DeviceRole, useShareDevice } from "@/api/deviceSettings";
import { usersQuery } from "@/api/people";
import type { Device, User } from "@/api/types";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { FormTrouble } from "@/ui/FormTrouble";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

const HINT =
  "Operators and admins see every device. A viewer sees only what is shared with them, and may be let switch it.";

const CHOICES = [
  { value: "", label: "does not see it" },
  { value: "viewer", label: "may look at it" },
  { value: "operator", label: "may look at it and switch it" },
];
const DONE = { viewer: "sees", operator: "sees and switches", nothing: "no longer sees" };

/** Which viewers may see the device, and switch it. */
export function Sharing({ device }: { device: Device }) {
  const users = useQuery(usersQuery);
  const assigned = useQuery(assignedQuery(device.id));
  return (
    <Section title="Shared with" hint={HINT}>
      <Await query={users} what="the users">
        {(everyone) => (
          <Await query={assigned} what="whom it is shared with">
            {(chosen) => (
              <Viewers
                device={device}
                viewers={everyone.filter(({ role }) => role === "viewer")}
                roles={new Map(chosen.map(({ id, device_role }) => [id, device_role]))}
              />
            )}
          </Await>
        )}
      </Await>
    </Section>
  );
}

interface ViewersProps {
  device: Device;
  viewers: readonly User[];
  roles: ReadonlyMap<string, User["role"]>;
}

function Viewers({ device, viewers, roles }: ViewersProps) {
  const share = useShareDevice();
  const toast = useToast();
  if (viewers.length === 0)
    return (
      <Empty title="There are no viewers yet">
        Invite somebody under{" "}
        <Anchor component={Link} to="/people" size="sm" underline="always">
          People
        </Anchor>{" "}
        and choose there what they may see.
      </Empty>
    );
  const set = (user: User, role: DeviceRole | null) =>
    share.mutate(
      { device: device.id, user: user.id, role },
      { onSuccess: () => toast({ text: `${user.username} ${DONE[role ?? "nothing"]} ${device.name}.` }) },
    );
  return (
    <Stack gap="sm">
      {viewers.map((user) => (
        <NativeSelect
          key={user.id}
          label={user.username}
          data={CHOICES}
          value={roles.get(user.id) ?? ""}
          disabled={share.isPending && share.variables.user === user.id}
          onChange={(event) => set(user, (event.currentTarget.value || null) as DeviceRole | null)}
        />
      ))}
      <FormTrouble error={share.error} />
    </Stack>
  );
}
