import { projectConfig } from '@app/integrations';
import { readConfig } from '@app/platform';
import { Command } from 'commander';
import { z } from 'zod';
import { writeAudit } from '../audit';
import { confirm } from '../confirm';
import { exitCodes } from '../exit-codes';
import { type JsonOption, withExamples, withJson, writeText } from '../output';
import { positiveInteger, projectId, time } from '../parse-option';
import { pipelineKafka, type PipelineKafka } from '../pipeline-kafka';
import { withRedis } from '../pipeline-redis';
import { pace } from '../produce/pace';
import { type ProduceResult, ProduceSummary, summaryText } from '../produce/summary';
import { TopicSink } from '../produce/topic-sink';
import { progressBar, progressCounter } from '../progress';
import { requireNoAppFilter } from './app-filter';
import { addRows, compareAll } from './compare-export';
import { type Coverage, coverageOf, extendCoverage } from './coverage';
import { printWithList, writableFile, writeList } from './missing-list';
import { type ExportFile, findExportFile, readExport } from './read-export';
import { readKnownEvents } from './read-known-events';
import { reasonsToDoubt, type Report, ReportBuilder } from './report';
import { resultText } from './result-text';
import { explainWorkspaceError, Workspace } from './workspace';

interface Options extends JsonOption {
  project?: string;
  from?: number;
  to?: number;
  coveredFrom?: number;
  missingTo?: string;
  backfill?: true;
  rate?: number;
  yes?: true;
}

export function reconcileCommand(): Command {
  return withExamples(
    withJson(
      new Command('reconcile')
        .description(
          "Compare RevenueCat's scheduled data export of transactions (CSV, also compressed with gzip) with what was delivered, by UTC day and product. Sends nothing, unless --backfill is given",
        )
        .argument(
          '<files...>',
          'files of the export; of a transaction in several files, the last version counts',
        )
        .option('--project <id>', 'project of the export (default: PROJECT_ID)', projectId)
        .option('--from <time>', 'purchases and refunds at or after this time (ISO 8601)', time)
        .option('--to <time>', 'purchases and refunds before this time (ISO 8601)', time)
        .option(
          '--missing-to <file>',
          'write the missing purchases and refunds to this file, one JSON object in each line. Replaces the file',
        )
        .option('--backfill', 'deliver the missing purchases and refunds')
        .option('--rate <count>', 'maximum number of events per second of --backfill', positiveInteger)
        .option(
          '--covered-from <time>',
          'count what is not found as missing from this time on, although Kafka no longer shows what was delivered then. What was delivered is counted twice by Statsig',
          time,
        )
        .option('--yes', 'do not ask for confirmation if events may have been delivered before')
        .action(reconcile),
    ),
    'reconcile transactions_2026-01-31.csv.gz --from 2026-01-01',
    'reconcile transactions.csv.gz --missing-to missing.ndjson',
    "reconcile transactions.csv.gz --json | jq '.missingTransactions[] | select(.usd < 0)'",
    'reconcile transactions.csv.gz --project shop --from 2026-01-30T12:00Z --to 2026-01-30T18:00Z --backfill',
  );
}

async function reconcile(names: string[], options: Options): Promise<void> {
  const files = await Promise.all(names.map(findExportFile));
  const list = options.missingTo === undefined ? undefined : await writableFile(options.missingTo, files);
  const { PROJECT_ID } = readConfig(z.object(projectConfig));
  const project = options.project ?? PROJECT_ID;
  const pipeline = await pipelineKafka();
  const workspace = new Workspace();
  try {
    const builder = new ReportBuilder();
    const target = { projectId: project, defaultProjectId: PROJECT_ID, workspace, report: builder };
    const retained = await withRedis(async (redis) => {
      if (options.backfill === true) await requireNoAppFilter(redis, project);
      return readKnownEvents(pipeline, redis, target, () => progressBar('records read'));
    });
    const known = coverageOf(retained, Date.now());
    const coverage = options.coveredFrom === undefined ? known : extendCoverage(known, options.coveredFrom);
    await readFiles(files, workspace, builder, options, coverage);
    await compare(workspace, builder, coverage);
    const report = builder.result(project, coverage);
    if (list !== undefined) await writeList(list, workspace.missingLines());
    const sent = await backfillMissing(report, options, pipeline, workspace);
    if (options.json === true) {
      const result = { ...settingsOf(names, options), ...report, reasonsToDoubt: reasonsToDoubt(report) };
      await printWithList(
        { ...result, backfill: sent ?? null },
        'missingTransactions',
        workspace.missingLines(),
      );
    } else writeText(process.stdout, resultText(report, sent, options.missingTo));
    const isDone = report.totals.missing.transactions === 0 || sent?.rejected === 0;
    if (!isDone || report.invalidRows.count > 0) process.exitCode = exitCodes.failed;
  } catch (error) {
    throw explainWorkspaceError(error);
  } finally {
    workspace.close();
  }
}

/** What was asked for, for the result as JSON. */
function settingsOf(files: readonly string[], { from, to, coveredFrom, missingTo }: Options): object {
  return {
    files,
    from: isoText(from) ?? null,
    to: isoText(to) ?? null,
    assumedCoveredFrom: isoText(coveredFrom) ?? null,
    missingTo: missingTo ?? null,
  };
}

const megabyte = 1_000_000;

async function readFiles(
  files: readonly ExportFile[],
  workspace: Workspace,
  report: ReportBuilder,
  { from, to }: Options,
  coverage: Coverage,
): Promise<void> {
  const bar = progressBar('MB of the export read');
  bar.total(Math.ceil(files.reduce((sum, { bytes }) => sum + bytes, 0) / megabyte));
  const period = { fromMs: from ?? -Infinity, toMs: to ?? Infinity };
  try {
    for (const file of files) {
      const rows = readExport(file, (bytes) => {
        bar.step(bytes / megabyte);
      });
      await addRows(rows, workspace, report, period, coverage);
    }
  } finally {
    bar.end();
  }
}

async function compare(workspace: Workspace, report: ReportBuilder, coverage: Coverage): Promise<void> {
  const bar = progressCounter('transactions compared');
  bar.total(0);
  try {
    await compareAll(workspace, report, coverage, bar.step);
  } finally {
    bar.end();
  }
}

/** Returns undefined if nothing was sent, because nothing is missing or the operator did not ask for it. */
async function backfillMissing(
  report: Report,
  { backfill, coveredFrom, yes, from, to, rate }: Options,
  { producing, topics }: PipelineKafka,
  workspace: Workspace,
): Promise<ProduceResult | undefined> {
  const { project, totals } = report;
  const { missing } = totals;
  if (backfill !== true || missing.transactions === 0) return undefined;
  const doubts = [
    ...(coveredFrom === undefined ? [] : ['--covered-from is given']),
    ...reasonsToDoubt(report),
  ];
  if (doubts.length > 0 && yes !== true) {
    const question = `Some of the ${missing.transactions} missing events may have been delivered before: ${doubts.join('; ')}. Statsig cannot undo events, and counts these twice.`;
    if (!(await confirm(question, 'backfill'))) return undefined;
  }
  const bar = progressBar('sent');
  const summary = new ProduceSummary(bar.step);
  const startedMs = performance.now();
  const resultSoFar = (): ProduceResult => summary.result(performance.now() - startedMs, undefined);
  const bodies = workspace.missing();
  try {
    await producing(async (producer) => {
      const detail = {
        from: isoText(from),
        to: isoText(to),
        coveredFrom: isoText(coveredFrom),
        events: missing.transactions,
      };
      await writeAudit(producer, topics, { action: 'backfill', target: project, detail });
      bar.total(missing.transactions);
      const sink = new TopicSink(topics, project, producer, summary, 'backfill');
      for await (const body of rate === undefined ? bodies : pace(bodies, rate)) await sink.write({ body });
      await sink.end();
    });
  } catch (error) {
    // Some events may have been accepted. They are not sent again by the next run.
    writeText(process.stderr, summaryText(resultSoFar()));
    throw error;
  } finally {
    bar.end();
  }
  return resultSoFar();
}

function isoText(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
}
