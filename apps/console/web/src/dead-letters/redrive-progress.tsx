import { Alert, Progress, Text } from '@mantine/core';
import { count } from '../shared/duration';
import { useRedrives } from './queries';

const titles = { running: 'Redriving…', finished: 'Redriven', failed: 'The redrive stopped' };

/** How far the latest redrive is. */
export function RedriveProgress() {
  const { data } = useRedrives();
  const [latest] = data ?? [];
  if (latest === undefined) return null;
  const { done, excluded, total, state, failure } = latest;
  return (
    <Alert
      role="status"
      variant="outline"
      color={state === 'failed' || excluded > 0 ? 'red' : 'blue'}
      title={titles[state]}
    >
      <Progress value={total === 0 ? 100 : (100 * (done + excluded)) / total} aria-label="Progress" mb="xs" />
      <Text size="sm">
        {count.format(done)} of {count.format(total)} on their way again.
        {state === 'finished' && ' One that fails again comes back here.'}
        {failure !== null && ` ${failure}`}
        {state === 'failed' && ' The rest is as it was: redrive again.'}
      </Text>
    </Alert>
  );
}
