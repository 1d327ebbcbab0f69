import { Anchor, Container, Stack, Text, Title } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";

import { Page } from "@/ui/Page";
import { Trouble } from "@/ui/Trouble";

/** The page failed. Says so, and offers to try again without losing the address. */
export function Crash({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Container component="main" size="sm" py="xl">
      <Title order={1} size="h2" mb="md">
        This page could not be shown
      </Title>
      <Trouble
        title="What happened"
        error={error instanceof Error ? error : new Error(String(error))}
        onRetry={() => void router.invalidate()}
      />
    </Container>
  );
}

export function NotFound() {
  return (
    <Page title="There is no such page">
      <Stack align="flex-start">
        <Text>The address may be mistyped, or what it showed is gone.</Text>
        <Anchor component={Link} to="/">
          Go to the overview
        </Anchor>
      </Stack>
    </Page>
  );
}
