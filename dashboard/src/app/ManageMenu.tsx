import { Popover } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { useState } from "react";

import { Icon } from "@/ui/Icon";

import type { Place } from "./navigation";
import classes from "./Shell.module.css";

/** The pages of those who run the place. */
export function ManageMenu({ places }: { places: readonly Place[] }) {
  const [opened, setOpened] = useState(false);
  const { pathname } = useLocation();
  const here = places.some(({ to }) => pathname === to || pathname.startsWith(`${to}/`));
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-start"
      width={190}
      trapFocus
      returnFocus
      withinPortal={false}
      shadow="md"
    >
      <Popover.Target>
        <button type="button" className={classes.opener} data-here={here} onClick={() => setOpened(!opened)}>
          Manage <Icon name="chevron" size={16} />
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Manage" p={6}>
        <ul className={`plain-list ${classes.menu ?? ""}`}>
          {places.map(({ to, label }) => (
            <li key={to}>
              <Link to={to} onClick={() => setOpened(false)}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}
