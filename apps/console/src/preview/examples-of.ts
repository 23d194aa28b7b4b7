import { type Integration } from '@app/integrations';
import { type MappingResult } from '@app/mapping';
import { readSentEvent, type SentEvent } from '@app/statsig';
import { type ChoiceResult, type SettingExample, type SettingExamples } from '../../api/setting-examples';
import { type Candidate } from './example-candidates';
import { mapKnown } from './known-event';
import { type SettingChoices, settingChoices } from './setting-choices';

/**
 * Returns an example of each setting: what its choices make of one event.
 *
 * @param draft the integration that is edited
 * @param candidates the events to choose from, the preferred ones first
 */
export function examplesOf(draft: Integration, candidates: readonly Candidate[]): SettingExamples {
  const {
    sent = [],
    notSent = [],
    sample = [],
  } = Object.groupBy(candidates, ({ event, origin }) => {
    if (origin === 'sample') return 'sample';
    return mapKnown(event, draft).kind === 'mapped' ? 'sent' : 'notSent';
  });
  const examples = Object.entries(settingChoices(draft)).map(([setting, choices]) => [
    setting,
    exampleOf(choices, [...sent, ...notSent], sample),
  ]);
  return Object.fromEntries(examples) as SettingExamples;
}

interface Example {
  candidate: Candidate;
  choices: Record<string, ChoiceResult>;
  /** Number of different results. */
  differences: number;
}

/** An event with as many different results as possible. A sample only if all results of each event of the user are the same. */
function exampleOf(
  setting: SettingChoices,
  own: readonly Candidate[],
  samples: readonly Candidate[],
): SettingExample {
  const ofOwn = mostDifferent(setting, own);
  const ofSamples =
    ofOwn !== undefined && ofOwn.differences > 1 ? undefined : mostDifferent(setting, samples);
  const best = ofSamples !== undefined && ofSamples.differences > 1 ? ofSamples : (ofOwn ?? ofSamples);
  if (best === undefined) throw new Error('an example needs at least one event');
  const { candidate, choices } = best;
  const { origin, event } = candidate;
  return { origin, type: event.envelope.event.type, receivedAtMs: event.receivedAtMs, choices };
}

/** The first of the events with the greatest number of different results; undefined if there are no events. */
function mostDifferent(
  { choices, parts }: SettingChoices,
  candidates: readonly Candidate[],
): Example | undefined {
  const entries = Object.entries(choices);
  let best: Example | undefined;
  for (const candidate of candidates) {
    const results = entries.map(([choice, integration]): [string, ChoiceResult] => [
      choice,
      resultOf(mapKnown(candidate.event, integration), parts),
    ]);
    const differences = new Set(results.map(([, result]) => comparableText(result))).size;
    if (best !== undefined && differences <= best.differences) continue;
    best = { candidate, choices: Object.fromEntries(results), differences };
    if (differences === entries.length) break;
  }
  return best;
}

/** The basis of a value is not a difference in itself: each revenue mode has another, also if the price is 0. */
function comparableText(result: ChoiceResult): string {
  if (result.kind !== 'delivery' || result.valueBasis === 'gross_percentages_missing')
    return JSON.stringify(result);
  return JSON.stringify({ ...result, valueBasis: undefined });
}

function resultOf(mapped: MappingResult, parts: readonly (keyof SentEvent)[]): ChoiceResult {
  if (mapped.kind !== 'mapped') {
    const { kind, reason, rule = null, detail } = mapped;
    return { kind, reason, rule, detail };
  }
  const [first] = mapped.deliveries;
  if (first === undefined) throw new Error('an event that is mapped has a delivery');
  const { format, body } = first.delivery;
  const sent = readSentEvent(format, body);
  const shown = Object.fromEntries(parts.map((part) => [part, sent[part]])) as Partial<SentEvent>;
  return { kind: 'delivery', ...shown };
}
