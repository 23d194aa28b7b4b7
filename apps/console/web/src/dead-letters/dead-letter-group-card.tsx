import { Anchor, Button, Card, Group, List, Text, Title } from '@mantine/core';
import type { DeadLetterGroup } from '../../../api/dead-letters';
import { count } from '../shared/duration';
import { QueryResult } from '../shared/query-result';
import { Moment } from '../shared/moment';
import { ReasonHint } from '../shared/reason-hint';
import { ShowOlder } from '../shared/show-older';
import { useUrlState } from '../shared/use-url-state';
import { type GroupName, type Selection, useDeadLettersOf } from './queries';

/** Dead letters with one reason; when expanded, lists them page by page, newest first. */
export function DeadLetterGroupCard({
  group,
  onRedrive,
  onOpen,
}: {
  group: DeadLetterGroup;
  onRedrive: (selection: Selection) => void;
  onOpen: (id: number) => void;
}) {
  const [params, change] = useUrlState();
  const { source, stage, reason, redrivable, firstAtMs, lastAtMs } = group;
  const name = `${source}/${stage}/${reason}`;
  const isOpen = params.get('group') === name;
  return (
    <Card withBorder component="section" aria-label={reason}>
      <Group justify="space-between">
        <div>
          <Title order={2} size="h4">
            {reason} ({count.format(group.count)})
          </Title>
          <Text size="sm" c="dimmed">
            From the {stage}, <Moment atMs={firstAtMs} /> to <Moment atMs={lastAtMs} />
          </Text>
        </div>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            aria-expanded={isOpen}
            onClick={() => {
              change({ group: isOpen ? undefined : name });
            }}
          >
            {isOpen ? 'Hide' : 'Show'}
          </Button>
          {redrivable > 0 ? (
            <Button
              size="xs"
              onClick={() => {
                onRedrive({ source, stage, reason });
              }}
            >
              Redrive {count.format(redrivable)}
            </Button>
          ) : (
            <Text size="sm">Not a valid event; cannot be redriven</Text>
          )}
        </Group>
      </Group>
      <ReasonHint explanation={group.explanation} />
      {isOpen && <DeadLetterList group={group} onOpen={onOpen} />}
    </Card>
  );
}

function DeadLetterList({ group, onOpen }: { group: GroupName; onOpen: (id: number) => void }) {
  const deadLetters = useDeadLettersOf(group);
  return (
    <>
      <QueryResult query={deadLetters}>
        {({ pages }) => (
          <List listStyleType="none" spacing="xs" mt="sm">
            {pages
              .flatMap(({ deadLetters }) => deadLetters)
              .map(({ id, atMs, eventId, detail }) => (
                <List.Item key={id}>
                  <Anchor
                    component="button"
                    type="button"
                    size="sm"
                    underline="always"
                    className="mono"
                    onClick={() => {
                      onOpen(id);
                    }}
                  >
                    {eventId ?? `no event id (${id})`}
                  </Anchor>{' '}
                  <Text size="sm" component="span" c="dimmed">
                    <Moment atMs={atMs} /> · {detail.slice(0, 160)}
                  </Text>
                </List.Item>
              ))}
          </List>
        )}
      </QueryResult>
      <ShowOlder pages={deadLetters} what="dead letters" mt="sm" />
    </>
  );
}
