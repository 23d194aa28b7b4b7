import { BarChart } from '@mantine/charts';
import { Card, Title } from '@mantine/core';
import type { FlowPoint } from '../../../api/overview';
import { axisLabels } from './clock';

const series = [
  { name: 'delivered', label: 'Delivered', color: 'green.7' },
  { name: 'filtered', label: 'Filtered', color: 'blue.5' },
  { name: 'duplicate', label: 'Duplicate', color: 'teal.4' },
  { name: 'retrying', label: 'Failed attempt', color: 'orange.6' },
  { name: 'dead_lettered', label: 'Dead letter', color: 'red.7' },
];

/** Outcomes of events over time. */
export function FlowChart({ points }: { points: FlowPoint[] }) {
  const label = axisLabels(points);
  return (
    <Card withBorder component="figure" m={0}>
      <Title order={2} size="h5" component="figcaption" mb="sm">
        Outcomes
      </Title>
      <BarChart
        h={240}
        data={points.map((point) => ({ ...point, time: label(point.atMs) }))}
        dataKey="time"
        type="stacked"
        series={series}
        withLegend
        gridAxis="y"
        tickLine="none"
        maxBarWidth={24}
        barChartProps={{ accessibilityLayer: false }}
        barProps={{ isAnimationActive: false }}
        textColor="dimmed"
      />
    </Card>
  );
}
