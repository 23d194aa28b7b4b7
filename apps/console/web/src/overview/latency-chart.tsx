import { LineChart } from '@mantine/charts';
import { Card, Title } from '@mantine/core';
import type { Overview } from '../../../api/overview';
import { duration } from '../shared/duration';
import { axisLabels } from './clock';

const series = [
  { name: 'p50', label: 'Median', color: 'blue.7' },
  { name: 'p95', label: '95 %', color: 'orange.7' },
  { name: 'p99', label: '99 %', color: 'red.7' },
];

/** Latency from receipt of an event to its acceptance by Statsig. */
export function LatencyChart({ latency }: { latency: Overview['latency'] }) {
  const label = axisLabels(latency.points);
  return (
    <Card withBorder component="figure" m={0}>
      <Title order={2} size="h5" component="figcaption" mb="sm">
        Latency to Statsig
      </Title>
      <LineChart
        h={240}
        data={latency.points.map((point) => ({ ...point, time: label(point.atMs) }))}
        dataKey="time"
        series={series}
        withLegend
        curveType="linear"
        gridAxis="y"
        tickLine="none"
        connectNulls={false}
        valueFormatter={duration}
        lineChartProps={{ accessibilityLayer: false }}
        lineProps={{ isAnimationActive: false }}
        textColor="dimmed"
      />
    </Card>
  );
}
