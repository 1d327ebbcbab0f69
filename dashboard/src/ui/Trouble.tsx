import { Alert, Button } from "@mantine/core";

import { Icon } from "./Icon";

interface TroubleProps {
  title: string;
  error: Error;
  onRetry?: () => void;
}

/** What went wrong, in the server's words, and a way to try again. */
export function Trouble({ title, error, onRetry }: TroubleProps) {
  return (
    <Alert color="red" title={title} icon={<Icon name="alert" />} role="alert">
      {error.message}
      {onRetry && (
        <Button variant="default" size="xs" mt="sm" display="block" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
