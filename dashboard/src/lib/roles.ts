/** The roles of people, as people say them. */

export type RoleName = "viewer" | "operator" | "admin";

interface RoleWords {
  value: RoleName;
  label: string;
  /** What somebody in this role may do. */
  may: string;
}

export const ROLES: readonly RoleWords[] = [
  { value: "viewer", label: "Viewer", may: "Sees the devices shared with them, and nothing else." },
  { value: "operator", label: "Operator", may: "Sees every device, adds, claims and sets up devices." },
  { value: "admin", label: "Admin", may: "May do everything: people, tokens, deleting devices." },
];

export const roleLabel = (role: RoleName): string => ROLES.find(({ value }) => value === role)?.label ?? role;
