import { NativeSelect } from "@mantine/core";

import type { Role } from "@/api/types";
import { ROLES } from "@/lib/roles";

interface RoleChoiceProps {
  value: Role;
  onChange: (role: Role) => void;
}

/** A role, with what it may do said below. */
export function RoleChoice({ value, onChange }: RoleChoiceProps) {
  return (
    <NativeSelect
      label="Role"
      description={ROLES.find((role) => role.value === value)?.may}
      inputWrapperOrder={["label", "input", "description", "error"]}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value as Role)}
      data={ROLES.map((role) => ({ value: role.value, label: role.label }))}
    />
  );
}
