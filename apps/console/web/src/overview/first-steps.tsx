import { Alert, Button, Group } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { Link } from 'react-router';

export function FirstSteps() {
  return (
    <Alert variant="outline" title="Nothing is sent to Statsig yet" icon={<IconPlugConnected aria-hidden />}>
      Add an integration. Until then, received events wait in Kafka, in order.
      <Group mt="sm">
        <Button component={Link} to="/integrations/new" size="xs">
          Add integration
        </Button>
      </Group>
    </Alert>
  );
}
