import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useRouter, useSearch } from "@tanstack/react-router";
import type { SubmitEvent } from "react";

import { useLogin } from "@/api/session";
import { Door } from "@/ui/Door";

import { LoginTrouble } from "./LoginTrouble";

/** A path of this dashboard, never another host's address. */
const isOwnPath = (next: string | undefined): next is string =>
  next !== undefined && /^\/(?![/\\])/.test(next);

export function LoginPage() {
  const router = useRouter();
  const { next } = useSearch({ strict: false });
  const login = useLogin();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    login.mutate(
      { username: form.get("username") as string, password: form.get("password") as string },
      { onSuccess: () => router.history.push(isOwnPath(next) ? next : "/") },
    );
  };
  return (
    <Door title="Log in">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="User name"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            required
            autoFocus
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            visibilityToggleButtonProps={{ "aria-label": "Show or hide the password", tabIndex: 0 }}
          />
          {login.error && <LoginTrouble key={login.submittedAt} error={login.error} />}
          <Button type="submit" loading={login.isPending} fullWidth>
            Log in
          </Button>
        </Stack>
      </form>
    </Door>
  );
}
