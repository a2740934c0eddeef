import { Alert, Button, Skeleton, Stack, Text } from '@mantine/core';
import { Component, type ReactNode, Suspense } from 'react';

/** Keeps `height` free until a part of the console that was not fetched yet is there. */
export function Arriving({ height, children }: { height: number; children: ReactNode }) {
  return (
    <LoadFailure>
      <Suspense fallback={<Skeleton height={height} aria-label="Loading" />}>{children}</Suspense>
    </LoadFailure>
  );
}

/** Says so where a part could not be fetched: the server is away, or has a newer console by now. */
class LoadFailure extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(error: unknown): { failed: boolean } {
    // Only what browsers throw for a module that does not come; any other error is a defect and is not hidden.
    if (error instanceof Error && /module|import|preload/i.test(error.message)) return { failed: true };
    throw error;
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Alert color="orange" title="This part of the console could not be loaded" role="alert">
        <Stack gap="xs" align="flex-start">
          <Text size="sm">
            The server does not answer, or it was updated since this page was opened. Nothing is lost by
            loading it again.
          </Text>
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            Load again
          </Button>
        </Stack>
      </Alert>
    );
  }
}
