import { PasswordInput } from "@mantine/core";

import { SHORTEST_PASSWORD } from "@/lib/password";

import { PasswordStrength } from "./PasswordStrength";

interface NewPasswordProps {
  label?: string;
  value: string;
  onChange: (password: string) => void;
}

/** A password that is being chosen, with a hint at how hard it is to guess. */
export function NewPassword({ label = "Password", value, onChange }: NewPasswordProps) {
  return (
    <div>
      <PasswordInput
        label={label}
        description={`At least ${SHORTEST_PASSWORD} characters`}
        autoComplete="new-password"
        minLength={SHORTEST_PASSWORD}
        maxLength={256}
        required
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": "Show or hide the password", tabIndex: 0 }}
      />
      <PasswordStrength password={value} />
    </div>
  );
}
