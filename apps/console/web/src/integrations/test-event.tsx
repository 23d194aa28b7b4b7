import { Alert, Button, Code, Stack, Text } from '@mantine/core';
import { IconCheck, IconSend, IconX } from '@tabler/icons-react';
import type { TestEventResult } from '../../../src/integrations/test-event-view';
import { duration } from '../shared/duration';
import { JsonView } from '../shared/json-view';
import { Problem } from '../shared/problem';
import { useTestEvent } from './queries';

/** Sends a test event with the settings as they stand, and shows what Statsig itself says. */
export function TestEvent({ draft, isReady }: { draft: () => unknown; isReady: boolean }) {
  const test = useTestEvent();
  return (
    <Stack gap="xs" align="flex-start">
      <Button
        variant="default"
        leftSection={<IconSend size={16} aria-hidden />}
        disabled={!isReady}
        loading={test.isPending}
        onClick={() => {
          test.mutate(draft());
        }}
      >
        Send a test event
      </Button>
      {test.isError && <Problem error={test.error} />}
      {test.data !== undefined && <Answer result={test.data} />}
    </Stack>
  );
}

function Answer({ result }: { result: TestEventResult }) {
  const isTaken = result.verdict === 'accepted';
  return (
    <Alert
      role="status"
      w="100%"
      variant="outline"
      color={isTaken ? 'green' : 'red'}
      icon={isTaken ? <IconCheck aria-hidden /> : <IconX aria-hidden />}
      title={
        result.status === null
          ? 'No answer'
          : `Statsig answered ${result.status} in ${duration(result.latencyMs)}`
      }
    >
      <Stack gap="xs">
        <Text size="sm">{result.meaning}</Text>
        <Code block>{result.answer}</Code>
        <details>
          <summary>What was sent</summary>
          <JsonView label="test event" text={result.sent} />
        </details>
      </Stack>
    </Alert>
  );
}
