import { Button, PasswordInput, Stack } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useChangePassword } from "@/api/account";
import { useMe } from "@/api/session";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { FormTrouble } from "@/ui/FormTrouble";
import { NewPassword } from "@/ui/NewPassword";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

const WIDTH_PX = 380;

export function PasswordForm() {
  const [old, setOld] = useState("");
  const [chosen, setChosen] = useState("");
  const me = useMe();
  const change = useChangePassword();
  const toast = useToast();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(
      { old, new: chosen },
      {
        onSuccess: () => {
          setOld("");
          setChosen("");
          toast({ text: "The password is changed. Your other sessions have ended." });
        },
      },
    );
  };
  return (
    <Section title="Change password" hint="All your other sessions end when the password changes.">
      <form onSubmit={submit}>
        <Stack maw={WIDTH_PX}>
          {/* Password managers need to know whose password this is. */}
          <input type="text" autoComplete="username" value={me?.username ?? ""} readOnly hidden />
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            required
            value={old}
            onChange={(event) => setOld(event.currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": "Show or hide the present password", tabIndex: 0 }}
          />
          <NewPassword label="New password" value={chosen} onChange={setChosen} />
          <FormTrouble error={change.error} />
          <Button
            type="submit"
            variant="default"
            loading={change.isPending}
            disabled={old === "" || chosen.length < SHORTEST_PASSWORD}
            style={{ alignSelf: "flex-start" }}
          >
            Change password
          </Button>
        </Stack>
      </form>
    </Section>
  );
}
