import { Button } from "@mantine/core";
import { useState } from "react";

import type { Release } from "@/api/types";
import { useWithdrawRelease } from "@/api/updates";
import { dateTime } from "@/lib/time";
import { formatBytes } from "@/lib/units";
import { Confirm } from "@/ui/Confirm";
import { FormTrouble } from "@/ui/FormTrouble";
import { LinkButton } from "@/ui/LinkButton";
import { Row } from "@/ui/Rows";
import { Tag } from "@/ui/Tag";
import { useToast } from "@/ui/toasts";

import { EditRelease } from "./EditRelease";
import classes from "./ReleaseRow.module.css";

export function ReleaseRow({ release }: { release: Release }) {
  const { version, boards, channel, kind, notes, unusable } = release;
  const [asking, setAsking] = useState(false);
  const [editing, setEditing] = useState(false);
  const withdraw = useWithdrawRelease();
  const toast = useToast();
  return (
    <Row
      title={
        <>
          {version}
          <Tag>{channel}</Tag>
          {boards.map((board) => (
            <Tag key={board}>{board}</Tag>
          ))}
          {unusable !== null && <span className={classes.revoked}>{unusableTag(release)}</span>}
        </>
      }
      note={
        <>
          {notes !== "" && <p className={classes.notes}>{notes}</p>}
          <div>
            {kind === "bundle" ? "Bundle" : `Vendor image (${release.files[0]?.path ?? "firmware.bin"})`},{" "}
            {formatBytes(release.size)} · {signature(release)}
          </div>
          <div>
            Added {dateTime(release.added_at)} by {release.added_by}
            {release.min_loader > 1 && ` · needs loader ${release.min_loader} or newer`}
          </div>
          {unusable !== null && <div className={classes.why}>No device gets it: {unusable}.</div>}
        </>
      }
      actions={
        <>
          {unusable === null && (
            <LinkButton
              to="/updates/rollouts/new"
              search={{ release: release.id }}
              aria-label={`Roll out ${version}`}
            >
              Roll out
            </LinkButton>
          )}
          <Button variant="default" aria-label={`Change ${version}`} onClick={() => setEditing(true)}>
            Change
          </Button>
          {release.withdrawn_at === null && (
            <Button variant="default" aria-label={`Withdraw ${version}`} onClick={() => setAsking(true)}>
              Withdraw
            </Button>
          )}
          {editing && <EditRelease release={release} onClose={() => setEditing(false)} />}
          <Confirm
            opened={asking}
            onClose={() => setAsking(false)}
            onConfirm={() =>
              withdraw.mutate(release.id, {
                onSuccess: () => toast({ text: `Version ${version} is withdrawn.` }),
              })
            }
            title={`Withdraw ${version}?`}
            verb="Withdraw release"
            busy={withdraw.isPending}
            dangerous
          >
            No device gets it any more, and rollouts of it stop. Devices that run it go on running it.
            <FormTrouble error={withdraw.error} />
          </Confirm>
        </>
      }
    />
  );
}

const unusableTag = ({ withdrawn_at }: Release): string =>
  withdrawn_at === null ? "Key revoked" : "Withdrawn";

function signature({ kind, key_id, signed_by }: Release): string {
  if (kind === "image") return "not signed";
  return `signed by ${signed_by ?? "a key that is not known any more"} (${key_id ?? ""})`;
}
