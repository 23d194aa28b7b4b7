import { SegmentedControl, SimpleGrid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Overview } from '../../../api/overview';
import { get } from '../api/client';
import { QueryResult } from '../shared/query-result';
import { PageTitle } from '../shared/page-title';
import { useUrlState } from '../shared/use-url-state';
import { Figures } from './figures';
import { FlowChart } from './flow-chart';
import { FirstSteps } from './first-steps';
import { IntegrationStates } from './integration-states';
import { LatencyChart } from './latency-chart';
import { RejectedWebhooks } from './rejected-webhooks';
import { SkippedRecords } from './skipped-records';

const ranges = [
  { value: '15m', label: '15 min' },
  { value: '1h', label: '1 h' },
  { value: '6h', label: '6 h' },
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 days' },
];

export function OverviewPage() {
  const [params, change] = useUrlState();
  const range = params.get('range') ?? '15m';
  const overview = useQuery({
    queryKey: ['overview', range],
    queryFn: () => get<Overview>('overview', { range }),
    refetchInterval: 2_000,
    placeholderData: (before) => before,
  });
  return (
    <>
      <PageTitle title="Overview">
        <SegmentedControl
          aria-label="Time range"
          data={ranges}
          value={range}
          onChange={(value) => {
            change({ range: value === '15m' ? undefined : value });
          }}
        />
      </PageTitle>
      <QueryResult query={overview}>
        {(data) => (
          <Stack>
            {data.integrations?.length === 0 && <FirstSteps />}
            <SkippedRecords skipped={data.skippedRecords} />
            <RejectedWebhooks overview={data} />
            <Figures overview={data} />
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
              <FlowChart points={data.flow} />
              <LatencyChart latency={data.latency} />
            </SimpleGrid>
            <IntegrationStates integrations={data.integrations} />
          </Stack>
        )}
      </QueryResult>
    </>
  );
}
