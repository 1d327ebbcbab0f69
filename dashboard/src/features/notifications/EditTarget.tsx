import { useState } from "react";

import { useChangeTarget } from "@/api/notifications";
import type { Target, TargetKinds } from "@/api/types";
import { Dialog } from "@/ui/Dialog";

import { draftOf, newSecret, targetPatch } from "./draft";
import { SecretLine } from "./SecretLine";
import { TargetForm } from "./TargetForm";

interface EditTargetProps {
  target: Target;
  kinds: TargetKinds;
  zone: string;
  onClose: () => void;
}

export function EditTarget({ target, kinds, zone, onClose }: EditTargetProps) {
  const change = useChangeTarget();
  const [secret, setSecret] = useState<string | null>(null);
  const made = change.isSuccess ? secret : null;
  return (
    <Dialog opened onClose={onClose} title={target.name} keep>
      {made !== null ? (
        <SecretLine secret={made} onDone={onClose} />
      ) : (
        <TargetForm
          initial={draftOf(target, kinds)}
          kinds={kinds}
          kept={target.secrets_set}
          zone={zone}
          busy={change.isPending}
          error={change.error}
          onSubmit={(draft) => {
            const fresh = draft.sign ? newSecret() : null;
            setSecret(fresh);
            change.mutate(
              { id: target.id, change: targetPatch(draft, kinds, fresh) },
              fresh === null ? { onSuccess: onClose } : {},
            );
          }}
        />
      )}
    </Dialog>
  );
}
