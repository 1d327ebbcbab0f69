import type { Role } from "@/api/types";

export interface Place {
  to:
    | "/"
    | "/rooms"
    | "/lab"
    | "/people"
    | "/tokens"
    | "/import"
    | "/updates"
    | "/mapping"
    | "/audit"
    | "/system";
  label: string;
  roles: readonly Role[];
  /** Pages that count as this one, with all below them. */
  also?: readonly string[];
  /** Stands in the Manage menu instead of the bar. */
  manage?: true;
}

/** What the top bar leads to, and for whom. A new page is one row here and one route in router.tsx. */
export const NAVIGATION: readonly Place[] = [
  { to: "/", label: "Overview", roles: ["viewer", "operator", "admin"] },
  {
    to: "/rooms",
    label: "Rooms",
    roles: ["viewer", "operator", "admin"],
    also: ["/schedules", "/load-limits"],
  },
  { to: "/lab", label: "Force lab", roles: ["viewer", "operator", "admin"], also: ["/lab", "/recordings"] },
  { to: "/people", label: "People", roles: ["admin"], manage: true },
  { to: "/tokens", label: "Tokens", roles: ["admin"], manage: true },
  { to: "/import", label: "Import", roles: ["operator", "admin"], manage: true },
  { to: "/updates", label: "Updates", roles: ["operator", "admin"], manage: true },
  { to: "/mapping", label: "Mapping", roles: ["admin"], manage: true },
  { to: "/audit", label: "Audit", roles: ["admin"], manage: true },
  { to: "/system", label: "System", roles: ["operator", "admin"], manage: true },
];

/** The links of the bar and those of the Manage menu; a menu of one would only be in the way. */
export function placesFor(role: Role): { bar: Place[]; menu: Place[] } {
  const places = NAVIGATION.filter(({ roles }) => roles.includes(role));
  const menu = places.filter(({ manage }) => manage);
  return menu.length < 2 ? { bar: places, menu: [] } : { bar: places.filter(({ manage }) => !manage), menu };
}
