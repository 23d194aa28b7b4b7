import { Badge, Code, Group, List, Paper, Stack, Table, Text } from '@mantine/core';
import type { PreviewedDelivery, PreviewedOutcome } from '../../../api/preview';
import { deliveryFacts, sideWords, trimmingText } from '../../../api/preview-words';
import { FilterRule } from '../shared/filter-rule';
import { JsonView } from '../shared/json-view';
import { OutcomeBadge } from '../shared/outcome-badge';
import { ReasonHint } from '../shared/reason-hint';

/** What an event, or one side of a transfer, becomes with one of the settings. */
export function OutcomeCard({
  outcome,
  other,
  label,
}: {
  outcome: PreviewedOutcome;
  /** What it becomes with the other settings; differences to it are marked. */
  other: PreviewedOutcome | undefined;
  /** Which settings these are. */
  label: string;
}) {
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        {outcome.side !== null && <Text fw={600}>{sideWords[outcome.side]}</Text>}
        {outcome.kind === 'delivery' ? (
          <Delivery delivery={outcome} other={other} label={label} />
        ) : (
          <>
            <Group gap="xs">
              <OutcomeBadge outcome={outcome.kind === 'filtered' ? 'filtered' : 'dead_lettered'} />
              <Code>{outcome.reason}</Code>
              {other !== undefined && !isSameOmission(outcome, other) && <Changed />}
            </Group>
            {outcome.kind === 'filtered' && (
              <Text size="sm">
                Filtered out by <FilterRule reason={outcome.reason} rule={outcome.rule} />
              </Text>
            )}
            <Text size="sm">{outcome.detail}</Text>
            <ReasonHint explanation={outcome.explanation} />
          </>
        )}
      </Stack>
    </Paper>
  );
}

function isSameOmission(a: Exclude<PreviewedOutcome, PreviewedDelivery>, b: PreviewedOutcome): boolean {
  return b.kind !== 'delivery' && a.kind === b.kind && a.reason === b.reason && a.rule === b.rule;
}

function Delivery({
  delivery,
  other,
  label,
}: {
  delivery: PreviewedDelivery;
  other: PreviewedOutcome | undefined;
  label: string;
}) {
  const { request, trimmed } = delivery;
  const facts = deliveryFacts(delivery);
  const otherFacts = other?.kind === 'delivery' ? deliveryFacts(other) : undefined;
  return (
    <>
      <Table aria-label={`Sent to Statsig ${label}`} withRowBorders={false} verticalSpacing={4}>
        <Table.Tbody>
          {Object.entries(facts).map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{name}</Table.Th>
              <Table.Td>
                <Group gap="xs">
                  <Text size="sm" className="mono">
                    {value}
                  </Text>
                  {other !== undefined && otherFacts?.[name] !== value && <Changed />}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {trimmed.length === 0 ? (
        <Text size="sm">Nothing is trimmed.</Text>
      ) : (
        <List size="sm" aria-label={`Trimmed ${label}`}>
          {trimmed.map((one) => (
            <List.Item key={trimmingText(one)}>{trimmingText(one)}</List.Item>
          ))}
        </List>
      )}
      <JsonView label={`request body ${label}`} text={request.body} />
      <details>
        <summary>Headers, without the server secret</summary>
        <Code block>
          {Object.entries(request.headers)
            .map(([name, value]) => `${name}: ${value}`)
            .join('\n')}
        </Code>
      </details>
    </>
  );
}

/** The colour repeats what the label says. */
function Changed() {
  return (
    <Badge color="orange" variant="dot" tt="none">
      changed
    </Badge>
  );
}
