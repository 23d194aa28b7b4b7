import { Alert, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Overview } from '../../../api/overview';
import { count } from '../shared/duration';
import { Moment } from '../shared/moment';

/** Records that the console could not store. They are delivered, but not shown. */
export function SkippedRecords({ skipped }: { skipped: Overview['skippedRecords'] }) {
  if (skipped.length === 0) return null;
  return (
    <Alert
      variant="outline"
      color="orange"
      title="Some records are not shown"
      icon={<IconAlertTriangle aria-hidden />}
    >
      <Text size="sm">
        The console could not store them. Their delivery is not affected. Please report this with the details
        below.
      </Text>
      <List size="sm" mt="xs">
        {skipped.map(({ topic, count: records, partition, offset, atMs, error }) => (
          <List.Item key={topic}>
            {count.format(records)} of {topic}, last <Moment atMs={atMs} /> at {partition}/{offset}: {error}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
