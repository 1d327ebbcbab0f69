import {
  Button,
  type MantineColorScheme,
  Popover,
  SegmentedControl,
  Stack,
  Text,
  useMantineColorScheme,
} from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { useLogout, useMe } from "@/api/session";
import { Icon } from "@/ui/Icon";

const SCHEMES = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "System" },
];

/** Who is signed in, how the pages look, and the way out. */
export function UserMenu() {
  const me = useMe();
  const logout = useLogout();
  const [opened, setOpened] = useState(false);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={260}
      trapFocus
      returnFocus
      withinPortal={false}
      shadow="md"
    >
      <Popover.Target>
        <Button
          variant="default"
          size="sm"
          px="xs"
          onClick={() => setOpened(!opened)}
          aria-label={`Menu of ${me?.username ?? "user"}`}
        >
          <Icon name="person" />
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="You">
        <Stack gap="sm">
          <div>
            <Text fw={600}>{me?.username}</Text>
            <Text size="sm" c="dimmed">
              {me?.role}
            </Text>
          </div>
          <SegmentedControl
            aria-label="Colours"
            data={SCHEMES}
            value={colorScheme}
            onChange={(chosen) => setColorScheme(chosen as MantineColorScheme)}
            size="xs"
            fullWidth
          />
          <Button component={Link} to="/account" variant="default" onClick={() => setOpened(false)}>
            Your account
          </Button>
          <Button variant="default" onClick={() => logout.mutate()}>
            Log out
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
