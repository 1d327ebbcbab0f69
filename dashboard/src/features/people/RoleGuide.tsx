import { ROLES } from "@/lib/roles";

/** What each role may do, in one short paragraph. */
export const RoleGuide = () =>
  ROLES.map(({ value, label, may }) => (
    <span key={value}>
      <strong>{label}</strong>: {may.charAt(0).toLowerCase() + may.slice(1)}{" "}
    </span>
  ));
