import { Badge, Card, List, Text, Title } from '@mantine/core';
import type { CustomerView } from '../../../api/customers';
import { OriginLabel } from './origin-label';

export function Aliases({ customer }: { customer: CustomerView }) {
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="xs">
        Known as
      </Title>
      <List listStyleType="none" spacing={6}>
        {customer.aliases.map(({ id, from }) => (
          <List.Item key={id}>
            <Text component="span" size="sm" className="mono">
              {id}
            </Text>{' '}
            {id === customer.originalAppUserId && (
              <Badge variant="default" size="sm" tt="none">
                original
              </Badge>
            )}
            <div>
              <OriginLabel origin={from} />
            </div>
          </List.Item>
        ))}
      </List>
    </Card>
  );
}
