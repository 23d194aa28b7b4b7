import { Table, Text } from '@mantine/core';
import type { AuditRecord } from '../../../api/audit';
import { JsonView } from '../shared/json-view';
import { Moment } from '../shared/moment';
import { actionWords } from './action-words';

/** Audit records, newest first. */
export function AuditTable({ records }: { records: readonly AuditRecord[] }) {
  return (
    <Table.ScrollContainer
      minWidth={760}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': 'Audit records' } }}
    >
      <Table aria-label="Audit records" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th>User</Table.Th>
            <Table.Th>Action</Table.Th>
            <Table.Th>Target</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th>Detail</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {records.map((record) => (
            <Row key={record.id} record={record} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({ record }: { record: AuditRecord }) {
  const { atMs, who, from, action, target, detail, failure } = record;
  return (
    <Table.Tr data-action={action}>
      <Table.Td>
        <Moment atMs={atMs} />
      </Table.Td>
      <Table.Td>
        <Text size="sm">{who}</Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm">{actionWords(action)}</Text>
        {failure !== null && <Text size="xs">Failed: {failure}</Text>}
      </Table.Td>
      <Table.Td>
        <Text size="sm" className="mono">
          {target}
        </Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm" className="mono">
          {from}
        </Text>
      </Table.Td>
      <Table.Td>
        {detail !== null && (
          <details>
            <summary>Show</summary>
            <JsonView label="detail" text={JSON.stringify(detail)} />
          </details>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
