import { Alert, Button, Select, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import type { SetupAnswers } from "@/api/types";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { localZone, zones } from "@/lib/zones";
import { NewPassword } from "@/ui/NewPassword";

import { tokenOf } from "./token";

interface SetupFormProps {
  /** The token that came with the link; "" asks for it. */
  linkedToken: string;
  busy: boolean;
  error: Error | null;
  onSubmit: (answers: SetupAnswers) => void;
}

export function SetupForm({ linkedToken, busy, error, onSubmit }: SetupFormProps) {
  const [password, setPassword] = useState("");
  const [zone, setZone] = useState(localZone);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const said = (name: string) => (form.get(name) as string).trim();
    onSubmit({
      token: linkedToken || tokenOf(said("token")),
      username: said("username"),
      password,
      site_name: said("site_name"),
      zone,
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {linkedToken === "" && (
          <TextInput
            label="Set-up link or token"
            name="token"
            autoComplete="off"
            spellCheck={false}
            required
          />
        )}
        <TextInput
          label="User name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <NewPassword value={password} onChange={setPassword} />
        <TextInput label="Name of this site" name="site_name" defaultValue="Home" required />
        <Select
          label="Time zone"
          description="Days, weeks and months of your data follow it"
          data={zones()}
          value={zone}
          onChange={(chosen) => chosen && setZone(chosen)}
          searchable
          allowDeselect={false}
          nothingFoundMessage="No such zone"
          limit={50}
          required
        />
        {error && (
          <Alert color="red" role="alert">
            {error.message}
          </Alert>
        )}
        <Button type="submit" loading={busy} disabled={password.length < SHORTEST_PASSWORD}>
          Create the administrator and start
        </Button>
      </Stack>
    </form>
  );
}
