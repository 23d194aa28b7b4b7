import { Card, Table, Text, Title } from '@mantine/core';
import type { CustomerView } from '../../../api/customers';
import { Moment } from '../shared/moment';
import { OriginLabel } from './origin-label';

export function Attributes({ customer: { attributes } }: { customer: CustomerView }) {
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="xs">
        Attributes
      </Title>
      {attributes.length === 0 ? (
        <Text size="sm" c="dimmed">
          No event has had attributes yet. Apps set them with RevenueCat's SDK.
        </Text>
      ) : (
        <Table.ScrollContainer
          minWidth={380}
          scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': 'Attributes' } }}
        >
          <Table aria-label="Attributes">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Value</Table.Th>
                <Table.Th>Set</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {attributes.map(({ name, value, updatedAtMs, from }) => (
                <Table.Tr key={name}>
                  <Table.Td className="mono">{name}</Table.Td>
                  <Table.Td className="mono">{value === '' ? <i>cleared</i> : value}</Table.Td>
                  <Table.Td>
                    <Moment atMs={updatedAtMs} />
                    <div>
                      <OriginLabel origin={from} />
                    </div>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Card>
  );
}
