import { Group, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

import classes from "./Section.module.css";

interface SectionProps {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  tone?: "plain" | "notice";
  children: ReactNode;
}

/** A card with a heading that names it for everyone, seen or heard. */
export function Section({ title, hint, actions, tone = "plain", children }: SectionProps) {
  const heading = useId();
  return (
    <section aria-labelledby={heading} className={classes.section} data-tone={tone}>
      <Group justify="space-between" align="flex-start" gap="xs" mb="sm">
        <Title order={2} size="h4" id={heading}>
          {title}
        </Title>
        {actions}
      </Group>
      {hint !== undefined && (
        <Text size="sm" c="dimmed" mb="md" maw="70ch">
          {hint}
        </Text>
      )}
      {children}
    </section>
  );
}
