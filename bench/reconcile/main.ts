/**
 * Measures `npm run cli -- reconcile` with large exports, without Kafka: reading, comparing, and the events of a backfill.
 * `npm run bench -- reconcile [rows…]` writes bench/results/reconcile.md.
 */
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { startRedis } from '@tools/stack';
import { Command } from 'commander';
import { addRows, compareAll } from '../../tools/cli/reconcile/compare-export';
import { findExportFile, readExport } from '../../tools/cli/reconcile/read-export';
import { ReportBuilder } from '../../tools/cli/reconcile/report';
import { exportCsv } from '../../tools/cli/reconcile/test/export-csv';
import { Workspace } from '../../tools/cli/reconcile/workspace';
import { describeEnvironment } from '../environment';
import { withTemporaryFolder } from '../temporary-folder';
import { writeResults } from '../write-results';

const program = new Command('npm run bench -- reconcile')
  .description('Measures time and memory of reconciling an export, without Kafka')
  .argument('[rows...]', 'numbers of rows, ascending, because memory is the peak of the process', [
    '100000',
    '1000000',
  ])
  .parse();

const rowsPerChunk = 1_000;
/** One in so many transactions is missing. */
const missingInterval = 100;
const firstMs = Date.UTC(2026, 0, 1);
const coverage = { fromMs: firstMs, toMs: firstMs + 30 * 86_400_000 };

interface Measurement {
  rows: number;
  fileBytes: number;
  missing: number;
  readSeconds: number;
  compareSeconds: number;
  /** Of the process, which also wrote the file. */
  peakMemoryBytes: number;
}

/** Spread over the period, with ids that are not in order, as in an export. */
function* exportChunks(rows: number): Generator<string> {
  const header = exportCsv([]);
  yield header;
  for (let first = 0; first < rows; first += rowsPerChunk) {
    const length = Math.min(rowsPerChunk, rows - first);
    const values = Array.from({ length }, (_, i) => {
      const start = coverage.fromMs + (((first + i) * 7_919_000) % (coverage.toMs - coverage.fromMs));
      return {
        store_transaction_id: transactionId(first + i),
        product_identifier: `product_${(first + i) % 50}`,
        start_time: new Date(start).toISOString().slice(0, 19).replace('T', ' '),
        end_time: '2026-12-31 00:00:00',
      };
    });
    yield exportCsv(values).slice(header.length);
  }
}

function transactionId(n: number): string {
  return `GPA.${((n * 2_654_435_761) % 2 ** 32).toString().padStart(10, '0')}-${n}`;
}

async function measure(file: string, rows: number): Promise<Measurement> {
  await pipeline(Readable.from(exportChunks(rows)), createGzip({ level: 1 }), createWriteStream(file));
  const found = await findExportFile(file);
  const [workspace, report] = [new Workspace(), new ReportBuilder()];
  for (let n = 0; n < rows; n += 1) {
    if (n % missingInterval === 0) continue;
    const event = { kind: 'purchase', transactionId: transactionId(n), renewalNumber: 2, usd: 9.99 } as const;
    workspace.addKnown(event, true);
  }
  const startedMs = performance.now();
  const period = { fromMs: -Infinity, toMs: Infinity };
  await addRows(
    readExport(found, () => undefined),
    workspace,
    report,
    period,
    coverage,
  );
  const readMs = performance.now();
  await compareAll(workspace, report, coverage);
  for (const body of workspace.missing()) if (body === '') throw new Error('an event is empty');
  const comparedMs = performance.now();
  workspace.close();
  const { totals } = report.result('default', coverage);
  const missing = totals.missing.transactions;
  if (totals.revenuecat.transactions !== rows || missing !== Math.ceil(rows / missingInterval))
    throw new Error(`wrong totals: ${JSON.stringify(totals)}`);
  return {
    rows,
    fileBytes: found.bytes,
    missing,
    readSeconds: (readMs - startedMs) / 1_000,
    compareSeconds: (comparedMs - readMs) / 1_000,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1_024,
  };
}

function reportText(results: readonly Measurement[]): string {
  const rows = results.map(({ rows, readSeconds, compareSeconds, peakMemoryBytes }) =>
    [
      rows.toLocaleString('en-US'),
      readSeconds.toFixed(1),
      compareSeconds.toFixed(1),
      Math.round(rows / (readSeconds + compareSeconds)).toLocaleString('en-US'),
      `${(peakMemoryBytes / 2 ** 20).toFixed(0)} MiB`,
    ].join(' | '),
  );
  return `# Reconciling an export

Reading a compressed export, comparing it with as many events in the workspace, and making the events of a backfill (1 % is missing), without Kafka. Memory is the peak of the process, which also wrote the file.

| rows | read, s | compare, s | rows/s | peak memory |
| ---: | ---: | ---: | ---: | ---: |
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

async function main(): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const results: Measurement[] = [];
    for (const rows of program.processedArgs.flat().map(Number))
      results.push(await measure(path.join(folder, 'export.csv.gz'), rows));
    const redis = await startRedis();
    const environment = await describeEnvironment(redis.url);
    await redis.stop();
    await writeResults('reconcile', { environment, report: reportText(results), results });
  });
}

void main();
