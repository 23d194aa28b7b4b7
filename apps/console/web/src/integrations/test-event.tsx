import { Alert, Button, Code, Stack, Text } from '@mantine/core';
import { IconCheck, IconSend, IconX } from '@tabler/icons-react';
import type { TestEventResult } from '../../../api/integrations';
import { duration } from '../shared/duration';
import { JsonView } from '../shared/json-view';
import { ErrorAlert } from '../shared/error-alert';
import { useTestEvent } from './queries';

/** Sends a test event with the current values of the form, and shows Statsig's response. Undefined: the form is not complete. */
export function TestEvent({ request }: { request: object | undefined }) {
  const test = useTestEvent();
  return (
    <Stack gap="xs" align="flex-start">
      <Button
        variant="default"
        leftSection={<IconSend size={16} aria-hidden />}
        disabled={request === undefined}
        loading={test.isPending}
        onClick={() => {
          test.mutate(request);
        }}
      >
        Send a test event
      </Button>
      {test.isError && <ErrorAlert error={test.error} />}
      {test.data !== undefined && <TestResult result={test.data} />}
    </Stack>
  );
}

function TestResult({ result }: { result: TestEventResult }) {
  const isAccepted = result.verdict === 'accepted';
  return (
    <Alert
      role="status"
      w="100%"
      variant="outline"
      color={isAccepted ? 'green' : 'red'}
      icon={isAccepted ? <IconCheck aria-hidden /> : <IconX aria-hidden />}
      title={
        result.status === null
          ? 'No response'
          : `Statsig responded with ${result.status} in ${duration(result.latencyMs)}`
      }
    >
      <Stack gap="xs">
        <Text size="sm">{result.meaning}</Text>
        {result.whereToFind !== null && <Text size="sm">{result.whereToFind}</Text>}
        <Code block>{result.response}</Code>
        <details>
          <summary>Request body</summary>
          <JsonView label="test event" text={result.sent} />
        </details>
      </Stack>
    </Alert>
  );
}
