import { Alert, Progress, Text } from '@mantine/core';
import { count } from '../shared/duration';
import { useRedrives } from './queries';

const titles = { running: 'Redriving…', finished: 'Redriven', failed: 'Redrive failed' };

/** Progress of the latest redrive. */
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
        {count.format(done)} of {count.format(total)} sent again.
        {state === 'finished' && ' An event that fails again is listed here again.'}
        {failure !== null && ` ${failure}`}
        {state === 'failed' && ' The rest was not sent: redrive again.'}
      </Text>
    </Alert>
  );
}
