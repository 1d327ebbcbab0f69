import { Alert } from "@mantine/core";

/** Why a form was not accepted, in the server's words. */
export function FormTrouble({ error }: { error: Error | null }) {
  if (error === null) return null;
  const [first = "", ...rest] = error.message;
  return (
    <Alert color="red" role="alert">
      {first.toUpperCase() + rest.join("")}
    </Alert>
  );
}
