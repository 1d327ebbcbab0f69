import { Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { useSetup } from "@/api/session";
import { Door } from "@/ui/Door";

import { SetupForm } from "./SetupForm";
import { tokenOf } from "./token";
import { WhereIsTheLink } from "./WhereIsTheLink";

/** First visit to a new server: who it belongs to and which clock its days follow. */
export function SetupPage() {
  const navigate = useNavigate();
  const setup = useSetup();
  const [linked] = useState(() => tokenOf(location.hash));
  useEffect(() => {
    // The token must not stay in the address bar, where it would reach the history and screenshots.
    if (location.hash !== "") void navigate({ to: "/setup", hash: "", replace: true });
  }, [navigate]);
  return (
    <Door title="Welcome. Let us set this up" wide>
      <Text size="sm" c="dimmed" mb="lg">
        This server has no users yet. You become its administrator.
      </Text>
      {linked === "" && <WhereIsTheLink />}
      <SetupForm
        linkedToken={linked}
        busy={setup.isPending}
        error={setup.error}
        onSubmit={(answers) => setup.mutate(answers, { onSuccess: () => void navigate({ to: "/" }) })}
      />
    </Door>
  );
}
