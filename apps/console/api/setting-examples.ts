import { z } from 'zod';
import { previewedDelivery, previewedOmission } from './preview';
import { epochMs } from './time-fields';

/** The settings of an integration that have examples. */
export const settingsWithExamples = [
  'format',
  'eventTypes',
  'eventNames',
  'revenue',
  'userIdAttribute',
  'identity',
  'anonymousCustomers',
  'customIds',
  'userProperties',
  'filters',
  'includeSandbox',
] as const;

const choiceResult = z.discriminatedUnion('kind', [
  previewedDelivery
    .pick({
      name: true,
      value: true,
      valueBasis: true,
      userId: true,
      customIds: true,
      tier: true,
      properties: true,
    })
    .partial()
    .extend({ kind: z.literal('delivery') })
    .meta({ id: 'ExampleDelivery', description: 'The parts of a delivery that the setting determines' }),
  previewedOmission
    .pick({ kind: true, reason: true, rule: true, detail: true })
    .meta({ id: 'ExampleOmission', description: 'Why nothing would be sent' }),
]);

const settingExample = z
  .object({
    origin: z.enum(['project', 'other_project', 'sample']).meta({
      description:
        '`sample`: not an event of the user, because none of the last events has different results. `other_project`: the project has no event yet',
    }),
    type: z.string(),
    receivedAtMs: epochMs,
    choices: z.record(z.string(), choiceResult).meta({
      description:
        'What the event becomes with each choice. If a setting has no fixed choices, `set` is with the value in the request, and `none` (for `eventTypes`: `all`) is without it',
    }),
  })
  .meta({ id: 'SettingExample', description: 'What the choices of a setting make of one event' });

export const settingExamples = z
  .record(z.enum(settingsWithExamples), settingExample)
  .meta({ id: 'SettingExamples', description: 'An example of each setting' });

export type SettingWithExamples = (typeof settingsWithExamples)[number];
export type ChoiceResult = z.output<typeof choiceResult>;
export type SettingExample = z.output<typeof settingExample>;
export type SettingExamples = z.output<typeof settingExamples>;
