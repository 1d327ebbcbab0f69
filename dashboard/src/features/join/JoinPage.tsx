import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { type SubmitEvent, useEffect, useState } from "react";

import { useAcceptInvitation } from "@/api/account";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { Door } from "@/ui/Door";
import { FormTrouble } from "@/ui/FormTrouble";
import { NewPassword } from "@/ui/NewPassword";

import { tokenIn } from "./token";

/** Where an invitation link leads: choose a name and a password, and be in. */
export function JoinPage() {
  const navigate = useNavigate();
  const [token] = useState(() => tokenIn(location.hash));
  useEffect(() => {
    // The token must not stay in the address bar, where it would reach the history and screenshots.
    if (location.hash !== "") void navigate({ to: "/join", hash: "", replace: true });
  }, [navigate]);
  return <Door title="You are invited">{token === "" ? <NoToken /> : <JoinForm token={token} />}</Door>;
}

function NoToken() {
  return (
    <Stack>
      <Text>
        The invitation is missing from the address. Open the link again exactly as it was sent to you; it is
        long and ends in a row of letters and digits after a #.
      </Text>
      <Anchor component={Link} to="/login">
        I have an account already
      </Anchor>
    </Stack>
  );
}

function JoinForm({ token }: { token: string }) {
  const [password, setPassword] = useState("");
  const accept = useAcceptInvitation();
  const navigate = useNavigate();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const username = (new FormData(event.currentTarget).get("username") as string).trim();
    accept.mutate({ token, username, password }, { onSuccess: () => void navigate({ to: "/" }) });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          Choose how you will log in. Nobody else learns your password.
        </Text>
        <TextInput
          label="User name"
          name="username"
          description="Letters, digits and . _ @ + -"
          maxLength={64}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
        />
        <NewPassword value={password} onChange={setPassword} />
        <FormTrouble error={accept.error} />
        <Button type="submit" loading={accept.isPending} disabled={password.length < SHORTEST_PASSWORD}>
          Join
        </Button>
      </Stack>
    </form>
  );
}
