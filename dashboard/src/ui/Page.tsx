import { Group, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

interface PageProps {
  title: string;
  /** Stands before the heading, e.g. a way back. */
  before?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** One page: its heading, its actions, the browser tab's title. */
export function Page({ title, before, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Ohmstead`;
  }, [title]);
  return (
    <>
      {before}
      <Group justify="space-between" align="center" mb="lg" gap="sm">
        <Title order={1} size="h2" className="page-title">
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </>
  );
}
