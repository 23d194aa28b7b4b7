import { Anchor, List, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { CustomerMatch } from '../../../api/customers';
import { get } from '../api/client';
import { Empty } from '../shared/empty';
import { QueryResult } from '../shared/query-result';
import { PageTitle } from '../shared/page-title';
import { useUrlState } from '../shared/use-url-state';
import { customerPath } from './customer-path';

export function CustomersPage() {
  const [params, change] = useUrlState();
  const query = params.get('query') ?? '';
  const [text, setText] = useState(query);
  const search = useDebouncedCallback((given: string) => {
    change({ query: given.trim() });
  }, 200);
  return (
    <>
      <PageTitle title="Customers" />
      <TextInput
        role="searchbox"
        label="Any id or alias"
        description="Matches the beginning of an app user id, original app user id, anonymous id or alias"
        leftSection={<IconSearch size={16} aria-hidden />}
        maw={560}
        mb="md"
        value={text}
        onChange={({ currentTarget }) => {
          setText(currentTarget.value);
          search(currentTarget.value);
        }}
      />
      {query === '' ? (
        <Empty title="Search for a customer">
          Type an id above. RevenueCat shows it in the customer profile as "App User ID".
        </Empty>
      ) : (
        <Matches query={query} />
      )}
    </>
  );
}

function Matches({ query }: { query: string }) {
  const matches = useQuery({
    queryKey: ['customers', query],
    queryFn: () => get<CustomerMatch[]>('customers', { query }),
    placeholderData: (before) => before,
    refetchInterval: 5_000,
  });
  return (
    <QueryResult query={matches}>
      {(found) =>
        found.length === 0 ? (
          <Empty title="No customer has an id that begins with this text">
            Ids are case-sensitive. Customers are listed from their first event on.
          </Empty>
        ) : (
          <List listStyleType="none" spacing="xs" aria-label="Customers found">
            {found.map(({ project, id }) => (
              <List.Item key={`${project}/${id}`}>
                <Anchor
                  component={Link}
                  underline="always"
                  className="mono"
                  to={customerPath({ project, id })}
                >
                  {id}
                </Anchor>{' '}
                in {project}
              </List.Item>
            ))}
          </List>
        )
      }
    </QueryResult>
  );
}
