import { Anchor, Text, Timeline } from '@mantine/core';
import { Link } from 'react-router';
import type { Attempt, EventDetail } from '../../../api/events';
import { identityWords } from '../../../api/preview-words';
import { duration } from '../shared/duration';
import { FilterRule } from '../shared/filter-rule';
import { Moment } from '../shared/moment';

const colors: Record<Attempt['outcome'], string> = {
  delivered: 'green',
  duplicate: 'teal',
  filtered: 'blue',
  retrying: 'orange',
  dead_lettered: 'red',
};

/** The attempts of an event, with their times and Statsig's responses. */
export function Attempts({ event }: { event: EventDetail }) {
  if (event.attemptLog.length === 0) {
    return (
      <Text size="sm">
        No attempt yet: the event waits in Kafka. Check that its project has an integration, and that it is
        not paused.
      </Text>
    );
  }
  return (
    <>
      <Timeline active={event.attemptLog.length} bulletSize={16} lineWidth={2}>
        {event.attemptLog.map((attempt) => (
          <Timeline.Item
            key={`${attempt.deliveryId} ${attempt.atMs} ${attempt.outcome} ${attempt.attempt}`}
            color={colors[attempt.outcome]}
            title={titleOf(attempt)}
          >
            <AttemptFacts attempt={attempt} isOnly={event.deliveries.length < 2} />
          </Timeline.Item>
        ))}
      </Timeline>
      {event.deadLetterIds.map((id) => (
        <Anchor key={id} component={Link} to={`/dead-letters?letter=${id}`} size="sm" underline="always">
          Open the dead letter
        </Anchor>
      ))}
    </>
  );
}

function AttemptFacts({ attempt, isOnly }: { attempt: Attempt; isOnly: boolean }) {
  const { deliveryId, atMs, outcome, reason, rule, detail, explanation } = attempt;
  const { status, latencyMs, sinceReceivedMs, nextAttemptAtMs } = attempt;
  return (
    <Text size="sm" component="div">
      <div>
        <Moment atMs={atMs} />
        {status !== null && ` · status ${status}`}
        {latencyMs !== null && ` in ${duration(latencyMs)}`}
        {sinceReceivedMs !== null && ` · ${duration(sinceReceivedMs)} after arrival`}
      </div>
      {!isOnly && <div className="mono">{deliveryId}</div>}
      {outcome === 'filtered' && reason !== null && (
        <div>
          Filtered out by <FilterRule reason={reason} rule={rule} />
        </div>
      )}
      {detail !== null && <div>{detail}</div>}
      {explanation !== null && <div>What to do: {explanation.remedy}</div>}
      {attempt.previousAmbiguous && (
        <div>An earlier response was lost, so Statsig may have the event twice.</div>
      )}
      {attempt.enrichment !== null && (
        <div>The lookup of this customer in RevenueCat did not finish in time.</div>
      )}
      {attempt.identity !== null && <div>User in Statsig: {identityWords[attempt.identity]}</div>}
      {nextAttemptAtMs !== null && (
        <div>
          Next attempt <Moment atMs={nextAttemptAtMs} />
        </div>
      )}
    </Text>
  );
}

function titleOf({ outcome, attempt, reason }: Attempt): string {
  switch (outcome) {
    case 'delivered':
      return `Attempt ${attempt}: delivered`;
    case 'duplicate':
      return reason === 'maybe_delivered'
        ? 'Duplicate: Statsig may already have it'
        : 'Duplicate: Statsig already has it';
    case 'filtered':
      return `Filtered: ${reason ?? ''}`;
    case 'retrying':
      return `Attempt ${attempt} failed: ${reason ?? ''}`;
    case 'dead_lettered':
      return `Dead letter: ${reason ?? ''}`;
  }
}
