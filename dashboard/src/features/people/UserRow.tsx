import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";

import { useChangeUser, useDeleteUser } from "@/api/people";
import { useMe } from "@/api/session";
import type { Role, User } from "@/api/types";
import { roleLabel, ROLES } from "@/lib/roles";
import { Confirm } from "@/ui/Confirm";
import { FormTrouble } from "@/ui/FormTrouble";
import { Row } from "@/ui/Rows";
import { Tag } from "@/ui/Tag";
import { useToast } from "@/ui/toasts";

import { ResetPassword } from "./ResetPassword";

export function UserRow({ user }: { user: User }) {
  const isMe = useMe()?.id === user.id;
  const [asking, setAsking] = useState<"delete" | "demote" | null>(null);
  const [wanted, setWanted] = useState<Role>(user.role);
  const change = useChangeUser();
  const remove = useDeleteUser();
  const toast = useToast();
  const close = () => {
    setAsking(null);
    change.reset();
    remove.reset();
  };
  const setRole = (role: Role) =>
    change.mutate(
      { id: user.id, role },
      {
        onSuccess: () => {
          setAsking(null);
          toast({
            text: `${user.username} is ${roleLabel(role).toLowerCase()} now.`,
            ...(isMe ? {} : { onUndo: () => change.mutate({ id: user.id, role: user.role }) }),
          });
        },
      },
    );
  const choose = (role: Role) => {
    setWanted(role);
    // Taking one's own rights away cannot be undone by oneself.
    if (isMe && role !== "admin") setAsking("demote");
    else setRole(role);
  };
  return (
    <Row
      title={
        <>
          {user.username} {isMe && <Tag>you</Tag>}
        </>
      }
      note={change.error && asking === null ? <FormTrouble error={change.error} /> : undefined}
      actions={
        <>
          <NativeSelect
            aria-label={`Role of ${user.username}`}
            value={user.role}
            onChange={(event) => choose(event.currentTarget.value as Role)}
            disabled={change.isPending}
            data={ROLES.map(({ value, label }) => ({ value, label }))}
            w={130}
          />
          {!isMe && <ResetPassword user={user} />}
          <Button
            variant="default"
            c="var(--mantine-color-error)"
            aria-label={`Delete ${user.username}`}
            onClick={() => setAsking("delete")}
          >
            Delete
          </Button>
          <Confirm
            opened={asking === "delete"}
            onClose={close}
            onConfirm={() =>
              remove.mutate(user.id, {
                onSuccess: () => toast({ text: `${user.username} can no longer log in.` }),
              })
            }
            title={`Delete ${user.username}?`}
            verb="Delete user"
            busy={remove.isPending}
            dangerous
          >
            {isMe ? "You are logged out at once and cannot come back." : "They are logged out at once."}{" "}
            Devices and their data stay. This cannot be undone.
            <FormTrouble error={remove.error} />
          </Confirm>
          <Confirm
            opened={asking === "demote"}
            onClose={close}
            onConfirm={() => setRole(wanted)}
            title="Give up your own admin role?"
            verb={`Become ${roleLabel(wanted).toLowerCase()}`}
            busy={change.isPending}
            dangerous
          >
            You lose access to this page at once. Only another admin can give the role back to you.
            <FormTrouble error={change.error} />
          </Confirm>
        </>
      }
    />
  );
}
