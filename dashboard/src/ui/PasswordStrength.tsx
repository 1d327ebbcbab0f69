import { Text } from "@mantine/core";

import { strengthOf } from "@/lib/password";

import classes from "./PasswordStrength.module.css";

const STEPS = [1, 2, 3, 4];

export function PasswordStrength({ password }: { password: string }) {
  const { level, hint } = strengthOf(password);
  return (
    <div aria-live="polite">
      {password !== "" && (
        <>
          <div className={classes.steps} aria-hidden="true">
            {STEPS.map((step) => (
              <span key={step} data-reached={step <= level} />
            ))}
          </div>
          <Text size="xs" c="dimmed">
            {hint}
          </Text>
        </>
      )}
    </div>
  );
}
